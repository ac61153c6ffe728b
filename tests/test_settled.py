"""What is remembered of segments that had their last receipt."""

from gateway.message import Status
from gateway.settled import Settled


def test_settled_says_how_each_ended() -> None:
    settled = Settled()
    for key, status in (("1a", Status.DELIVERED), ("1b", Status.UNDELIVERED), ("1a", Status.EXPIRED)):
        settled.put(key, status)

    assert [settled.get(key) for key in ("1a", "1b", "1c")] == [Status.EXPIRED, Status.UNDELIVERED, None]


def test_settled_lets_an_id_push_out_the_one_in_its_place() -> None:
    settled = Settled(1)
    settled.put("1a", Status.DELIVERED)
    settled.put("1b", Status.EXPIRED)

    assert [settled.get(key) for key in ("1a", "1b")] == [None, Status.EXPIRED]


def test_settled_remembers_most_of_the_latest() -> None:
    settled = Settled(4_096)
    for number in range(1_000):
        settled.put(str(number), Status.DELIVERED)

    assert sum(settled.get(str(number)) is Status.DELIVERED for number in range(1_000)) > 800
