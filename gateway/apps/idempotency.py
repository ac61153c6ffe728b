"""Idempotency-Key: the same call twice does something once.

What was answered is kept with the message, and is said before it, so that no crash leaves a message on disk without
its key. It may leave a key without its message (the store refused, or the machine went down in between): such a key
names nothing, and its call is made as if for the first time. Refusals are not kept: they did nothing.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from gateway.errors import Refusal
from gateway.store.commits import Commits
from gateway.store.store import IdempotentAnswer, Store

HEADER = "Idempotency-Key"
KEPT_FOR_S = 86_400.0
LONGEST_KEY = 255


class _First(msgspec.Struct, array_like=True):
    """What is kept of an answer."""

    status: int
    message_id: str
    body: msgspec.Raw


class _Running(NamedTuple):
    """A call that has not been answered yet."""

    digest: str
    ended: asyncio.Event


Keep = Callable[[str, bytes], None]
"""(message's id, body of the answer): to be called right before the message is accepted."""


class Idempotency:
    """The keys of all apps. `retention_s()`: how long the store holds messages that have ended."""

    def __init__(
        self, store: Store, commits: Commits, utc: Callable[[], float], retention_s: Callable[[], float]
    ) -> None:
        self._store = store
        self._commits = commits
        self._utc = utc
        self._retention_s = retention_s
        self._running: dict[tuple[str, str], _Running] = {}
        self._decode = msgspec.json.Decoder(_First).decode

    async def once(
        self, app: str, key: str, asked: bytes, first: Callable[[Keep], Awaitable[bytes]]
    ) -> tuple[bytes, bool]:
        """The body of the answer to `asked`, and whether it was given before.

        `first(keep)` does it and gives the body. A second call with the key waits for the first that is under way;
        where that one failed, it takes its place. Raises Refusal idempotency_conflict for another body, what `first`
        raises, and StoreError.
        """
        check_key(key)
        digest = hashlib.sha256(asked).hexdigest()
        name = app, key
        while (running := self._running.get(name)) is not None:
            if running.digest != digest:
                raise _conflict()
            await running.ended.wait()
        own = self._running[name] = _Running(digest, asyncio.Event())
        try:
            kept = await self._kept(app, key, digest)
            return (kept, True) if kept is not None else (await first(self._keeper(app, key, digest)), False)
        finally:
            del self._running[name]
            own.ended.set()

    async def _kept(self, app: str, key: str, digest: str) -> bytes | None:
        """The body that was answered under this key within the day."""
        row = await self._store.answer(app, key)
        age_s = 0.0 if row is None else self._utc() - row.created_at
        if row is None or age_s >= KEPT_FOR_S:
            return None
        answer = self._decode(row.answer)
        if age_s < self._retention_s() and await self._store.message(answer.message_id) is None:
            return None
        if row.digest != digest:
            raise _conflict()
        return bytes(answer.body)

    def _keeper(self, app: str, key: str, digest: str) -> Keep:
        def keep(message_id: str, body: bytes) -> None:
            answer = msgspec.json.encode(_First(202, message_id, msgspec.Raw(body)))
            self._commits.answer(IdempotentAnswer(app, key, digest, self._utc(), answer))

        return keep


def check_key(key: str) -> None:
    """Raises Refusal where a key is empty, too long or not of visible ASCII characters."""
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable() and " " not in key):
        raise Refusal("invalid_field", f"A key has 1 to {LONGEST_KEY} visible ASCII characters.", HEADER)


def _conflict() -> Refusal:
    return Refusal("idempotency_conflict", field=HEADER)
