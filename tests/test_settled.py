"""What is remembered of segments that had their last receipt."""

from gateway.message import Status
from gateway.settled import Settled


def test_settled_says_how_each_ended() -> None:
    settled = Settled()
    for key, status in (("1a", Status.DELIVERED), ("1b", Status.UNDELIVERED), ("1a", Status.EXPIRED)):
        settled.put(key, status)

    assert [settled.get(key) for key in ("1a", "1b", "1c")] == [Status.EXPIRED, Status.UNDELIVERED, None]
