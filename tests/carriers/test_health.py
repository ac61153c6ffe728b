"""When messages had better go another way, and when they come back."""

from gateway.carriers.health import Health


def ill(after: int = 3, now: float = 100.0) -> Health:
    health = Health(after, 60.0)
    for _ in range(after):
        health.failed(now)
    return health


def test_carrier_falls_ill_after_so_many_errors_in_a_row() -> None:
    health = Health(3, 60.0)
    assert [health.failed(100.0), health.failed(100.0), health.failed(100.0), health.failed(100.0)] == [
        False, False, True, False,
    ]  # fmt: skip
    assert health.fit == {"fast": False, "bulk": False}


def test_success_between_errors_keeps_it_well() -> None:
    health = Health(2, 60.0)
    for _ in range(10):
        assert not health.failed(100.0)
        health.succeeded()
    assert health.fit["fast"]


def test_ill_carrier_gets_one_probe_a_second_after_its_pause() -> None:
    health = ill()
    assert not health.probe("fast", 109.9)
    assert [health.probe("fast", at) for at in (110.0, 110.1, 110.9, 111.0)] == [True, False, False, True]


def test_failed_probe_makes_the_pause_twice_as_long() -> None:
    health = ill()
    assert health.probe("bulk", 110.0)
    health.failed(110.2)
    assert not health.probe("bulk", 130.1)
    assert health.probe("bulk", 130.2)


def test_what_was_in_flight_when_it_fell_ill_lengthens_nothing() -> None:
    health = ill()
    for _ in range(50):
        health.failed(101.0)
    assert health.probe("bulk", 110.0)


def test_one_success_makes_it_well_again() -> None:
    health = ill()
    health.succeeded()
    assert not health.ill
    assert health.fit == {"fast": True, "bulk": True}


def test_old_lane_is_slow_until_it_is_half_as_old() -> None:
    health = Health(20, 60.0)
    fit = []
    for age in (60.0, 60.1, 45.0, 30.1, 30.0, 45.0):
        health.aged("bulk", age)
        fit.append(health.fit["bulk"])
    assert fit == [True, False, False, False, True, True]
    assert health.fit["fast"]


def test_well_carrier_is_not_probed() -> None:
    assert not Health(20, 60.0).probe("fast", 100.0)
