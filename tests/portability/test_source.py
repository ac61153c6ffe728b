"""Sources in order: who is asked, what is kept of half an answer, and that the trace tells the same story."""

from typing import ClassVar

import pytest

from portability.answer import Answer
from portability.source import Ask, NeedsAsking, Resolver, SourceUnavailable
from portability.trace import Step, trace

NUMBER = 525512345678


class Scripted:
    """A source that says what it was told to say, and counts how often it was asked."""

    def __init__(self, name: str, says: Answer | Ask | Exception | None) -> None:
        self.name = name
        self.unavailable = str(says) if isinstance(says, Exception) else None
        self.says = says
        self.asked = 0

    def lookup(self, number: int) -> Answer | Ask | None:
        self.asked += 1
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


class Outside(Scripted):
    """A source that must be awaited."""

    def __init__(self, name: str, brings: Answer | Exception | None) -> None:
        super().__init__(name, Ask.ASK)
        self.brings = brings

    async def ask(self, number: int) -> Answer | None:
        if isinstance(self.brings, Exception):
            raise self.brings
        return self.brings


class Kinds:
    def __init__(self, mobile: bool | None) -> None:
        self.says = mobile

    def mobile(self, number: int) -> bool | None:
        return self.says


TELCEL = Answer("telcel", "table", ported=True, as_of=100.0)
ATT = Answer("att", "plan", as_of=50.0, mobile=True)
NOT_PORTED = Answer(None, "table", ported=False)
UNMAPPED = Answer(None, "table", ported=True, detail="RIDA 905 is no network")
DOWN = SourceUnavailable("no such file")


def test_first_source_that_knows_wins_and_the_next_is_not_asked() -> None:
    plan = Scripted("plan", ATT)

    assert Resolver([Scripted("table", TELCEL), plan]).resolve_now(NUMBER) == TELCEL
    assert plan.asked == 0


@pytest.mark.parametrize("says", [None, DOWN])
def test_next_source_is_asked_when_one_knows_nothing_or_is_not_available(says: Exception | None) -> None:
    assert Resolver([Scripted("table", says), Scripted("plan", ATT)]).resolve_now(NUMBER) == ATT


def test_not_ported_is_kept_when_the_plan_names_the_network() -> None:
    found = Resolver([Scripted("table", NOT_PORTED), Scripted("plan", ATT)]).resolve_now(NUMBER)

    assert found == ATT._replace(ported=False)


def test_ported_stays_true_when_its_code_is_no_network_and_the_plan_answers() -> None:
    found = Resolver([Scripted("table", UNMAPPED), Scripted("plan", ATT)]).resolve_now(NUMBER)

    assert found == ATT._replace(ported=True)


def test_plan_tells_mobile_from_fixed_for_a_number_the_table_names() -> None:
    resolver = Resolver([Scripted("table", TELCEL)], plan=Kinds(False))

    assert resolver.resolve_now(NUMBER) == TELCEL._replace(mobile=False)


@pytest.mark.parametrize("unknown", [None, "telcel"])
def test_number_nobody_knows_gets_the_configured_network_or_none(unknown: str | None) -> None:
    found = Resolver([Scripted("table", NOT_PORTED)], unknown=unknown, plan=Kinds(True)).resolve_now(NUMBER)

    assert isinstance(found, Answer)
    assert (found.network, found.source, found.ported, found.mobile) == (unknown, "unknown", False, True)
    assert found.detail


def test_resolver_without_sources_answers_unknown() -> None:
    assert Resolver([], unknown="telcel").resolve_now(NUMBER).network == "telcel"  # type: ignore[union-attr]


async def test_resolver_says_when_a_source_outside_must_be_asked_and_goes_on_from_there() -> None:
    table, outside = Scripted("table", NOT_PORTED), Outside("http", Answer("att", "http"))
    resolver = Resolver([table, outside, Scripted("plan", TELCEL)])

    needs = resolver.resolve_now(NUMBER)

    assert isinstance(needs, NeedsAsking)
    assert await resolver.resume(needs) == Answer("att", "http", ported=False)
    assert table.asked == 1


@pytest.mark.parametrize("brings", [None, DOWN, Answer(None, "http", ported=False)])
async def test_next_source_is_asked_after_one_outside_has_no_network(brings: Answer | Exception | None) -> None:
    resolver = Resolver([Outside("http", brings), Outside("enum", None), Scripted("plan", ATT)])

    assert (await resolver.resolve(NUMBER)).network == "att"


async def test_source_that_wants_to_be_asked_but_cannot_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="http"):
        await Resolver([Scripted("http", Ask.ASK)]).resolve(NUMBER)


async def test_resolver_counts_outcomes_per_source() -> None:
    sources = [Scripted("a", DOWN), Scripted("b", None), Scripted("c", UNMAPPED), Scripted("d", NOT_PORTED)]
    resolver = Resolver([*sources, Outside("e", ATT)])

    await resolver.resolve(NUMBER)

    counts = {name: (t.answered, t.nothing, t.unmapped, t.unavailable) for name, t in resolver.tallies.items()}
    assert counts == {
        "a": (0, 0, 0, 1),
        "b": (0, 1, 0, 0),
        "c": (0, 0, 1, 0),
        "d": (0, 1, 0, 0),
        "e": (1, 0, 0, 0),
    }


async def test_trace_has_a_step_per_source_with_the_reason_and_the_age() -> None:
    sources = [Scripted("table", DOWN), Outside("http", None), Scripted("plan", ATT), Scripted("prefix", None)]

    answer, steps = await trace(Resolver(sources), NUMBER, now=80.0)

    assert answer == ATT
    assert steps == [
        Step("table", True, None, "not available: no such file", None),
        Step("http", True, None, "knows nothing of the number", None),
        Step("plan", True, ATT, "first source that knows the network", 30.0),
        Step("prefix", False, None, "plan had answered", None),
    ]


async def test_trace_ends_with_what_is_done_about_numbers_nobody_knows() -> None:
    answer, steps = await trace(Resolver([Scripted("table", NOT_PORTED)], unknown="att"), NUMBER, now=0.0)

    assert answer.network == "att"
    assert [step.why for step in steps] == ["not ported", "no source knows the network: taken as att"]


@pytest.mark.parametrize("first", [TELCEL, ATT, NOT_PORTED, UNMAPPED, DOWN, None])
@pytest.mark.parametrize("second", [TELCEL, ATT, NOT_PORTED, UNMAPPED, DOWN, None])
async def test_trace_and_resolver_name_the_same_winner(
    first: Answer | Exception | None, second: Answer | Exception | None
) -> None:
    resolver = Resolver([Scripted("one", first), Outside("two", second)])

    answer, steps = await trace(resolver, NUMBER, now=0.0)
    winners = [step.answer for step in steps if step.answer and step.answer.network]

    assert answer.network == (winners[0].network if winners else None)
    assert answer == await resolver.resolve(NUMBER)


async def test_resolver_looks_afresh_outside_first_and_forgets_what_was_kept() -> None:
    class Remembering(Outside):
        forgotten: ClassVar[list[int]] = []

        def forget(self, number: int) -> None:
            self.forgotten.append(number)

    table, http, plan = Scripted("table", TELCEL), Remembering("http", Answer("att", "http")), Scripted("plan", ATT)
    resolver = Resolver([table, http, plan])

    assert (await resolver.resolve_afresh(NUMBER)) == Answer("att", "http")
    assert (http.forgotten, table.asked) == ([NUMBER], 0)
    http.brings = DOWN
    assert (await resolver.resolve_afresh(NUMBER)).network == "telcel"
    assert (resolver.tallies["http"].answered, resolver.tallies["http"].unavailable) == (1, 1)
    assert (await resolver.resolve(NUMBER)).source == "table", "asked as before by everybody else"


async def test_resolver_without_sources_outside_looks_afresh_at_what_it_holds() -> None:
    table = Scripted("table", TELCEL)
    resolver = Resolver([table])
    table.says = ATT
    assert (await resolver.resolve_afresh(NUMBER)).network == "att"


def test_sources_that_answer_many_for_less_hear_of_them_before() -> None:
    class Ahead(Scripted):
        heard: ClassVar[list[int]] = []

        def look_ahead(self, numbers: list[int]) -> None:
            self.heard.extend(numbers)

    Resolver([Scripted("plan", ATT), Ahead("table", NOT_PORTED)]).look_ahead([NUMBER, NUMBER + 1])

    assert Ahead.heard == [NUMBER, NUMBER + 1]
