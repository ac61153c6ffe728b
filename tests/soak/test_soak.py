"""A small slice of each soak; `bin/soak` runs them at length."""

import shutil
from pathlib import Path

import pytest

from tests.soak import day, kills, memory
from tests.soak.__main__ import main
from tests.soak.party import Day

pytestmark = pytest.mark.slow


def silence(_words: str) -> None:
    """Nobody looks on."""


async def test_books_balance_after_a_day_at_a_carrier_that_does_everything_wrong(tmp_path: Path) -> None:
    outcome = await day.run(Day(10_000, ttl_s=15), tmp_path, silence)
    assert dict(outcome.balance.faults) == {}, outcome.balance.named
    assert min(outcome.struck.values()) > 0
    assert sum(count for _, count, _, _ in outcome.balance.rows()) == 10_000


async def test_kills_lose_nothing(tmp_path: Path) -> None:
    tolls = await kills.run(12, 3, tmp_path, silence)
    assert tolls.faults == []
    assert tolls.kills == len(tolls.restarts_s) == 12


@pytest.mark.skipif(not (shutil.which("make") and shutil.which("cc")), reason="needs make and a C compiler")
def test_memory_is_measured_message_by_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SETTLED_AFTER", 5_000)
    outcome = memory.run(20_000, 0.5, None, tmp_path, silence)
    assert outcome.samples[-1].messages == 20_000
    assert [fault for fault in outcome.faults if not fault.startswith("RSS")] == [], "so few do not warm it up"


def test_soak_says_what_it_cannot_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kills", "--times", "1", "--keep", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
