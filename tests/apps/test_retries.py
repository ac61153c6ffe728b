import pytest

from gateway.apps.retries import DAY_S, FIRST_S, LONGEST_S, PAUSES, retry_after_s
from gateway.deliveries import Parcel
from gateway.store.store import FAR_S
from tests.support.store import a_delivery


def after(attempts: int, random: float) -> float | None:
    return retry_after_s(Parcel(a_delivery(1, attempts=attempts), None, None), lambda: random)


def test_pauses_grow_for_a_day() -> None:
    assert sum(PAUSES) == pytest.approx(DAY_S)
    assert PAUSES[:4] == (FIRST_S, 10.0, 20.0, 40.0)
    assert list(PAUSES[:-1]) == sorted(PAUSES[:-1])
    assert max(PAUSES) == LONGEST_S
    assert LONGEST_S * 1.25 < FAR_S, "the store takes a longer pause for a clock that was set back"


def test_retry_follows_the_pauses_spread_by_a_quarter() -> None:
    for attempts, pause_s in enumerate(PAUSES, 1):
        assert after(attempts, 0.5) == pytest.approx(pause_s)
        assert after(attempts, 0.0) == pytest.approx(pause_s * 0.75)
        assert after(attempts, 0.9999) == pytest.approx(pause_s * 1.25, rel=0.001)


def test_retry_ends_after_the_last_pause() -> None:
    assert after(len(PAUSES), 0.5) is not None
    assert after(len(PAUSES) + 1, 0.5) is None


def test_retry_takes_its_jitter_from_chance_unless_told() -> None:
    parcel = Parcel(a_delivery(1, attempts=1), None, None)
    assert len({retry_after_s(parcel) for _ in range(20)}) > 1
