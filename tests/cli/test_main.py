"""What all commands share: help, wrong usage, where the configuration is, how a command may end."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

import gateway
from gateway.cli.main import COMMANDS
from tests.cli.conftest import ONE_APP, SETTINGS, Relevo

LEAVES = [
    *[(command,) for command in COMMANDS],
    ("portability", "load"),
    ("portability", "info"),
    ("bind", "stop"),
    ("bind", "start"),
    ("bind", "receive-only"),
    ("keys", "new"),
]


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_command_explains_itself(relevo: Relevo, words: tuple[str, ...]) -> None:
    ran = relevo(*words, "--help")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: relevo {' '.join(words)} ")


def test_help_lists_every_command(relevo: Relevo) -> None:
    ran = relevo("--help")

    assert ran.status == 0
    assert all(f"    {command} " in ran.out for command in COMMANDS)


def test_version_is_the_distributions(relevo: Relevo) -> None:
    assert relevo("--version").out == f"relevo {metadata.version('relevo')}\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("-c",),
        ("frobnicate",),
        ("status", "extra"),
        ("status", "--json", "--watch"),
        ("send", "--to", "5512345678"),
        ("send", "--to", "5512345678", "--text", "x", "--lane", "slow"),
        ("send", "--to", "5512345678", "--text", "x", "--timeout", "soon"),
        ("explain",),
        ("lookup",),
        ("bind",),
        ("bind", "explode", "telcel-1"),
        ("bind", "stop"),
        ("portability",),
        ("portability", "load"),
        ("portability", "load", "f.csv", "--max-errors", "-1"),
        ("portability", "load", "f.csv", "--format", "xml"),
        ("keys",),
        ("keys", "new"),
        ("keys", "new", "not a name"),
        ("sim",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said_on_stderr_with_status_2(relevo: Relevo, words: tuple[str, ...]) -> None:
    ran = relevo(*words)

    assert (ran.status, ran.out) == (2, "")
    assert "relevo" in ran.err


@pytest.mark.parametrize("words", [("check", "-c", "FILE"), ("-c", "FILE", "check"), ("check", "--config=FILE")])
def test_configuration_is_named_before_or_after_the_command(
    relevo: Relevo, tmp_path: Path, words: tuple[str, ...]
) -> None:
    other = tmp_path / "check"  # the name of a command, to see that it is not taken for one
    other.write_text(SETTINGS + ONE_APP)

    ran = relevo(*(word.replace("FILE", str(other)) for word in words))

    assert (ran.status, ran.out.splitlines()[-1]) == (0, f"{other}: ok")


def test_configuration_after_the_command_counts_more_than_before_it(relevo: Relevo, config: Path) -> None:
    assert relevo("-c", "/nowhere.yaml", "check", "-c", str(config)).status == 0
    assert relevo("-c", "/nowhere.yaml", "portability", "info", "-c", str(config)).status == 1


def test_configuration_named_like_a_command_is_not_taken_for_it(
    relevo: Relevo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("status").write_text(SETTINGS + ONE_APP)

    assert relevo("-c", "status", "check").status == 0


def test_configuration_is_looked_for_at_its_usual_place(relevo: Relevo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELEVO_CONFIG")
    monkeypatch.setattr("gateway.cli.arguments.DEFAULT_CONFIG", "/nowhere/relevo.yaml")

    ran = relevo("lookup", "5512345678")

    assert ran.status == 2
    assert ran.err == "/nowhere/relevo.yaml:1: cannot be read: No such file or directory\n"


@pytest.mark.parametrize("words", [("lookup", "5512345678"), ("explain", "--to", "1"), ("portability", "info")])
def test_command_that_needs_the_configuration_names_each_of_its_problems(
    relevo: Relevo, config: Path, words: tuple[str, ...]
) -> None:
    config.write_text(config.read_text().replace("port: 2801", "port: 99999").replace("lane: fast", "lane: slow"))

    ran = relevo(*words)

    assert (ran.status, ran.out) == (2, "")
    assert [line.split(": ")[1] for line in ran.err.splitlines()] == ["carriers.telcel.binds[0].port", "apps.bank.lane"]


def test_run_hands_the_configuration_to_the_daemon(
    relevo: Relevo, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []

    def run(path: Path) -> int:
        started.append(path)
        return 7

    fake = SimpleNamespace(run=run)
    monkeypatch.setitem(sys.modules, "gateway.daemon", fake)
    monkeypatch.setattr(gateway, "daemon", fake, raising=False)

    assert relevo("run").status == 7
    assert started == [config]


def test_reader_that_goes_away_is_no_reason_to_complain(config: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        ran = subprocess.run(
            [sys.executable, "-m", "gateway.cli.main", "-c", str(config), "check"],
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )

    assert ran.stderr == b""
