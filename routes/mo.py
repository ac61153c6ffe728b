"""What becomes of an inbound message: the first rule whose number and keyword fit.

A rule may hand it to an app, opt the subscriber out, and reply; it may do these without an app. Where no rule holds, it
belongs to nobody, and is kept all the same.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from routes import conditions
from routes.conditions import Condition
from routes.facts import MoFacts
from routes.keyword import keyword_of
from routes.trace import Tried, why_not


class MoRule(NamedTuple):
    """An `mo_routes` rule as configured; a condition that is empty asks nothing."""

    to: Sequence[str] = ()
    keyword: Sequence[str] = ()
    app: str | None = None
    opt_out: bool = False
    reply: str | None = None


class MoChoice(NamedTuple):
    """What is to be done. `keyword` is the first word as rules compare it; `rule` counts from 0, None: none held."""

    app: str | None
    opt_out: bool
    reply: str | None
    keyword: str
    rule: int | None
    tried: tuple[Tried, ...]


class MoRoutes:
    """Compiled rules."""

    def __init__(self, rules: Iterable[MoRule]) -> None:
        self._rules = tuple((rule, _compiled(rule)) for rule in rules)

    def choose(self, facts: MoFacts) -> MoChoice:
        """The first rule that holds, with the rules tried before it."""
        keyword = keyword_of(facts.text)
        tried: list[Tried] = []
        for index, (rule, given) in enumerate(self._rules):
            tried.append(Tried(index, "", why_not(given, facts)))
            if not tried[-1].why_not:
                return MoChoice(rule.app, rule.opt_out, rule.reply, keyword, index, tuple(tried))
        return MoChoice(None, False, None, keyword, None, tuple(tried))


def _compiled(rule: MoRule) -> tuple[Condition[MoFacts], ...]:
    given: list[Condition[MoFacts]] = []
    if rule.to:
        given.append(conditions.to(rule.to))
    if rule.keyword:
        given.append(conditions.keyword(rule.keyword))
    return tuple(given)
