"""`relevo audit`: sums and findings of the store of the configuration, and how it ends."""

from pathlib import Path

import pytest

from gateway.message import Event, Segment, Status
from gateway.store.batch import Batch
from gateway.store.store import Changes
from tests.cli.conftest import Relevo, Stored
from tests.support.store import BASE, a_delivery, a_message, an_id, an_inbound, submitted


def test_audit_of_books_that_balance_is_done(relevo: Relevo, stored: Stored) -> None:
    rejected = a_message(
        1, app="shop", status=Status.REJECTED, segments=(Segment(1, Status.REJECTED),),
        events=(Event(BASE + 1, Status.REJECTED),),
    )  # fmt: skip
    stored(a_message(0, expires_at=1e11), rejected)

    ran = relevo("audit")

    assert (ran.status, ran.err) == (0, "")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["2023-11-14", "2", "1", "0", "0", "1", "0"] in rows
    assert ["telcel", "2", "1", "0", "0", "1", "0"] in rows
    assert ran.out.splitlines()[-1] == "2 messages, 2 segments: they balance"


def test_audit_in_json_has_a_sum_for_each_day_app_and_carrier(relevo: Relevo, stored: Stored) -> None:
    stored(a_message(0, expires_at=1e11), a_message(1, app="shop", expires_at=1e11))

    found = relevo("audit", "--json").json

    assert found["balanced"] is True
    assert (found["messages"], found["segments"], found["wrong"], found["old"]) == (2, 2, [], [])
    assert [(row["day"], row["app"], row["carrier"], row["accepted"], row["uncertain"]) for row in found["sums"]] == [
        ("2023-11-14", "bank", "telcel", 1, 0),
        ("2023-11-14", "shop", "telcel", 1, 0),
    ]
    assert relevo("audit", "--json", "--since", "2023-11-14T22:13:21Z").json["messages"] == 1


def test_audit_fails_and_names_the_first_where_something_is_wrong(relevo: Relevo, stored: Stored) -> None:
    bad = submitted(a_message(0))  # no answer says that a carrier took it
    dangling = a_delivery(5, created_at=4e9, subject=an_id(77))
    stored(changes=Changes(accepted=[bad], deliveries={dangling.id: dangling}))

    ran = relevo("audit")

    assert ran.status == 1
    assert bad.id in ran.out
    assert ran.out.splitlines()[-1].endswith("they do NOT balance")
    assert max(map(len, ran.out.splitlines())) <= 80
    wrong = {finding["what"]: finding["ids"] for finding in relevo("audit", "--json").json["wrong"]}
    assert wrong == {
        "submitted or delivered, but no carrier took it": [bad.id],
        "a delivery tells of nothing that is there": [dangling.id],
    }


def test_audit_reads_schedule_inbound_and_batches_too(relevo: Relevo, stored: Stored) -> None:
    planned = a_message(0, status=Status.SCHEDULED, send_at=1e11, segments=(), batch="b1")
    inbound, told = an_inbound(1), a_delivery(2, kind="inbound", subject=an_id(1), created_at=1e11)
    batch = Batch(id="b1", app="bank", created_at=4e9, complete=True, rows=1)
    stored(
        changes=Changes(
            accepted=[planned],
            inbound={inbound.id: inbound},
            deliveries={told.id: told},
            batches={"b1": batch},
        )
    )

    assert (relevo("audit").status, relevo("audit", "--json").json["wrong"]) == (0, [])


def test_audit_fails_for_what_is_too_old_only_when_strict(relevo: Relevo, stored: Stored) -> None:
    stored(a_message(0))

    assert relevo("audit").status == 0
    assert "waiting past their ttl and hold" in relevo("audit").out.replace("\n", " ")
    assert relevo("audit", "--strict").status == 1


@pytest.mark.parametrize("numbers", [9_999_999])
def test_audit_of_a_large_day_fits_80_columns(numbers: int, relevo: Relevo, stored: Stored, config: Path) -> None:
    from collections import Counter

    from rich.console import Console

    from gateway.books.audit import Account, Audit, Finding, Limits
    from gateway.cli.audit import _show

    audit = Audit(Limits(BASE, {}, 0.0))
    audit.sums[Account("2026-11-23", "marketing-and-alerts", "movistar-mx")] = Counter(dict.fromkeys(Status, numbers))
    audit._wrong["x"] = Finding("a segment was taken twice", numbers, [an_id(n) for n in range(10)])
    with (config.parent / "screen").open("w+") as screen:
        _show(Console(file=screen, width=80), audit)
        screen.seek(0)
        lines = screen.read().splitlines()

    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)
