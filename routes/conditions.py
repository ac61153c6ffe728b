"""What a rule may ask, one predicate each. A condition that is not given asks nothing and is not made.

Each answers two questions: does it hold, and in words for people, why not. The second is only asked by an explanation.
"""

from collections.abc import Callable, Iterable
from typing import Generic, NamedTuple, TypeVar

from routes.facts import MoFacts, MtFacts
from routes.keyword import keyword_of
from routes.number_list import NumberList
from routes.window import Minute, Window

F = TypeVar("F")


class Condition(NamedTuple, Generic[F]):
    """One condition of a rule. `each`: the answer is another for each message, so that it cannot be remembered."""

    name: str
    holds: Callable[[F], bool]
    why_not: Callable[[F], str]
    each: bool = False


def network(names: Iterable[str]) -> Condition[MtFacts]:
    """The number's network (or the host's that it is tried as) is one of these."""
    wanted = frozenset(names)
    return Condition("network", lambda facts: facts.network in wanted, lambda facts: _not_in(facts.network, wanted))


def app(names: Iterable[str]) -> Condition[MtFacts]:
    """One of these apps submits it."""
    wanted = frozenset(names)
    return Condition("app", lambda facts: facts.app in wanted, lambda facts: _not_in(facts.app, wanted))


def lane(names: Iterable[str]) -> Condition[MtFacts]:
    """It goes in one of these lanes."""
    wanted = frozenset(names)
    return Condition("lane", lambda facts: facts.lane in wanted, lambda facts: _not_in(facts.lane, wanted))


def prefix(starts: Iterable[str]) -> Condition[MtFacts]:
    """The number begins with one of these, written in E.164 with or without +."""
    wanted = tuple(start.removeprefix("+") for start in starts)
    words = _any(f"+{start}" for start in wanted)
    return Condition(
        "prefix",
        lambda facts: facts.number.startswith(wanted),
        lambda facts: f"+{facts.number[: max(map(len, wanted))]}… does not begin with {words}",
        each=True,
    )


def to_list(numbers: NumberList) -> Condition[MtFacts]:
    """The number, or a beginning of it, is in a list."""
    return Condition(
        "to_list", lambda facts: bool(numbers.find(facts.number)), lambda _: "the number is not in the list", each=True
    )


def tag(words: Iterable[str]) -> Condition[MtFacts]:
    """The message has one of these tags."""
    wanted = frozenset(words)
    return Condition(
        "tag",
        lambda facts: not wanted.isdisjoint(facts.tags),
        lambda facts: _not_in(" ".join(facts.tags), wanted),
        each=True,
    )


def time(window: Window) -> Condition[MtFacts]:
    """The message is due within the window."""
    minute = Minute(window)
    return Condition("time", lambda facts: minute.holds(facts.at), lambda _: f"it is not due in {window}", each=True)


def sender(names: Iterable[str]) -> Condition[MtFacts]:
    """The message is from one of these senders, as the app asked for it."""
    wanted = frozenset(names)
    return Condition(
        "sender", lambda facts: facts.sender in wanted, lambda facts: _not_in(facts.sender, wanted), each=True
    )


def to(numbers: Iterable[str]) -> Condition[MoFacts]:
    """It came to one of our numbers, with or without +."""
    wanted = frozenset(number.removeprefix("+") for number in numbers)
    return Condition(
        "to", lambda facts: facts.to.removeprefix("+") in wanted, lambda facts: _not_in(facts.to, wanted), each=True
    )


def keyword(words: Iterable[str]) -> Condition[MoFacts]:
    """Its first word is one of these; case, accents and punctuation do not count."""
    wanted = frozenset(keyword_of(word) for word in words)
    return Condition(
        "keyword",
        lambda facts: keyword_of(facts.text) in wanted,
        lambda facts: _not_in(keyword_of(facts.text), wanted),
        each=True,
    )


def _not_in(found: str, wanted: frozenset[str]) -> str:
    return f"{found or 'none'} is not {_any(sorted(wanted))}"


def _any(words: Iterable[str]) -> str:
    return " or ".join(words)
