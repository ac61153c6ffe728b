from collections import Counter
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routes.via import LeastCost, compile_via

CARRIERS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("up", "order"),
    [("abc", "abc"), ("bc", "bca"), ("a", "abc"), ("c", "cab"), ("", "abc"), ("ac", "acb")],
)
def test_failover_keeps_its_order_with_what_is_down_last(up: str, order: str) -> None:
    assert compile_via(["a", "b", "c"]).order(lambda carrier: carrier in up, 0.5) == tuple(order)


def shares(weights: dict[str, float], up: str) -> dict[tuple[str, ...], float]:
    via = compile_via(weights)
    draws = 10_000
    counts = Counter(via.order(lambda carrier: carrier in up, draw / draws) for draw in range(draws))
    return {order: count / draws for order, count in counts.items()}


def test_weights_spread_messages_over_what_is_up() -> None:
    assert shares({"a": 70, "b": 30}, "ab") == pytest.approx({("a", "b"): 0.7, ("b", "a"): 0.3}, abs=0.001)
    assert shares({"a": 70, "b": 30}, "b") == {("b", "a"): 1.0}
    assert shares({"a": 70, "b": 30}, "") == pytest.approx({("a", "b"): 0.7, ("b", "a"): 0.3}, abs=0.001)


def test_weights_share_out_the_load_of_a_carrier_that_is_down() -> None:
    found = shares({"a": 50, "b": 30, "c": 20}, "bc")
    assert found == pytest.approx({("b", "c", "a"): 0.6, ("c", "b", "a"): 0.4}, abs=0.001)


def test_weights_draw_the_second_by_weight_too() -> None:
    found = shares({"a": 50, "b": 30, "c": 20}, "abc")
    weight = {"a": 0.5, "b": 0.3, "c": 0.2}
    wanted = {
        (first, second, third): weight[first] * weight[second] / (1 - weight[first])
        for first, second, third in permutations(CARRIERS)
    }
    assert found == pytest.approx(wanted, abs=0.002)


@given(
    st.dictionaries(st.sampled_from("abcde"), st.floats(0.001, 1000), min_size=1),
    st.sets(st.sampled_from("abcde")),
    st.floats(0, 1, exclude_max=True),
)
def test_order_names_each_carrier_once_and_the_living_first(
    weights: dict[str, float], up: set[str], random: float
) -> None:
    for via in (compile_via(weights), compile_via(list(weights))):
        order = via.order(lambda carrier: carrier in up, random)
        assert sorted(order) == sorted(weights)
        assert [carrier in up for carrier in order] == sorted((carrier in up for carrier in order), reverse=True)


@pytest.mark.parametrize(("up", "order"), [("abcd", "bdac"), ("ac", "acbd"), ("", "bdac")])
def test_least_cost_goes_by_the_cheapest_that_is_up_and_of_equals_by_the_first_named(up: str, order: str) -> None:
    prices = {"a": Decimal("0.20"), "b": Decimal("0.18"), "c": Decimal("0.2"), "d": Decimal("0.180")}
    assert compile_via(LeastCost(prices)).order(lambda carrier: carrier in up, 0.5) == tuple(order)


@pytest.mark.parametrize("via", [[], {}, {"a": 0}, {"a": -1, "b": 2}, LeastCost({})])
def test_via_that_leads_nowhere_is_refused(via: list[str] | dict[str, float] | LeastCost) -> None:
    with pytest.raises(ValueError, match="carrier"):
        compile_via(via)
