"""What is kept of a message and of a batch as JSON, because no query asks for it."""

import msgspec

from gateway.message import Content, Event, Segment
from gateway.store.batch import RowError


class Facts(msgspec.Struct, array_like=True, gc=False):
    """What never changes of a message and no query asks for. Append fields with a default, never reorder."""

    content: Content
    interface: str
    sender: str
    network: str
    reference: str
    receipt: str
    callback: str
    extras: dict[str, str]
    carriers: tuple[str, ...]
    tags: tuple[str, ...] = ()


class State(msgspec.Struct, array_like=True, gc=False):
    """What moves on of a message and no query asks for. Append fields with a default, never reorder."""

    segments: tuple[Segment, ...]
    events: tuple[Event, ...]
    error_code: str
    error_detail: str
    network: str = ""  # where it was found after it was accepted, and which way it goes since; "": as in the facts
    carriers: tuple[str, ...] = ()


class BatchFacts(msgspec.Struct):
    """What no query asks for of a batch. Fields are added with a default."""

    name: str
    complete: bool
    rows: int
    rejected: int
    errors: list[RowError]
    key: str
    asked: str
    digest: str
    counts: dict[str, int]


read_batch_facts = msgspec.json.Decoder(BatchFacts).decode
read_facts = msgspec.json.Decoder(Facts).decode
read_state = msgspec.json.Decoder(State).decode
