from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from routes.facts import MtFacts
from routes.mt import MtRoutes, MtRule
from routes.number_list import NumberList
from routes.window import window

UP = {"telcel", "movistar", "att"}

CONTRACT = MtRoutes(
    [
        MtRule(network=["weex"], via=["movistar", "att"]),
        MtRule(network=["telcel"], via=["telcel"]),
        MtRule(network=["movistar", "att"], via={"movistar": 70, "att": 30}),
        MtRule(prefix=["+1"], lane=["fast"], app=["bank"], via=["telcel"]),
    ]
)


def facts(
    network: str = "telcel",
    hosts: tuple[str, ...] = (),
    *,
    number: str = "525512345678",
    app: str = "bank",
    lane: str = "fast",
    sender: str = "",
) -> MtFacts:
    return MtFacts(network, hosts, number, app, lane, sender)


def is_up(carrier: str) -> bool:
    return carrier in UP


@pytest.mark.parametrize(
    ("asked", "carriers", "rule"),
    [
        (facts("telcel"), ("telcel",), 1),
        (facts("weex", ("movistar",)), ("movistar", "att"), 0),
        (facts("movistar"), ("movistar", "att"), 2),
        (facts("usa", number="12125550100"), ("telcel",), 3),
        (facts("usa", number="12125550100", lane="bulk"), (), None),
        (facts("usa", number="12125550100", app="shop"), (), None),
        (facts("usa", number="442071838750"), (), None),
        (facts("virgin", ("att",)), ("movistar", "att"), 2),
    ],
)
def test_routes_choose_the_first_rule_whose_conditions_all_hold(
    asked: MtFacts, carriers: tuple[str, ...], rule: int | None
) -> None:
    choice = CONTRACT.choose(asked, is_up, 0.0)
    assert choice == (carriers, rule)
    assert CONTRACT.choose(asked, is_up, 0.0) == choice, "what is remembered answers the same"


def test_routes_choose_by_network_app_and_lane_alone_while_nothing_else_decides() -> None:
    routes = MtRoutes([MtRule(app=["bank"], prefix=["+5255"], via=["att"]), MtRule(network=["weex"], via=["telcel"])])
    assert routes.choose_by("weex", (), "bank", "fast", is_up, 0.0) is None
    assert routes.choose_by("weex", (), "shop", "fast", is_up, 0.0) == (("telcel",), 1)
    assert routes.choose_by("att", (), "shop", "fast", is_up, 0.0) == ((), None)


def test_routes_prefer_a_rule_that_names_the_mvno_to_an_earlier_one_of_its_host() -> None:
    routes = MtRoutes([MtRule(network=["movistar"], via=["movistar"]), MtRule(network=["weex"], via=["att"])])
    assert routes.choose(facts("weex", ("movistar",)), is_up, 0.0) == (("att",), 1)


def test_routes_take_an_mvno_as_its_host_where_the_rule_that_names_it_does_not_hold() -> None:
    routes = MtRoutes(
        [
            MtRule(network=["weex"], lane=["fast"], via=["att"]),
            MtRule(network=["movistar"], via=["movistar"]),
            MtRule(via=["telcel"]),
        ]
    )
    assert routes.choose(facts("weex", ("movistar",), lane="fast"), is_up, 0.0).rule == 0
    assert routes.choose(facts("weex", ("movistar",), lane="bulk"), is_up, 0.0).rule == 1


def test_routes_let_an_earlier_rule_without_a_network_win_for_a_named_mvno_too() -> None:
    routes = MtRoutes([MtRule(app=["bank"], via=["telcel"]), MtRule(network=["weex"], via=["att"])])
    assert routes.choose(facts("weex", ("movistar",)), is_up, 0.0).rule == 0
    assert routes.choose(facts("weex", ("movistar",), app="shop"), is_up, 0.0).rule == 1


def test_routes_follow_hosts_of_hosts_and_stop_at_the_last() -> None:
    routes = MtRoutes([MtRule(network=["movistar"], via=["movistar"])])
    assert routes.choose(facts("a", ("b", "movistar")), is_up, 0.0).rule == 0
    assert routes.choose(facts("a", ("b", "c")), is_up, 0.0).rule is None


def test_routes_ask_prefix_and_sender_of_each_message_anew() -> None:
    routes = MtRoutes(
        [
            MtRule(network=["weex"], prefix=["+5281", "+5233"], via=["att"]),
            MtRule(sender=["BANCO"], via=["telcel"]),
            MtRule(network=["movistar"], via=["movistar"]),
        ]
    )
    weex = ("weex", ("movistar",))
    assert routes.choose(facts(*weex, number="528112345678"), is_up, 0.0).rule == 0
    assert routes.choose(facts(*weex, number="525512345678"), is_up, 0.0).rule == 2
    assert routes.choose(facts(*weex, number="525512345678", sender="BANCO"), is_up, 0.0).rule == 1
    assert routes.choose(facts(*weex, number="523312345678", sender="BANCO"), is_up, 0.0).rule == 0


def test_routes_put_carriers_that_are_down_last_each_time_anew() -> None:
    assert CONTRACT.choose(facts("weex"), lambda carrier: carrier != "movistar", 0.0).carriers == ("att", "movistar")
    assert CONTRACT.choose(facts("weex"), is_up, 0.0).carriers == ("movistar", "att")


def test_routes_forget_when_they_remember_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routes.mt.REMEMBERED", 3)
    routes = MtRoutes([MtRule(via=["telcel"])])
    for number in range(10):
        assert routes.choose(facts(f"n{number}"), is_up, 0.0).rule == 0
    assert len(routes._remembered) <= 3


def test_explanation_says_why_each_rule_before_did_not_hold() -> None:
    explanation = CONTRACT.explain(facts("usa", number="442071838750", lane="bulk"), is_up, 0.0)
    assert explanation.choice == ((), None)
    assert [line.rule for line in explanation.tried] == [0, 1, 2, 3]
    assert explanation.tried[0].why_not == "network: usa is not weex"
    assert explanation.tried[2].why_not == "network: usa is not att or movistar"
    assert explanation.tried[3].why_not == "prefix: +4… does not begin with +1; lane: bulk is not fast"


def test_explanation_ends_with_the_rule_that_held() -> None:
    explanation = CONTRACT.explain(facts("telcel"), is_up, 0.0)
    assert explanation.choice.rule == 1
    assert [(line.rule, bool(line.why_not)) for line in explanation.tried] == [(0, True), (1, False)]


def test_explanation_shows_that_an_mvno_was_tried_as_its_host() -> None:
    routes = MtRoutes([MtRule(app=["shop"], via=["att"]), MtRule(network=["movistar"], via=["movistar"])])
    tried = routes.explain(facts("weex", ("movistar",), app="bank"), is_up, 0.0).tried
    assert [(line.network, line.rule) for line in tried] == [
        ("weex", 0), ("weex", 1), ("movistar", 0), ("movistar", 1),
    ]  # fmt: skip
    assert tried[-1].why_not == ""
    passed = routes.explain(facts("weex", ("movistar",), app="shop"), is_up, 0.0).tried
    assert passed[0].why_not == "no route that holds names weex: tried as its host"


def test_routes_refuse_a_rule_that_leads_nowhere() -> None:
    with pytest.raises(ValueError, match="no carrier"):
        MtRoutes([MtRule(via=[])])


WEEKEND = window(None, None, ["sat", "sun"], ZoneInfo("America/Mexico_City"))
SATURDAY = datetime(2026, 11, 28, 18, tzinfo=UTC).timestamp()
MONDAY = SATURDAY + 2 * 86_400
DENYING = MtRoutes(
    [
        MtRule(to_list=NumberList(["3718"]), deny="denied"),
        MtRule(tag=["promo"], time=WEEKEND, deny="not_allowed"),
        MtRule(tag=["otp", "alert"], via=["att"]),
        MtRule(sender=["BANCO"], via=["movistar"]),
        MtRule(via=["telcel"]),
    ]
)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (facts(number="37180000000"), 0),
        (facts(number="37190000000"), 4),
        (facts()._replace(tags=("promo", "otp"), at=SATURDAY), 1),
        (facts()._replace(tags=("promo", "otp"), at=MONDAY), 2),
        (facts()._replace(tags=("promo",), at=MONDAY), 4),
        (facts(sender="BANCO"), 3),
        (facts(sender="Banco"), 4),
    ],
)
def test_routes_look_at_lists_tags_times_and_senders_of_each_message(asked: MtFacts, rule: int) -> None:
    choice = DENYING.choose(asked, is_up, 0.0)
    assert choice.rule == rule
    assert bool(choice.carriers) is (rule > 1)
    assert DENYING.explain(asked, is_up, 0.0).choice == choice


def test_rule_that_denies_says_with_what() -> None:
    assert [DENYING.denial(rule) for rule in range(5)] == ["denied", "not_allowed", "", "", ""]


def test_rule_that_denies_an_mvno_names_it_before_its_host_is_asked() -> None:
    routes = MtRoutes([MtRule(network=["movistar"], via=["movistar"]), MtRule(network=["weex"], deny="denied")])
    assert routes.choose(facts("weex", ("movistar",)), is_up, 0.0) == ((), 1)


def test_empty_list_of_numbers_is_a_condition_that_never_holds() -> None:
    routes = MtRoutes([MtRule(to_list=NumberList([]), deny="denied"), MtRule(via=["telcel"])])
    assert routes.choose(facts(), is_up, 0.0).rule == 1


def test_explanation_says_why_lists_tags_times_and_senders_do_not_hold() -> None:
    tried = DENYING.explain(facts(sender="SHOP")._replace(tags=("news",), at=MONDAY), is_up, 0.0).tried
    assert [line.why_not for line in tried] == [
        "to_list: the number is not in the list",
        "tag: news is not promo; time: it is not due in sat sun, America/Mexico_City",
        "tag: news is not alert or otp",
        "sender: SHOP is not BANCO",
        "",
    ]
