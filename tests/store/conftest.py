"""The twins of the store: what is tested of one is tested of all."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.store.memory import MemoryStore
from gateway.store.sqlite import SqliteStore
from gateway.store.store import Store
from tests.store.commits_desk import Desk, running

Reopen = Callable[[], Awaitable[Store]]


class Twins:
    """One store at a time, opened again as after a restart of the process."""

    def __init__(self, kind: str, path: Path) -> None:
        self._kind = kind
        self._path = path
        self.store: Store = MemoryStore() if kind == "memory" else SqliteStore(path)

    async def reopen(self) -> Store:
        await self.store.close()
        if self._kind == "sqlite":
            self.store = SqliteStore(self._path)
        await self.store.open()
        return self.store


@pytest.fixture(params=["memory", "sqlite"])
async def twins(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Twins]:
    found = Twins(request.param, tmp_path / "relevo.db")
    await found.store.open()
    yield found
    await found.store.close()


@pytest.fixture
def store(twins: Twins) -> Store:
    return twins.store


@pytest.fixture
def reopen(twins: Twins) -> Reopen:
    return twins.reopen


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    found = SqliteStore(tmp_path / "relevo.db", busy_timeout_s=0.01)
    await found.open()
    yield found
    await found.close()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async for found in running(Desk()):
        yield found


@pytest.fixture
async def slicing() -> AsyncIterator[Desk]:
    async for found in running(Desk(slice_rows=2)):
        yield found
