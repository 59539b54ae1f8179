"""The tests on other Pythons and with other versions: which are found, and what is installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.packaging import elsewhere
from tests.packaging.elsewhere import ROOT, SUBSET, Elsewhere

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of pyenv's versions, and no interpreter on the path."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    return tmp_path / "versions"


def install(pyenv: Path, name: str, version: str) -> Path:
    """This interpreter, as one that pyenv has under that name for a version."""
    path = pyenv / name / "bin" / f"python{version}"
    path.parent.mkdir(parents=True)
    path.symlink_to(sys.executable)
    return path


def test_an_interpreter_of_pyenv_is_found(pyenv: Path) -> None:
    """One that is on no path is found where pyenv keeps it."""
    path = install(pyenv, f"{HERE}.1", HERE)

    assert path == elsewhere.interpreter_of(HERE)


def test_an_interpreter_of_another_version_is_none(pyenv: Path) -> None:
    """What says that it is another version is not taken, whatever its name; nor is what does not run."""
    install(pyenv, "3.9.1", "3.9")
    broken = pyenv / "3.9.2" / "bin" / "python3.9"
    broken.parent.mkdir(parents=True)
    broken.write_text("no program")

    assert elsewhere.interpreter_of("3.9") is None


def test_one_without_a_gil_is_another_platform(pyenv: Path) -> None:
    """A build that is free of the GIL does not stand for its version."""
    install(pyenv, f"{HERE}.1t", HERE)

    assert elsewhere.interpreter_of(HERE) is None


def test_every_python_that_is_promised_is_looked_for() -> None:
    """The versions are those of pyproject.toml."""
    assert ["3.11", "3.12", "3.13", "3.14"] == elsewhere.supported()


def test_the_lowest_versions_are_those_that_are_named() -> None:
    """uv takes the lowest of what pyproject.toml names, and the newest of what that needs in turn."""
    (lowest,) = elsewhere._chosen("lowest", [])

    make, install, test = lowest.commands("uv", ["tests/unit"])

    interpreter = str(ROOT / ".bench" / "environments" / "lowest" / "bin" / "python")
    place = str(Path(interpreter).parents[1])
    assert ["uv", "venv", "--quiet", "--allow-existing", "--python", sys.executable, place] == make
    assert ["uv", "pip", "install", "--python", interpreter, "--resolution", "lowest-direct"] == install[:7]
    assert ["--editable", ".", "--group", "test"] == install[-4:]
    assert [interpreter, "-m", "pytest", "-q", "tests/unit"] == test


def test_what_is_named_is_installed_beside() -> None:
    """A requirement is asked for beyond pyproject.toml, and names the environment."""
    (other,) = elsewhere._chosen("with", ["sqlalchemy>=2.0.40,<2.1"])

    assert "sqlalchemy-2.0.40-2.1" == other.name
    assert "sqlalchemy>=2.0.40,<2.1" == other.commands("uv", [])[1][-1]


def test_what_does_not_pass_is_said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Where a command of one environment fails, the next one is tried all the same, and the exit code is 1."""
    command = [sys.executable, "-c", "print('begun'); raise SystemExit(3)"]
    monkeypatch.setattr(elsewhere, "supported", lambda: [HERE, "2.0"])
    monkeypatch.setattr(elsewhere, "_candidates", lambda version: [Path(sys.executable)])
    monkeypatch.setattr(Elsewhere, "commands", lambda *_: [command])

    code = elsewhere.main(["pythons"])

    assert 1 == code
    assert ["begun", "python-2.0: not on this machine", f"python-{HERE}: FAILED"] == capfd.readouterr().out.splitlines()


def test_words_after_two_dashes_are_those_of_pytest() -> None:
    """What stands after `--` takes the place of the subset."""
    assert (["lowest"], ["tests/unit", "-x"]) == elsewhere._split(["lowest", "--", "tests/unit", "-x"])
    assert (["lowest"], []) == elsewhere._split(["lowest"])


def test_the_subset_is_there() -> None:
    """Each path of it is one of the repository."""
    assert [] == [path for path in SUBSET if not (ROOT / path).exists()]


def test_requirements_are_for_with_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """`lowest` with a requirement is refused."""
    with pytest.raises(SystemExit, match="2"):
        elsewhere.main(["lowest", "sqlalchemy<2.1"])

    assert "requirements are named with `with`, and with nothing else" in capsys.readouterr().err


def test_what_this_process_was_told_of_its_packages_is_not_handed_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """An environment has its own packages and the checkout's code, wherever this one was told to look."""
    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT / "nowhere"))

    assert elsewhere._try([[sys.executable, "-c", "import os; print(os.environ.get('PYTHONPATH'))"]])
    assert "None\n" == capfd.readouterr().out
