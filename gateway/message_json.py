"""Messages as apps and operators read them: in HTTP answers, in webhooks, on the command line.

The shapes are public: fields are added, never renamed or dropped. What is not known or does not apply is null, so every
object has all its fields. Times are RFC 3339 in UTC with milliseconds.
"""

from datetime import UTC, datetime
from functools import lru_cache

from gateway.message import Event, Inbound, Message

JsonObject = dict[str, object]

_MILLISECONDS = tuple(f".{millisecond:03d}Z" for millisecond in range(1000))
_SHORTEST_E164 = 8  # digits; a number with fewer is a short code or a national service number


def message_object(message: Message) -> JsonObject:
    """A message with its history, oldest event first. About 5 µs with three events.

    `segments` is how many submit_sm it takes, `encoding` what its text came to; `error` is null unless it failed.
    """
    return {
        "id": message.id,
        "app": message.app,
        "batch": message.batch or None,
        "reference": message.reference or None,
        "tags": list(message.tags),
        "to": "+" + message.to,
        "from": message.sender,
        "lane": message.lane,
        "status": message.status.word,
        "network": message.network or None,
        "carrier": message.carrier or None,
        "encoding": message.content.settled,
        "segments": len(message.segments) or message.content.parts,
        "created_at": time_text(message.created_at),
        "updated_at": time_text(message.updated_at or message.created_at),
        "error": {"code": message.error_code, "detail": message.error_detail} if message.error_code else None,
        "events": [event_object(event) for event in message.events],
    }


def event_object(event: Event) -> JsonObject:
    """A line of the history. `command_status` is the carrier's number, `segment` null where it is about all of them."""
    return {
        "at": time_text(event.at),
        "status": event.status.word,
        "carrier": event.carrier or None,
        "bind": event.bind or None,
        "command_status": event.command_status,
        "carrier_message_id": event.carrier_message_id or None,
        "segment": event.segment or None,
        "detail": event.detail or None,
    }


def inbound_object(inbound: Inbound) -> JsonObject:
    """An inbound message. `from` has a + where it is a whole number; `to` is ours as it is configured.

    `data` (hex, with its `data_coding`) is there for what is no text, `incomplete` for a long text that lacks parts.
    """
    return {
        "id": inbound.id,
        "to": inbound.to,
        "from": _with_plus(inbound.sender),
        "text": inbound.text,
        "network": inbound.network or None,
        "carrier": inbound.carrier,
        "keyword": inbound.keyword or None,
        "received_at": time_text(inbound.received_at),
        "in_reply_to": inbound.in_reply_to or None,
        "data": inbound.data.hex() or None,
        "data_coding": inbound.data_coding,
        "incomplete": inbound.incomplete or None,
    }


@lru_cache(maxsize=256)
def time_text(epoch_s: float) -> str:
    """Epoch seconds as RFC 3339 in UTC with milliseconds, cut, not rounded: `2026-11-23T06:15:06.123Z`.

    Remembered: a message and its history have most of their moments in common.
    """
    seconds, milliseconds = divmod(int(epoch_s * 1000 + 1e-6), 1000)  # a float's 123 ms may be 122.99999
    return _second_text(seconds) + _MILLISECONDS[milliseconds]


@lru_cache(maxsize=64)
def _second_text(epoch_s: int) -> str:
    """Messages of one second share their text; what is told of is mostly of the last few."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _with_plus(address: str) -> str:
    return "+" + address if len(address) >= _SHORTEST_E164 and address.isdigit() else address
