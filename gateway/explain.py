"""How a message would go, without sending it: the decisions of intake, each with what was asked and why.

The same code that decides says it: `Intake.decide` for the outcome, `portability.trace` and `MtRoutes.explain` for
the steps. Works from the configuration alone, then with every carrier taken for up.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from gateway.errors import Refusal
from gateway.intake import Intake, Step
from gateway.parts import CannotWrite, settle
from gateway.submission import Submission
from portability.answer import Answer
from portability.number import Number
from portability.trace import trace


class Price(NamedTuple):
    """What a carrier asks for a segment."""

    currency: str
    per_segment: Decimal


class Explanation(NamedTuple):
    """The answer of `POST /v1/explain` and `relevo explain` (contract §8); None where it did not come so far."""

    number: str | None
    network: str | None
    source: str | None
    ported: bool | None
    age_s: float | None
    lane: str | None
    carriers: tuple[str, ...]
    sender: str | None
    encoding: str | None
    segments: int | None
    price: dict[str, str] | None
    refusal: str | None
    steps: tuple[dict[str, str], ...]


class Explainer:
    """Explains submissions over an intake that is never asked to accept them."""

    def __init__(
        self, intake: Intake, prices: Mapping[str, Price], up: Callable[[str], bool], utc: Callable[[], float]
    ) -> None:
        self._intake = intake
        self._prices = prices
        self._up = up
        self._utc = utc

    def change_prices(self, prices: Mapping[str, Price]) -> None:
        """What a reload changed."""
        self._prices = prices

    async def explain(self, submission: Submission) -> Explanation:
        """Every step in order, as far as it goes; a refusal ends it and is named. Asks sources outside if need be."""
        steps: list[Step] = []
        found: dict[str, object] = {}
        try:
            await self._walk(submission, steps, found)
            refusal = None
        except Refusal as no:
            refusal = no.code
            steps.append(Step("refusal", no.field, no.code, no.detail))
        found |= {"refusal": refusal, "steps": tuple(step._asdict() for step in steps)}
        nothing: dict[str, object] = dict.fromkeys(Explanation._fields)
        return Explanation(**(nothing | {"carriers": ()} | found))  # type: ignore[arg-type]  # by name

    async def _walk(self, submission: Submission, steps: list[Step], found: dict[str, object]) -> None:
        intake = self._intake
        number = intake.number(submission)
        found["number"] = number.e164
        steps.append(
            Step("number", submission.to, number.e164, f"{number.kind.replace('_', ' ')}, region {number.region}")
        )
        answer = await self._network(number, steps, found)
        decision_error: Refusal | None = None
        try:
            decision = intake.decide(submission, number, answer)
        except Refusal as refusal:
            decision_error = refusal
        self._routes(submission, number, answer, steps)
        if decision_error is not None:
            raise decision_error
        found |= {
            "lane": decision.lane,
            "carriers": decision.carriers,
            "sender": decision.sender,
            "encoding": decision.content.settled,
            "segments": decision.content.parts,
            "price": self._price(decision.carriers[0], decision.content.parts),
        }
        steps.append(
            Step(
                "lane", submission.lane or "nothing", decision.lane, "asked for" if submission.lane else "the app's own"
            )
        )
        steps.append(
            Step("carriers", decision.network, ", ".join(decision.carriers), self._standing(decision.carriers))
        )
        steps.append(
            Step(
                "sender", submission.sender or "nothing", decision.sender, "the app's and the carrier's lists allow it"
            )
        )
        self._costs(submission, decision.carriers, steps)
        length = len(submission.content.text or submission.content.data)
        steps.append(
            Step("encoding", f"{length} characters", decision.content.settled, _counted(decision.content.parts))
        )

    async def _network(self, number: Number, steps: list[Step], found: dict[str, object]) -> Answer:
        answer, asked = await trace(self._intake.resolver, int(number.digits), self._utc())
        for step in asked:
            said = "" if step.answer is None else step.answer.network or "no network"
            age = "" if step.age_s is None else f"; data {_age(step.age_s)} old"
            steps.append(
                Step(f"source {step.source}", number.e164 if step.asked else "not asked", said, step.why + age)
            )
        found |= {
            "network": answer.network,
            "source": answer.source,
            "ported": answer.ported,
            "age_s": None if answer.as_of is None else round(max(0.0, self._utc() - answer.as_of), 1),
        }
        return answer

    def _routes(self, submission: Submission, number: Number, answer: Answer, steps: list[Step]) -> None:
        if not answer.network:
            return
        rules = self._intake.rules
        try:
            lane = self._intake.lane_of(submission)
        except Refusal:
            return
        explained = rules.routes.explain(self._intake.facts(submission, number, answer, lane), self._up, 0.0)
        for tried in explained.tried:
            denial = "" if tried.why_not else rules.routes.denial(tried.rule)
            verdict = "does not match" if tried.why_not else "denies" if denial else "matches"
            steps.append(Step(f"route {tried.rule}", tried.network, verdict, tried.why_not or "first that holds"))

    def _standing(self, carriers: tuple[str, ...]) -> str:
        return ", ".join(f"{name} is {'up' if self._up(name) else 'down'}" for name in carriers)

    def _costs(self, submission: Submission, carriers: tuple[str, ...], steps: list[Step]) -> None:
        """What each carrier would ask for it: carriers write alike or not, so that segments are counted for each."""
        for name in carriers:
            price = self._prices.get(name)
            if price is None:
                continue
            profile = self._intake.rules.carriers[name].profile
            try:
                parts = settle(submission.content, profile, transliterate=submission.transliterate).parts
            except CannotWrite as error:
                steps.append(Step("price", name, "", f"it cannot be written there: {error}"))
                continue
            why = f"{_counted(parts)} at {price.per_segment} {price.currency}"
            steps.append(Step("price", name, f"{price.per_segment * parts} {price.currency}", why))

    def _price(self, carrier: str, segments: int) -> dict[str, str] | None:
        price = self._prices.get(carrier)
        if price is None:
            return None
        return {"currency": price.currency, "amount": str(price.per_segment * segments)}


def _age(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _counted(segments: int) -> str:
    return f"{segments} segment{'' if segments == 1 else 's'}"
