from collections import Counter
from random import Random
from typing import Any

import pytest

from gateway.sim.faults import Deed, Dice, Faults, Mishap, parse_status
from gateway.smpp.spec import MessageState


def test_dice_without_faults_answer_and_deliver() -> None:
    dice = Dice(Faults(), Random(1).random)
    assert {dice.deed() for _ in range(100)} == {(Deed.ANSWER, 0)}
    assert {dice.end() for _ in range(100)} == {MessageState.DELIVERED}
    assert {dice.mishap() for _ in range(100)} == {Mishap.NONE}


def test_dice_keep_to_the_shares() -> None:
    faults = Faults(errors={0x45: 0.2}, silent=0.1, drop=0.05, fail=0.3, expire=0.1, lost_receipt=0.25)
    dice = Dice(faults, Random(1).random)
    deeds = Counter(dice.deed() for _ in range(10_000))
    assert deeds[Deed.REFUSE, 0x45] == pytest.approx(2000, rel=0.1)
    assert deeds[Deed.SILENT, 0] == pytest.approx(1000, rel=0.15)
    assert deeds[Deed.DROP, 0] == pytest.approx(500, rel=0.2)
    assert deeds[Deed.ANSWER, 0] == pytest.approx(6500, rel=0.05)
    ends = Counter(dice.end() for _ in range(10_000))
    assert ends[MessageState.UNDELIVERABLE] == pytest.approx(3000, rel=0.1)
    assert ends[MessageState.EXPIRED] == pytest.approx(1000, rel=0.15)
    assert Counter(dice.mishap() for _ in range(10_000))[Mishap.LOST] == pytest.approx(2500, rel=0.1)


def test_dice_of_one_seed_fall_alike() -> None:
    faults = Faults(silent=0.2, drop=0.2, slow=0.2)
    first, second = Dice(faults, Random(9).random), Dice(faults, Random(9).random)
    assert [first.deed() for _ in range(200)] == [second.deed() for _ in range(200)]


def test_dice_with_a_whole_share_always_fall_there() -> None:
    dice = Dice(Faults(silent=1.0), Random(1).random)
    assert {dice.deed()[0] for _ in range(1000)} == {Deed.SILENT}


@pytest.mark.parametrize(
    "changes",
    [{"silent": 0.6, "drop": 0.6}, {"fail": 0.7, "expire": 0.7}, {"early_receipt": 0.6, "lost_receipt": 0.6}],
)
def test_faults_refuse_shares_over_one(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="add up to"):
        Faults().changed(changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"silnt": 0.1}, "silnt"),
        ({"silent": 2}, "silent"),
        ({"silent": "much"}, "silent"),
        ({"errors": {"ESME_ROFL": 0.1}}, "ESME_ROFL"),
        ({"errors": {"0x45": 7}}, "errors"),
        ({"refuse_binds": "later"}, "later"),
        ([], "object"),
    ],
)
def test_faults_name_what_they_do_not_understand(changes: Any, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Faults().changed(changes)


def test_faults_lay_changes_over_what_was() -> None:
    faults = Faults(silent=0.1).changed({"errors": {"ESME_RTHROTTLED": 0.2, "0x45": 0.1}, "refuse_binds": "0x0d"})
    assert faults == Faults(silent=0.1, errors={0x58: 0.2, 0x45: 0.1}, refuse_binds=0x0D)
    assert faults.changed({"refuse_binds": None, "silent": 0, "errors": {}}) == Faults()


@pytest.mark.parametrize(
    ("text", "status"), [("ESME_RTHROTTLED", 0x58), ("0x58", 0x58), ("88", 0x58), ("0x4a1", 0x4A1)]
)
def test_parse_status_reads_names_and_numbers(text: str, status: int) -> None:
    assert parse_status(text) == status
