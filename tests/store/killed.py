"""Run by test_kill.py in a process of its own: accepts and updates without end, and says each that was called back."""

import asyncio
import sys
from pathlib import Path

from gateway.errors import StoreError
from gateway.message import Message
from gateway.store.commits import Commits
from gateway.store.sqlite import SqliteStore
from tests.support.store import a_message, submitted


async def main(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    commits = Commits(store, gather_s=0.001)
    writer = asyncio.create_task(commits.run())

    def say(word: object, error: StoreError | None) -> None:
        if error is None:
            sys.stdout.write(f"{word}\n")
            sys.stdout.flush()

    def accepted(message: object, error: StoreError | None) -> None:
        assert isinstance(message, Message)
        say(f"accepted {message.id}", error)
        commits.update(submitted(message), say, f"updated {message.id}")

    n = 0
    while not writer.done():
        for _ in range(7):
            message = a_message(n)
            commits.accept(message, accepted, message, urgent=n % 5 == 0)
            n += 1
        await (commits.drain() if commits.backlog > 100 else asyncio.sleep(0))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
