"""The road in: what an app submits becomes a message on disk, or a refusal that says why.

`decide` is the whole of the decision and touches nothing: number, network, route, sender, lane, encoding, segments.
`accept` carries it out: one commit, then the answer, then the message is handed down to be sent. Everything an app
can be told at submission is told here; what turns out later ends as `rejected` with the same code.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, cast, final

from gateway.errors import Refusal, StoreError
from gateway.message import Content, Event, Message, Status
from gateway.parts import CannotWrite, Profile, settle
from gateway.smpp.record import Record
from gateway.store.commits import Commits
from gateway.submission import Submission
from portability.answer import Answer
from portability.number import NEVER_MOBILE, InvalidNumber, Number, normalise, plain_number
from portability.source import NeedsAsking, Resolver
from routes.facts import MtFacts
from routes.lane import LaneNotAllowed, choose_lane
from routes.mt import MtRoutes
from routes.senders import SenderNotAllowed, resolve_sender
from throughput.bucket import TokenBucket

MANY: Final = 3
"""From so many on a look-up of all at once costs less than one for each."""


@final
class AppRules(Record):
    """What an app may do: plain values from its configuration. `burst` None: a whole second's worth at once."""

    __slots__ = ("burst", "lane", "lanes", "senders", "tps")

    def __init__(
        self, lane: str, lanes: tuple[str, ...], senders: tuple[str, ...], tps: float, burst: int | None = None
    ) -> None:
        self.lane = lane
        self.lanes = lanes
        self.senders = senders
        self.tps = tps
        self.burst = burst


@final
class CarrierRules(Record):
    """What a carrier lets us send as, and how it writes."""

    __slots__ = ("allow", "default", "profile")

    def __init__(self, allow: tuple[str, ...], default: str, profile: Profile) -> None:
        self.allow = allow
        self.default = default
        self.profile = profile


@final
class Rules(Record):
    """Everything a decision reads from the configuration."""

    __slots__ = ("apps", "carriers", "lane_ttl_s", "max_parts", "region", "routes")

    def __init__(
        self,
        region: str,
        apps: Mapping[str, AppRules],
        carriers: Mapping[str, CarrierRules],
        routes: MtRoutes,
        lane_ttl_s: Mapping[str, float],
        max_parts: int = 10,
    ) -> None:
        self.region = region
        self.apps = apps
        self.carriers = carriers
        self.routes = routes
        self.lane_ttl_s = lane_ttl_s
        self.max_parts = max_parts


class OptOuts(Protocol):
    """Who wants no more messages from an app."""

    def has(self, app: str, number: str) -> bool:
        """Whether this number (E.164 digits) has opted out of the app's messages."""


class Step(NamedTuple):
    """One line of an explanation: what was asked, what answered, and why."""

    step: str
    asked: str
    answer: str
    why: str


@final
class Decision(Record):
    """How a submission would go: all that a Message needs and an explanation shows."""

    __slots__ = ("carriers", "content", "lane", "network", "number", "sender")

    def __init__(
        self, number: Number, network: str, lane: str, carriers: tuple[str, ...], sender: str, content: Content
    ) -> None:
        self.number = number
        self.network = network
        self.lane = lane
        self.carriers = carriers
        self.sender = sender
        self.content = content


Done = Callable[[object, Message, StoreError | None], None]

REMEMBERED = 10_000
_ACCEPTED: Final = Status.ACCEPTED


class Intake:
    """The road in. One for all interfaces; its callbacks are the only things it knows of what lies beside it."""

    def __init__(
        self,
        rules: Rules,
        resolver: Resolver,
        commits: Commits,
        opt_outs: OptOuts,
        *,
        up: Callable[[str], bool],
        hand_down: Callable[[Message], None],
        utc: Callable[[], float],
        monotonic: Callable[[], float],
        random: Callable[[], float],
        new_id: Callable[[], str],
    ) -> None:
        """`up(carrier)`: has a bind up; `hand_down(message)`: called once the message is on disk."""
        self.rules = rules
        self.resolver = resolver
        self._commits = commits
        self._opt_outs = opt_outs
        self._up = up
        self._hand_down = hand_down
        self._utc = utc
        self._monotonic = monotonic
        self._random = random
        self._new_id = new_id
        self._buckets: dict[str, TokenBucket] = {}
        self._senders: dict[tuple[str, str, tuple[str, ...]], tuple[tuple[str, ...], str]] = {}
        self.stopping = False
        self.apply(rules)

    def apply(self, rules: Rules) -> None:
        """Take over changed rules; apps keep what they have used of their tps."""
        self.rules = rules
        self._senders.clear()
        for name, app in rules.apps.items():
            burst = app.burst or math.inf  # the bucket itself never gives more than a second's worth
            bucket = self._buckets.get(name)
            if bucket is not None and bucket.burst == burst:
                bucket.set_rate(app.tps, self._monotonic())
            else:
                self._buckets[name] = TokenBucket(app.tps, burst)

    # -- deciding ---------------------------------------------------------------------------------------------------

    def expect(self, texts: Sequence[str]) -> None:
        """Submissions for these numbers, as apps write them, come next: all are looked up at once. Never raises."""
        if len(texts) < MANY or not self.resolver.looks_ahead:
            return
        numbers, region = [], self.rules.region
        for text in texts:
            number = plain_number(text, region)
            if number is not None:
                numbers.append(number)
        self.resolver.look_ahead(numbers)

    def number(self, submission: Submission) -> Number:
        """The number a submission is for. Raises Refusal invalid_number with the reason."""
        try:
            return normalise(submission.to, self.rules.region)
        except InvalidNumber as error:
            raise Refusal("invalid_number", str(error), "to") from None

    def decide(self, submission: Submission, number: Number, answer: Answer) -> Decision:
        """How the submission goes, given whose number it is. Raises Refusal; changes nothing."""
        app, network, ttl_s = submission.app, answer.network, submission.ttl_s
        lane = self.lane_of(submission)
        if ttl_s is not None and ttl_s <= 0:
            raise Refusal("ttl_expired", field="ttl")
        if number.kind in NEVER_MOBILE:
            raise Refusal("not_mobile", f"The number is {number.kind.replace('_', ' ')}, not a mobile one.", "to")
        if answer.mobile is False:
            raise Refusal("not_mobile", "The numbering plan has this number as a fixed line.", "to")
        if not network:
            raise Refusal("unknown_network", field="to")
        if submission.interface != "reply" and self._opt_outs.has(app, number.digits):
            raise Refusal("opted_out", field="to")
        routes, random = self.rules.routes, self._random()
        choice = routes.choose_by(network, answer.hosts, app, lane, self._up, random)
        if choice is None:
            choice = routes.choose(self.facts(submission, number, answer, lane), self._up, random)
        led_to, rule = choice
        if not led_to:
            if rule is not None:
                raise Refusal(routes.denial(rule), field="to")
            raise Refusal("no_route", f"No route leads to network {network}.", "to")
        allowed, sender = self._sender(app, submission.sender, led_to)
        carriers, content = self._content(submission, allowed)
        return Decision(number, network, lane, carriers, sender, content)

    def facts(self, submission: Submission, number: Number, answer: Answer, lane: str) -> MtFacts:
        """What routes look at, of a number whose network is known. One that is to be sent later is due then."""
        own = self.rules.apps[submission.app].senders
        at, send_at = self._utc(), submission.send_at
        return MtFacts(
            answer.network or "",
            answer.hosts,
            number.digits,
            submission.app,
            lane,
            submission.sender or (own[0] if own else ""),
            submission.tags,
            send_at if send_at > at else at,
        )

    def choose_again(self, message: Message, answer: Answer) -> tuple[str, ...]:
        """The carriers that a message on disk would go by were it submitted now, given whose number it is; none where
        it would be refused. Changes nothing."""
        if not answer.network:
            return ()
        facts = MtFacts(
            answer.network,
            answer.hosts,
            message.to,
            message.app,
            message.lane,
            message.sender,
            message.tags,
            self._utc(),
        )
        carriers = self.rules.routes.choose(facts, self._up, self._random()).carriers
        allowed = ((name, self.rules.carriers[name].allow) for name in carriers)
        return tuple(name for name, senders in allowed if not senders or message.sender in senders)

    def lane_of(self, submission: Submission) -> str:
        """The lane a submission takes. Raises Refusal lane_not_allowed."""
        app = self.rules.apps[submission.app]
        lane = choose_lane(submission.lane, submission.priority_flag, app.lane, app.lanes)
        if isinstance(lane, LaneNotAllowed):
            raise Refusal("lane_not_allowed", lane.why, "lane")
        return lane

    def _sender(self, app: str, asked: str, carriers: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """The carriers that let us send as one sender, in order, and that sender, as long as the rules hold.

        Raises Refusal sender_not_allowed.
        """
        key = (app, asked, carriers)
        found = self._senders.get(key)
        if found is None:
            found = self._resolve_sender(app, asked, carriers)
            if len(self._senders) >= REMEMBERED:
                self._senders.clear()
            self._senders[key] = found
        return found

    def _resolve_sender(self, app: str, asked: str, carriers: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """What `_sender` remembers. The first carrier's word decides; "" leaves it to the SMSC, until a carrier names
        one."""
        sender, refused = "", ""
        own = self.rules.apps[app].senders
        allowed: list[str] = []
        for name in carriers:
            carrier = self.rules.carriers[name]
            if sender:
                if not carrier.allow or sender in carrier.allow:
                    allowed.append(name)
                continue
            answer = resolve_sender(asked, own, carrier.allow, carrier.default)
            if isinstance(answer, SenderNotAllowed):
                refused = refused or f"{name}: {answer.why}"
            else:
                sender = answer
                allowed.append(name)
        if not allowed:
            raise Refusal("sender_not_allowed", refused, "from")
        return tuple(allowed), sender

    def _content(self, submission: Submission, carriers: tuple[str, ...]) -> tuple[tuple[str, ...], Content]:
        """The content as the first carrier gets it that can be written to, and the carriers from that one on."""
        refused: CannotWrite | None = None
        rules, asked, transliterate = self.rules, submission.content, submission.transliterate
        limit = rules.max_parts
        for place, name in enumerate(carriers):
            try:
                content = settle(asked, rules.carriers[name].profile, transliterate=transliterate)
            except CannotWrite as error:
                refused = refused or error
                continue
            if content.parts > limit:
                refused = refused or CannotWrite(
                    "text_too_long",
                    "text" if content.text is not None else "data",
                    f"The text needs {content.parts} segments, at most {limit} are allowed.",
                )
                continue
            return carriers[place:] if place else carriers, content
        assert refused is not None  # noqa: S101  # there is a carrier, and it took nothing
        raise Refusal(refused.code, str(refused), refused.field)

    # -- doing ------------------------------------------------------------------------------------------------------

    def message(self, submission: Submission, decision: Decision) -> Message:
        """The message that a decision makes, not yet on disk. `to` as E.164 digits; ttl runs from now (or send_at)."""
        now, send_at, status = self._utc(), submission.send_at, submission.status
        ttl_s = self.rules.lane_ttl_s[decision.lane]
        if submission.ttl_s is not None:
            ttl_s = min(ttl_s, submission.ttl_s)
        scheduled = send_at > now
        if scheduled and status is _ACCEPTED:
            status = Status.SCHEDULED
        return Message(
            id=self._new_id(),
            app=submission.app,
            lane=decision.lane,
            interface=submission.interface,
            to=decision.number.digits,
            sender=decision.sender,
            network=decision.network,
            content=decision.content,
            created_at=now,
            expires_at=(send_at if scheduled else now) + ttl_s,
            send_at=send_at if scheduled else 0.0,
            reference=submission.reference,
            batch=submission.batch,
            receipt=submission.receipt,
            callback=submission.callback,
            extras=submission.extras,
            carriers=decision.carriers,
            carrier=decision.carriers[0],
            status=status,
            updated_at=now,
            events=(Event(now, status),),
            tags=submission.tags,
        )

    def admit(self, app: str, count: int = 1) -> None:
        """Whether an app may submit `count` more now. Raises Refusal stopping, store_unavailable or over_tps."""
        if self.stopping:
            raise Refusal("stopping", retry_after_s=5.0)
        if not self._commits.healthy:
            raise Refusal("store_unavailable", retry_after_s=1.0)
        bucket = self._buckets.get(app)
        if bucket is None:
            return
        now = self._monotonic()
        if not bucket.take(now, count):
            after_s = bucket.next_send_time(now, count) - now
            raise Refusal("over_tps", f"The app may submit {bucket.rate:g} messages a second.", retry_after_s=after_s)

    def accept(self, message: Message, done: Done, argument: object = None, *, urgent: bool | None = None) -> None:
        """Put the message on disk; then `done(argument, message, None)`, then hand it down. On a StoreError
        `done(argument, message, error)` is called and nothing was kept. `urgent` None: as its lane is; False: behind
        all others, in slices."""
        urgent = message.lane == "fast" if urgent is None else urgent
        self._commits.accept(message, self._accepted, (message, done, argument), urgent=urgent)

    def _accepted(self, what: object, error: StoreError | None) -> None:
        message, done, argument = cast("tuple[Message, Done, object]", what)  # what `accept` handed through
        try:
            done(argument, message, error)
        finally:  # whoever asked may be gone, the message is on disk
            if error is None and message.status is _ACCEPTED:
                self._hand_down(message)

    def submit(self, submission: Submission, done: Done, argument: object = None) -> NeedsAsking | None:
        """The whole road for one message, without waiting: raises Refusal, or calls `done` after the commit.

        Answers NeedsAsking where a source outside has to be asked first; then nothing was done and `submit_asking`
        is the way.
        """
        self.admit(submission.app)
        number = self.number(submission)
        answer = self.resolver.resolve_now(int(number.digits))
        if isinstance(answer, NeedsAsking):
            return answer
        self.accept(self.message(submission, self.decide(submission, number, answer)), done, argument)
        return None

    async def submit_asking(self, submission: Submission, done: Done, argument: object = None) -> None:
        """As `submit`, for numbers that a source outside must be asked about. Admission was already paid for."""
        number = self.number(submission)
        answer = await self.resolver.resolve(int(number.digits))
        self.accept(self.message(submission, self.decide(submission, number, answer)), done, argument)
