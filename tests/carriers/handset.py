"""A check of a simulated carrier, with a tester who reads the handset: what the SMSC took, as it reads it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.carriers.building import bind_settings
from gateway.carriers.conformance.drafts import LABELS, LONG_LABELS, UCS2_TEXT, first_draft, shown, special
from gateway.carriers.conformance.findings import Findings
from gateway.carriers.conformance.line import Line
from gateway.carriers.conformance.profile import CarrierProfile, profile_of
from gateway.carriers.conformance.run import Options, Run
from gateway.carriers.conformance.script import check, cost, plan
from gateway.carriers.conformance.values import Note, Question
from gateway.clock import SystemClock
from gateway.config import Secret
from gateway.config.carriers import Bind, Carrier
from gateway.sim.habits import way_of
from gateway.sim.records import Record
from gateway.sim.smsc import Simulator
from gateway.text.data_coding import Alphabet
from gateway.text.references import References

TO = "525512345678"


@dataclass
class Checked:
    """What a check left behind."""

    done: bool
    findings: Findings
    profile: CarrierProfile
    notes: list[Note] = field(default_factory=list)
    sent: int = 0
    most: int = 0

    def verdicts(self, step: str) -> list[str]:
        """What was concluded in a step."""
        return [note.verdict for note in self.notes if note.step == step]


class Handset:
    """Answers questions by what the simulated SMSC has; `attended` False: nobody looks. `meanwhile` happens once."""

    def __init__(self, simulator: Simulator, attended: bool, meanwhile: Callable[[], object]) -> None:
        self._simulator = simulator
        self._attended = attended
        self._meanwhile = meanwhile

    async def ask(self, question: Question) -> str:
        """See conformance.values.Ask."""
        self._meanwhile()
        self._meanwhile = _nothing
        if not self._attended:
            return ""
        right = getattr(self, f"_{question.key}")()
        if question.key == "ucs2":
            return "yes" if right else "no"
        return " ".join(right) or "none"

    def _texts(self) -> list[str]:
        return [self._text(record) for record in self._simulator.received]

    def _text(self, record: Record) -> str:
        """As the subscriber sees it: data_coding 0 is the carrier's alphabet to the letter."""
        alphabet = self._simulator.profile.alphabet
        if record.pdu.data_coding or alphabet is Alphabet.GSM7_PACKED:
            return record.text(alphabet)
        return shown(record.opened(alphabet).octets, alphabet)

    def _alphabet(self) -> list[str]:
        seen = self._texts()
        return [label for each, label in LABELS.items() if special(each)[0] in seen]

    def _ucs2(self) -> bool:
        return UCS2_TEXT in self._texts()

    def _long(self) -> list[str]:
        joined: dict[str, str] = {}
        for record in self._simulator.received:
            way = way_of(record.pdu)
            if way is not None:
                joined[way] = joined.get(way, "") + self._text(record)
        whole = [way for way, text in joined.items() if "(001)" in text and text.endswith("(056) fin")]
        return [label for way, label in LONG_LABELS.items() if way in whole]


def _nothing() -> None:
    pass


def carrier_to(port: int, *modes: str, **changes: Any) -> Carrier:
    """A carrier with a bind for each mode, a transceiver without any."""
    binds = tuple(
        Bind(f"test-{mode}", "127.0.0.1", port, "acme", Secret("secret"), mode)  # type: ignore[arg-type]  # a mode
        for mode in modes or ("transceiver",)
    )
    return Carrier(binds=binds, enquire_link=1.0, **changes)


async def checked(
    simulator: Simulator,
    carrier: Carrier,
    *,
    sender: str = "45555",
    attended: bool = True,
    skip: tuple[str, ...] = (),
    window: int = 20,
    rate: int = 40,
    wait_s: float = 1.0,
    budget: int | None = None,
    meanwhile: Callable[[], object] = _nothing,
    pace_per_s: float = 200.0,
) -> Checked:
    """Check the carrier's first bind, its second one for receipts if there is one. `pace_per_s`: below its limit."""
    bind, *others = carrier.binds
    options = Options(TO, sender, "52", wait_s, window, rate, frozenset(skip))
    steps = plan(carrier, options)
    most = cost(steps)[1]
    line = Line(
        bind_settings(bind, "test", carrier),
        bind_settings(others[0], "test", carrier) if others else None,
        SystemClock(),
        budget=most if budget is None else budget,
        pace_per_s=pace_per_s,
        quiet_s=0.3,
    )
    findings = Findings(first_draft(carrier, sender, TO, "52", plain=False))
    notes: list[Note] = []
    handset = Handset(simulator, attended, meanwhile)
    references = References(random.Random(3).random)
    run = Run(carrier, bind, options, line, findings, handset.ask, notes.append, references)
    done = await check(run, steps)
    return Checked(done, findings, profile_of("test", carrier, bind, findings), notes, line.sent, most)
