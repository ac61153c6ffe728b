"""`relevo send`."""

import pytest

from gateway.cli.send import Message, stages
from gateway.errors import Refusal
from gateway.message import Status
from tests.admin.fake import FakeControl, a_message
from tests.cli.conftest import Relevo

ID = "0193-9"


def test_send_passes_on_what_was_asked(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("send", "--to=+525512345678", "--text=¿hola?", "--from=45555", "--lane=bulk", "--app=bank")

    assert gateway.told == [("send", "bank", "+525512345678", "¿hola?", "45555", "bulk")]
    assert (ran.status, ran.out) == (0, f"{ID} accepted by telcel\n")


def test_send_in_json_prints_the_message(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("send", "--to", "5512345678", "--text", "hola", "--json")

    assert gateway.told == [("send", "", "5512345678", "hola", "", "")]
    assert (ran.json["id"], ran.json["status"]) == (ID, "accepted")


def test_send_that_is_refused_says_why(relevo: Relevo, gateway: FakeControl) -> None:
    gateway.error = Refusal("no_route", "No route leads to network att.", "to")

    ran = relevo("send", "--to", "5512345678", "--text", "hola")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "relevo: no_route: No route leads to network att.\n"


@pytest.mark.parametrize(
    ("end", "status", "line"),
    [
        (a_message(ID, Status.DELIVERED), 0, f"{ID} delivered by telcel"),
        (
            a_message(ID, Status.UNDELIVERED, error_code="carrier_refused", error_detail="absent subscriber"),
            1,
            f"{ID} undelivered by telcel carrier_refused: absent subscriber",
        ),
    ],
)
def test_send_waits_for_the_end_and_its_status_tells_it(
    relevo: Relevo, gateway: FakeControl, end: object, status: int, line: str
) -> None:
    gateway.messages[ID] = [a_message(ID, Status.SUBMITTED), end]  # type: ignore[list-item]

    ran = relevo("send", "--to", "5512345678", "--text", "hola", "--wait")

    assert ran.status == status
    assert ran.out.splitlines() == [f"{ID} accepted by telcel", f"{ID} submitted by telcel", line]


def test_send_gives_up_waiting_after_its_time(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("send", "--to", "5512345678", "--text", "hola", "--wait", "--timeout", "0", "--json")

    assert ran.status == 1
    assert ran.json["status"] == "accepted"
    assert "its end is not known yet" in ran.err


def test_stages_ask_with_growing_pauses_until_the_end() -> None:
    answers = ["accepted"] * 6 + ["submitted", "submitted", "delivered", "never asked"]
    pauses: list[float] = []

    def ask() -> Message:
        return {"status": answers.pop(0)}

    seen = [message["status"] for message in stages({"status": "accepted"}, ask, pauses.append, lambda: False)]

    assert seen == ["submitted", "delivered"]
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    assert answers == ["never asked"]
