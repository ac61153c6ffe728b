"""Whatever carriers say, in whatever order: a message ends once, and its end does not depend on the order."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.message import FINAL, Event, Message, Status
from gateway.moves import MOVES, fail, move, move_segment, sum_up
from tests.test_message import a_message

S = Status
ENDS = (S.DELIVERED, S.UNDELIVERED, S.EXPIRED, S.REJECTED, S.UNKNOWN)
SAID = st.tuples(st.integers(1, 4), st.sampled_from((S.SUBMITTED, *ENDS)))


def say(message: Message, number: int, after: Status) -> None:
    move_segment(message, message.segments[number - 1], after, Event(2.0, after, segment=number))


def reachable(status: Status) -> set[Status]:
    found, todo = set(), [status]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += MOVES[at]
    return found


@given(st.sampled_from(sorted(Status)))
def test_final_status_can_be_reached_from_every_status(status: Status) -> None:
    assert reachable(status) & FINAL


@given(st.lists(st.sampled_from(sorted(Status)), max_size=30))
def test_legal_path_meets_one_final_status_or_unknown_and_one_more(wanted: list[Status]) -> None:
    message = a_message()

    for after in wanted:
        move(message, after, Event(2.0, after))

    finals = [event.status for event in message.events if event.status in FINAL]
    assert len(finals) <= 1 or (finals[0] is S.UNKNOWN and len(finals) == 2)
    assert message.final == bool(finals)
    assert not finals or message.status is finals[-1]


@given(st.lists(SAID, max_size=30))
def test_message_that_ended_stays_as_it_ended_whatever_receipts_say(said: list[tuple[int, Status]]) -> None:
    message = a_message(*[S.ACCEPTED] * 4)
    ended: Status | None = None

    for number, after in said:
        say(message, number, after)
        assert ended in (None, S.UNKNOWN) or message.status is ended
        ended = message.status if message.final else ended

    statuses = {segment.status for segment in message.segments}
    assert message.final == (statuses <= FINAL)


@given(st.lists(st.sampled_from(ENDS), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_end_of_a_message_does_not_depend_on_the_order_of_its_parts(outcomes: list[Status], random: object) -> None:
    orders = [list(enumerate(outcomes, 1)), list(enumerate(outcomes, 1))]
    random.shuffle(orders[1])  # type: ignore[attr-defined]  # a random.Random
    ends = []
    for order in orders:
        message = a_message(*[S.SUBMITTED] * len(outcomes), status=S.SUBMITTED)
        for number, after in order[:-1]:
            say(message, number, after)
            assert not message.final
        say(message, *order[-1])
        ends.append(message.status)

    assert ends[0] is ends[1] is sum_up(message.segments)
    assert ends[0] is S.DELIVERED or set(outcomes) != {S.DELIVERED}


@given(st.lists(st.sampled_from((S.ACCEPTED, S.SUBMITTED, *ENDS)), min_size=1, max_size=4), st.sampled_from(ENDS))
def test_failed_message_is_final_as_soon_as_no_carrier_has_a_part(segments: list[Status], end: Status) -> None:
    message = a_message(*segments)
    message.status = sum_up(message.segments)

    if fail(message, end, "code", "detail", Event(3.0, end)):
        assert S.ACCEPTED not in {segment.status for segment in message.segments}
        assert message.final == (S.SUBMITTED not in {segment.status for segment in message.segments})
    else:
        assert S.ACCEPTED not in segments or end not in MOVES[message.status]
