"""What every step has at hand."""

from dataclasses import dataclass

from gateway.carriers.answers import Action, decide
from gateway.carriers.conformance.drafts import Draft
from gateway.carriers.conformance.findings import Findings
from gateway.carriers.conformance.line import Line
from gateway.carriers.conformance.values import Ask, Note, Reply, Tell
from gateway.config.carriers import Bind, Carrier
from gateway.parts import Wire
from gateway.smpp.status import status_name, status_sentence
from gateway.text.data_coding import Alphabet
from gateway.text.references import References

_PATIENCE, _PAUSE_S = 2, 1.1
"""So often a message that was told to go slower goes again, after such a pause."""


@dataclass(frozen=True, slots=True)
class Options:
    """How far a check may go. `to` is E.164 digits; `window_tries` and `rate_tries` are 0 where a step is left out.

    `wait_s`: for receipts, and how long the session is held idle meanwhile. `burst_per_s`: the rate to try.
    """

    to: str
    sender: str
    country_code: str
    wait_s: float
    window_tries: int
    rate_tries: int
    skip: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Run:
    """One check of one bind."""

    carrier: Carrier
    bind: Bind
    options: Options
    line: Line
    findings: Findings
    ask: Ask
    tell: Tell
    references: References

    @property
    def alphabet(self) -> Alphabet:
        """What data_coding 0 is taken for: as found out, else as configured."""
        return self.findings.alphabet or Alphabet(self.carrier.alphabet)

    def note(self, step: str, sent: str, came: str, verdict: str, good: bool | None = None) -> None:
        """Tell people what happened."""
        self.tell(Note(step, sent, came, verdict, good))

    async def send(self, draft: Draft, wire: Wire) -> Reply:
        """Submit one message; what was taken is remembered, for its receipt."""
        if self.findings.plain:
            draft = draft._replace(tlvs=())
        reply = await self.line.send(draft.fill(wire))
        for _ in range(_PATIENCE):
            if reply.status is None or decide(reply.status, self.carrier.errors) is not Action.THROTTLE:
                break
            await self.line.rest(_PAUSE_S)  # others use the account too
            reply = await self.line.send(draft.fill(wire))
        self.remember(reply)
        return reply

    def remember(self, reply: Reply) -> None:
        """A receipt is due for what was taken."""
        if reply.taken:
            self.findings.replies.append(reply)


def described(reply: Reply) -> str:
    """An answer in the protocol's words and in people's."""
    if reply.status is None:
        return "no answer"
    if reply.status == 0:
        return f"ESME_ROK, message_id {reply.message_id or 'empty'}, after {reply.elapsed_s * 1000:.0f} ms"
    name = status_name(reply.status)
    number = "" if name.startswith("0x") else f" (0x{reply.status:02x})"
    return f"{name}{number}: {status_sentence(reply.status)}"
