"""Reloads that overlap: each takes the file as it is then, and none is lost."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import daemon
from gateway.config import Config, ConfigError, Problem
from gateway.daemon import Daemon
from tests.support.gateway import until

FILE = Path("relevo.yaml")


class Desk:
    """A daemon whose gateway notes what it is given; the file says `text`, and a plan is read until `read` is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.text = "first"
        self.read = asyncio.Event()
        self.reading = 0
        self.applied: list[str] = []
        self.log: list[str] = []
        self.success: list[bool] = []
        monkeypatch.setattr(daemon, "Gateway", lambda *_, **__: self)
        monkeypatch.setattr(daemon, "load", self._load)
        monkeypatch.setattr(daemon, "renew_plans", self._renew_plans)
        monkeypatch.setattr(daemon, "configure_log", self.log.append)
        self.core = SimpleNamespace(resolver=None)
        self.daemon = Daemon(FILE, Config(carriers={}, routes=(), apps={}))
        self.daemon._started.set()

    def _load(self, *_: Any) -> Any:
        if self.text == "broken":
            raise ConfigError([Problem("relevo.yaml", 1, "carriers", "is missing")])
        if self.text == "fault":
            raise OSError("the disk")
        return SimpleNamespace(config=self.text)

    async def _renew_plans(self, *_: Any) -> list[str]:
        self.reading += 1
        await self.read.wait()
        return []

    def apply(self, loaded: Any, file: str) -> list[str]:
        self.applied.append(loaded.config)
        return [f"to {loaded.config}"]

    def reloaded(self, taken: bool) -> None:
        self.success.append(taken)


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(monkeypatch)


async def test_reload_waits_for_the_one_before_it_and_takes_the_file_as_it_is_then(desk: Desk) -> None:
    first = asyncio.create_task(desk.daemon.reload())
    await until(lambda: desk.reading, 5)
    second = asyncio.create_task(desk.daemon.reload())
    await asyncio.sleep(0)
    assert desk.applied == ["first"]
    desk.text = "third"
    desk.read.set()

    assert (await first, await second) == (["to first"], ["to third"])
    assert (desk.log, desk.success) == (["first", "third"], [True, True])


async def test_signal_that_comes_during_a_reload_has_the_file_read_once_more(desk: Desk) -> None:
    desk.daemon._reload_soon()
    await until(lambda: desk.reading, 5)
    desk.text = "second"
    desk.daemon._reload_soon()
    desk.daemon._reload_soon()
    desk.read.set()

    await until(lambda: desk.daemon._reloading is None, 5)
    assert desk.applied == ["first", "second"]


@pytest.mark.parametrize("text", ["broken", "fault"])
async def test_signal_for_a_file_that_cannot_be_taken_is_counted_and_the_next_one_is_heard(
    desk: Desk, text: str
) -> None:
    desk.text = text
    desk.daemon._reload_soon()
    await until(lambda: desk.daemon._reloading is None, 5)
    assert (desk.applied, desk.success) == ([], [False])

    desk.text = "mended"
    desk.read.set()
    desk.daemon._reload_soon()
    await until(lambda: desk.daemon._reloading is None, 5)
    assert (desk.applied, desk.success) == (["mended"], [False, True])
