from gateway.sim.agenda import Agenda
from tests.support.clock import ManualClock, ManualLoop


def an_agenda() -> tuple[Agenda, ManualLoop]:
    loop = ManualLoop(ManualClock())
    return Agenda(loop.clock.monotonic, loop), loop  # type: ignore[arg-type]  # a ManualTimer is one in what counts


def test_agenda_calls_in_the_order_of_times_then_of_words() -> None:
    agenda, loop = an_agenda()
    now, called = loop.clock.monotonic(), list[str]()
    for when, name in [(0.3, "c"), (0.1, "a"), (0.2, "b"), (0.1, "a too")]:
        agenda.at(now + when, called.append, name)

    loop.advance(0.25)
    assert called == ["a", "a too", "b"]

    loop.advance(0.1)
    assert called == ["a", "a too", "b", "c"]
    assert len(agenda) == 0
    assert not loop.timers


def test_agenda_keeps_one_timer_for_thousands() -> None:
    agenda, loop = an_agenda()
    now, called = loop.clock.monotonic(), list[int]()
    for number in range(5000):
        agenda.at(now + 1 + number / 5000, called.append, number)
    assert len(loop.timers) == 1

    loop.advance(3)

    assert called == list(range(5000))
    assert len(loop.delays) <= 1100  # once a millisecond at most
    assert min(loop.delays) >= 0.001


def test_agenda_rings_earlier_for_what_comes_earlier() -> None:
    agenda, loop = an_agenda()
    now, called = loop.clock.monotonic(), list[str]()
    agenda.at(now + 60, called.append, "late")
    agenda.at(now + 1, called.append, "early")
    loop.advance(1.5)
    assert called == ["early"]


def test_agenda_goes_on_after_a_call_that_failed() -> None:
    agenda, loop = an_agenda()
    now, called = loop.clock.monotonic(), list[str]()
    agenda.at(now + 1, int, "no number")
    agenda.at(now + 2, called.append, "after")
    try:
        loop.advance(1)
    except ValueError:
        pass
    else:
        raise AssertionError("the failure was swallowed")
    loop.advance(2)
    assert called == ["after"]


def test_agenda_cleared_calls_nobody() -> None:
    agenda, loop = an_agenda()
    called = list[str]()
    agenda.at(loop.clock.monotonic() + 1, called.append, "gone")
    agenda.clear()
    loop.advance(2)
    assert not called
