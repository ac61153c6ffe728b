"""Loading: all of a file or nothing of it, twice is once, and a replacement that looks cut off is refused."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portability.load import Loaded, info, load
from portability.networks import Network, Networks
from portability.rows import BadRow
from portability.writer import LoadError, writing
from tests.support.numbering import NETWORKS, networks

NOW = 1_800_000_000.0
TABLES = {"ported", "names", "networks", "meta", "loaded_files", "pending", "recent"}
Load = Callable[..., Loaded]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "portability.db"


@pytest.fixture
def load_text(tmp_path: Path, table: Path) -> Load:
    def loading(text: str | bytes, name: str = "ported.csv", written_at: float = NOW, **options: Any) -> Loaded:
        file = tmp_path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(file, (written_at, written_at))
        return load(file, table, networks(), **{"now": NOW, **options})

    return loading


def held(table: Path) -> dict[int, int]:
    connection = sqlite3.connect(table)
    try:
        return dict(connection.execute("SELECT msisdn, value FROM ported JOIN networks ON id = network"))
    finally:
        connection.close()


def numbered(rows: int, network: str = "188") -> str:
    return "number,network\n" + "".join(f"{525500000000 + at},{network}\n" for at in range(rows))


def test_load_makes_the_table_and_says_what_it_did(load_text: Load, table: Path) -> None:
    done = load_text("number,network\n525512345678,188\n525512345679,AT&T\n", written_at=NOW - 60)

    assert held(table) == {525512345678: 188_000, 525512345679: 1_000_000}
    assert (done.rows, done.unchanged, done.notes) == (2, False, ())
    assert done.file[:1] + done.file[2:] == ("ported.csv", False, NOW, NOW - 60, 2, 0, 0, 0)
    assert info(table) == (2, NOW - 60, (done.file,), 0, None)


def test_load_inserts_changes_and_takes_out(load_text: Load, table: Path) -> None:
    load_text("number,network\n525512345670,188\n525512345671,188\n525512345672,188\n")

    done = load_text(
        "number,network\n525512345671,156\n525512345672,\n525512345673,166\n525512345679,\n525512345670,188\n"
    )

    assert held(table) == {525512345670: 188_000, 525512345671: 156_000, 525512345673: 166_000}
    assert (done.file.inserted, done.file.changed, done.file.deleted, done.rows) == (1, 1, 1, 3)


def test_last_row_of_a_number_wins(load_text: Load, table: Path) -> None:
    done = load_text(
        "number,network\n525512345670,188\n525512345670,\n525512345670,156\n525512345671,188\n525512345671,\n"
    )

    assert held(table) == {525512345670: 156_000}
    assert done.rows == 1


def test_same_file_twice_changes_nothing(load_text: Load, table: Path) -> None:
    first = load_text(numbered(5))
    second = load_text(numbered(5), name="again.csv", now=NOW + 5)

    assert (first.unchanged, second.unchanged) == (False, True)
    assert second.file == first.file
    assert info(table).files == (first.file,)


def test_file_loaded_again_after_another_is_applied_again(load_text: Load, table: Path) -> None:
    load_text("number,network\n525512345670,188\n", name="a.csv")
    load_text("number,network\n525512345670,156\n", name="b.csv")

    assert load_text("number,network\n525512345670,188\n", name="a.csv").file.changed == 1
    assert held(table) == {525512345670: 188_000}
    assert [file.name for file in info(table).files] == ["a.csv", "b.csv", "a.csv"]


def test_bad_row_loads_nothing_and_every_one_is_named(load_text: Load, table: Path) -> None:
    load_text("number,network\n525512345670,188\n")
    before, files = held(table), info(table).files
    bad: list[BadRow] = []

    with pytest.raises(LoadError, match="2 bad rows; nothing was loaded"):
        load_text(
            "number,network\n525512345671,188\nabc,188\n525512345672,188\n525512345670,\n1,999\n", on_bad=bad.append
        )

    assert [row.line for row in bad] == [3, 6]
    assert held(table) == before
    assert info(table).files == files


def test_bad_rows_up_to_the_limit_are_left_out(load_text: Load, table: Path) -> None:
    text = "number,network\n525512345671,188\nabc,188\n525512345672,188\nx,188\n"

    with pytest.raises(LoadError, match="2 bad rows, 1 allowed"):
        load_text(text, max_errors=1)
    done = load_text(text, max_errors=2)

    assert sorted(held(table)) == [525512345671, 525512345672]
    assert done.file.skipped == 2


def test_file_with_rows_left_out_is_judged_again_when_loaded_again(
    load_text: Load, table: Path, tmp_path: Path
) -> None:
    load_text("number,network\n525512345671,188\n525512345672,Unefon\n", max_errors=1)

    more = Networks([*NETWORKS, Network("unefon", "Unefon")])
    load(tmp_path / "ported.csv", table, more, now=NOW)

    assert sorted(held(table)) == [525512345671, 525512345672]


def test_octets_that_are_no_utf8_make_their_own_row_bad(load_text: Load, table: Path) -> None:
    bad: list[BadRow] = []
    load_text(
        b"\xef\xbb\xbfnumber,network\r\n525512345671,M\xf3vil\r\n525512345672,188\r\n", max_errors=1, on_bad=bad.append
    )

    assert [(row.line, row.field) for row in bad] == [(2, "network")]
    assert sorted(held(table)) == [525512345672]


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "empty"), ("<html>\n", "line 1: header"), ("number;network\n1;2\n", "line 1: header")],
)
def test_file_of_another_kind_loads_nothing(load_text: Load, table: Path, text: str, why: str) -> None:
    for replace in (False, True):
        with pytest.raises(LoadError, match=why):
            load_text(text, replace=replace)
    assert held(table) == {}


def test_missing_file_and_table_are_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=r"ported\.csv: No such file"):
        load(tmp_path / "ported.csv", tmp_path / "t.db", networks(), now=NOW)
    with pytest.raises(LoadError, match=r"t\.db: no such file"):
        info(tmp_path / "t.db")


def test_table_that_is_none_is_left_alone(load_text: Load, table: Path) -> None:
    table.write_bytes(b"something of somebody's, and longer than the header of a database file " * 9)
    before = table.read_bytes()

    with pytest.raises(LoadError, match="not a database"):
        load_text(numbered(1))
    with pytest.raises(LoadError, match="not a database"):
        info(table)
    assert table.read_bytes() == before


def test_table_in_a_missing_directory_is_said_by_name(tmp_path: Path) -> None:
    (tmp_path / "ported.csv").write_text(numbered(1))

    with pytest.raises(LoadError, match="nowhere"):
        load(tmp_path / "ported.csv", tmp_path / "nowhere" / "t.db", networks(), now=NOW)


def test_table_of_a_later_schema_is_left_alone(load_text: Load, table: Path) -> None:
    load_text(numbered(1))
    connection = sqlite3.connect(table, isolation_level=None)
    connection.execute("UPDATE meta SET value = 3 WHERE key = 'schema'")
    connection.close()

    with pytest.raises(LoadError, match="holds schema 3"):
        load_text(numbered(2))


def test_second_load_at_the_same_time_is_refused(load_text: Load, table: Path) -> None:
    with writing(table), pytest.raises(LoadError, match="another load is under way"):
        load_text(numbered(1))
    assert load_text(numbered(1)).rows == 1


def test_replace_puts_a_whole_new_table_in_the_place_of_the_old(load_text: Load, table: Path) -> None:
    load_text("number,network\n525512345670,188\n525512345671,188\n", written_at=NOW - 10)

    done = load_text(
        "number,network\n525512345671,156\n525512345672,188\n525512345673,\n", replace=True, written_at=NOW - 500
    )

    assert held(table) == {525512345671: 156_000, 525512345672: 188_000}
    assert (done.file.inserted, done.file.changed, done.file.deleted, done.rows) == (1, 1, 1, 2)
    assert info(table).as_of == NOW - 500
    assert load_text("number,network\n525512345674,188\n").rows == 3


def test_replace_with_a_bad_row_keeps_the_old_table(load_text: Load, table: Path) -> None:
    load_text(numbered(3))

    with pytest.raises(LoadError, match="1 bad rows"):
        load_text(numbered(4) + "x,188\n", replace=True)

    assert len(held(table)) == 3
    assert tables(table) == TABLES


def tables(table: Path) -> set[str]:
    connection = sqlite3.connect(table)
    try:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    finally:
        connection.close()


def test_replace_that_loses_more_than_a_twentieth_is_refused_unless_forced(load_text: Load, table: Path) -> None:
    load_text(numbered(100))

    with pytest.raises(LoadError, match="94 rows, the table 100"):
        load_text(numbered(94), replace=True)
    assert len(held(table)) == 100
    assert load_text(numbered(95), replace=True).rows == 95
    assert load_text(numbered(10), replace=True, force=True).rows == 10


def test_replace_that_forgets_a_network_is_refused_unless_forced(load_text: Load, table: Path) -> None:
    few = "".join(f"{525600000000 + at},AT&T\n" for at in range(4))
    load_text(numbered(96) + few)

    with pytest.raises(LoadError, match="no row of att, the table 4 of 100"):
        load_text(numbered(100), replace=True)
    assert load_text(numbered(96) + few.replace("AT&T", "156"), replace=True).rows == 100
    assert load_text(numbered(100), replace=True, force=True).rows == 100


def test_replace_clears_what_a_killed_one_left(load_text: Load, table: Path) -> None:
    load_text(numbered(1))
    connection = sqlite3.connect(table, isolation_level=None)
    connection.execute("CREATE TABLE ported_new (msisdn INTEGER PRIMARY KEY, network INTEGER NOT NULL)")
    connection.execute("INSERT INTO ported_new VALUES (525599999999, 188000)")
    connection.close()

    load_text(numbered(2), replace=True)

    assert sorted(held(table)) == [525500000000, 525500000001]
    assert "ported_new" not in tables(table)


def test_load_tells_its_progress_up_to_the_end(load_text: Load) -> None:
    seen: list[tuple[int, int, int]] = []
    text = numbered(300)

    load_text(text, progress=lambda *at: seen.append(at))

    assert seen[-1] == (len(text), len(text), 300)


def test_load_notes_codes_that_no_network_has(load_text: Load) -> None:
    done = load_text("number,rida,rcr\n525512345671,999,188\n525512345672,999,188\n")

    assert done.notes == ("rida 999 is no code of networks; the other code of its rows decides",)


def test_load_takes_the_files_age_but_never_one_in_the_future(load_text: Load, table: Path) -> None:
    load_text(numbered(1), written_at=NOW + 1000)

    assert info(table).as_of == NOW


def test_load_notes_a_reader_that_keeps_the_log_from_being_taken_in(load_text: Load, table: Path) -> None:
    load_text(numbered(2))
    reader = sqlite3.connect(table, isolation_level=None)
    scan = reader.execute("SELECT * FROM ported")
    scan.fetchone()
    try:
        done = load_text(numbered(3))
    finally:
        reader.close()

    assert any("a reader held on to the log" in note for note in done.notes)
