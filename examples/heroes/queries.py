"""Two ways to show heroes with their teams; the first is what the page does today."""

from sqlmodel import Session, select

from models import Hero, Team


def one_by_one(session: Session):
    """Ask for each hero's team when it is shown."""
    heroes = session.exec(select(Hero).order_by(Hero.id).limit(100)).all()
    return [(hero.name, hero.team.name if hero.team else None) for hero in heroes]


def joined(session: Session):
    """Heroes and teams in one statement, and only what is shown."""
    wanted = select(Hero.name, Team.name).join(Team, isouter=True).order_by(Hero.id).limit(100)
    return [tuple(row) for row in session.exec(wanted)]
