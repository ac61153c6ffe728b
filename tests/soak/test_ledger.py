"""The books of a soak think, so they are tested: what the carrier's side allows, and what the balance finds."""

import pytest

from gateway.message import Content, Event, Message, Segment, Status
from gateway.sim.faults import Mishap
from gateway.smpp.spec import MessageState
from tests.soak.balance import Balance
from tests.soak.ledger import Answer, Ledger
from tests.soak.traffic import Traffic, number_of, recipient

S = Status
DELIVERED, FAILED = MessageState.DELIVERED, MessageState.UNDELIVERABLE
LONG = 24
"""The first message of more than one part."""


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(Traffic(LONG + 1))


def took(
    ledger: Ledger, number: int, end: MessageState = DELIVERED, mishap: Mishap = Mishap.NONE, part: int = 1
) -> None:
    ledger.take(number, part, ledger.traffic.part(number, part).encode(), end, mishap)


def message(number: int, status: Status, *, ends: tuple[Status, ...] = ()) -> Message:
    return Message(
        id=f"0190a5f0-0000-7000-8000-{number:012x}", app="bank", lane="bulk", interface="smpp", to=recipient(number),
        sender="45555", network="home", content=Content("x"), created_at=0.0, expires_at=0.0, status=status,
        segments=(Segment(1, status),), events=tuple(Event(0.0, end, segment=1) for end in ends or (status,)),
    )  # fmt: skip


def lived(ledger: Ledger, number: int, status: Status, told: Status | None = None) -> Message:
    """A message that was answered yes, ended, and its app was told."""
    found = message(number, status)
    ledger.answer(number, Answer.YES, found.id)
    ledger.tell(number, found.id, told or status)
    return found


def balanced(ledger: Ledger, *messages: Message) -> dict[str, int]:
    """What is wrong, but for the messages that were never submitted."""
    balance = Balance(ledger)
    balance.add(messages)
    return {kind: count for kind, count in balance.faults.items() if kind != "never answered"}


def test_recipient_tells_the_number_of_a_message() -> None:
    assert [number_of("+" + recipient(number)) for number in (0, 7, 999_999)] == [0, 7, 999_999]


def test_text_is_made_of_its_parts() -> None:
    traffic = Traffic(100)
    assert traffic.parts(LONG) in {2, 3}
    assert len(traffic.text(LONG)) == 153 * traffic.parts(LONG)
    assert traffic.text(3) == traffic.part(3, 1)


@pytest.mark.parametrize(
    ("end", "mishap", "possible"),
    [
        (DELIVERED, Mishap.NONE, {S.DELIVERED}),
        (DELIVERED, Mishap.TWICE, {S.DELIVERED}),
        (FAILED, Mishap.EARLY, {S.UNDELIVERED}),
        (MessageState.EXPIRED, Mishap.STRAY, {S.EXPIRED}),
        (DELIVERED, Mishap.LOST, {S.UNKNOWN}),
    ],
)
def test_one_copy_allows_one_end(ledger: Ledger, end: MessageState, mishap: Mishap, possible: set[Status]) -> None:
    took(ledger, 1, end, mishap)
    assert ledger.possible(1) == possible


def test_copies_that_end_differently_allow_either_end(ledger: Ledger) -> None:
    took(ledger, 1, DELIVERED)
    took(ledger, 1, FAILED)
    assert ledger.possible(1) == {S.DELIVERED, S.UNDELIVERED}
    assert ledger.copies() == (2, 1)


def test_refused_part_spoils_a_long_message(ledger: Ledger) -> None:
    took(ledger, LONG, part=1)
    ledger.refuse(LONG, 2)
    assert ledger.possible(LONG) == {S.REJECTED}


def test_part_that_never_came_leaves_a_message_expired_or_unknown(ledger: Ledger) -> None:
    took(ledger, LONG, part=1)
    assert ledger.possible(LONG) == {S.EXPIRED, S.UNKNOWN}


def test_balance_of_what_went_well_finds_nothing(ledger: Ledger) -> None:
    took(ledger, 1)
    ledger.refuse(2, 1)
    assert balanced(ledger, lived(ledger, 1, S.DELIVERED), lived(ledger, 2, S.REJECTED)) == {}


def test_balance_finds_another_end_than_the_carriers(ledger: Ledger) -> None:
    took(ledger, 1, FAILED)
    faults = balanced(ledger, lived(ledger, 1, S.DELIVERED))
    assert faults == {"delivered by the gateway, undelivered by the carrier": 1}


def test_balance_finds_what_is_lost_doubled_and_untold(ledger: Ledger) -> None:
    for number in range(1, 6):
        took(ledger, number)
    lived(ledger, 1, S.DELIVERED)  # and the gateway's books have nothing of it
    twice = lived(ledger, 2, S.DELIVERED)
    ledger.tell(2, twice.id, S.DELIVERED)
    untold = message(3, S.DELIVERED)
    ledger.answer(3, Answer.YES, untold.id)
    doubted = message(5, S.DELIVERED)
    faults = balanced(ledger, twice, untold, lived(ledger, 4, S.DELIVERED, told=S.EXPIRED), doubted)
    assert faults == {
        "answered yes, and not in the gateway's books": 1,
        "its app was told more than once": 1,
        "its app was told nothing": 2,
        "its app was told another end": 1,
        "accepted, and its app was told NONE": 1,
    }


def test_balance_finds_a_message_that_has_not_ended_or_ended_twice(ledger: Ledger) -> None:
    took(ledger, 1)
    took(ledger, 2)
    unfinished = lived(ledger, 1, S.SUBMITTED)
    twice = message(2, S.DELIVERED, ends=(S.UNDELIVERED, S.DELIVERED))
    ledger.answer(2, Answer.YES, twice.id)
    ledger.tell(2, twice.id, S.DELIVERED)
    assert balanced(ledger, unfinished, twice) == {"not final": 1, "a segment ended twice": 1}


def test_balance_takes_an_unknown_that_was_bettered(ledger: Ledger) -> None:
    took(ledger, 1)
    bettered = message(1, S.DELIVERED, ends=(S.UNKNOWN, S.DELIVERED))
    ledger.answer(1, Answer.YES, bettered.id)
    ledger.tell(1, bettered.id, S.DELIVERED)
    assert balanced(ledger, bettered) == {}


def test_ledger_notes_what_belongs_to_nobody(ledger: Ledger) -> None:
    ledger.take(1, 1, b"something else", DELIVERED, Mishap.NONE)
    ledger.take(10**6, 1, b"", DELIVERED, Mishap.NONE)
    ledger.tell(-5, "0190a5f0-0000-7000-8000-000000000001", S.DELIVERED)
    found = lived(ledger, 1, S.DELIVERED)
    ledger.tell(1, "0190a5f0-0000-7000-8000-0000000000ff", S.DELIVERED)
    assert ledger.strange == {
        "segment that nobody wrote": 2, "receipt for nobody's message": 1, "receipt with another id": 1,
    }  # fmt: skip
    assert found.id
