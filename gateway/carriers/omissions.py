"""What submit_sm to one carrier go without because it refused them with it: the validity_period, optional parameters.

A segment refused so goes once more with less. Where that is taken, what was left out is to blame, and the carrier goes
without it until the process ends: otherwise each segment would cost two. Of TLVs an app's are blamed before the
carrier's own, which everybody else's messages had been taken with. A validity_period is blamed for its length, and by a
second message of that length: a carrier that takes none longer than two days still has that of an OTP. `ttl` holds as
ever: what has expired is not sent.
"""

import structlog

from gateway.carriers.answers import Action
from gateway.carriers.outgoing import Flight
from gateway.carriers.submission import NO_TIME, NO_TLVS, SubmitTemplate, length

log = structlog.get_logger()

_LESS = {Action.WITHOUT_TIME: NO_TIME, Action.WITHOUT_TLVS: NO_TLVS}


class Omissions:
    """One carrier's."""

    def __init__(self, carrier: str, template: SubmitTemplate) -> None:
        self._carrier = carrier
        self._template = template
        self._doubted: dict[int, str] = {}  # by length of its validity_period: the first message refused for it

    @property
    def learnt(self) -> tuple[str, ...]:
        """What it goes without since it started, as status shows it: validity_period, and tags in hexadecimal."""
        tags = _written(self._template.barred)
        return ("validity_period", *tags) if self._template.timeless else tuple(tags)

    def settle(self, action: Action, flight: Flight) -> Action:
        """What a refused segment comes to: `action`, with the message told what to leave out, or REFUSE where that has
        been left out already or was not there. Any other action is returned as it is."""
        less = _LESS.get(action)
        if less is None:
            return action
        if flight.without & less or (less == NO_TLVS and not any(self._optional(flight))):
            return Action.REFUSE
        flight.outgoing.without |= less
        return action

    def taken(self, flight: Flight, remaining_s: float) -> None:
        """A segment was taken with less in it than was refused: learn what was to blame.

        `remaining_s`: how long its message has yet to live.
        """
        less = flight.without & flight.outgoing.without
        if less & NO_TIME:
            self._blame_time(length(remaining_s), flight.outgoing.message.id)
        if less & NO_TLVS:
            apps, own = self._optional(flight)
            blamed = apps or own
            if not blamed <= self._template.barred:
                self._template.go_without(blamed)
                log.warning("carrier_refuses_tlvs", carrier=self._carrier, tags=_written(blamed))

    def _blame_time(self, of: int, message_id: str) -> None:
        if of not in self._template.timeless and self._doubted.setdefault(of, message_id) != message_id:
            self._template.go_without_time(of)
            log.warning("carrier_refuses_validity", carrier=self._carrier, from_s=2**of // 2, below_s=2**of)

    def _optional(self, flight: Flight) -> tuple[frozenset[int], frozenset[int]]:
        number, wires = flight.segment.number, flight.outgoing.wires
        if number > len(wires):  # laid out anew while this one was awaited
            return frozenset(), frozenset()
        return self._template.optional(wires[number - 1])


def _written(tags: frozenset[int]) -> list[str]:
    return [f"0x{tag:04x}" for tag in sorted(tags)]
