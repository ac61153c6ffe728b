"""Replies that rules ask for: new submissions from the number that was written to."""

from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from gateway.message import Message
from gateway.replies import Replies
from tests.intake.desk import ASKED, TELCEL, UNKNOWN, Desk
from tests.support.store import turns


def replies(desk: Desk, counted: list[Message] | None = None) -> Replies:
    return Replies(desk.intake, [].append if counted is None else counted.append)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


async def test_reply_goes_out_from_the_number_written_to_without_receipt(desk: Desk) -> None:
    counted: list[Message] = []
    replies(desk, counted)("bank", "BANCO", TELCEL, "No recibirás más mensajes.")
    await desk.settled()

    (message,) = desk.handed
    assert counted == [message]
    assert (message.sender, message.to, message.interface, message.receipt) == ("BANCO", TELCEL, "reply", "none")
    assert message.content.text == "No recibiras mas mensajes."


async def test_reply_is_not_refused_by_the_opt_out_it_confirms(desk: Desk) -> None:
    desk.opt_outs.add("bank", TELCEL, "inbound")

    replies(desk)("bank", "45555", TELCEL, "Listo.")
    await desk.settled()

    assert len(desk.handed) == 1


async def test_reply_to_a_subscriber_abroad_keeps_the_country(desk: Desk) -> None:
    """+45 12345678 has ten digits, as a Mexican number has."""
    replies(desk)("bank", "45555", "4520123456", "Listo.")
    await desk.settled()

    assert desk.handed[0].to == "4520123456"


async def test_reply_waits_for_a_source_outside(desk: Desk) -> None:
    replies(desk)("bank", "45555", ASKED, "Listo.")
    await desk.settled()

    assert [message.to for message in desk.handed] == [ASKED]


@pytest.mark.parametrize(
    ("to", "code"), [(UNKNOWN, "unknown_network"), ("40404", "not_mobile"), ("?", "invalid_number")]
)
async def test_reply_that_is_refused_is_said(desk: Desk, to: str, code: str) -> None:
    with capture_logs() as logs:
        replies(desk)("bank", "45555", to, "Listo.")

    assert [(entry["event"], entry["code"]) for entry in logs] == [("reply_refused", code)]


async def test_reply_that_is_refused_after_asking_is_said(desk: Desk) -> None:
    with capture_logs() as logs:
        replies(desk)("shop", "45555", ASKED, "a" * 2_000)
        await desk.settled()

    assert [(entry["event"], entry["code"]) for entry in logs] == [("reply_refused", "text_too_long")]


async def test_reply_that_could_not_be_stored_is_said(desk: Desk) -> None:
    desk.store.away = True
    with capture_logs() as logs:
        replies(desk)("bank", "45555", TELCEL, "Listo.")
        await turns(20)

    assert "reply_not_stored" in [entry["event"] for entry in logs]
    desk.store.away = False
