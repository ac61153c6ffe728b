"""A dead source costs its deadline once and is tried again; a lost datagram costs only itself."""

from portability.breaker import Breaker, Standing


def test_breaker_lets_questions_out_while_they_are_answered() -> None:
    breaker = Breaker()
    assert breaker.take(0.0)
    breaker.answered(0.1)
    assert breaker.take(0.2)
    assert breaker.standing(0.2) is Standing.CLOSED


def test_breaker_opens_at_a_failure_with_nothing_answered_meanwhile() -> None:
    breaker = Breaker(first_s=1.0)
    assert breaker.take(0.0)
    breaker.failed(0.0, 0.3)
    assert breaker.standing(0.3) is Standing.OPEN
    assert not breaker.take(1.2)


def test_breaker_stays_closed_at_a_failure_among_answers() -> None:
    breaker = Breaker()
    assert breaker.take(0.0)
    assert breaker.take(0.1)
    breaker.answered(0.2)
    breaker.failed(0.0, 0.3)
    assert breaker.standing(0.3) is Standing.CLOSED


def test_breaker_lets_one_probe_out_when_its_pause_is_over() -> None:
    breaker = Breaker(first_s=1.0)
    breaker.take(0.0)
    breaker.failed(0.0, 0.3)
    assert breaker.take(1.3)
    assert breaker.standing(1.3) is Standing.PROBING
    assert not breaker.take(1.3)


def test_breaker_doubles_its_pause_up_to_the_longest_at_each_failed_probe() -> None:
    breaker = Breaker(first_s=1.0, longest_s=3.0)
    breaker.take(0.0)
    breaker.failed(0.0, 0.0)
    at, pauses = 0.0, []
    for _ in range(4):
        begin = at
        while not breaker.take(at):
            at += 0.5
        pauses.append(at - begin)
        breaker.failed(at, at)
    assert pauses == [1.0, 2.0, 3.0, 3.0]


def test_breaker_closes_at_an_answered_probe_and_forgets_the_pauses() -> None:
    breaker = Breaker(first_s=1.0)
    breaker.take(0.0)
    breaker.failed(0.0, 0.0)
    assert breaker.take(1.0)
    breaker.failed(1.0, 1.3)
    assert breaker.take(3.3)
    breaker.answered(3.4)
    assert breaker.take(3.5)
    breaker.failed(3.5, 3.8)
    assert not breaker.take(4.7)
    assert breaker.take(4.8)


def test_breaker_ignores_late_failures_of_questions_from_before_it_opened() -> None:
    breaker = Breaker(first_s=1.0)
    breaker.take(0.0)
    breaker.take(0.2)
    breaker.failed(0.0, 0.3)
    assert breaker.take(1.3)
    breaker.failed(0.2, 1.4)
    assert breaker.standing(1.4) is Standing.PROBING


def test_breaker_lets_another_probe_out_after_one_was_withdrawn() -> None:
    breaker = Breaker(first_s=1.0)
    breaker.take(0.0)
    breaker.failed(0.0, 0.0)
    assert breaker.take(1.0)
    breaker.given_back(1.0)
    assert breaker.take(1.1)


def test_breaker_withdraws_questions_that_have_not_gone_when_it_opens_but_not_the_probe() -> None:
    breaker = Breaker(first_s=1.0)
    assert breaker.take(0.0)
    assert not breaker.withdrawn(0.0)
    breaker.failed(0.0, 0.5)
    assert breaker.withdrawn(0.0)

    assert breaker.take(1.5)
    assert (breaker.withdrawn(0.0), breaker.withdrawn(1.5)) == (True, False)
    breaker.answered(1.6)
    assert not breaker.withdrawn(1.5)
