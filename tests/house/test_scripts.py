"""bin/: when .venv is made and refreshed, what is said when it cannot be, and what is handed over to."""

import os
import shutil
from pathlib import Path

import pytest

from tests.house.conftest import PROJECT, Checkout, executable


def test_relevo_makes_the_environment_once_and_hands_over_silently(checkout: Checkout) -> None:
    first = checkout.run("relevo", "send", "--text", "two words")
    second = checkout.run("relevo", "status")

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == (f"ran <-P> <-m> <gateway.cli.main> <send> <--text> <two words> in {checkout.root}\n")
    assert second.returncode == 0
    assert checkout.journal == ["made", "installed ."]


def test_demo_runs_in_the_callers_directory_when_called_by_a_chain_of_links(checkout: Checkout, tmp_path: Path) -> None:
    absolute = tmp_path / "absolute"
    absolute.symlink_to(checkout.root / "bin" / "demo")
    relative = tmp_path / "relative"
    relative.symlink_to("absolute")

    run = checkout.run(relative, "--once", cwd=Path("/"), CDPATH=str(tmp_path))

    assert run.stdout == "ran <-P> <-m> <gateway.cli.demo> <--once> in /\n"
    assert (checkout.root / ".venv" / "relevo-stamp").exists()


def test_environment_is_refreshed_in_place_when_pyproject_changes(checkout: Checkout) -> None:
    checkout.run("relevo")
    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write('version = "2"\n')

    assert checkout.run("relevo").returncode == 0
    assert checkout.journal == ["made", "installed .", "installed ."]


def test_environment_is_made_anew_when_the_checkout_has_moved(checkout: Checkout, tmp_path: Path) -> None:
    checkout.run("relevo")
    moved = Checkout(tmp_path / "elsewhere", checkout.environment)
    checkout.root.rename(moved.root)

    assert moved.run("relevo").returncode == 0
    assert moved.journal == ["made", "installed .", "made", "installed ."]


def test_environment_is_made_anew_when_its_interpreter_is_gone(checkout: Checkout) -> None:
    checkout.run("relevo")
    (checkout.root / ".venv" / "bin" / "python").unlink()

    assert checkout.run("relevo").returncode == 0
    assert checkout.journal == ["made", "installed .", "made", "installed ."]


def test_refresh_keeps_the_development_tools(checkout: Checkout) -> None:
    checkout.run("test", "-q")
    checkout.run("relevo")
    with (checkout.root / "pyproject.toml").open("a") as file:
        file.write('version = "2"\n')
    checkout.run("relevo")

    assert checkout.journal == ["made", "installed .[dev]", "installed .[dev]"]


def test_test_adds_the_development_tools_to_an_environment_made_for_running(checkout: Checkout) -> None:
    checkout.run("relevo")
    checkout.run("test", "-q")

    assert checkout.journal == ["made", "installed .", "installed .[dev]"]


def test_test_runs_every_check_in_the_checkout(checkout: Checkout) -> None:
    run = checkout.run("test", cwd=Path("/"))

    assert run.returncode == 0
    assert run.stdout.splitlines() == [
        f"ran <-m> <ruff> <check> <.> in {checkout.root}",
        f"ran <-m> <ruff> <format> <--check> <.> in {checkout.root}",
        f"ran <-m> <mypy> in {checkout.root}",
        f"ran <-m> <pytest> in {checkout.root}",
    ]


def test_test_gives_its_arguments_to_pytest_alone(checkout: Checkout) -> None:
    run = checkout.run("test", "tests/smpp", "-k", "enquire link")

    assert run.stdout == f"ran <-m> <pytest> <tests/smpp> <-k> <enquire link> in {checkout.root}\n"


def test_test_runs_the_later_checks_and_fails_when_an_earlier_one_failed(checkout: Checkout) -> None:
    checkout.run("relevo")
    python = checkout.root / ".venv" / "bin" / "python"
    executable(python, python.read_text().replace("case", 'case "$*" in "-m mypy"*) exit 3 ;; esac\ncase', 1))

    run = checkout.run("test")

    assert run.returncode == 1
    assert "<pytest>" in run.stdout
    assert run.stderr == "bin/test: failed: types\n"


@pytest.mark.parametrize("with_flock", [True, False])
def test_two_at_once_build_one_environment(checkout: Checkout, bare_path: Path, with_flock: bool) -> None:
    if with_flock:
        flock = shutil.which("flock")
        if flock is None:
            with_flock = False
        else:
            (bare_path / "flock").symlink_to(flock)
    gate = bare_path.parent / "gate"
    os.mkfifo(gate)
    options = {"PATH": str(bare_path), "PIP_WAITS": str(gate)}
    (bare_path / "cp").symlink_to(shutil.which("cp") or "/bin/cp")

    runs = [checkout.start("relevo", str(number), **options) for number in (1, 2)]
    with gate.open("w"):
        pass  # the first to come opens it to read, which lets this through; closing it lets pip end
    outputs = [run.communicate(timeout=60) for run in runs]

    assert [run.returncode for run in runs] == [0, 0], outputs
    assert checkout.journal == ["made", "installed ."]
    assert not (checkout.root / ".venv.lock").exists()


def test_lock_directory_of_a_process_that_died_is_taken_over(checkout: Checkout, bare_path: Path) -> None:
    (bare_path / "cp").symlink_to(shutil.which("cp") or "/bin/cp")
    dead = checkout.start("relevo", PATH=str(bare_path), RELEVO_PYTHON="none")
    dead.communicate(timeout=60)
    (checkout.root / ".venv.lock").mkdir()
    (checkout.root / ".venv.lock" / "pid").write_text(f"{dead.pid}\n")

    assert checkout.run("relevo", PATH=str(bare_path)).returncode == 0
    assert not (checkout.root / ".venv.lock").exists()


def test_failed_install_is_told_and_tried_again(checkout: Checkout) -> None:
    failed = checkout.run("relevo", PIP_FAILS="error: [Errno -3] Temporary failure in name resolution")
    again = checkout.run("relevo")

    assert failed.returncode == 1
    assert "Temporary failure in name resolution" in failed.stderr
    assert "could not reach the package index" in failed.stderr
    assert again.returncode == 0
    assert checkout.journal == ["made", "installed .", "installed ."]


@pytest.mark.parametrize(
    ("words", "explanation"),
    [
        (
            "ERROR: Could not find a version that satisfies setuptools (from versions: none)",
            "could not reach the package",
        ),
        ("ERROR: [Errno 28] No space left on device", "the disk that holds"),
        ("error: metadata-generation-failed", "could not install what pyproject.toml asks for"),
    ],
)
def test_failed_install_names_its_cause(checkout: Checkout, words: str, explanation: str) -> None:
    run = checkout.run("relevo", PIP_FAILS=words)

    assert run.returncode == 1
    assert words in run.stderr
    assert explanation in run.stderr


def test_missing_python_is_told_with_how_to_get_it(checkout: Checkout, bare_path: Path) -> None:
    run = checkout.run("relevo", PATH=str(bare_path), RELEVO_PYTHON="")

    assert run.returncode == 1
    assert "there is no python3 on PATH" in run.stderr
    assert "apt install python3" in run.stderr


def test_old_python_is_told_by_name(checkout: Checkout, bare_path: Path) -> None:
    executable(bare_path / "python3", "#!/bin/sh\nexit 1\n")

    run = checkout.run("relevo", PATH=str(bare_path), RELEVO_PYTHON="")

    assert run.returncode == 1
    assert "are older or do not start: python3" in run.stderr


def test_python_without_venv_is_told_with_the_package_that_has_it(checkout: Checkout, bare_path: Path) -> None:
    executable(bare_path / "python3", '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac\n')

    run = checkout.run("relevo", PATH=str(bare_path), RELEVO_PYTHON="")

    assert run.returncode == 1
    assert "found python3, which cannot make virtual environments" in run.stderr
    assert "apt install python3-venv" in run.stderr


def test_directory_that_is_no_environment_is_left_alone(checkout: Checkout) -> None:
    (checkout.root / ".venv").mkdir()
    (checkout.root / ".venv" / "letters").write_text("dear")

    run = checkout.run("relevo")

    assert run.returncode == 1
    assert "is no virtual environment" in run.stderr
    assert (checkout.root / ".venv" / "letters").read_text() == "dear"


def fuzz(checkout: Checkout) -> Path:
    """The script that fuzzes, in the checkout."""
    script = checkout.root / "tests" / "fuzz" / "check"
    script.parent.mkdir(parents=True)
    shutil.copy(PROJECT / "tests" / "fuzz" / "check", script)
    return script


def test_fuzzing_installs_what_it_needs_once(checkout: Checkout) -> None:
    script = fuzz(checkout)
    first, second = checkout.run(script), checkout.run(script, "--seconds", "5", "codec")

    assert first.stdout == f"ran <-m> <pytest> <-m> <fuzz> <tests/fuzz> in {checkout.root}\n"
    assert second.stdout == f"ran <-m> <tests.fuzz.run> <--seconds> <5> <codec> in {checkout.root}\n"
    assert checkout.journal == ["made", "installed .[dev]", "installed .[dev,fuzz]"]
    assert checkout.run("test", "-q").returncode == 0
    assert len(checkout.journal) == 3  # it is no reason to refresh


def test_fuzzing_says_why_it_cannot_be_had(checkout: Checkout) -> None:
    script = fuzz(checkout)
    nowhere = checkout.run(script, NO_WHEELS="1")
    checkout.run("test", "-q")
    away = checkout.run(script, NO_WHEELS="1", PIP_FAILS="Temporary failure in name resolution")

    assert (nowhere.returncode, away.returncode) == (1, 1)
    assert "atheris cannot be had for" in nowhere.stderr
    assert "pip could not reach the package index" in away.stderr
