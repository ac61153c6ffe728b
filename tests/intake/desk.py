"""An intake, what was answered and what was handed down; numbers, rules and submissions for it."""

from typing import Any, ClassVar

import pytest

from gateway.errors import Refusal, StoreError
from gateway.intake import AppRules, CarrierRules, Intake, Rules
from gateway.message import Content, Message
from gateway.optouts import OptOutList
from gateway.parts import Profile
from gateway.submission import Submission
from gateway.text.data_coding import Alphabet
from portability.answer import Answer
from portability.source import Ask, NeedsAsking, Resolver
from routes.mt import MtRoutes, MtRule
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
"""What is submitted, and the code, the field and a piece of the reason that it is refused with."""


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
