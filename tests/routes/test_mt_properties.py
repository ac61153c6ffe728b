"""What is remembered answers as the rules read from the page would."""

from datetime import UTC, time

from hypothesis import given
from hypothesis import strategies as st

from routes.facts import MtFacts
from routes.mt import MtRoutes, MtRule
from routes.number_list import NumberList
from routes.window import window

NETWORKS = ("telcel", "movistar", "weex", "virgin")
some_networks = st.lists(st.sampled_from(NETWORKS), max_size=2, unique=True)
LISTS = (None, NumberList(["5255"]), NumberList([]))
WINDOWS = (None, window(time(8), time(20), [], UTC))
rules = st.lists(
    st.builds(
        MtRule,
        via=st.just(["one"]),
        network=some_networks,
        prefix=st.lists(st.sampled_from(["+52", "+5255", "+1"]), max_size=2),
        lane=st.lists(st.sampled_from(["fast", "bulk"]), max_size=1),
        app=st.lists(st.sampled_from(["bank", "shop"]), max_size=1),
        sender=st.lists(st.sampled_from(["BANCO", "45555"]), max_size=1),
        tag=st.lists(st.sampled_from(["otp", "promo"]), max_size=1),
        to_list=st.sampled_from(LISTS),
        time=st.sampled_from(WINDOWS),
        deny=st.sampled_from(["", "", "denied"]),
    ),
    max_size=6,
)
facts = st.builds(
    MtFacts,
    network=st.sampled_from(NETWORKS),
    hosts=st.sampled_from([(), ("movistar",), ("weex", "movistar")]),
    number=st.sampled_from(["525512345678", "528112345678", "12125550100"]),
    app=st.sampled_from(["bank", "shop"]),
    lane=st.sampled_from(["fast", "bulk"]),
    sender=st.sampled_from(["", "BANCO"]),
    tags=st.sampled_from([(), ("otp",), ("otp", "promo")]),
    at=st.sampled_from([0.0, 12 * 3600.0]),
)


def holds(rule: MtRule, fact: MtFacts, network: str) -> bool:
    return (
        (not rule.network or network in rule.network)
        and (not rule.prefix or any(("+" + fact.number).startswith(start) for start in rule.prefix))
        and (not rule.lane or fact.lane in rule.lane)
        and (not rule.app or fact.app in rule.app)
        and (not rule.sender or fact.sender in rule.sender)
        and (not rule.tag or bool(set(rule.tag) & set(fact.tags)))
        and (rule.to_list is None or bool(rule.to_list.find(fact.number)))
        and (rule.time is None or rule.time.holds(fact.at))
    )


def as_written(table: list[MtRule], fact: MtFacts) -> int | None:
    networks = (fact.network, *fact.hosts)
    for place, network in enumerate(networks, 1):
        held = [number for number, rule in enumerate(table) if holds(rule, fact, network)]
        if any(network in table[number].network for number in held) or place == len(networks):
            return held[0] if held else None
    raise AssertionError


@given(rules, st.lists(facts, min_size=1, max_size=10))
def test_choice_and_explanation_are_what_the_rules_say(table: list[MtRule], asked: list[MtFacts]) -> None:
    routes = MtRoutes(table)
    for fact in asked * 2:
        choice = routes.choose(fact, lambda carrier: True, 0.0)
        assert choice.rule == as_written(table, fact)
        known = routes.choose_by(fact.network, fact.hosts, fact.app, fact.lane, lambda carrier: True, 0.0)
        assert known is None or known == choice
        assert bool(choice.carriers) is (choice.rule is not None and not routes.denial(choice.rule))
        explanation = routes.explain(fact, lambda carrier: True, 0.0)
        assert explanation.choice.rule == as_written(table, fact)
        held = [line.rule for line in explanation.tried if not line.why_not]
        assert held == ([] if explanation.choice.rule is None else [explanation.choice.rule])
