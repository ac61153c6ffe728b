"""Finds what can never be written among changes that were said together, so that one bad row costs nobody else.

By halves: what is committed is done with, what is refused is halved until it is a single row. Rows stay in the order
in which a transaction applies them, so the halves come to the same as the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple, Protocol

from gateway.errors import StoreError
from gateway.store.store import Changes, Unwritable


class Said(NamedTuple):
    """One row of Changes: the field it stands in, its key there (None in a list or a set), and the value."""

    field: str
    key: object
    value: object


@dataclass(slots=True)
class Sifted:
    """What came of it: rows that can never be written with the reason, and rows that `error` kept from being tried."""

    refused: list[tuple[Said, Unwritable]] = field(default_factory=list)
    left: list[Said] = field(default_factory=list)
    error: StoreError | None = None


class Writes(Protocol):
    """The one call of a store that is needed here."""

    async def commit(self, changes: Changes) -> None:
        """Make the changes durable or raise StoreError."""


async def sift(store: Writes, changes: Changes, refusal: Unwritable) -> Sifted:
    """Commit all that can be committed of changes that were refused together.

    A StoreError that is not Unwritable ends it; then it is in the answer.
    """
    sifted = Sifted()
    waiting: list[list[Said]] = []
    _refuse(rows_of(changes), refusal, waiting, sifted)
    while waiting:
        rows = waiting.pop()
        try:
            await store.commit(changes_of(rows))
        except Unwritable as error:
            _refuse(rows, error, waiting, sifted)
        except StoreError as error:
            sifted.error = error
            sifted.left = rows + [row for later in reversed(waiting) for row in later]
            break
    return sifted


def _refuse(rows: list[Said], refusal: Unwritable, waiting: list[list[Said]], sifted: Sifted) -> None:
    if len(rows) == 1:
        sifted.refused.append((rows[0], refusal))
    else:
        middle = len(rows) // 2
        waiting += [rows[middle:], rows[:middle]]  # the last is the next: rows stay in order


def rows_of(changes: Changes) -> list[Said]:
    """All rows, in the order of the fields."""
    rows: list[Said] = []
    for each in fields(changes):
        held = getattr(changes, each.name)
        if isinstance(held, dict):
            rows += [Said(each.name, key, value) for key, value in held.items()]
        else:
            rows += [Said(each.name, None, value) for value in held]
    return rows


def changes_of(rows: Sequence[Said]) -> Changes:
    """The changes of some rows."""
    changes = Changes()
    for row in rows:
        held = getattr(changes, row.field)
        if isinstance(held, dict):
            held[row.key] = row.value
        elif isinstance(held, set):
            held.add(row.value)
        else:
            held.append(row.value)
    return changes
