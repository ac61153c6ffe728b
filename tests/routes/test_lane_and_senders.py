import pytest

from routes.lane import LaneNotAllowed, choose_lane
from routes.senders import SenderNotAllowed, resolve_sender

BOTH = ("fast", "bulk")


@pytest.mark.parametrize(
    ("asked", "priority_flag", "own", "allowed", "lane"),
    [
        ("", 0, "fast", BOTH, "fast"),
        ("", 0, "bulk", BOTH, "bulk"),
        ("bulk", 0, "fast", BOTH, "bulk"),
        ("bulk", 3, "fast", BOTH, "bulk"),
        ("bulk", 0, "bulk", (), "bulk"),
        ("", 1, "bulk", BOTH, "fast"),
        ("", 3, "bulk", BOTH, "fast"),
        ("", 2, "bulk", (), "bulk"),
        ("", 2, "bulk", ("bulk",), "bulk"),
        ("", 2, "fast", (), "fast"),
        ("", 4, "bulk", BOTH, "bulk"),
        ("", 255, "bulk", BOTH, "bulk"),
    ],
)
def test_lane_is_what_was_asked_or_the_apps_own(
    asked: str, priority_flag: int, own: str, allowed: tuple[str, ...], lane: str
) -> None:
    assert choose_lane(asked, priority_flag, own, allowed) == lane


@pytest.mark.parametrize("asked", ["fast", "express"])
def test_lane_that_the_app_may_not_have_is_refused_with_those_it_may(asked: str) -> None:
    refused = choose_lane(asked, 0, "bulk", ())
    assert isinstance(refused, LaneNotAllowed)
    assert refused.why == f"The app may not use lane {asked!r}; it may use: bulk."


@pytest.mark.parametrize(
    ("asked", "app", "allow", "default", "sender"),
    [
        ("BANCO", ("45555", "BANCO"), ("45555", "BANCO"), "45555", "BANCO"),
        ("BANCO", (), (), "", "BANCO"),
        ("BANCO", (), ("BANCO",), "", "BANCO"),
        ("", ("45555", "BANCO"), ("45555", "BANCO"), "BANCO", "45555"),
        ("", ("45555", "BANCO"), ("BANCO",), "BANCO", "BANCO"),
        ("", ("45555",), (), "", "45555"),
        ("", ("70000",), ("45555",), "45555", "45555"),
        ("", (), ("45555", "BANCO"), "BANCO", "BANCO"),
        ("", (), ("45555", "BANCO"), "", "45555"),
        ("", (), (), "", ""),
    ],
)
def test_sender_is_one_that_app_and_carrier_allow(
    asked: str, app: tuple[str, ...], allow: tuple[str, ...], default: str, sender: str
) -> None:
    assert resolve_sender(asked, app, allow, default) == sender


@pytest.mark.parametrize(
    ("asked", "app", "allow", "why"),
    [
        ("Banco", ("45555", "BANCO"), (), "the app may not send as 'Banco'; it may as: 45555, BANCO"),
        ("BANCO", ("BANCO",), ("45555",), "the carrier does not let us send as 'BANCO'; it does as: 45555"),
        ("", ("BANCO",), ("45555",), "none of the app's senders is allowed there: BANCO"),
    ],
)
def test_sender_that_one_of_them_does_not_allow_is_refused(
    asked: str, app: tuple[str, ...], allow: tuple[str, ...], why: str
) -> None:
    assert resolve_sender(asked, app, allow, "") == SenderNotAllowed(asked, why)
