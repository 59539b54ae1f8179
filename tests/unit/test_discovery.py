"""Finding scenario modules by path, importing them, and choosing among what they hold."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.discovery import Module, builtin_folder, close_to, declares_scenarios, find_modules, load_module, select
from bench.errors import ScenarioError, UsageError
from tests.cli.helpers import SMALL

Write = Callable[[str, str], Path]

QUESTION = '''
"""Which is it?

More on it.
"""
from sqlalchemy import MetaData
from bench import Dataset, Scenario

empty = Dataset("empty", MetaData(), lambda scale, random: ())
{name} = Scenario(dataset=empty)

@{name}.strategy(baseline=True)
async def one(db):
    """One."""

@{name}.strategy()
async def two(db):
    """Two."""
'''


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    """Writes a file below the test's folder; what was imported from there is forgotten afterwards."""
    before = set(sys.modules)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    yield write
    for name in set(sys.modules) - before:
        if name.startswith("_bench_scenarios_") or name.partition(".")[0] in ("package", "helper"):
            del sys.modules[name]


def question(name: str) -> str:
    """A module with one scenario of that name."""
    return QUESTION.replace("{name}", name)


def found_in(folder: Path) -> set[str]:
    """The names of the modules that a folder adds to the built-in ones."""
    return {name for name, module in find_modules([folder]).items() if module.path.is_relative_to(folder)}


def test_the_built_in_scenarios_are_there_without_a_place() -> None:
    """Without `--scenarios` the modules of the package's own folder are found."""
    assert Module("loading", builtin_folder() / "loading.py") == find_modules()["loading"]


def test_a_folder_joins_the_built_in_scenarios_and_hides_one_of_its_name(write: Write) -> None:
    """Of two modules of one name that in the folder is taken; the other built-in ones stay."""
    path = write("questions/loading.py", question("own"))
    write("questions/other.py", question("another"))

    found = find_modules([path.parent])

    assert set(find_modules()) | {"loading", "other"} == set(found)
    assert path == found["loading"].path


def test_of_two_folders_with_the_same_file_names_the_later_is_taken(write: Write) -> None:
    """Each folder is a package of its own, so equal names do not meet, and the place named last hides the first."""
    first, second = write("a/same.py", question("first")), write("b/same.py", question("second"))

    assert second == find_modules([first.parent, second.parent])["same"].path
    assert ["same.first"] == list(load_module(Module("same", first)))
    assert ["same.second"] == list(load_module(Module("same", second)))


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("from bench import Scenario\n", True),
        ("import bench\n", True),
        ("import bench.scenario as s\n", True),
        ("def later():\n    from bench import Scenario\n", True),
        ("import benchmark\n", False),
        ("from .bench import nothing\n", False),
        ('"from bench import Scenario"\n', False),
        ("from bench import (\n", True),
    ],
)
def test_a_file_is_one_of_scenarios_when_it_imports_bench(write: Write, text: str, is_found: bool) -> None:
    """What a file imports is read from its syntax; one that cannot be read is taken, so that its error is shown."""
    folder = write("questions/candidate.py", text).parent

    assert ({"candidate"} if is_found else set()) == found_in(folder)


@pytest.mark.parametrize(
    ("text", "declares"),
    [
        ("from bench import Dataset, Scenario\n", True),
        ("from bench.scenario import Scenario as S\n", True),
        ("from bench import *\n", True),
        ("import bench as b\n\none = b.Scenario(dataset=None)\n", True),
        ("from bench import Dataset\n", False),
        ("import bench\n", False),
        ("from theatre import Scenario\n", False),
        ("from bench import (\n", False),
    ],
)
def test_a_file_declares_scenarios_when_it_names_their_class(write: Write, text: str, declares: bool) -> None:
    """A module of a dataset imports bench too, and so may a helper of tests; what declares a scenario names it."""
    assert declares == declares_scenarios(write("questions/candidate.py", text))


def test_only_files_directly_in_a_folder_are_found(write: Write) -> None:
    """Subfolders, `__init__.py`, and names that Python could not import are passed over."""
    folder = write("questions/direct.py", question("a")).parent
    write("questions/below/deeper.py", question("b"))
    write("questions/__init__.py", "import bench\n")
    write("questions/not-a-name.py", question("c"))
    (folder / "folder.py").mkdir()

    assert {"direct"} == found_in(folder)


def test_a_file_that_does_not_import_bench_is_not_run(write: Write) -> None:
    """A script beside the scenarios is neither found nor imported when they are."""
    path = write("questions/direct.py", question("a"))
    write("questions/script.py", "raise SystemExit('I was run')\n")

    assert {"direct"} == found_in(path.parent)
    assert ["direct.a"] == list(load_module(Module("direct", path)))


def test_files_of_a_folder_import_each_other_relatively(write: Write) -> None:
    """`from .shared import x` works, and the scenario of another file is not counted twice."""
    write("questions/shared.py", question("common"))
    path = write("questions/direct.py", "from .shared import common, empty\n" + question("own"))

    assert ["direct.own"] == list(load_module(Module("direct", path)))


def test_what_a_function_of_another_file_makes_is_its_callers_own(write: Write) -> None:
    """A scenario that a helper function makes is found in the module that keeps it."""
    made = question("made").replace("\n", "\n    ")
    write("questions/factory.py", f"def make():\n    {made}\n    return made\n")
    path = write("questions/direct.py", "import bench\nfrom .factory import make\nown = make()\n")

    assert ["direct.own"] == list(load_module(Module("direct", path)))


def test_a_folder_is_never_on_the_path(write: Write) -> None:
    """After an import `sys.path` is as before, so a file cannot take the place of a library."""
    path = write("questions/direct.py", question("a"))
    write("questions/json.py", "raise ImportError('not the real one')\n")
    before = list(sys.path)

    load_module(Module("direct", path))

    assert before == sys.path


def test_a_folder_in_an_importable_package_is_imported_by_its_dotted_name(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its package can be imported from here, a module is the one that `import` gives."""
    write("package/__init__.py", "ORIGIN = 'package'\n")
    write("package/questions/__init__.py", "")
    path = write("package/questions/direct.py", "from .. import ORIGIN\n" + question("a"))
    monkeypatch.syspath_prepend(tmp_path)

    assert ["direct.a"] == list(load_module(Module("direct", path)))
    assert "package" == sys.modules["package.questions.direct"].ORIGIN


def test_a_single_file_is_a_place(write: Write) -> None:
    """Of a folder's files the one that is named joins the built-in ones."""
    path = write("questions/direct.py", question("a"))
    write("questions/other.py", question("b"))

    assert set(find_modules()) | {"direct"} == set(find_modules([path]))


@pytest.mark.parametrize("place", ["package.questions", "package.questions.direct"])
def test_a_dotted_name_is_a_place(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A package or module of the current directory is found by its dotted name, and nothing of it is imported."""
    write("package/__init__.py", "raise SystemExit('I was imported')\n")
    path = write("package/questions/direct.py", question("a"))
    monkeypatch.chdir(tmp_path)

    assert path == find_modules([place])["direct"].path
    assert "package" not in sys.modules


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("missing", "no scenarios at 'missing': give a folder, a file or the dotted name of a package"),
        ("missing.deeper", "no scenarios at 'missing.deeper': give a folder, a file or the dotted name of a package"),
        ("json.missing", "no scenarios at 'json.missing': give a folder, a file or the dotted name of a package"),
        ("sys", "no scenarios at 'sys': give a folder, a file or the dotted name of a package"),
        ("a/b.py", "no scenarios at 'a/b.py': give a folder, a file or the dotted name of a package"),
        ("notes.md", "no scenarios at 'notes.md': it is no Python file"),
    ],
)
def test_a_place_that_is_not_there_is_refused(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, complaint: str
) -> None:
    """A path or name that leads to no Python is said with what could be given."""
    write("notes.md", "from bench import Scenario\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as refused:
        find_modules([place])

    assert complaint == str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("import bench\n\nx = (1,\n", "broken.py:3: SyntaxError: '(' was never closed"),
        (
            "import bench\nimport no_such_module\n",
            "broken.py:2: ModuleNotFoundError: No module named 'no_such_module'",
        ),
        ("from bench import Scenari\n", "broken.py:1: ImportError: cannot import name 'Scenari' from 'bench'"),
        (
            "import bench\n\n\nimport json; json.loads('{')\n",
            "broken.py:4: JSONDecodeError: Expecting property name enclosed in double quotes",
        ),
        ("import bench\nraise SystemExit(3)\n", "broken.py:2: SystemExit: 3"),
        ("import bench\nraise RuntimeError('one\\ntwo')\n", "broken.py:2: RuntimeError: one two"),
        ("from .beside import x\nimport bench\n", "beside.py:2: ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_that_does_not_import_is_said_with_file_line_and_error(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    """The line is the last in a file of the folder that the error passed, however deep in a library it came from."""
    path = write("broken.py", text)
    write("beside.py", "x = 1\nx = 1 / 0\n")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ScenarioError) as refused:
        load_module(Module("broken", path))

    assert str(refused.value).startswith(complaint)
    assert "\n" not in str(refused.value)


def test_an_interruption_of_an_import_is_no_mistake_of_the_module(write: Write) -> None:
    """Ctrl-C while a module is imported stays what it is."""
    path = write("slow.py", "import bench\nraise KeyboardInterrupt\n")

    with pytest.raises(KeyboardInterrupt):
        load_module(Module("slow", path))


def test_a_question_is_the_scenarios_own_or_the_first_line_of_its_module(write: Write) -> None:
    """`question=` comes first, then the first line of the module's docstring, then one made from the name."""
    told = write("told.py", question("a").replace("dataset=empty", "dataset=empty, question='Really?'"))
    first_line = write("first_line.py", question("a"))
    silent = write("silent.py", question("a").replace('"""Which is it?\n\nMore on it.\n"""\n', ""))

    questions = [load_module(Module(path.stem, path))[f"{path.stem}.a"].question for path in (told, first_line, silent)]

    assert ["Really?", "Which is it?", "Which strategy of a is fastest?"] == questions


def test_the_small_case_is_what_its_file_declares() -> None:
    """The scenarios of a module come by name, in the order of their declaration."""
    assert ["small.reading", "small.held", "small.failing"] == list(load_module(Module("small", SMALL)))


NAMES = {
    "loading.one_to_many": ["lazy", "selectin", "joined"],
    "loading.many_to_one": ["lazy", "joined"],
    "loading_extra.one_to_many": ["lazy"],
    "writing.bulk": ["core", "orm"],
}


@pytest.mark.parametrize(
    ("selectors", "chosen"),
    [
        ([], dict.fromkeys(NAMES)),
        (["loading"], {"loading.one_to_many": None, "loading.many_to_one": None}),
        (["loading.one_to_many"], {"loading.one_to_many": None}),
        (["loading.one_to_many:joined"], {"loading.one_to_many": ["joined"]}),
        (["loading.one_to_many:joined", "loading.one_to_many:lazy"], {"loading.one_to_many": ["joined", "lazy"]}),
        (["loading.one_to_many:joined", "loading.one_to_many:joined"], {"loading.one_to_many": ["joined"]}),
        (["loading.one_to_many:joined", "loading.one_to_many"], {"loading.one_to_many": None}),
        (["loading.one_to_many", "loading.one_to_many:joined"], {"loading.one_to_many": None}),
        (["loading:selectin"], {"loading.one_to_many": ["selectin"]}),
        (["writing", "loading_extra"], {"loading_extra.one_to_many": None, "writing.bulk": None}),
    ],
)
def test_selectors_match_whole_dotted_parts(selectors: list[str], chosen: dict[str, list[str] | None]) -> None:
    """A module, a scenario or a strategy is selected by its whole name, in the order of declaration, none twice."""
    assert chosen == select(selectors, NAMES)
    assert list(chosen) == list(select(selectors, NAMES))


@pytest.mark.parametrize(
    ("selector", "complaint"),
    [
        ("load", "no scenario 'load'; close to it: loading"),
        ("loading.one_to", "no scenario 'loading.one_to'; close to it: loading.one_to_many, loading.many_to_one"),
        ("loading.one_to_many.x", "no scenario 'loading.one_to_many.x'; close to it: loading.one_to_many"),
        (
            "writing.bulk:cora",
            "no strategy 'writing.bulk:cora'; close to it: writing.bulk:core, writing.bulk:orm",
        ),
        ("loading_extra:joined", "no strategy 'loading_extra:joined'; close to it: loading_extra.one_to_many:lazy"),
        (":lazy", "no scenario ''; there is loading, loading.many_to_one, loading.one_to_many, loading_extra, "),
    ],
)
def test_a_selector_that_matches_nothing_names_what_is_close(selector: str, complaint: str) -> None:
    """An unknown module, scenario or strategy is said with up to three names that are close."""
    with pytest.raises(UsageError) as refused:
        select([selector], NAMES)

    assert str(refused.value).startswith(complaint)


def test_what_is_close_to_nothing_is_everything_or_the_list() -> None:
    """Where nothing is close, a few names are all given, and many are left to `bench list`."""
    assert "; there is alpha, beta" == close_to("zzz", ["beta", "alpha"])
    assert "; `bench list` names what there is" == close_to("zzz", [f"a{number}" for number in range(13)])
    assert "; `bench list` names what there is" == close_to("zzz", [])
