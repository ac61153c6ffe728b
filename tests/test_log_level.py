"""The log's level at run time: for a while, or until the configuration is read again."""

import asyncio
import io
import json
from collections.abc import Iterator

import pytest

from gateway import log
from gateway.log_level import LevelNow, LogLevel


@pytest.fixture(autouse=True)
def _leaves_the_log_as_it_was() -> Iterator[None]:
    yield
    log.configure()


async def test_level_stays_until_it_is_configured_anew() -> None:
    level = LogLevel(lambda: "info")

    assert level.set("debug", None) == LevelNow("debug", "info", None)
    assert log.level() == "debug"
    log.configure("info")
    level.configured_anew()
    assert level.now() == LevelNow("info", "info", None)


async def test_level_is_back_after_its_time_as_it_is_configured_then() -> None:
    configured = ["info"]
    level = LogLevel(lambda: configured[0])

    now = level.set("debug", 0.01)
    assert (now.level, now.back_in_s is not None) == ("debug", True)
    configured[0] = "error"
    async with asyncio.timeout(5):
        while log.level() == "debug":  # noqa: ASYNC110  a timer of the loop is waited for
            await asyncio.sleep(0.002)
    assert level.now() == LevelNow("error", "error", None)


async def test_later_word_takes_the_place_of_the_one_before() -> None:
    level = LogLevel(lambda: "info")
    level.set("debug", 1_000)

    assert level.set("error", None).back_in_s is None
    level.set("debug", 1_000)
    level.configured_anew()
    assert level.now().back_in_s is None
    level.set("debug", 1_000)
    level.close()
    assert level.now().back_in_s is None


@pytest.mark.parametrize(("before", "now"), [("info", "error"), ("error", "debug"), ("error", "info")])
async def test_change_is_told_also_where_the_log_falls_silent(before: str, now: str) -> None:
    out = io.BytesIO()
    log.configure(before, stream=out)

    LogLevel(lambda: before).set(now, 60.0)

    (line,) = map(json.loads, out.getvalue().splitlines())
    assert line.pop("timestamp")
    assert line == {
        "level": "warning", "event": "log_level_changed", "before": before, "now": now, "seconds": 60.0,
    }  # fmt: skip
    assert log.level() == now


async def test_what_is_no_level_changes_nothing() -> None:
    level = LogLevel(lambda: "info")

    with pytest.raises(KeyError):
        level.set("loud", None)
    assert level.now() == LevelNow("info", "info", None)
