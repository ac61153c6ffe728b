"""When a carrier refuses too many senders or numbers, and that it is told once."""

import pytest
from structlog.testing import capture_logs

from gateway.carriers.refusals import ADDRESSES, LEAST, SAMPLE_S, WINDOW_S, Alarm, Shares
from gateway.message import Status
from tests.carriers.rig import world

SOURCE, DESTINATION, WRONG_TON, THROTTLED, OTHER = 0x0A, 0x0B, 0x51, 0x58, 0x45


class Answers:
    """Counts that grow, looked at as time goes by."""

    def __init__(self) -> None:
        self.shares = Shares()
        self.now = 0.0
        self.answers = 0
        self.refused = {status: 0 for statuses in ADDRESSES.values() for status in statuses}
        self.shares.sample(0.0, 0, self.refused)

    def come(self, answers: int, refused: dict[int, int] | None = None, after_s: float = SAMPLE_S) -> Alarm | None:
        self.now += after_s
        self.answers += answers
        for status, count in (refused or {}).items():
            self.refused[status] += count
        self.shares.sample(self.now, self.answers, self.refused)
        return self.shares.alarm


@pytest.mark.parametrize(
    ("refused", "alarm"),
    [
        ({}, None),
        ({DESTINATION: 20}, None),  # a fifth is not yet too many
        ({DESTINATION: 21}, Alarm("destination", 0.21, DESTINATION)),
        ({SOURCE: 30, DESTINATION: 25}, Alarm("source", 0.3, SOURCE)),
        ({DESTINATION: 10, WRONG_TON: 15}, Alarm("destination", 0.25, WRONG_TON)),
        ({SOURCE: 15, DESTINATION: 15}, None),
    ],
)
def test_more_than_a_fifth_of_the_answers_is_an_alarm(refused: dict[int, int], alarm: Alarm | None) -> None:
    assert Answers().come(100, refused) == alarm


def test_few_answers_tell_nothing() -> None:
    answers = Answers()
    assert answers.come(LEAST - 1, {SOURCE: LEAST - 1}) is None
    assert answers.shares.share("source") == 0.0
    assert answers.come(1, {SOURCE: 1}) == Alarm("source", 1.0, SOURCE)


def test_what_is_older_than_the_window_counts_no_more() -> None:
    answers = Answers()
    answers.come(10_000)
    for _ in range(int(WINDOW_S / SAMPLE_S)):
        assert answers.come(0) is None
    assert answers.come(60, {SOURCE: 30}) == Alarm("source", 0.5, SOURCE)


def test_alarm_ends_well_below_where_it_began() -> None:
    answers = Answers()
    assert answers.come(100, {DESTINATION: 30})
    assert answers.come(100) == Alarm("destination", 0.15, DESTINATION)
    assert answers.come(100) is None


def test_alarm_ends_when_nothing_is_sent_any_more() -> None:
    answers = Answers()
    assert answers.come(100, {DESTINATION: 100})
    assert answers.come(0, after_s=WINDOW_S - SAMPLE_S)
    assert answers.come(0, after_s=2 * SAMPLE_S) is None


async def test_carrier_that_refuses_numbers_is_told_of_once_and_shown() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind, watch = w.binds["telcel-1"], w.carriers["telcel"].addresses
        watch.tick(w.clock.monotonic())
        messages = [w.message(n) for n in range(100)]
        await w.send(*messages)
        with capture_logs() as logs:
            for n in range(100):
                bind.answer(DESTINATION if n % 2 else 0)
            for _ in range(3):
                await w.advance(SAMPLE_S)
                watch.tick(w.clock.monotonic())
        said = [line for line in logs if line["event"] == "carrier_refuses_addresses"]
        assert [(line["carrier"], line["share"], line["command_status"]) for line in said] == [
            ("telcel", 0.5, "ESME_RINVDSTADR")
        ]
        assert watch.shares.share("destination") == 0.5
        assert messages[1].status is Status.REJECTED

        with capture_logs() as logs:
            await w.advance(WINDOW_S + SAMPLE_S)
            watch.tick(w.clock.monotonic())
        assert [line["event"] for line in logs] == ["carrier_takes_addresses_again"]
        assert watch.shares.alarm is None


async def test_answers_that_say_slower_are_no_answers_about_addresses() -> None:
    async with world("telcel") as w:
        w.up("telcel-1")
        bind, watch = w.binds["telcel-1"], w.carriers["telcel"].addresses
        watch.tick(w.clock.monotonic())
        await w.send(*(w.message(n) for n in range(60)))
        for _ in range(30):
            bind.answer(SOURCE)
        for _ in range(30):
            bind.answer(THROTTLED)
        await w.advance(SAMPLE_S)
        watch.tick(w.clock.monotonic())
        assert watch.shares.alarm is None  # 30 answers are too few
        while bind.sent:
            bind.answer(OTHER)
        await w.advance(SAMPLE_S)
        watch.tick(w.clock.monotonic())
        assert watch.shares.alarm is not None
