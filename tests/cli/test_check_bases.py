"""`bench check`: what it compares with, whose code each side runs, and what is left behind of either."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bench.cli import codes
from tests.cli.checks import ONE_MORE, QUERIES, SCENARIOS, check
from tests.cli.helpers import Process, run
from tests.cli.shop import Shop


def installed_apart(shop: Shop, source: str) -> None:
    """Copy the application to where packages are installed, as `pip install .` does, and put that on the path alone."""
    places = shop.folder / ".venv" / "site-packages"
    shutil.copytree(shop.folder / source, places / "shop")
    shop.environment["PYTHONPATH"] = str(places)


def test_an_application_in_src_needs_no_installation(shop: Shop) -> None:
    """Installed nowhere, the application is read from the working tree and from the worktree."""
    shop.environment.clear()
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop, "--no-timings")

    assert codes.REGRESSION == ran.code, ran.out + ran.err
    assert "statements 2 → 3" in ran.out


@pytest.mark.parametrize("folder", ["src", "backend"])
def test_a_copy_of_the_application_is_not_compared_with_itself(shop: Shop, folder: str) -> None:
    """Where the installed copy is what both import, that is code 5 and not a change that costs nothing."""
    if folder != "src":
        shop.git("mv", "src", folder)
        shop.write(f"{folder}/pyproject.toml", "")
        shop.commit("A project below")
    installed_apart(shop, f"{folder}/shop")

    ran = check(shop, "--no-timings", "--against", "HEAD")

    assert codes.MISSING == ran.code, ran.out + ran.err
    assert "imported shop from where it is installed and not from this repository" in ran.err
    assert "pip install -e" in ran.err


def test_a_base_that_does_not_import_is_missing(shop: Shop) -> None:
    """A base whose module does not import is said with file and line, and the code is 5."""
    shop.replace(SCENARIOS, "from bench", "import nowhere\nfrom bench")
    broken = shop.commit("Broken")
    shop.git("revert", "--no-edit", broken)

    ran = check(shop, "--against", broken)

    assert codes.MISSING == ran.code
    assert "the base does not import" in ran.err
    assert "orders.py:3" in ran.err
    assert "Traceback" not in ran.err


def test_a_base_without_the_selected_scenario_is_missing(shop: Shop) -> None:
    """What was selected and is new has no base to compare with, and the code is 5; unselected it is listed, and 0."""
    text = (shop.folder / SCENARIOS).read_text()
    (shop.folder / SCENARIOS).unlink()
    without = shop.commit("No scenarios yet")
    shop.write(SCENARIOS, text)

    selected = check(shop, "orders.page", "--no-timings", "--against", without)
    unselected = check(shop, "--against", without)

    assert codes.MISSING == selected.code
    assert "orders.page: the base lacks it" in selected.out
    assert codes.DONE == unselected.code
    assert "In the head alone, new:\n  orders.page" in unselected.out


@pytest.mark.parametrize("revision", ["nowhere", "--", "sqlalchemy"])
def test_a_revision_that_is_none_is_wrong_usage(shop: Shop, revision: str) -> None:
    """What git does not know is refused in one line that says what may stand there."""
    complaint = check(shop, f"--against={revision}").complaint

    assert complaint.startswith(f"--against {revision}: git knows no such revision here")


def test_outside_of_a_checkout_it_says_what_to_do(tmp_path: Path) -> None:
    """Where there is no repository there is no revision, and one line says what else can be compared with."""
    complaint = run("check", cwd=tmp_path).complaint

    assert "this is no git checkout" in complaint
    assert "--against FILE" in complaint


def test_a_shallow_clone_says_how_to_fetch_the_rest(shop: Shop, tmp_path: Path) -> None:
    """Where the history ends before the main branch was left, the message names the setting of the CI."""
    shop.git("checkout", "-q", "main")
    shop.write("README", "shop")
    shop.commit("Another")
    shop.git("checkout", "-q", "change")
    shop.write("NEWS", "news")
    shop.commit("A change")
    shop.git("checkout", "-q", "main")
    url, every, one = f"file://{shop.folder}", tmp_path / "every", tmp_path / "one"
    shop.git("clone", "-q", "--depth", "1", "--no-single-branch", "-b", "change", url, str(every))
    shop.git("clone", "-q", "--depth", "1", url, str(one))

    for shallow in (every, one):
        ran = run("check", cwd=shallow, env=shop.environment)

        assert codes.MISSING == ran.code
        assert "fetch-depth: 0" in ran.err


def test_nothing_of_the_checkout_is_touched_and_no_worktree_stays(shop: Shop) -> None:
    """Index, files and worktrees are what they were, with a hook's variables in the environment too."""
    shop.replace(QUERIES, *ONE_MORE)
    shop.git("add", "scenarios")
    before = (shop.files(), shop.git("status", "--porcelain"), shop.git("worktree", "list"))
    hook = {"GIT_DIR": str(shop.folder / ".git"), "GIT_INDEX_FILE": str(shop.folder / ".git" / "index")}

    ran = run("check", cwd=shop.folder, env={**shop.environment, **hook})

    assert codes.REGRESSION == ran.code, ran.err
    assert before == (shop.files(), shop.git("status", "--porcelain"), shop.git("worktree", "list"))


def test_killed_it_leaves_no_worktree(shop: Shop) -> None:
    """After a kill that nothing can catch, the worktree and its folder are removed by the process that keeps them."""
    process = Process("check", "--budget", "10m", "--against", "HEAD", cwd=shop.folder, env=shop.environment)
    process.wait_for("screening")
    (_, tree) = (line.split()[0] for line in shop.git("worktree", "list").splitlines())
    process.process.kill()
    process.end()

    from tests.databases.helpers import eventually

    eventually(lambda: not Path(tree).parent.exists())
    assert 1 == len(shop.git("worktree", "list").splitlines())


def test_a_path_that_leads_back_to_the_working_tree_is_an_error(shop: Shop) -> None:
    """A base that loads a file of the checkout by its place would be compared with itself: refused with the file."""
    package = shop.folder / "src" / "shop"
    loads = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('shop', {str(package / '__init__.py')!r},"
        f" submodule_search_locations=[{str(package)!r}])\n"
        "sys.modules['shop'] = importlib.util.module_from_spec(spec)\n"
    )
    shop.replace(SCENARIOS, "from bench", f"{loads}from bench")
    written = shop.commit("A path that is written down")

    ran = check(shop, "--against", written)

    assert codes.MISSING == ran.code
    assert "the base imported src/shop/" in ran.err


def test_a_requirement_that_is_none_is_refused(shop: Shop) -> None:
    """What cannot be read as packages with versions is named, with why."""
    assert "is no requirement" in check(shop, "--against", "sqlalchemy==2.0.58 ==3").complaint


def test_an_environment_that_cannot_be_made_is_missing(shop: Shop) -> None:
    """A version that there is not is said with what uv says, and the code is 5."""
    ran = check(shop, "--against", "sqlalchemy==0.0.0.1")

    assert codes.MISSING == ran.code
    assert "the environment to compare with cannot be made" in ran.err
    assert "Traceback" not in ran.err


def test_a_path_that_the_base_puts_first_leads_to_the_base(shop: Shop) -> None:
    """A scenario that puts the checkout's folder on the path by itself is still measured with the base's modules."""
    shop.replace(SCENARIOS, "from bench", f"import sys\nsys.path.insert(0, {str(shop.folder / 'src')!r})\nfrom bench")
    written = shop.commit("A path that is written down")
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop, "--no-timings", "--against", written)

    assert codes.REGRESSION == ran.code, ran.err
    assert "statements 2 → 3" in ran.out


def test_files_that_are_read_by_a_relative_path_are_the_base_s(shop: Shop) -> None:
    """A statement that is kept in a file beside the code is that of each revision."""
    shop.write("sql/extra.sql", "SELECT 1")
    reads = "    for one in open('sql/extra.sql').read().split(';'):\n        await session.execute(text(one))\n"
    shop.replace(QUERIES, "    found = await", f"{reads}    found = await")
    shop.replace(QUERIES, "from sqlalchemy import select\n", "from sqlalchemy import select, text\n")
    written = shop.commit("A statement in a file")
    shop.write("sql/extra.sql", "SELECT 1;SELECT 2")

    ran = check(shop, "--no-timings", "--against", written)

    assert codes.REGRESSION == ran.code, ran.err
    assert "statements 3 → 4" in ran.out


def test_scenarios_that_were_moved_are_compared_all_the_same(shop: Shop) -> None:
    """Another folder for the scenarios, named in the configuration, takes none of them out of the check."""
    shop.git("mv", "scenarios", "benchmarks")
    shop.replace("pyproject.toml", '["scenarios"]', '["benchmarks"]')
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop, "--no-timings", "--against", "HEAD")

    assert codes.REGRESSION == ran.code, ran.err
    assert "statements 2 → 3" in ran.out


def test_a_base_that_has_other_packages_than_required_is_refused(shop: Shop) -> None:
    """Where a PYTHONPATH brings the packages of the head into the base's environment nothing would be compared."""
    import sqlalchemy

    packages = str(Path(sqlalchemy.__file__).parents[1])
    path = f"{packages}:{shop.environment['PYTHONPATH']}"

    ran = run("check", "--no-timings", "--against", "sqlalchemy==2.0.58", cwd=shop.folder, env={"PYTHONPATH": path})

    assert codes.MISSING == ran.code
    assert "the base was to have sqlalchemy==2.0.58 and has" in ran.err
