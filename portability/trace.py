"""The way an answer came about, a step per source: for `explain`, never on the hot way."""

from typing import NamedTuple

from portability.answer import Answer
from portability.asking import Asking
from portability.source import Ask, Resolver, Source, SourceUnavailable


class Step(NamedTuple):
    """One source: was it asked, what did it say, why that decided or not, how old its data is in seconds."""

    source: str
    asked: bool
    answer: Answer | None
    why: str
    age_s: float | None


async def trace(resolver: Resolver, number: int, now: float) -> tuple[Answer, list[Step]]:
    """The resolver's answer for E.164 `number` and a step per source. `now` is Unix seconds, for the ages."""
    answer = await resolver.resolve(number)
    steps: list[Step] = []
    winner: str | None = None
    for source in resolver.sources:
        if winner:
            steps.append(Step(source.name, False, None, f"{winner} had answered", None))
            continue
        step = await _step(source, number, now)
        steps.append(step)
        if step.answer is not None and step.answer.network is not None:
            winner = source.name
    if winner is None:
        why = "no source knows the network" + (f": taken as {resolver.unknown}" if resolver.unknown else "")
        steps.append(Step("unknown", True, answer, why, None))
    return answer, steps


async def _step(source: Source, number: int, now: float) -> Step:
    try:
        found = source.lookup(number)
        if found is Ask.ASK:
            found = await source.ask(number) if isinstance(source, Asking) else None
    except SourceUnavailable as reason:
        return Step(source.name, True, None, f"not available: {reason}", None)
    if found is None:
        return Step(source.name, True, None, "knows nothing of the number", None)
    age = None if found.as_of is None else max(0.0, now - found.as_of)
    return Step(source.name, True, found, found.detail or _why(found), age)


def _why(found: Answer) -> str:
    if found.network is not None:
        return "first source that knows the network"
    return "not ported" if found.ported is False else "cannot name the network"
