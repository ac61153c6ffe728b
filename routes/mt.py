"""Which carriers an outgoing message goes to: the first rule all of whose conditions hold.

An MVNO is routed as its host unless a route names it. A route names a network for a message when it lists the network
and its other conditions hold. If any route does so for the message's own network, the message is matched as of that
network: first match wins, and that may be an earlier route that asks for no network. If none does, it is matched as of
its host, then of the host's host. So a route for an MVNO's OTPs alone leaves its campaigns to the host's routes, and it
does not matter whether a host's route stands before an MVNO's.

A rule that denies takes part like any other: a message that comes to it has no carriers, and a code that says why.

What depends only on network, app and lane is worked out once and remembered; conditions that are another for each
message (prefix, to_list, tag, sender, time) and `via` are asked each time.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from routes import conditions
from routes.conditions import Condition
from routes.facts import MtFacts
from routes.number_list import NumberList
from routes.trace import Tried, why_not
from routes.via import Up, Via, Written, compile_via
from routes.window import Window

REMEMBERED = 10_000


class MtRule(NamedTuple):
    """A route as configured; a condition that is empty asks nothing. With `deny`, the code of a refusal, `via` is
    empty."""

    via: Written = ()
    network: Sequence[str] = ()
    prefix: Sequence[str] = ()
    lane: Sequence[str] = ()
    app: Sequence[str] = ()
    sender: Sequence[str] = ()
    tag: Sequence[str] = ()
    to_list: NumberList | None = None
    time: Window | None = None
    deny: str = ""


class MtChoice(NamedTuple):
    """Carriers in the order to try, and the rule (from 0) that named them; none and None where no route leads, none and
    a rule where that rule denies (`MtRoutes.denial`)."""

    carriers: tuple[str, ...]
    rule: int | None


class MtExplanation(NamedTuple):
    """A choice, and every rule that was tried on the way to it."""

    choice: MtChoice
    tried: tuple[Tried, ...]


class _Rule:
    """A rule, compiled; `each` are the conditions among its own whose answer is another for each message."""

    __slots__ = ("_usual", "conditions", "deny", "each", "names", "number", "via")

    def __init__(
        self, number: int, via: Via, deny: str, names: frozenset[str], given: tuple[Condition[MtFacts], ...]
    ) -> None:
        self.number = number
        self.via = via
        self.deny = deny
        self.names = names
        self.conditions = given
        self.each = tuple([condition for condition in given if condition.each])
        self._usual = MtChoice(via.order(_everyone, 0.0), number)

    def holds(self, facts: MtFacts) -> bool:
        """Whether the conditions hold that are another for each message."""
        for condition in self.each:  # noqa: SIM110  all() over a generator costs three times as much
            if not condition.holds(facts):
                return False
        return True

    def choice(self, up: Up, random: float) -> MtChoice:
        """Where it leads now: nearly always the same, so that is made once."""
        carriers, usual = self.via.order(up, random), self._usual
        return usual if carriers is usual.carriers else MtChoice(carriers, self.number)


class _Level(NamedTuple):
    """A network to match as, with the rules whose fixed conditions hold for it. `last`: there is no other after it."""

    network: str
    rules: tuple[_Rule, ...]
    last: bool


class _Known:
    """What network, app and lane say of a message: the levels that are left, and where these leave no doubt (`sure`),
    the rule, None for no route."""

    __slots__ = ("levels", "rule", "sure")

    def __init__(self, levels: tuple[_Level, ...]) -> None:
        rules = levels[0].rules
        self.levels = levels
        self.sure = levels[0].last and not (rules and rules[0].each)
        self.rule = rules[0] if self.sure and rules else None


def _everyone(_carrier: str) -> bool:
    return True


class _Nowhere:
    """The `via` of a rule that denies."""

    def order(self, up: Up, random: float) -> tuple[str, ...]:
        return ()


_NO_ROUTE = MtChoice((), None)


class MtRoutes:
    """Compiled rules. Reading them never changes what they answer; what is remembered is bounded."""

    def __init__(self, rules: Iterable[MtRule]) -> None:
        """Raises ValueError for a rule whose `via` leads nowhere."""
        self._rules = tuple(_compiled(index, rule) for index, rule in enumerate(rules))
        self._remembered: dict[tuple[str, tuple[str, ...], str, str], _Known] = {}

    def choose(self, facts: MtFacts, up: Up, random: float) -> MtChoice:
        """The carriers for a message: `up(carrier)` says which can send now, `random` in [0, 1) draws by weight."""
        for level in self._known(facts.network, facts.hosts, facts.app, facts.lane).levels:
            rule = _match(level, facts)
            if rule is not None:
                return rule.choice(up, random)
        return _NO_ROUTE

    def choose_by(
        self, network: str, hosts: tuple[str, ...], app: str, lane: str, up: Up, random: float
    ) -> MtChoice | None:
        """As `choose`, where this much of a message decides; None where more has to be looked at."""
        known = self._known(network, hosts, app, lane)
        if not known.sure:
            return None
        return _NO_ROUTE if known.rule is None else known.rule.choice(up, random)

    def denial(self, rule: int) -> str:
        """The code with which a rule denies, "" where it leads to carriers."""
        return self._rules[rule].deny

    def explain(self, facts: MtFacts, up: Up, random: float) -> MtExplanation:
        """The same choice with its trace: each network that the message was matched as, each rule up to the first that
        held, and why the others did not."""
        choice = self.choose(facts, up, random)
        tried: list[Tried] = []
        networks = (facts.network, *facts.hosts)
        for place, network in enumerate(networks, 1):
            as_of = facts._replace(network=network)
            found = [Tried(rule.number, network, why_not(rule.conditions, as_of)) for rule in self._rules]
            if place == len(networks) or any(
                not line.why_not and network in rule.names for line, rule in zip(found, self._rules, strict=True)
            ):
                tried += found if choice.rule is None else found[: choice.rule + 1]
                break
            tried += _passed_over(found, network)
        return MtExplanation(choice, tuple(tried))

    def _known(self, network: str, hosts: tuple[str, ...], app: str, lane: str) -> _Known:
        key = (network, hosts, app, lane)
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            known = self._remembered[key] = _Known(self._levels(MtFacts(network, hosts, "", app, lane)))
        return known

    def _levels(self, facts: MtFacts) -> tuple[_Level, ...]:
        levels: list[_Level] = []
        networks = (facts.network, *facts.hosts)
        for place, network in enumerate(networks, 1):
            rules = self._fitting(facts._replace(network=network))
            named = any(network in rule.names and not rule.each for rule in rules)
            if named or place == len(networks):
                levels.append(_Level(network, _until_sure(rules), last=True))
                break
            if any(network in rule.names for rule in rules):
                levels.append(_Level(network, rules, last=False))
        return tuple(levels)

    def _fitting(self, facts: MtFacts) -> tuple[_Rule, ...]:
        """The rules that may hold for such messages: all their fixed conditions do."""
        return tuple(
            rule
            for rule in self._rules
            if all(condition.each or condition.holds(facts) for condition in rule.conditions)
        )


def _compiled(index: int, rule: MtRule) -> _Rule:
    given = [
        make(values)
        for make, values in (
            (conditions.network, rule.network),
            (conditions.prefix, rule.prefix),
            (conditions.lane, rule.lane),
            (conditions.app, rule.app),
            (conditions.sender, rule.sender),
            (conditions.tag, rule.tag),
        )
        if values
    ]
    if rule.to_list is not None:  # an empty list is a condition that never holds, not none
        given.append(conditions.to_list(rule.to_list))
    if rule.time is not None:
        given.append(conditions.time(rule.time))
    via = _Nowhere() if rule.deny else compile_via(rule.via)
    return _Rule(index, via, rule.deny, frozenset(rule.network), tuple(given))


def _match(level: _Level, facts: MtFacts) -> _Rule | None:
    """The first of a level's rules that holds, if one that holds names its network or there is no level after it."""
    first: _Rule | None = None
    for rule in level.rules:
        if not rule.holds(facts):
            continue
        if first is None:
            first = rule
        if level.last or level.network in rule.names:
            return first
    return None


def _until_sure(rules: tuple[_Rule, ...]) -> tuple[_Rule, ...]:
    """Without those behind the first that holds for every such message."""
    for place, rule in enumerate(rules, 1):
        if not rule.each:
            return rules[:place]
    return rules


def _passed_over(found: list[Tried], network: str) -> list[Tried]:
    """Rules that were tried for a network that none of them names: what held would have, were it named."""
    return [
        line if line.why_not else line._replace(why_not=f"no route that holds names {network}: tried as its host")
        for line in found
    ]
