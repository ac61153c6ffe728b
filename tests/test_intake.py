"""The road in: what is refused and why, what a message becomes, and when it is on disk, answered and handed down."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar

import pytest

from gateway.config.routing import DENIALS
from gateway.errors import REFUSALS, Refusal, StoreError
from gateway.intake import AppRules, CarrierRules, Intake, Rules, Submission
from gateway.message import Content, Event, Message, Status
from gateway.optouts import OptOutList
from gateway.parts import Profile
from gateway.text.data_coding import Alphabet
from portability.source import Answer, Ask, NeedsAsking, Resolver
from routes.mt import MtRoutes, MtRule
from routes.window import window
from tests.support.roads import Ground
from tests.support.store import turns

TELCEL, FIXED, UNKNOWN, ASKED, MOVISTAR, WEEX = (f"5255{n:08d}" for n in range(10_000_000, 10_000_006))


class Table:
    """Numbers by hand, one of them known only outside."""

    name = "stub"
    unavailable = None
    known: ClassVar[dict[int, Answer | Ask | None]] = {
        int(TELCEL): Answer("telcel", "stub"),
        int(FIXED): Answer("telcel", "stub", mobile=False),
        int(UNKNOWN): None,
        int(ASKED): Ask.ASK,
        int(MOVISTAR): Answer("movistar", "stub"),
        int(WEEX): Answer("weex", "stub", hosts=("movistar",)),
    }

    def lookup(self, number: int) -> Answer | Ask | None:
        return self.known.get(number, Answer("telcel", "stub"))

    async def ask(self, number: int) -> Answer | None:
        await turns(1)
        return Answer("telcel", "outside")


RULES = Rules(
    region="MX",
    apps={
        "bank": AppRules("fast", ("fast", "bulk"), ("45555", "BANCO"), 100.0),
        "shop": AppRules("bulk", ("bulk",), (), 5.0, 2),
    },
    carriers={
        "telcel": CarrierRules(("45555", "BANCO"), "45555", Profile()),
        "movistar": CarrierRules(("BANCO",), "", Profile()),
        "att": CarrierRules((), "77777", Profile(Alphabet.ASCII, ucs2=False)),
        "open": CarrierRules((), "", Profile()),
    },
    routes=MtRoutes(
        [
            MtRule(via=("telcel",), network=("telcel",)),
            MtRule(via=("movistar", "telcel"), network=("movistar",)),
        ]
    ),
    lane_ttl_s={"fast": 300.0, "bulk": 172_800.0},
)


def routed(*via: str) -> Rules:
    return RULES._replace(routes=MtRoutes([MtRule(via=via)]))


class Desk(Ground):
    """An intake, what was answered and what was handed down, in the order in which it happened."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[tuple[str, str]] = []
        self.handed: list[Message] = []
        self.accepted: list[Message] = []
        self.errors: list[StoreError] = []
        self.down: set[str] = set()
        self.opt_outs = OptOutList(self.commits, self.clock.utc)
        self.intake = Intake(
            RULES,
            Resolver([Table()]),
            self.commits,
            self.opt_outs,
            up=lambda carrier: carrier not in self.down,
            hand_down=self._hand_down,
            utc=self.clock.utc,
            monotonic=self.clock.monotonic,
            random=lambda: 0.5,
            new_id=self.new_id,
        )

    def _hand_down(self, message: Message) -> None:
        self.log.append(("handed", message.reference))
        self.handed.append(message)

    def done(self, argument: object, message: Message, error: StoreError | None) -> None:
        self.log.append(("answered" if error is None else "failed", message.reference))
        if error is None:
            self.accepted.append(message)
        else:
            self.errors.append(error)

    def submit(self, **fields: Any) -> NeedsAsking | None:
        return self.intake.submit(a_submission(**fields), self.done, "argument")

    async def taken(self, **fields: Any) -> Message:
        assert self.submit(**fields) is None
        await self.settled()
        return self.accepted[-1]

    def refusal(self, **fields: Any) -> Refusal:
        with pytest.raises(Refusal) as refused:
            self.submit(**fields)
        return refused.value


def a_submission(**fields: Any) -> Submission:
    plain: dict[str, Any] = {"app": "bank", "to": TELCEL, "content": Content("hola"), "interface": "http"}
    return Submission(**{**plain, **fields})


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


# -- what becomes of it -------------------------------------------------------------------------------------------


async def test_submission_becomes_a_message_on_disk(desk: Desk) -> None:
    message = await desk.taken(to="+52 1 55 1000 0000", reference="r1", batch="b1", extras={"k": "v"}, callback="u")

    now = desk.clock.utc()
    assert message == Message(
        id=message.id, app="bank", lane="fast", interface="http", to=TELCEL, sender="45555", network="telcel",
        content=Content("hola"), created_at=now, expires_at=now + 300, reference="r1", batch="b1", receipt="final",
        callback="u", extras={"k": "v"}, carriers=("telcel",), carrier="telcel", status=Status.ACCEPTED,
        updated_at=now, events=[Event(now, Status.ACCEPTED)],
    )  # fmt: skip
    assert await desk.store.message(message.id) == message


async def test_message_is_answered_and_handed_down_only_after_the_commit(desk: Desk) -> None:
    desk.submit(reference="r1")
    assert desk.log == []

    await desk.settled()

    assert desk.log == [("answered", "r1"), ("handed", "r1")]


async def test_message_is_handed_down_even_if_whoever_asked_is_gone(desk: Desk) -> None:
    def gone(argument: object, message: Message, error: StoreError | None) -> None:
        raise ConnectionResetError

    desk.intake.submit(a_submission(), gone)
    await desk.settled()

    assert len(desk.handed) == 1


async def test_store_error_is_told_and_nothing_is_kept(desk: Desk) -> None:
    desk.store.away = True
    desk.submit(reference="r1")
    await turns(20)

    assert desk.log == [("failed", "r1")]
    assert str(desk.errors[0]) == "the disk is full"
    refused = desk.refusal()
    assert (refused.code, refused.retry_after_s, refused.answer.http_status) == ("store_unavailable", 1.0, 503)
    desk.store.away = False


async def test_fast_message_goes_ahead_of_bulk_that_was_said_before(desk: Desk) -> None:
    for n in range(3):
        desk.submit(lane="bulk", reference=f"bulk{n}")
    desk.submit(reference="otp")
    await desk.settled()

    assert next(what for what in desk.log if what[0] == "answered") == ("answered", "otp")
    assert len(desk.handed) == 4


async def test_scheduled_message_waits_on_disk_and_its_ttl_runs_from_then(desk: Desk) -> None:
    send_at = desk.clock.utc() + 3_600
    message = await desk.taken(send_at=send_at)

    assert (message.status, message.send_at, message.expires_at) == (Status.SCHEDULED, send_at, send_at + 300)
    assert desk.handed == []
    assert [row.id for row in await desk.store.due(send_at, 10)] == [message.id]


async def test_message_whose_moment_is_past_goes_at_once(desk: Desk) -> None:
    message = await desk.taken(send_at=desk.clock.utc() - 1)

    assert (message.status, message.send_at, message.expires_at) == (Status.ACCEPTED, 0.0, desk.clock.utc() + 300)


async def test_message_of_a_paused_batch_stays_on_disk(desk: Desk) -> None:
    message = await desk.taken(lane="bulk", status=Status.PAUSED)

    assert (message.status, desk.handed) == (Status.PAUSED, [])


@pytest.mark.parametrize(
    ("asked", "lane", "ttl"),
    [(None, "fast", 300), (60.0, "fast", 60), (9_999.0, "fast", 300), (9_999.0, "bulk", 9_999)],
)
async def test_ttl_is_what_was_asked_for_up_to_the_lanes(
    desk: Desk, asked: float | None, lane: str, ttl: float
) -> None:
    message = await desk.taken(ttl_s=asked, lane=lane)

    assert message.expires_at == desk.clock.utc() + ttl


@pytest.mark.parametrize(
    ("app", "asked", "priority_flag", "lane"),
    [
        ("bank", "", 0, "fast"),
        ("bank", "bulk", 0, "bulk"),
        ("bank", "bulk", 3, "bulk"),
        ("shop", "", 0, "bulk"),
        ("shop", "", 3, "bulk"),
    ],
)
async def test_lane_is_what_was_asked_for_or_the_apps_own(
    desk: Desk, app: str, asked: str, priority_flag: int, lane: str
) -> None:
    message = await desk.taken(app=app, lane=asked, priority_flag=priority_flag)

    assert message.lane == lane


# -- senders and carriers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("via", "app", "asked", "carriers", "sender"),
    [
        (("telcel", "movistar"), "bank", "", ("telcel",), "45555"),  # movistar has only BANCO
        (("movistar", "telcel"), "bank", "", ("movistar", "telcel"), "BANCO"),  # the first one's word decides
        (("telcel", "movistar"), "bank", "BANCO", ("telcel", "movistar"), "BANCO"),
        (("movistar", "telcel"), "bank", "45555", ("telcel",), "45555"),
        (("telcel", "att", "open"), "bank", "", ("telcel", "att", "open"), "45555"),
        (("att", "open"), "shop", "", ("att", "open"), "77777"),
        (("open",), "shop", "", ("open",), ""),
        (("open", "att"), "shop", "", ("open", "att"), "77777"),
        (("open",), "shop", "ANYONE", ("open",), "ANYONE"),
    ],
)
async def test_sender_is_one_that_app_and_carriers_allow(
    desk: Desk, via: tuple[str, ...], app: str, asked: str, carriers: tuple[str, ...], sender: str
) -> None:
    desk.intake.apply(routed(*via))

    message = await desk.taken(app=app, sender=asked)

    assert (message.carriers, message.sender, message.carrier) == (carriers, sender, carriers[0])


async def test_carriers_default_sender_is_carried_over_to_the_next_carrier(desk: Desk) -> None:
    """The default is the carrier's own word: the app's list, which does not have it, is not asked again."""
    rules = routed("default", "open")
    carriers = {**RULES.carriers, "default": CarrierRules(("99999",), "99999", Profile())}
    desk.intake.apply(rules._replace(carriers=carriers))

    message = await desk.taken()

    assert (message.carriers, message.sender) == (("default", "open"), "99999")


async def test_carrier_that_is_down_stands_behind_one_that_is_up(desk: Desk) -> None:
    desk.down = {"movistar"}

    message = await desk.taken(to=MOVISTAR, sender="BANCO")

    assert message.carriers == ("telcel", "movistar")


async def test_mvno_goes_by_its_host(desk: Desk) -> None:
    message = await desk.taken(to=WEEX, sender="BANCO")

    assert (message.network, message.carriers) == ("weex", ("movistar", "telcel"))


async def test_text_that_the_first_carrier_cannot_write_goes_by_the_next(desk: Desk) -> None:
    desk.intake.apply(routed("att", "open"))

    assert (await desk.taken(app="shop", content=Content("canción"))).carriers == ("open",)
    assert (await desk.taken(app="shop", content=Content("cancion"))).carriers == ("att", "open")


async def test_content_is_settled_for_the_first_carrier(desk: Desk) -> None:
    message = await desk.taken(content=Content("canción " * 20), transliterate=True)
    assert (message.content.text, message.content.settled, message.content.parts) == ("cancion " * 20, "gsm7", 1)

    message = await desk.taken(content=Content("canción " * 20))
    assert (message.content.settled, message.content.parts) == ("ucs2", 3)


# -- refusals -----------------------------------------------------------------------------------------------------

ATT = "att"
REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"to": "12"}, "invalid_number", "to", "2 digits"),
    ({"to": "٥٥١٢٣٤٥٦٧٨"}, "invalid_number", "to", "neither a digit"),
    ({"to": "45555"}, "not_mobile", "to", "short code"),
    ({"to": "+528001234567"}, "not_mobile", "to", "non geographic"),
    ({"to": FIXED}, "not_mobile", "to", "fixed line"),
    ({"to": UNKNOWN}, "unknown_network", "to", "No source"),
    ({"to": MOVISTAR, "sender": "45556"}, "sender_not_allowed", "from", "may not send as '45556'"),
    ({"sender": "OTHER"}, "sender_not_allowed", "from", "telcel: "),
    ({"lane": "turbo"}, "lane_not_allowed", "lane", "'turbo'"),
    ({"app": "shop", "lane": "fast"}, "lane_not_allowed", "lane", "bulk"),
    ({"ttl_s": 0.0}, "ttl_expired", "ttl", "time to live"),
    ({"ttl_s": -5.0}, "ttl_expired", "ttl", "time to live"),
    ({"content": Content("a" * 1531)}, "text_too_long", "text", "11 segments"),
    ({"content": Content(None, bytes(1400), encoding="binary")}, "text_too_long", "data", "11 segments"),
    ({"content": Content("á", encoding="gsm7")}, "bad_encoding", "text", "U+00E1"),
    ({"content": Content(None, b"x", b"\x09", "binary")}, "bad_encoding", "udh", "UDHL"),
]


@pytest.mark.parametrize(("fields", "code", "field", "reason"), REFUSED)
async def test_refusal_says_code_field_and_reason(
    desk: Desk, fields: dict[str, Any], code: str, field: str, reason: str
) -> None:
    refused = desk.refusal(**fields)

    assert (refused.code, refused.field) == (code, field)
    assert reason in refused.detail
    assert refused.answer is REFUSALS[code]
    await desk.settled()
    assert desk.log == []


async def test_number_without_a_route_is_refused(desk: Desk) -> None:
    desk.intake.apply(RULES._replace(routes=MtRoutes([MtRule(via=("telcel",), network=("att",))])))

    refused = desk.refusal()

    assert (refused.code, refused.field, refused.detail) == ("no_route", "to", "No route leads to network telcel.")


@pytest.mark.parametrize(("deny", "status"), [("denied", 422), ("not_allowed", 403)])
async def test_message_that_a_route_denies_is_refused_with_its_code(desk: Desk, deny: str, status: int) -> None:
    rules = [MtRule(tag=("promo",), deny=deny), MtRule(via=("telcel",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    refused = desk.refusal(tags=("otp", "promo"))

    assert (refused.code, refused.field, refused.detail) == (deny, "to", REFUSALS[deny].sentence)
    assert refused.answer.http_status == status
    assert (await desk.taken(tags=("otp",))).tags == ("otp",)


def test_every_code_that_a_route_may_deny_with_is_a_refusal() -> None:
    assert set(DENIALS) <= set(REFUSALS)


async def test_routes_ask_for_the_moment_a_message_is_due(desk: Desk) -> None:
    now = desk.clock.utc()
    later = datetime.fromtimestamp(now + 7_200, UTC)
    within = window(later.time().replace(second=0, microsecond=0), time(), [], UTC)
    rules = [MtRule(time=within._replace(end=(later + timedelta(hours=1)).time()), via=("open",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes([*rules, MtRule(via=("telcel",))])))

    assert (await desk.taken()).carrier == "telcel"
    assert (await desk.taken(send_at=now + 7_260)).carrier == "open"


async def test_routes_take_a_message_without_a_sender_as_from_its_apps_first(desk: Desk) -> None:
    rules = [MtRule(sender=("45555",), via=("telcel",)), MtRule(via=("open",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    assert (await desk.taken(sender="")).carrier == "telcel"
    assert (await desk.taken(sender="BANCO")).carrier == "open"
    assert (await desk.taken(app="shop", sender="")).carrier == "open"


async def test_text_that_no_carrier_can_write_is_refused_with_the_first_ones_reason(desk: Desk) -> None:
    desk.intake.apply(routed("att"))

    assert desk.refusal(app="shop", content=Content("canción")).code == "bad_encoding"


async def test_opted_out_number_is_refused_to_that_app_but_not_to_a_reply(desk: Desk) -> None:
    desk.opt_outs.add("bank", TELCEL, "api")

    refused = desk.refusal(to=f"521{TELCEL[2:]}")

    assert (refused.code, refused.field) == ("opted_out", "to")
    assert (await desk.taken(app="shop", sender="45555")).to == TELCEL
    assert (await desk.taken(interface="reply")).to == TELCEL


async def test_stopping_intake_refuses_with_a_time_to_come_again(desk: Desk) -> None:
    desk.intake.stopping = True

    refused = desk.refusal()

    assert (refused.code, refused.retry_after_s, refused.answer.http_status) == ("stopping", 5.0, 503)


async def test_app_over_its_tps_is_told_when_to_come_again(desk: Desk) -> None:
    for _ in range(2):
        desk.submit(app="shop")  # 5 a second, 2 at once

    refused = desk.refusal(app="shop")
    assert (refused.code, refused.answer.http_status) == ("over_tps", 429)
    assert refused.retry_after_s is not None and 0 < refused.retry_after_s <= 0.21
    assert desk.submit(app="bank") is None

    desk.clock.advance(refused.retry_after_s)
    assert desk.submit(app="shop") is None


async def test_app_without_a_burst_may_use_a_whole_second_at_once(desk: Desk) -> None:
    for _ in range(100):
        desk.submit()

    assert desk.refusal().code == "over_tps"


async def test_changed_tps_does_not_give_back_what_was_used(desk: Desk) -> None:
    for _ in range(100):
        desk.submit()

    apps = {**RULES.apps, "bank": RULES.apps["bank"]._replace(tps=110.0)}
    desk.intake.apply(RULES._replace(apps=apps))

    taken = 0
    with pytest.raises(Refusal):
        for _ in range(100):
            desk.submit()
            taken += 1
    assert taken <= 10


async def test_batch_pays_for_many_at_once(desk: Desk) -> None:
    desk.intake.admit("bank", 60)

    with pytest.raises(Refusal, match="over_tps"):
        desk.intake.admit("bank", 60)


# -- sources outside ----------------------------------------------------------------------------------------------


async def test_number_that_must_be_asked_outside_goes_the_waiting_way(desk: Desk) -> None:
    assert isinstance(desk.submit(to=ASKED), NeedsAsking)
    await desk.settled()
    assert desk.log == []

    await desk.intake.submit_asking(a_submission(to=ASKED), desk.done)
    await desk.settled()

    assert (desk.accepted[0].network, len(desk.handed)) == ("telcel", 1)


async def test_refusal_comes_the_waiting_way_too(desk: Desk) -> None:
    with pytest.raises(Refusal, match="invalid_number"):
        await desk.intake.submit_asking(a_submission(to="1"), desk.done)
    with pytest.raises(Refusal, match="ttl_expired"):
        await desk.intake.submit_asking(a_submission(to=ASKED, ttl_s=0), desk.done)


@pytest.mark.parametrize("written", ["5510000000", "+525510000000", "5215510000000", "0445510000000", "00525510000000"])
async def test_every_written_form_is_one_number(desk: Desk, written: str) -> None:
    assert (await desk.taken(to=written)).to == TELCEL


def test_decision_touches_nothing(desk_now: Callable[[], Desk]) -> None:
    desk = desk_now()
    submission = a_submission()
    number = desk.intake.number(submission)

    first = desk.intake.decide(submission, number, Answer("telcel", "stub"))
    again = desk.intake.decide(submission, number, Answer("telcel", "stub"))

    assert first == again
    assert desk.commits.backlog == 0


@pytest.fixture
def desk_now() -> Callable[[], Desk]:
    return Desk


@pytest.mark.parametrize(
    ("answer", "fields", "carriers"),
    [
        (Answer("movistar", "stub"), {"sender": "BANCO"}, ("movistar", "telcel")),
        (Answer("movistar", "stub"), {"sender": "45555"}, ("telcel",)),
        (Answer("weex", "stub", hosts=("movistar",)), {"sender": "BANCO"}, ("movistar", "telcel")),
        (Answer("att", "stub"), {}, ()),
        (Answer(None, "unknown"), {}, ()),
    ],
)
async def test_message_is_routed_again_as_it_was_submitted(
    desk: Desk, answer: Answer, fields: dict[str, Any], carriers: tuple[str, ...]
) -> None:
    message = await desk.taken(**fields)
    assert desk.intake.choose_again(message, answer) == carriers


async def test_message_is_routed_again_by_its_tags_and_the_moment(desk: Desk) -> None:
    message = await desk.taken(tags=("otp",))
    rules = [MtRule(tag=("promo",), deny="denied"), MtRule(tag=("otp",), via=("open",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    assert desk.intake.choose_again(message, Answer("telcel", "stub")) == ("open",)
    message.tags = ("promo",)
    assert desk.intake.choose_again(message, Answer("telcel", "stub")) == ()
