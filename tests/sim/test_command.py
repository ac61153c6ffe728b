"""`relevo sim`, as its own process and by its arguments."""

import argparse
import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import sim
from gateway.sim.profile import IdForm, ReceiptForm
from tests.sim.running import SUBMIT
from tests.support.peer import Peer

_START = (
    "import argparse; from gateway.cli import sim; p = argparse.ArgumentParser(); sim.add_parser(p.add_subparsers()); "
)
_START += "a = p.parse_args(); raise SystemExit(a.run(a))"


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="relevo")
    sim.add_parser(parser.add_subparsers())
    return parser.parse_args(["sim", *arguments])


def test_sim_reads_its_options_into_a_profile() -> None:
    profile = sim._profile(
        parsed(
            *("--port", "2801", "--name", "telcel", "--login", "acme:s:ecret", "--login", "other:x", "--tps", "200"),
            *("--latency", "20ms", "--jitter", "5ms", "--receipts-after", "2s", "--fail-share", "0.02"),
            *(
                "--id-form",
                "hexresp-decdlr",
                "--receipt-form",
                "tlv",
                "--throttle",
                "0.1",
                "--error-share",
                "0x45=0.05",
            ),
            *("--early-receipt-share", "0.5", "--slow-by", "3s", "--refuse-binds", "ESME_RBINDFAIL"),
        )
    )
    assert (profile.port, profile.name, profile.tps) == (2801, "telcel", 200)
    assert profile.logins == {"acme": "s:ecret", "other": "x"}
    assert (profile.latency_s, profile.jitter_s, profile.receipts_after_s) == (0.02, 0.005, 2.0)
    assert (profile.id_form, profile.receipt_form) == (IdForm.HEXRESP_DECDLR, ReceiptForm.TLV)
    faults = profile.faults
    assert (faults.errors, faults.fail, faults.early_receipt) == ({0x45: 0.05, 0x58: 0.1}, 0.02, 0.5)
    assert (faults.slow_s, faults.refuse_binds) == (3.0, 0x0D)
    assert sim._profile(parsed("--port", "0", "--no-receipts")).receipts_after_s is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--port"),
        (["--port", "0", "--latency", "20"], "has no unit"),
        (["--port", "0", "--fail-share", "2"], "share from 0 to 1"),
        (["--port", "0", "--login", "acme"], "ID:PASSWORD"),
        (["--port", "0", "--tps", "0"], "whole number from 1"),
        (["--port", "0", "--error-share", "ESME_ROFL=0.1"], "ESME_ROFL"),
        (["--port", "0", "--id-form", "octal"], "octal"),
    ],
)
def test_sim_says_what_is_wrong_with_its_options(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_sim_refuses_shares_over_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert sim.run(parsed("--port", "0", "--drop-share", "0.6", "--silent-share", "0.6")) == 2
    assert "add up" in capsys.readouterr().err


def test_sim_says_that_its_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-c", _START, "sim", "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


async def test_sim_says_where_it_listens_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-c", _START, "sim", "--port", "0", "--http-port", "0", "--name", "att", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])  # noqa: ASYNC220
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert (ready["name"], ready["host"]) == ("att", "127.0.0.1")
    assert ready["http_port"] > 0
    esme = await Peer.connect("127.0.0.1", ready["port"])
    assert (await esme.bind()).system_id == "att"
    assert (await esme.ask(SUBMIT)).command_status == 0
    process.send_signal(signal.SIGTERM)
    await esme.expect_closed()
    await esme.close()
    assert process.wait(30) == 0
    process.stdout.close()
