"""What the app is told of receipts."""

import pytest

from gateway.message import Content, Message, Status
from gateway.receipts import wants
from tests.receipts.desk import Desk

S = Status


@pytest.mark.parametrize(
    ("receipt", "stats", "told"),
    [
        ("final", ("DELIVRD", "DELIVRD"), [S.DELIVERED]),
        ("final", ("UNDELIV", "DELIVRD"), [S.UNDELIVERED]),
        ("all", ("DELIVRD", "DELIVRD"), [S.SUBMITTED, S.DELIVERED]),
        ("all", ("EXPIRED", "DELIVRD"), [S.SUBMITTED, S.EXPIRED]),
        ("failure", ("DELIVRD", "DELIVRD"), []),
        ("failure", ("DELIVRD", "UNDELIV"), [S.UNDELIVERED]),
        ("none", ("DELIVRD", "UNDELIV"), []),
    ],
)
@pytest.mark.parametrize("several", [False, True])
async def test_app_is_told_what_it_asked_for(
    desk: Desk, receipt: str, stats: tuple[str, str], told: list[Status], several: bool
) -> None:
    if not several:
        stats = (next((stat for stat in stats if stat != "DELIVRD"), "DELIVRD"), "")
    ids = ("a1", "a2") if several else ("a1",)
    message = await desk.submitted(*ids, receipt=receipt, callback="https://app.example/dlr")

    for name, stat in zip(ids, stats, strict=False):
        await desk.receive(name, stat)

    assert desk.told == told
    assert {parcel.delivery.url for parcel in desk.offered} <= {"https://app.example/dlr"}
    assert {parcel.delivery.subject for parcel in desk.offered} <= {message.id}
    assert len(desk.finals) == 1


async def test_delivery_to_make_is_on_disk_with_the_status_it_tells_of(desk: Desk) -> None:
    message = await desk.submitted("a1")

    await desk.receive("a1")

    (delivery,) = await desk.store.deliveries("bank", desk.clock.utc(), "", 10)
    assert (delivery.kind, delivery.subject, delivery.status) == ("receipt", message.id, S.DELIVERED)
    assert desk.offered[0].delivery.id == delivery.id


def test_wish_that_is_unknown_is_taken_for_none() -> None:
    message = Message(
        id="m", app="a", lane="fast", interface="http", to="1", sender="", network="n", content=Content(),
        created_at=0.0, expires_at=1.0, status=S.DELIVERED, receipt="nonsense",
    )  # fmt: skip

    assert not wants(message)
