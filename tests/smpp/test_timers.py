"""When a session's watch rings, on a moved clock."""

import math

import pytest

from gateway.smpp.timers import Due, Timers, Watch

TIMERS = Timers(
    session_init_s=10, enquire_link_s=30, enquire_response_s=15, response_s=20, inactivity_s=300,
    unbind_response_s=5, unfinished_pdu_s=12,
)  # fmt: skip


def bound_watch(timers: Timers = TIMERS) -> Watch:
    """Bound at 100.0, when also the last octets came and went."""
    watch = Watch(timers, 90.0)
    watch.received(100.0)
    watch.sent(100.0)
    watch.bound(100.0)
    return watch


def test_watch_is_silent_before_anything_is_due() -> None:
    watch = Watch(TIMERS, 100.0)

    assert watch.wake_at == 110.0
    assert watch.due(109.9) == []


@pytest.mark.parametrize(
    ("prepare", "at", "due"),
    [
        (lambda watch: watch.opening(105.0), 115.0, Due.SESSION_INIT),
        (lambda watch: watch.ending(105.0), 110.0, Due.UNBIND_RESPONSE),
        (lambda watch: None, 130.0, Due.ENQUIRE_LINK),
        (lambda watch: watch.enquired(104.0), 119.0, Due.ENQUIRE_RESPONSE),
        (lambda watch: watch.request_sent(101.0), 121.0, Due.RESPONSES),
        (lambda watch: watch.unfinished(103.0, began=True), 115.0, Due.UNFINISHED_PDU),
    ],
    ids=["session_init", "unbind", "enquire_link", "enquire_response", "responses", "unfinished_pdu"],
)
def test_watch_rings_at_the_time_and_not_before(prepare, at, due) -> None:  # type: ignore[no-untyped-def]
    watch = bound_watch()
    prepare(watch)

    assert watch.wake_at == at
    assert watch.due(at - 0.001) == []
    assert watch.due(at) == [due]


def test_watch_rings_for_inactivity_when_links_are_not_checked() -> None:
    watch = bound_watch(Timers(enquire_link_s=None, inactivity_s=300))

    assert watch.wake_at == 400.0
    assert watch.due(400.0) == [Due.INACTIVITY]


def test_watch_of_a_bound_session_without_link_timers_never_rings() -> None:
    assert bound_watch(Timers(enquire_link_s=None)).wake_at == math.inf


def test_watch_asks_for_enquire_link_after_idle_in_either_direction() -> None:
    watch = bound_watch()
    watch.received(120.0)  # we have sent nothing since 100

    assert watch.due(130.0) == [Due.ENQUIRE_LINK]


def test_watch_rings_early_rather_than_moving_back_on_traffic() -> None:
    watch = bound_watch()
    watch.received(120.0)
    watch.sent(120.0)

    assert watch.due(130.0) == []
    watch.rearm()
    assert watch.wake_at == 150.0


def test_watch_asks_again_after_its_own_time_where_that_is_shorter_than_the_answers() -> None:
    watch = bound_watch(Timers(enquire_link_s=5, enquire_response_s=15))
    watch.enquired(105.0)
    watch.sent(105.0)
    watch.received(105.2)

    assert watch.wake_at == 110.0


def test_watch_forgives_a_missed_link_for_any_pdu() -> None:
    watch = bound_watch()
    watch.sent(130.0)
    watch.enquired(130.0)
    watch.missed += 1

    watch.received(140.0)

    assert watch.missed == 0
    assert watch.due(145.0) == []
    watch.rearm()
    assert watch.wake_at == 160.0


def test_watch_keeps_the_time_of_a_pdu_that_goes_on() -> None:
    watch = bound_watch()
    watch.unfinished(101.0, began=True)

    watch.unfinished(110.0, began=False)

    assert watch.due(113.0) == [Due.UNFINISHED_PDU]


def test_watch_counts_anew_for_another_pdu() -> None:
    watch = bound_watch()
    watch.unfinished(101.0, began=True)

    watch.unfinished(110.0, began=True)

    assert watch.due(113.0) == []
    assert watch.due(122.0) == [Due.UNFINISHED_PDU]


def test_watch_forgets_a_finished_pdu() -> None:
    watch = bound_watch()
    watch.unfinished(101.0, began=True)

    watch.finished()

    assert watch.due(113.0) == []


def test_watch_keeps_to_the_oldest_request() -> None:
    watch = bound_watch()
    watch.request_sent(101.0)
    watch.request_sent(105.0)

    assert watch.wake_at == 121.0


def test_watch_gives_all_that_is_due_the_longest_overdue_first() -> None:
    watch = bound_watch()
    watch.request_sent(101.0)

    assert watch.due(500.0) == [Due.RESPONSES, Due.ENQUIRE_LINK, Due.INACTIVITY]


def test_watch_never_rings_again_when_stopped() -> None:
    watch = bound_watch()
    watch.request_sent(101.0)

    watch.stop()

    assert watch.due(1e9) == []
