"""`relevo bind check` against `relevo sim`, both as their users run them."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Relevo

ROOT = Path(__file__).parents[2]
QUICK = ("--minutes", "0.01", "--window", "12", "--skip", "rate", "--skip", "long", "--skip", "refusals")


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a simulated operator whose receipts come soon."""
    profile = str(ROOT / "conf" / "profiles" / "operator.yaml")
    words = (
        "sim",
        "--port",
        "0",
        "--profile",
        profile,
        "--receipts-after",
        "50ms",
        "--receipts-jitter",
        "0ms",
        "--json",
    )
    command = [sys.executable, "-m", "gateway.cli.main", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def carrier(config: Path, port: int) -> Path:
    """The configuration, with the simulated operator as its carrier."""
    config.write_text(config.read_text().replace("port: 2801", f"port: {port}"))
    return config


def test_bind_check_prints_what_fits_the_carrier(carrier: Path, relevo: Relevo, tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("alphabet: A\nucs2: yes\n")
    ran = relevo("bind", "check", "telcel-1", "--to", "5512345678", "--yes", "--answers", str(answers), *QUICK)
    assert ran.status == 0, ran.err
    assert "relevo bind stop telcel-1" in ran.out
    assert "It sends 20 messages, and 35 at most" in ran.out
    assert "[ok] window: the window is 10" in ran.out
    pasted = yaml.safe_load(ran.out[ran.out.index("\ncarriers:") :])["carriers"]["telcel"]
    assert (pasted["alphabet"], pasted["message_ids"], pasted["ucs2"]) == ("gsm7", "hex-dec", True)


def test_bind_check_prints_json(carrier: Path, relevo: Relevo) -> None:
    ran = relevo("bind", "check", "telcel-1", "--to", "+525512345678", "--yes", "--json", *QUICK)
    assert ran.status == 0, ran.err
    assert ran.json["profile"]["bind"]["window"] == 10
    assert ran.json["steps"][0] == {
        "step": "bind",
        "sent": "bind_transceiver as acme, version 0x34",
        "came": "ESME_ROK from operator, version 0x34",
        "verdict": "bound",
        "good": True,
    }
    assert "alphabet" in ran.json["not_found_out"]
    assert "It sends 20 messages" in ran.err


def test_bind_check_asks_the_tester(carrier: Path, relevo: Relevo, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("y\nZ\na\n\n"))
    ran = relevo("bind", "check", "telcel-1", "--to", "+525512345678", *QUICK)
    assert ran.status == 0, ran.err
    assert "came  the tester saw A" in ran.out
    assert ran.err.count("or Enter if you cannot say") == 3


def test_bind_check_sends_nothing_without_leave(relevo: Relevo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    ran = relevo("bind", "check", "telcel-1", "--to", "+525512345678")
    assert ran.status == 2
    assert "say --yes" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("telcel-9", "--to", "+525512345678"), "no bind is called telcel-9; there are telcel-1"),
        (("telcel-1", "--to", "12"), "--to 12"),
        (("telcel-1",), "--to"),
        (("telcel-1", "--to", "+525512345678", "--skip", "plain"), "plain"),
        (("telcel-1", "--to", "+525512345678", "--minutes", "0"), "not a number above 0"),
    ],
)
def test_bind_check_says_what_is_wrong(relevo: Relevo, words: tuple[str, ...], said: str) -> None:
    ran = relevo("bind", "check", *words)
    assert ran.status == 2
    assert said in ran.err


def test_bind_check_says_that_nobody_answers(carrier: Path, port: int, relevo: Relevo) -> None:
    carrier.write_text(carrier.read_text().replace(f"port: {port}", "port: 1"))
    ran = relevo("bind", "check", "telcel-1", "--to", "+525512345678", "--yes", *QUICK)
    assert ran.status == 1
    assert "cannot connect to 127.0.0.1:1" in ran.out
