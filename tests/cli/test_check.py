"""`bench check`: what it says of a change, what it ends with, and what it leaves behind, on repositories as users have
them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from bench.cli import codes
from tests.cli.helpers import Process, Ran, run
from tests.cli.shop import Shop

QUERIES = "src/shop/queries.py"
SCENARIOS = "scenarios/orders.py"
ONE_MORE = ("    found = await", "    await session.scalar(select(1))\n    found = await")
WORK = ("    return {one.id", "    for number in range(150_000):\n        number + 1\n    return {one.id")
"""As long in Python as a call takes, and no call of a function that could be counted."""
BUDGET = '\n[tool.bench.budgets]\n"orders.page:selectin" = { max_statements = 1 }\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A repository on a branch of its own, with nothing changed yet."""
    return Shop(tmp_path)


def check(shop: Shop, *arguments: str) -> Ran:
    """What `bench check` does there."""
    return run("check", *arguments, cwd=shop.folder, env=shop.environment)


def found(shop: Shop, *arguments: str) -> tuple[int, dict[str, Any]]:
    """What it ends with, and its JSON."""
    path = shop.folder.parent / f"{shop.folder.name}.json"
    ran = check(shop, *arguments, "--output", str(path))
    assert path.exists(), ran.err
    return ran.code, json.loads(path.read_text(encoding="utf-8"))


def verdicts(told: dict[str, Any]) -> dict[str, Any]:
    """The timing verdict of each strategy."""
    return {one["strategy"]: one["timing"]["verdict"] for one in told["strategies"]}


def test_a_statement_more_fails_by_its_counter_and_is_named(shop: Shop) -> None:
    """A change that adds one statement ends with 1 before anything is timed, and the statement is in the diff."""
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop)

    assert codes.REGRESSION == ran.code, ran.err
    assert "statements 2 → 3" in ran.out
    assert "+ 1× SELECT 1" in ran.out
    assert "screening" not in ran.err


def test_work_in_python_alone_fails_by_time(shop: Shop) -> None:
    """A change that only computes more leaves the counters as they are, and is slower in launches that confirm it."""
    shop.replace(QUERIES, *WORK)

    code, told = found(shop, "--threshold", "40%", "orders.page:selectin")

    (selectin,) = told["strategies"]
    assert codes.REGRESSION == code
    assert ([], "slower", True) == (
        selectin["counters"],
        selectin["timing"]["verdict"],
        selectin["timing"]["confirmed"],
    )


def test_less_work_is_faster_and_no_error(shop: Shop) -> None:
    """A change that computes less than its base is called faster, and the code is 0."""
    shop.replace(QUERIES, *WORK)
    slow = shop.commit("Work")
    shop.replace(QUERIES, *reversed(WORK))

    code, told = found(shop, "--budget", "24s", "--against", slow, "--threshold", "40%", "orders.page:selectin")

    assert (codes.DONE, {"selectin": "faster"}) == (code, verdicts(told))


def test_nothing_changed_is_no_regression(shop: Shop) -> None:
    """On a wide threshold the same code is the same, and the code is 0."""
    code, told = found(shop, "--budget", "24s", "--against", "HEAD", "--threshold", "40%", "orders.page:selectin")

    assert (codes.DONE, {"selectin": "same"}) == (code, verdicts(told))


def test_what_cannot_be_told_is_an_error_under_strict_alone(shop: Shop) -> None:
    """A threshold far below the noise is inconclusive, and the code is 3 with --strict."""
    asked = ("--budget", "9s", "--against", "HEAD", "--threshold", "0.1%", "orders.page:selectin")

    code, told = found(shop, *asked, "--strict")

    assert (codes.INCONCLUSIVE, {"selectin": "inconclusive"}) == (code, verdicts(told))


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


def test_pools_that_are_too_many_at_once_are_not_timed(shop: Shop) -> None:
    """A pool of 150 connections is counted, and not opened three times on a server that takes 400: that is said."""
    large = '@page.strategy(engine_options={"pool_size": 150, "max_overflow": 0})\nasync def aggregate'
    shop.replace(SCENARIOS, "@page.strategy()\nasync def aggregate", large)

    code, told = found(shop, "--against", "HEAD", "orders.page:aggregate")

    (aggregate,) = told["strategies"]
    assert (codes.DONE, [], "inconclusive") == (code, aggregate["counters"], aggregate["timing"]["verdict"])
    assert aggregate["timing"]["reason"].startswith("each pool of its 3 processes may open 150 connections")


def test_a_renamed_strategy_is_not_passed(shop: Shop) -> None:
    """A strategy under a new name is missing, its likely new name is said, and the code is 5 unless that is borne."""
    shop.replace(SCENARIOS, "async def aggregate", "async def added_up")

    ran = check(shop, "--no-timings")
    borne, _ = found(shop, "--no-timings", "--allow-missing")

    assert codes.MISSING == ran.code, ran.err
    assert "orders.page:aggregate: is orders.page:added_up its new name?" in ran.out
    assert codes.DONE == borne


def test_a_scenario_that_vanished_is_missing(shop: Shop) -> None:
    """A module that is gone takes its scenarios with it, and the code is 5."""
    shop.write("scenarios/others.py", (shop.folder / SCENARIOS).read_text().replace("page", "list_page"))
    both = shop.commit("Another module")
    (shop.folder / "scenarios/others.py").unlink()

    ran = check(shop, "--no-timings", "--against", both)

    assert codes.MISSING == ran.code, ran.err
    assert "others.list_page" in ran.out


def test_what_appeared_is_listed_and_no_error(shop: Shop) -> None:
    """A strategy that the base lacks is named as new, and the code is 0."""
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + '\n\npage.strategy(name="once_more")(selectin)\n')

    ran = check(shop, "--no-timings")

    assert codes.DONE == ran.code, ran.err
    assert "In the head alone, new:\n  orders.page:once_more" in ran.out


def test_a_strategy_that_fails_now_is_said_with_its_error(shop: Shop) -> None:
    """One that raises in the head ends with 4, before what else it found."""
    shop.replace(QUERIES, "    found = await", '    raise ValueError("out of stock")\n    found = await')

    ran = check(shop, "--no-timings")

    assert codes.FAILED == ran.code, ran.err
    assert "ValueError: out of stock" in ran.out


def test_one_that_failed_in_the_base_has_nothing_to_be_compared_with(shop: Shop) -> None:
    """A strategy that works now and did not in the base is listed as without a base, and the code is 5."""
    shop.replace(
        SCENARIOS, "    query = select(Order", '    raise ValueError("out of stock")\n    query = select(Order'
    )
    broken = shop.commit("Broken")
    shop.git("revert", "--no-edit", broken)

    ran = check(shop, "--no-timings", "--against", broken)

    assert codes.MISSING == ran.code, ran.err
    assert "orders.page:aggregate: the base failed: ValueError: out of stock" in ran.out


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


def test_interrupted_it_says_what_it_knows_and_leaves_nothing(shop: Shop) -> None:
    """Ctrl-C while it launches ends with 130 and the counters, and the worktree is gone."""
    process = Process("check", "--budget", "10m", "--against", "HEAD", cwd=shop.folder, env=shop.environment)
    process.wait_for("screening")
    process.process.send_signal(2)

    ran = process.end()

    assert codes.INTERRUPTED == ran.code
    assert "Interrupted" in ran.out
    assert "aggregate" in ran.out
    assert 1 == len(shop.git("worktree", "list").splitlines())


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


def test_the_summary_of_a_job_has_it_in_markdown(shop: Shop, tmp_path: Path) -> None:
    """Where GITHUB_STEP_SUMMARY names a file, the result is added to it, the conclusion first, the diff fenced."""
    shop.replace(QUERIES, *ONE_MORE)
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")

    run("check", cwd=shop.folder, env={**shop.environment, "GITHUB_STEP_SUMMARY": str(summary)})

    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n## Costs more: orders.page:selectin (")
    assert "```diff\n+ 1× SELECT 1\n```" in text


def test_a_repository_without_scenarios_is_told_where_they_are_looked_for(shop: Shop) -> None:
    """Where none of the scenarios is the repository's own, nothing would be compared, and that is said."""
    shop.write("pyproject.toml", "")
    shop.commit("No configuration")

    assert "this checkout has no scenarios" in check(shop, "--against", "HEAD").complaint


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


def stored(shop: Shop, *arguments: str) -> Path:
    """A result that was counted, or with arguments timed, before anything was changed."""
    path = shop.folder.parent / f"{shop.folder.name}-base.json"
    command = ["run", *arguments] if arguments else ["count"]
    ran = run(*command, "orders", "--output", str(path), cwd=shop.folder, env=shop.environment)
    assert codes.DONE == ran.code, ran.err
    return path


def test_a_stored_result_decides_by_its_counters_alone(shop: Shop) -> None:
    """Against a file a statement more is a regression, and work in Python is not looked for: nothing is timed."""
    path = stored(shop)
    shop.replace(QUERIES, *ONE_MORE)
    more = check(shop, "--against", str(path))
    shop.replace(QUERIES, *reversed(ONE_MORE))
    shop.replace(QUERIES, *WORK)
    work, told = found(shop, "--against", str(path))

    assert codes.REGRESSION == more.code, more.err
    assert "+ 1× SELECT 1" in more.out
    assert (codes.DONE, False, [None, None]) == (work, told["timed"], [one["timing"] for one in told["strategies"]])


def test_stored_times_count_where_they_are_trusted(shop: Shop) -> None:
    """With --trust-stored-timings much more work than before is slower than what the file has."""
    path = stored(shop, "--budget", "4s")
    shop.replace(QUERIES, *WORK)

    code, told = found(shop, "--against", str(path), "--trust-stored-timings", "--budget", "4s", "orders.page:selectin")

    reasons = {one["timing"]["reason"] for one in told["strategies"]}
    slower = (codes.REGRESSION, "slower") == (code, verdicts(told)["selectin"])
    # On a machine that is busy with something else there is no such verdict, and that is said.
    assert slower or {"the machine was busy with something else at one of the two"} == reasons - {None}


def test_a_strategy_that_a_stored_result_has_and_the_tree_has_not_is_missing(shop: Shop) -> None:
    """A renamed strategy is missing against a file too, with its likely new name."""
    path = stored(shop)
    shop.replace(SCENARIOS, "async def aggregate", "async def added_up")

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code, ran.err
    assert "orders.page:aggregate: is added_up its new name?" in ran.out


def test_a_stored_result_of_a_changed_checkout_is_no_base(shop: Shop) -> None:
    """What was measured on a dirty checkout nobody can name: one line says to measure it again."""
    shop.replace(QUERIES, *WORK)
    path = stored(shop)

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code
    assert "changes that were not committed" in ran.err


@pytest.mark.parametrize("content", ['{"schema": 1, "environment": {', '{"schema": 99}', "[]", "no JSON"])
def test_a_file_that_is_no_result_is_refused(shop: Shop, content: str) -> None:
    """A result cut short, of another schema, or something else is answered with one line that names the file."""
    shop.write("base.json", content)

    assert "base.json" in check(shop, "--against", "base.json").complaint


def test_a_requirement_that_is_none_is_refused(shop: Shop) -> None:
    """What cannot be read as packages with versions is named, with why."""
    assert "is no requirement" in check(shop, "--against", "sqlalchemy==2.0.58 ==3").complaint


def test_an_environment_that_cannot_be_made_is_missing(shop: Shop) -> None:
    """A version that there is not is said with what uv says, and the code is 5."""
    ran = check(shop, "--against", "sqlalchemy==0.0.0.1")

    assert codes.MISSING == ran.code
    assert "the environment to compare with cannot be made" in ran.err
    assert "Traceback" not in ran.err


def test_a_budget_fails_without_a_base(shop: Shop) -> None:
    """A new strategy that takes more than its project allows is a regression, though there is nothing to compare."""
    text = (shop.folder / SCENARIOS).read_text()
    (shop.folder / SCENARIOS).unlink()
    without = shop.commit("No scenarios yet")
    shop.write(SCENARIOS, text)
    shop.write("pyproject.toml", (shop.folder / "pyproject.toml").read_text() + BUDGET)

    ran = check(shop, "--against", without)

    assert codes.REGRESSION == ran.code, ran.err
    assert "orders.page:selectin:\n  over budget: 2 statements (at most 1)" in ran.out


def test_a_budget_that_is_kept_is_no_error(shop: Shop) -> None:
    """What takes no more than its budget passes, and another strategy's budget is not its own."""
    shop.write("pyproject.toml", (shop.folder / "pyproject.toml").read_text() + BUDGET.replace("1", "2"))

    code, told = found(shop, "--against", "HEAD", "--no-timings")

    assert (codes.DONE, [[], []]) == (code, [one["limits"] for one in told["strategies"]])


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


NOTE = ("    total: Mapped[int]\n", "    total: Mapped[int]\n    note: Mapped[str]\n")
NOTED = ("number % 97)", 'number % 97, "a note")')


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
@pytest.mark.parametrize(
    ("file", "change"), [("src/shop/models.py", (", index=True", "")), (SCENARIOS, NOTED)], ids=["index", "column"]
)
def test_the_same_rows_around_which_something_changed_are_a_base(
    shop: Shop, database: str, file: str, change: tuple[str, str]
) -> None:
    """An index less, or a column more, is said and no error: what is read of the rows is compared."""
    shop.replace(file, *change)
    if change is NOTED:
        shop.replace("src/shop/models.py", *NOTE)

    code, told = found(shop, "--no-timings", "--against", "HEAD", "--database", database)

    assert (codes.DONE, [], [[], []]) == (code, told["missing"], [one["counters"] for one in told["strategies"]])
    note = "its dataset shop has other columns, tables, indexes or constraints now, and the same rows"
    assert all(one["notes"][0].startswith(note) for one in told["strategies"])


def test_a_statement_more_is_found_beside_a_column_more(shop: Shop) -> None:
    """A migration hides nothing: the counter fails as it would without."""
    shop.replace("src/shop/models.py", *NOTE)
    shop.replace(SCENARIOS, *NOTED)
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop, "--no-timings", "--against", "HEAD")

    assert codes.REGRESSION == ran.code, ran.out
    assert "statements 2 → 3" in ran.out


def test_an_index_less_is_found_by_time(shop: Shop) -> None:
    """Each revision reads its own data, so that what an index was worth shows in the times."""
    shop.replace(SCENARIOS, "range(1, 1001)", "range(1, 100001)")
    shop.replace(SCENARIOS, 'typical={"customers": 20}', 'typical={"customers": 1}')
    with_index = shop.commit("Many orders")
    shop.replace("src/shop/models.py", ", index=True", "")

    code, told = found(shop, "--threshold", "40%", "--against", with_index, "orders.page:aggregate")

    assert (codes.REGRESSION, {"aggregate": "slower"}) == (code, verdicts(told))


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_other_rows_are_no_base(shop: Shop, database: str) -> None:
    """Where the rows are others, the code is 5, no table says that nothing changed, and it can be borne."""
    shop.replace(SCENARIOS, "number % 97)", "number % 89)")
    asked = ("--no-timings", "--against", "HEAD", "--database", database)

    ran, borne = check(shop, *asked), check(shop, *asked, "--allow-missing")

    assert (codes.MISSING, codes.DONE) == (ran.code, borne.code), ran.err
    assert "its dataset shop has other rows now" in ran.out
    assert "No base to compare with: orders.page (where that is meant, bear it with --allow-missing)" in ran.out
    assert "No base to compare with: orders.page (borne by --allow-missing)" in borne.out
    assert ("the same" in ran.out, "No counter grew" in ran.out) == (False, False)


def test_a_strategy_that_is_new_and_fails_is_a_failure(shop: Shop) -> None:
    """What has no base has to work all the same: the code is 4, with what it raised."""
    broken = '\n\n@page.strategy()\nasync def broken(db):\n    raise ValueError("out of stock")\n'
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + broken)

    ran = check(shop, "--no-timings", "--against", "HEAD")

    assert codes.FAILED == ran.code, ran.err
    assert "orders.page:broken:\n  it failed: ValueError: out of stock" in ran.out


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_a_strategy_more_in_the_module_of_the_rows_makes_no_other_data(shop: Shop, database: str) -> None:
    """The rows are what they were where the module that makes them was edited, so that there is a base for all."""
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + '\n\npage.strategy(name="once_more")(selectin)\n')

    code, told = found(shop, "--no-timings", "--against", "HEAD", "--database", database)

    assert (codes.DONE, [], ["orders.page:once_more"]) == (code, told["missing"], told["appeared"])


def test_rows_that_a_function_of_another_module_makes_are_made_anew(shop: Shop) -> None:
    """Where a row factory elsewhere was changed the data are others, and no template of before is taken for them."""
    shop.write("src/shop/factories.py", "def orders():\n    return 1000\n")
    shop.replace(SCENARIOS, "from shop.queries", "from shop.factories import orders\nfrom shop.queries")
    shop.replace(SCENARIOS, "range(1, 1001)", "range(1, orders() + 1)")
    written = shop.commit("Rows by a factory")
    shop.replace("src/shop/factories.py", "1000", "3000")

    ran = check(shop, "--no-timings", "--against", written)

    assert codes.MISSING == ran.code, ran.err
    assert "its dataset shop has other rows now" in ran.out


def test_a_base_that_has_other_packages_than_required_is_refused(shop: Shop) -> None:
    """Where a PYTHONPATH brings the packages of the head into the base's environment nothing would be compared."""
    import sqlalchemy

    packages = str(Path(sqlalchemy.__file__).parents[1])
    path = f"{packages}:{shop.environment['PYTHONPATH']}"

    ran = run("check", "--no-timings", "--against", "sqlalchemy==2.0.58", cwd=shop.folder, env={"PYTHONPATH": path})

    assert codes.MISSING == ran.code
    assert "the base was to have sqlalchemy==2.0.58 and has" in ran.err


DEMONSTRATION = """

@page.strategy(raises=ValueError)
async def refused(db):
    raise ValueError("out of stock")
"""


def test_a_demonstration_alone_is_nothing_to_compare(shop: Shop) -> None:
    """What is shown and never ranked cannot be selected alone: one line says why."""
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + DEMONSTRATION)
    shop.commit("A demonstration")

    complaint = check(shop, "orders.page:refused", "--against", "HEAD").complaint

    assert "orders.page:refused: shown in a run and never ranked, so there is nothing to compare" == complaint


def test_what_is_new_beside_a_stored_result_has_to_work_within_its_budget(shop: Shop) -> None:
    """Against a file too a new strategy that fails ends with 4, and one over its budget is named."""
    path = stored(shop)
    broken = '\n\n@page.strategy()\nasync def broken(db):\n    raise ValueError("out of stock")\n'
    costly = '\n\npage.strategy(name="once_more", max_statements=1)(selectin)\n'
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + broken + costly)

    ran = check(shop, "--against", str(path))

    assert codes.FAILED == ran.code, ran.err
    assert "orders.page:broken:\n  it failed: ValueError: out of stock" in ran.out
    assert "orders.page:once_more:\n  over budget: 2 statements (at most 1)" in ran.out


def test_an_interrupted_result_is_no_base(shop: Shop) -> None:
    """A stored result that lacks what was not reached is refused, with how to go on with it."""
    path = stored(shop)
    path.write_text(path.read_text().replace('"interrupted":false', '"interrupted":true'))

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code
    assert "was interrupted" in ran.err
