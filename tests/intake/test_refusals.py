"""The road in: what is refused, with which code, field and reason."""

from typing import Any

import pytest

from gateway.config.routing import DENIALS
from gateway.errors import REFUSALS, Refusal
from gateway.message import Content
from routes.mt import MtRoutes, MtRule
from tests.intake.desk import (
    REFUSED,
    RULES,
    TELCEL,
    Desk,
    routed,
)


@pytest.mark.parametrize(("fields", "code", "field", "reason"), REFUSED)
async def test_refusal_says_code_field_and_reason(
    desk: Desk, fields: dict[str, Any], code: str, field: str, reason: str
) -> None:
    refused = desk.refusal(**fields)

    assert (refused.code, refused.field) == (code, field)
    assert reason in refused.detail
    assert refused.answer is REFUSALS[code]
    await desk.settled()
    assert desk.log == []


async def test_number_without_a_route_is_refused(desk: Desk) -> None:
    desk.intake.apply(RULES._replace(routes=MtRoutes([MtRule(via=("telcel",), network=("att",))])))

    refused = desk.refusal()

    assert (refused.code, refused.field, refused.detail) == ("no_route", "to", "No route leads to network telcel.")


@pytest.mark.parametrize(("deny", "status"), [("denied", 422), ("not_allowed", 403)])
async def test_message_that_a_route_denies_is_refused_with_its_code(desk: Desk, deny: str, status: int) -> None:
    rules = [MtRule(tag=("promo",), deny=deny), MtRule(via=("telcel",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    refused = desk.refusal(tags=("otp", "promo"))

    assert (refused.code, refused.field, refused.detail) == (deny, "to", REFUSALS[deny].sentence)
    assert refused.answer.http_status == status
    assert (await desk.taken(tags=("otp",))).tags == ("otp",)


def test_every_code_that_a_route_may_deny_with_is_a_refusal() -> None:
    assert set(DENIALS) <= set(REFUSALS)


async def test_text_that_no_carrier_can_write_is_refused_with_the_first_ones_reason(desk: Desk) -> None:
    desk.intake.apply(routed("att"))

    assert desk.refusal(app="shop", content=Content("canción")).code == "bad_encoding"


async def test_opted_out_number_is_refused_to_that_app_but_not_to_a_reply(desk: Desk) -> None:
    desk.opt_outs.add("bank", TELCEL, "api")

    refused = desk.refusal(to=f"521{TELCEL[2:]}")

    assert (refused.code, refused.field) == ("opted_out", "to")
    assert (await desk.taken(app="shop", sender="45555")).to == TELCEL
    assert (await desk.taken(interface="reply")).to == TELCEL


async def test_stopping_intake_refuses_with_a_time_to_come_again(desk: Desk) -> None:
    desk.intake.stopping = True

    refused = desk.refusal()

    assert (refused.code, refused.retry_after_s, refused.answer.http_status) == ("stopping", 5.0, 503)


async def test_app_over_its_tps_is_told_when_to_come_again(desk: Desk) -> None:
    for _ in range(2):
        desk.submit(app="shop")  # 5 a second, 2 at once

    refused = desk.refusal(app="shop")
    assert (refused.code, refused.answer.http_status) == ("over_tps", 429)
    assert refused.retry_after_s is not None and 0 < refused.retry_after_s <= 0.21
    assert desk.submit(app="bank") is None

    desk.clock.advance(refused.retry_after_s)
    assert desk.submit(app="shop") is None


async def test_app_without_a_burst_may_use_a_whole_second_at_once(desk: Desk) -> None:
    for _ in range(100):
        desk.submit()

    assert desk.refusal().code == "over_tps"


async def test_changed_tps_does_not_give_back_what_was_used(desk: Desk) -> None:
    for _ in range(100):
        desk.submit()

    apps = {**RULES.apps, "bank": RULES.apps["bank"]._replace(tps=110.0)}
    desk.intake.apply(RULES._replace(apps=apps))

    taken = 0
    with pytest.raises(Refusal):
        for _ in range(100):
            desk.submit()
            taken += 1
    assert taken <= 10


async def test_batch_pays_for_many_at_once(desk: Desk) -> None:
    desk.intake.admit("bank", 60)

    with pytest.raises(Refusal, match="over_tps"):
        desk.intake.admit("bank", 60)
