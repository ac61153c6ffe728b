"""What came in one body, and the page of a list, as they are kept and read."""

from typing import Literal, NamedTuple

import msgspec

from gateway.message import Message

State = Literal["running", "paused", "cancelling", "cancelled"]
LookupRow = tuple[str, str, str]
"""(app, key, message's id): a way to find a message; keys are made by `by_batch`, `by_number`, `by_reference`."""


class RowError(msgspec.Struct, frozen=True, omit_defaults=False):
    """Why a row was refused. `index` counts rows from 0; `to` is as it was written."""

    index: int
    to: str
    code: str
    detail: str


class Batch(msgspec.Struct, kw_only=True):
    """A batch. `rows` have been read, of which `rejected` were refused, with the first `errors`.

    `complete`: its body came to its end; `digest` is then the body's. `asked` names the options it was sent with, `key`
    its Idempotency-Key. `counts` by status word, true once it has `ended`: until then they are counted in memory.
    """

    id: str
    app: str
    created_at: float
    name: str = ""
    state: State = "running"
    ended: bool = False
    complete: bool = False
    rows: int = 0
    rejected: int = 0
    errors: list[RowError] = msgspec.field(default_factory=list)
    key: str = ""
    asked: str = ""
    digest: str = ""
    counts: dict[str, int] = msgspec.field(default_factory=dict)


class Page(NamedTuple):
    """Messages, newest first. `before` is where the next page begins, "" where there is none.

    A page looks at a bounded number of rows: it may be short, even empty, and yet not be the last.
    """

    messages: list[Message]
    before: str


def by_batch(batch: str) -> str:
    """The key of a batch's messages."""
    return "b:" + batch


def by_number(digits: str) -> str:
    """The key of the messages to a number (E.164 digits)."""
    return "t:" + digits


def by_reference(reference: str) -> str:
    """The key of the messages that their app calls so."""
    return "r:" + reference


def other_rows(message: Message) -> list[LookupRow]:
    """The ways to find a message besides its batch: by number, and by reference where it has one."""
    found = [(message.app, by_number(message.to), message.id)]
    if message.reference:
        found.append((message.app, by_reference(message.reference), message.id))
    return found


def lookup_rows(message: Message) -> list[LookupRow]:
    """All ways to find a message."""
    found = other_rows(message)
    if message.batch:
        found.append((message.app, by_batch(message.batch), message.id))
    return found
