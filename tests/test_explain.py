"""Explanations: the decisions of intake, said aloud; nothing is sent, and nothing decided differently."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from gateway.errors import Refusal
from gateway.explain import Explainer, Explanation, Price
from gateway.message import Content
from gateway.parts import Profile
from portability.answer import Answer
from routes.mt import MtRoutes, MtRule
from tests.intake.desk import ASKED, MOVISTAR, REFUSED, RULES, TELCEL, WEEX, Desk, Table, a_submission, routed

PRICES = {"telcel": Price("MXN", Decimal("0.18")), "movistar": Price("USD", Decimal("0.0125"))}


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


async def explain(desk: Desk, **fields: Any) -> Explanation:
    explainer = Explainer(desk.intake, PRICES, lambda carrier: carrier not in desk.down, desk.clock.utc)
    return await explainer.explain(a_submission(**fields))


def steps(explanation: Explanation) -> dict[str, str]:
    return {step["step"]: step["answer"] for step in explanation.steps}


async def test_explanation_says_how_a_message_would_go_and_sends_nothing(desk: Desk) -> None:
    found = await explain(desk, to="5510000000", content=Content("a" * 200))

    assert found._replace(steps=()) == Explanation(
        number=f"+{TELCEL}", network="telcel", source="stub", ported=None, age_s=None, lane="fast",
        carriers=("telcel",), sender="45555", encoding="gsm7", segments=2,
        price={"currency": "MXN", "amount": "0.36"}, refusal=None, steps=(),
    )  # fmt: skip
    assert steps(found) == {
        "number": f"+{TELCEL}", "source stub": "telcel", "route 0": "matches", "lane": "fast", "carriers": "telcel",
        "price": "0.36 MXN", "sender": "45555", "encoding": "gsm7",
    }  # fmt: skip
    await desk.settled()
    assert (desk.log, desk.commits.backlog) == ([], 0)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"to": MOVISTAR, "sender": "BANCO"},
        {"to": WEEX},
        {"lane": "bulk", "content": Content("canción")},
        {"content": Content("canción"), "transliterate": True},
        {"to": ASKED, "content": Content("a" * 500)},
    ],
)
async def test_explanation_decides_as_intake_does(desk: Desk, fields: dict[str, Any]) -> None:
    found = await explain(desk, **fields)
    await desk.intake.submit_asking(a_submission(**fields), desk.done)
    await desk.settled()

    message = desk.accepted[0]
    assert (found.number, found.network, found.lane, found.carriers, found.sender, found.encoding, found.segments) == (
        f"+{message.to}", message.network, message.lane, message.carriers, message.sender, message.content.settled,
        message.content.parts,
    )  # fmt: skip


@pytest.mark.parametrize(("fields", "code", "field", "reason"), REFUSED)
async def test_explanation_ends_with_the_refusal_that_intake_gives(
    desk: Desk, fields: dict[str, Any], code: str, field: str, reason: str
) -> None:
    found = await explain(desk, **fields)

    assert found.refusal == code
    last = found.steps[-1]
    assert (last["step"], last["asked"], last["answer"]) == ("refusal", field, code)
    assert reason in last["why"]
    assert (found.carriers, found.sender, found.price) == ((), None, None)
    with pytest.raises(Refusal, match=code):
        desk.submit(**fields)


async def test_explanation_names_each_rule_and_why_not(desk: Desk) -> None:
    found = await explain(desk, to=MOVISTAR, sender="BANCO")

    tried = [(step["step"], step["answer"], step["why"]) for step in found.steps if step["step"].startswith("route")]
    assert tried == [
        ("route 0", "does not match", "network: movistar is not telcel"),
        ("route 1", "matches", "first that holds"),
    ]


async def test_explanation_without_a_route_shows_the_rules_that_did_not_hold(desk: Desk) -> None:
    desk.intake.apply(RULES._replace(routes=MtRoutes([MtRule(via=("telcel",), network=("att",))])))

    found = await explain(desk)

    assert (found.refusal, found.network, found.number) == ("no_route", "telcel", f"+{TELCEL}")
    assert steps(found)["route 0"] == "does not match"


async def test_explanation_shows_which_carriers_are_up_and_their_order(desk: Desk) -> None:
    desk.down = {"movistar"}

    found = await explain(desk, to=MOVISTAR, sender="BANCO")

    assert found.carriers == ("telcel", "movistar")
    assert "telcel is up, movistar is down" in {step["why"] for step in found.steps}
    assert found.price == {"currency": "MXN", "amount": "0.18"}


async def test_explanation_says_what_each_carrier_would_ask_as_it_counts_segments(desk: Desk) -> None:
    desk.intake.apply(routed("telcel", "open", "movistar", "att"))

    found = await explain(desk, app="shop", sender="BANCO", content=Content("ó" * 71))

    asked = [(step["asked"], step["answer"], step["why"]) for step in found.steps if step["step"] == "price"]
    assert asked == [
        ("telcel", "0.36 MXN", "2 segments at 0.18 MXN"),
        ("movistar", "0.0250 USD", "2 segments at 0.0125 USD"),
    ]
    telcel, movistar = RULES.carriers["telcel"], RULES.carriers["movistar"]._replace(profile=Profile(ucs2=False))
    desk.intake.apply(routed("telcel", "movistar")._replace(carriers={"telcel": telcel, "movistar": movistar}))

    found = await explain(desk, app="shop", sender="BANCO", content=Content("ó" * 71))

    assert [step["answer"] for step in found.steps if step["step"] == "price"] == ["0.36 MXN", ""]
    assert "it cannot be written there" in next(step["why"] for step in found.steps if step["asked"] == "movistar")


async def test_explanation_names_the_rule_that_denies(desk: Desk) -> None:
    rules = [MtRule(tag=("promo",), deny="not_allowed"), MtRule(via=("telcel",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    found = await explain(desk, tags=("promo",))

    assert (found.refusal, found.carriers, steps(found)["route 0"]) == ("not_allowed", (), "denies")
    assert (await explain(desk)).carriers == ("telcel",)


async def test_explanation_without_a_price_has_none(desk: Desk) -> None:
    desk.intake.apply(routed("open"))

    assert (await explain(desk)).price is None


async def test_explanation_says_how_old_the_answer_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of = desk.clock.utc() - 7_200
    monkeypatch.setitem(Table.known, int(TELCEL), Answer("telcel", "stub", ported=True, as_of=as_of))

    found = await explain(desk)

    assert (found.ported, found.age_s) == (True, 7_200.0)
    assert any("data 2.0 h old" in step["why"] for step in found.steps)


async def test_explanation_of_an_opted_out_number_says_so(desk: Desk) -> None:
    desk.opt_outs.add("bank", TELCEL, "api")

    assert (await explain(desk)).refusal == "opted_out"


async def test_explanation_costs_the_app_nothing(desk: Desk) -> None:
    for _ in range(20):
        await explain(desk, app="shop", sender="45555")

    assert desk.submit(app="shop", sender="45555") is None
