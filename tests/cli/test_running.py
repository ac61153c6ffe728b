"""Commands that ask the gateway that runs: status, bind, drain, reload; and what they say when they cannot."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from gateway.cli.failure import Failure
from gateway.cli.running import Running
from gateway.cli.status import watch
from gateway.config import Admin, ConfigError, Problem
from gateway.config.units import Address
from tests.admin.fake import FakeControl, a_status
from tests.cli.conftest import TOKEN, Relevo


def test_status_fits_80_columns_and_tells_what_is_wrong(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("status")

    assert (ran.status, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out.splitlines()[0] == "gw1  relevo 0.1.0  up 26 h  ready"
    assert "telcel-2: 10.20.1.11:2775 refused the connection" in ran.out
    assert "att: 34% of its answers blame the destination: ESME_RINVDSTADR" in ran.out
    assert "telcel: refused, so sent without: validity_period, 0x1400" in ran.out
    assert "portability  plan: plan.csv: no such file" in ran.out
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["telcel-1", "telcel", "bound", "24", "h", "12/50", "87.5", "100"] in rows
    assert ["att-rx", "att", "bound", "24", "h", "-", "0.0", "-"] in rows
    assert ["telcel", "bulk", "4,000", "812,345", "90", "min"] in rows
    assert ["shop", "0", "99", "0.0", "8,412", "5", "min"] in rows


def test_status_says_that_it_drains_and_that_the_store_is_away(relevo: Relevo, gateway: FakeControl) -> None:
    gateway.state |= {"stopping": True, "ready": False}
    gateway.state["store"]["healthy"] = False

    ran = relevo("status")

    assert ran.out.splitlines()[0].endswith("draining")
    assert "store  not writable, 14 changes wait for it" in ran.out


def test_status_in_json_is_the_listeners_answer(relevo: Relevo, gateway: FakeControl) -> None:
    assert relevo("status", "--json").json == a_status()


def test_status_lets_no_peer_write_to_the_terminal(relevo: Relevo, gateway: FakeControl) -> None:
    gateway.state["binds"][1]["reason"] = "bad\x1b[2Jsystem_id [red]x[/red] :smile:\nfake line"

    ran = relevo("status")

    assert "\x1b" not in ran.out
    assert "bad\\x1b[2Jsystem_id [red]x[/red] :smile:\\nfake line" in ran.out


def test_watch_needs_a_terminal(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("status", "--watch")

    assert ran.status == 2
    assert "terminal" in ran.err


class Flaky:
    """A gateway that answers, is away, and answers again."""

    def __init__(self) -> None:
        self.asked = 0

    def get(self, *path: str) -> Any:
        self.asked += 1
        if self.asked == 2:
            raise Failure("no gateway answers")
        return a_status()


def interrupted_after(pauses: int) -> Callable[[float], None]:
    left = [pauses]

    def pause(_seconds: float) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    return pause


def test_watch_shows_each_answer_and_waits_for_a_gateway_that_is_away(tmp_path: Path) -> None:
    gateway = Flaky()
    with (tmp_path / "screen").open("w+") as screen:
        console = Console(file=screen, force_terminal=True, width=80, height=60)
        status = watch(gateway, console, interrupted_after(3))  # type: ignore[arg-type]
        screen.seek(0)
        shown = screen.read()

    assert (status, gateway.asked) == (0, 3)
    assert shown.count("telcel-1") == 2
    assert "no gateway answers" in shown


@pytest.mark.parametrize("action", ["stop", "start", "receive-only"])
def test_bind_is_told_by_its_name(relevo: Relevo, gateway: FakeControl, action: str) -> None:
    ran = relevo("bind", action, "telcel-1")

    assert gateway.told == [("bind", "telcel-1", action)]
    assert ran.status == 0
    assert ran.out.startswith("telcel-1: told to ")
    assert relevo("bind", action, "telcel-1", "--json").json["bind"] == "telcel-1"


@pytest.mark.parametrize("name", ["nope", "../drain", "a/b", "ñ?x=1"])
def test_bind_that_is_not_there_is_a_failure(relevo: Relevo, gateway: FakeControl, name: str) -> None:
    ran = relevo("bind", "stop", name)

    assert ran.status == 1
    assert ran.err == f"relevo: not_found: No bind is called {name}.\n"
    assert gateway.told == [("bind", name, "stop")]


def test_drain_begins(relevo: Relevo, gateway: FakeControl) -> None:
    assert relevo("drain").status == 0
    assert relevo("drain", "--json").json == {"stopping": True}
    assert gateway.told == [("drain",), ("drain",)]


def test_reload_prints_each_change(relevo: Relevo, gateway: FakeControl) -> None:
    assert relevo("reload").out == "carriers.telcel.tps: 200.0 -> 250.0\n"
    gateway.changes = []
    assert relevo("reload").out == "nothing changed\n"
    assert relevo("reload", "--json").json == {"changes": []}


def test_reload_of_a_broken_configuration_is_status_2_with_its_lines(relevo: Relevo, gateway: FakeControl) -> None:
    gateway.error = ConfigError([Problem("gw.yaml", 3, "lanes", "is empty"), Problem("gw.yaml", 5, "", "is odd")])

    ran = relevo("reload")

    assert ran.status == 2
    assert ran.err == "relevo: gw.yaml:3: lanes: is empty\ngw.yaml:5: is odd\n"


def test_gateway_is_reached_while_the_rest_of_the_configuration_is_broken(
    relevo: Relevo, gateway: FakeControl, config: Path
) -> None:
    config.write_text(config.read_text().replace("port: 2801", 'port: "${NOT_SET_ANYWHERE}"') + "rubbish: 1\n")

    assert relevo("status").status == 0


@pytest.mark.parametrize(
    ("admin", "words"),
    [
        ('admin: {listen: "nowhere"}', "admin.listen"),
        ('admin: {token: "${NOT_SET_ANYWHERE}"}', "NOT_SET_ANYWHERE"),
        ('admin: {listen: "127.0.0.1:0"}', "port 0"),
        ("admin: [", "YAML"),
    ],
)
def test_configuration_without_a_usable_admin_section_is_status_2(
    relevo: Relevo, config: Path, admin: str, words: str
) -> None:
    config.write_text(admin)

    ran = relevo("status")

    assert ran.status == 2
    assert words in ran.err


def test_gateway_that_does_not_run_is_said_with_its_place(relevo: Relevo, config: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can take it, and it refuses
        port = taken.getsockname()[1]
        config.write_text(f'admin: {{listen: "0.0.0.0:{port}", token: "{TOKEN}"}}')

        ran = relevo("drain")

    assert ran.status == 1
    assert ran.err.startswith(f"relevo: no gateway answers at 127.0.0.1:{port} (admin.listen): ")
    assert TOKEN not in ran.err


def test_gateway_with_another_token_is_said(relevo: Relevo, gateway: FakeControl, config: Path) -> None:
    config.write_text(config.read_text().replace(TOKEN, TOKEN[::-1]))

    ran = relevo("status")

    assert ran.status == 1
    assert "runs with another admin.token" in ran.err
    assert TOKEN[::-1] not in ran.err


def test_what_is_no_relevo_is_said() -> None:
    with pytest.raises(Failure, match="is no Relevo"):
        Running(Admin(Address("127.0.0.1", 1)))._answer(200, b"<html>")
