"""What an explanation shows of rules: each that was tried, and why it did not hold."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from routes.conditions import Condition

F = TypeVar("F")


class Tried(NamedTuple):
    """One rule, by its place in the configuration from 0, and the network it was tried for; `why_not` "" if it held."""

    rule: int
    network: str
    why_not: str


def why_not(conditions: Iterable[Condition[F]], facts: F) -> str:
    """What is against a rule, all of it; "" where every condition holds."""
    return "; ".join(
        f"{condition.name}: {condition.why_not(facts)}" for condition in conditions if not condition.holds(facts)
    )
