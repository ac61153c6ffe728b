"""Which carriers a rule leads to, in order, given which are up.

A list is failover: in its order, or the cheapest first (`LeastCost`). Weights spread messages over what is up, each the
others' failover: the order is drawn by weight too, so that the load of one that is down is shared as the weights say.
Carriers that are down come last and are not left out: the choice is made again when the message is sent.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

Up = Callable[[str], bool]


class LeastCost(NamedTuple):
    """A `via` whose carriers are each others' failover, the cheapest first; prices in one currency. Of equals the one
    named first goes first."""

    prices: Mapping[str, Decimal]


Written = Sequence[str] | Mapping[str, float] | LeastCost
"""A rule's `via`: failover in its order, weights, or the cheapest first."""


class Via(Protocol):
    """The `via` of a rule."""

    def order(self, up: Up, random: float) -> tuple[str, ...]:
        """The carriers in order; `random` is in [0, 1)."""


class Failover:
    """In the order given."""

    __slots__ = ("_carriers",)

    def __init__(self, carriers: Iterable[str]) -> None:
        """Raises ValueError for none."""
        self._carriers = tuple(carriers)
        if not self._carriers:
            raise ValueError("via leads to no carrier")

    def order(self, up: Up, random: float) -> tuple[str, ...]:
        """Those that are up, then the others."""
        carriers = self._carriers
        for carrier in carriers:
            if not up(carrier):
                break
        else:
            return carriers
        return (*filter(up, carriers), *(carrier for carrier in carriers if not up(carrier)))


class Weighted:
    """Spread by weight."""

    __slots__ = ("_weights",)

    def __init__(self, weights: Mapping[str, float]) -> None:
        """Raises ValueError for none, or a weight that is not above 0."""
        self._weights = tuple(weights.items())
        if not self._weights or any(not weight > 0 for _, weight in self._weights):
            raise ValueError("via needs carriers with weights above 0")

    def order(self, up: Up, random: float) -> tuple[str, ...]:
        """Drawn by weight among those that are up, then among the others; where all are down, among all."""
        alive = [pair for pair in self._weights if up(pair[0])]
        if len(alive) == len(self._weights):
            return _drawn(alive, random)
        dead = [pair for pair in self._weights if pair not in alive]
        return _drawn(alive, random) + _drawn(dead, random)


def compile_via(via: Written) -> Via:
    """A rule's `via` as written. Raises ValueError."""
    if isinstance(via, LeastCost):
        return Failover(sorted(via.prices, key=via.prices.__getitem__))
    return Weighted(via) if isinstance(via, Mapping) else Failover(via)


def _drawn(pairs: list[tuple[str, float]], random: float) -> tuple[str, ...]:
    """All of them, drawn one after the other. One random number is enough: where it fell within the share that won is
    as good a random number for the next draw."""
    left = list(pairs)
    drawn: list[str] = []
    while len(left) > 1:
        point = random * sum(weight for _, weight in left)
        index = 0
        while index < len(left) - 1 and point >= left[index][1]:
            point -= left[index][1]
            index += 1
        carrier, weight = left.pop(index)
        drawn.append(carrier)
        random = min(point / weight, 0.9999999999999999)  # the last share takes what rounding left over
    drawn.extend(carrier for carrier, _ in left)
    return tuple(drawn)
