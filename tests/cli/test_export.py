"""`relevo export`: from the store of the configuration, beside the gateway that writes it."""

import csv
import io
import json
from pathlib import Path

import pytest

from gateway.store.reader import PAGE, StoreReader
from tests.cli.conftest import Relevo, Stored
from tests.support.store import BASE, a_message, submitted

SINCE = ("--since", "2023-11-14T16:13:20-06:00")  # BASE


def test_export_writes_a_row_a_segment_with_its_price(relevo: Relevo, stored: Stored) -> None:
    taken = submitted(a_message(1, reference='with "quotes", and\nlines'))
    taken.segments[0].command_status = 0
    stored(a_message(0), taken, a_message(-1))

    ran = relevo("export", *SINCE)

    assert (ran.status, ran.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["message_id"] for row in rows] == [a_message(0).id, taken.id]
    assert [(row["status"], row["price"], row["currency"]) for row in rows] == [
        ("accepted", "", ""),
        ("submitted", "0.18", "MXN"),
    ]
    assert rows[1]["reference"] == 'with "quotes", and\nlines'


def test_export_in_json_is_an_object_a_line(relevo: Relevo, stored: Stored) -> None:
    stored(*(a_message(n) for n in range(3)))

    ran = relevo("export", *SINCE, "--until", "2023-11-14T22:13:22Z", "--json")

    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [(line["message_id"], line["from"], line["bind"]) for line in lines] == [
        (a_message(n).id, "45555", None) for n in range(2)
    ]
    assert relevo("export", *SINCE, "--by", "final", "--format", "json").out == ""


def test_export_reads_page_by_page(relevo: Relevo, stored: Stored) -> None:
    stored(*(a_message(n / 1000) for n in range(2 * PAGE + 1)))

    assert relevo("export", *SINCE).out.count("\n") == 2 * PAGE + 2


@pytest.mark.parametrize("since", ["yesterday", "2026-11-01T00:00:00", "2026-13-01", "7", "7y", ""])
def test_export_since_no_moment_is_wrong_usage(relevo: Relevo, since: str) -> None:
    ran = relevo("export", "--since", since)

    assert ran.status == 2
    assert "is no moment" in ran.err


def test_export_of_a_period_that_ends_before_it_begins_is_wrong_usage(relevo: Relevo) -> None:
    assert relevo("export", "--since", "1d", "--until", "2d").status == 2


def test_export_of_a_store_that_is_not_there_fails(relevo: Relevo, config: Path) -> None:
    with config.open("a") as file:
        file.write("store: {url: sqlite:none.db}\n")

    ran = relevo("export", *SINCE)

    assert (ran.status, ran.out) == (1, "")
    assert f"there is no store at {config.parent}/none.db" in ran.err


def test_export_of_another_schema_says_who_wrote_it(relevo: Relevo, stored: object, config: Path) -> None:
    import sqlite3

    with sqlite3.connect(config.with_name("relevo.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    ran = relevo("export", *SINCE)

    assert ran.status == 1
    assert "a newer release wrote it" in ran.err


def test_reader_sees_what_was_committed_while_it_reads(stored: Stored, config: Path) -> None:
    stored(*(a_message(n / 1000) for n in range(PAGE)))
    with StoreReader(config.with_name("relevo.db")) as reader:
        messages = reader.messages()
        next(messages)
        stored(a_message(5))
        assert sum(1 for _ in messages) == PAGE
        assert [message.id for message in reader.messages(a_message(5).id)] == [a_message(5).id]
        assert [message.created_at for message in reader.messages("", a_message(0.002).id)] == [BASE, BASE + 0.001]
