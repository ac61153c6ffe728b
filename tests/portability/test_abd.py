"""The administrator's files: what a record means, dates ahead, files out of order or cut, twice is once."""

import os
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portability.abd_load import Applied, apply_due, load_abd
from portability.abd_moves import unix_time
from portability.load import Loaded, info, load
from portability.plan import Plan, read_plan
from portability.rows import BadRow
from portability.writer import LoadError
from tests.portability.test_load import TABLES, held, tables
from tests.support.numbering import networks

ZONE = ZoneInfo("America/Mexico_City")
NOW = datetime(2026, 1, 16, 12, 0, 0, tzinfo=ZONE).timestamp()
NUMBER = 525512345678
LoadAbd = Callable[..., Loaded]


def record(port_id: str, *ranges: str, rida: str = "188", rcr: str = "188", **more: str) -> str:
    """A PortData; a range is `first` or `first-last`."""
    fields = {
        **{"PortID": port_id, "PortType": "1", "Action": "Port", "RIDA": rida, "RCR": rcr},
        **{"DIDA": "166", "DCR": "166", "ActionDate": "20260115020000"},
        **more,
    }
    spans = [(span.partition("-")[0], span.partition("-")[2] or span) for span in ranges]
    numbers = "".join(
        f"<NumberRange><NumberFrom>{a}</NumberFrom><NumberTo>{b}</NumberTo><isMPP>Y</isMPP></NumberRange>"
        for a, b in spans
    )
    texts = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text)
    return f"<PortData>{texts}<NumberRanges>{numbers}</NumberRanges></PortData>\n"


def deleted(port_id: str, *ranges: str, assignee: str = "156", **more: str) -> str:
    return record(port_id, *ranges, FolioID="7", AssigneeIDA=assignee, AssigneeCR=assignee, **more)


def document(*records: str, timestamp: str = "20260115235900", messages: int | None = None) -> str:
    count = len(records) if messages is None else messages
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<NPCData>\n<MessageName>Porting Data</MessageName>'
        f"<Timestamp>{timestamp}</Timestamp><NumberOfMessages>{count}</NumberOfMessages>\n<PortDataList>\n"
        + "".join(records)
        + "</PortDataList>\n</NPCData>\n"
    )


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "portability.db"


@pytest.fixture
def load_text(tmp_path: Path, table: Path) -> LoadAbd:
    def loading(text: str | bytes, name: str = "NumbersPorted-20260115.xml", **options: Any) -> Loaded:
        file = tmp_path / name
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(file, (NOW, NOW))
        return load_abd(file, table, networks(), **{"now": NOW, **options})

    return loading


def test_ranges_of_a_record_are_all_taken_number_by_number(load_text: LoadAbd, table: Path) -> None:
    done = load_text(
        document(
            record("A", "5512345678", "5512345700-5512345702", rida="901", rcr="166"),
            record("B", "525512345800", rida="156", rcr=""),
        )
    )

    assert held(table) == {
        NUMBER: 901_166,
        **dict.fromkeys(range(525512345700, 525512345703), 901_166),
        525512345800: 156_000,
    }
    assert (done.file.inserted, done.rows, done.notes) == (5, 5, ())
    assert info(table).as_of == unix_time("20260115235900")


def test_deleted_number_goes_back_to_its_range(load_text: LoadAbd, table: Path) -> None:
    load_text(document(record("A", "5512345678", "5512345679")))

    done = load_text(
        document(deleted("B", "5512345678", ActionDate="20260115030000")), name="NumbersDeleted-20260115.xml"
    )

    assert list(held(table)) == [NUMBER + 1]
    assert done.file.deleted == 1


def test_order_of_files_does_not_matter_but_their_dates_do(load_text: LoadAbd, table: Path) -> None:
    later = record("B", "5512345678", rida="156", rcr="156", ActionDate="20260115040000")
    load_text(document(later))
    late = load_text(document(record("A", "5512345678")), name="NumbersPorted-20260114.xml")
    gone = load_text(document(deleted("C", "5512345678")), name="NumbersDeleted-20260115.xml")

    assert held(table) == {NUMBER: 156_156}
    assert late.notes == gone.notes == ("1 numbers had moved again by what was loaded before, and stay there",)


@pytest.mark.parametrize("first_deleted", [False, True])
def test_number_given_back_and_ported_in_one_second_is_ported(
    load_text: LoadAbd, table: Path, first_deleted: bool
) -> None:
    files = [
        (document(record("A", "5512345678")), "NumbersPorted-20260115.xml"),
        (document(deleted("B", "5512345678")), "NumbersDeleted-20260115.xml"),
    ]
    for text, name in reversed(files) if first_deleted else files:
        load_text(text, name=name)
    assert held(table) == {NUMBER: 188_188}


def test_same_file_twice_changes_nothing(load_text: LoadAbd, table: Path) -> None:
    text = document(record("A", "5512345678"))
    load_text(text)
    load_text(document(record("B", "5512345679")), name="NumbersPorted-20260114.xml")

    again = load_text(text)

    assert again.unchanged
    assert len(info(table).files) == 2


def test_move_dated_ahead_waits_until_it_is_due(load_text: LoadAbd, table: Path) -> None:
    load_text(document(record("A", "5512345678"), record("B", "5512345679")))
    done = load_text(
        document(
            record("C", "5512345678", rida="156", rcr="156", ActionDate="20260117020000"),
            deleted("D", "5512345679", ActionDate="20260118020000"),
        ),
        name="NumbersPorted-20260114.xml",
    )
    due = unix_time("20260117020000")

    assert done.notes == ("2 moves are dated ahead and wait until they are due",)
    assert info(table)[3:] == (2, due)
    assert apply_due(table, due - 1) == Applied(0, 0, 0, 2)
    assert apply_due(table, due) == Applied(0, 1, 0, 2)
    assert held(table) == {NUMBER: 156_156, NUMBER + 1: 188_188}
    load_text(document(record("E", "5512345680")), name="NumbersPorted-20260116.xml", now=due + 86_400, force=True)
    assert held(table) == {NUMBER: 156_156, NUMBER + 2: 188_188}
    assert info(table).pending == 0


@pytest.mark.parametrize(
    ("text", "hour"), [("20260115000000", 6), ("20260115123000", 18), ("20220615003000", 5), ("20261031235959", 5)]
)
def test_date_is_that_of_mexico_city(text: str, hour: int) -> None:
    found = datetime.fromtimestamp(unix_time(text), ZONE)
    assert found.strftime("%Y%m%d%H%M%S") == text
    assert datetime.fromtimestamp(unix_time(text), ZoneInfo("UTC")).hour == hour


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        (record("", "5512345678"), "PortID", "missing"),
        (record("X"), "NumberFrom", "missing"),
        (record("X", "551234567"), "NumberFrom", "ten digits"),
        (record("X", "5215512345678"), "NumberFrom", "ten digits"),
        (record("X", "5512345678-5512345677"), "NumberTo", "less than NumberFrom"),
        (record("X", "5512340000-5512350000"), "NumberTo", "10001 numbers, at most 10000"),
        (record("X", "5512345678", rida="777", rcr="778"), "RIDA", "neither '777' nor rcr '778'"),
        (record("X", "5512345678", rcr="1A8"), "RCR", "not a three-digit code"),
        (record("X", "5512345678", rida="", rcr=""), "RIDA", "missing"),
        (record("X", "5512345678", ActionDate="20260231000000"), "ActionDate", "no date"),
        (record("X", "5512345678", ActionDate="20260115246000"), "ActionDate", "no date"),
        (record("A", "5512345671"), "PortID", "came before with other content"),
    ],
)
def test_bad_record_is_named_and_loads_nothing_unless_allowed(
    load_text: LoadAbd, table: Path, bad: str, field: str, reason: str
) -> None:
    found: list[BadRow] = []
    text = document(record("A", "5512345670"), bad)

    with pytest.raises(LoadError, match="1 bad rows; nothing was loaded"):
        load_text(text, on_bad=found.append)
    assert held(table) == {}
    done = load_text(text, max_errors=1)

    assert [(row.line, row.field) for row in found] == [(6, field)]
    assert reason in found[0].reason
    assert list(held(table)) == [525512345670]
    assert done.file.skipped == 1


BOMB = '<?xml version="1.0"?><!DOCTYPE n [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><NPCData>&b;</NPCData>'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (document(record("A", "5512345678"))[:-40], "not whole"),
        (document(record("A", "5512345678")).replace("</NPCData>", ""), "not whole"),
        (BOMB, "document type"),
        ("PK\x03\x04", "ZIP"),
        ("<html><body>login</body></html>", "<html>"),
        (document().replace("<Timestamp>20260115235900</Timestamp>", ""), "no Timestamp"),
        (document().replace("<NumberOfMessages>0</NumberOfMessages>", ""), "no NumberOfMessages"),
        (document(timestamp="20260118000000"), "not of the day in the name"),
        (document(timestamp="yesterday"), "Timestamp"),
    ],
)
def test_file_that_is_not_whole_or_of_another_kind_is_refused(
    load_text: LoadAbd, table: Path, text: str, why: str
) -> None:
    for replace in (False, True):
        if replace and "day in the name" in why:
            continue
        with pytest.raises(LoadError, match=why):
            load_text(text, replace=replace)
    assert held(table) == {}
    assert tables(table) == TABLES
    assert info(table).files == ()


def test_count_that_does_not_fit_is_noted(load_text: LoadAbd) -> None:
    assert load_text(document(record("A", "5512345678"), messages=3)).notes == (
        "NumberOfMessages is 3, the file holds 1",
    )


HEADER = "PortID|PortType|Action|NumberFrom|NumberTo|isMPP|RIDA|RCR|DIDA|DCR|ActionDate"


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "\nA|1|Port|5512345678|5512345679|N|188|188|166|166|20260115020000\n",
        "A|1|Port|5512345678|5512345679|N|188|188|166|166|20260115020000\r\n",
        HEADER.replace("|", ",").replace("P", "p", 1)
        + "\nA,1,Port,5512345678,5512345679,N,188,188,166,166,20260115020000",
    ],
)
def test_csv_of_the_administrator_is_read_with_and_without_header(load_text: LoadAbd, table: Path, text: str) -> None:
    load_text(text, name="NumbersPorted-20260115.csv")
    assert held(table) == {NUMBER: 188_188, NUMBER + 1: 188_188}
    assert info(table).as_of == unix_time("20260115020000")


@pytest.mark.parametrize("tail", ["20260115030000|156|156", "156|156|20260115030000"])
def test_deleted_csv_has_its_assignee_on_either_side_of_the_date(load_text: LoadAbd, table: Path, tail: str) -> None:
    load_text(document(record("A", "5512345678")))
    load_text(f"B|1|Port|5512345678|5512345678|N|188|188|166|166|{tail}\n", name="gone.csv")
    assert held(table) == {}


def test_csv_row_that_is_short_is_named(load_text: LoadAbd, table: Path) -> None:
    bad: list[BadRow] = []
    with pytest.raises(LoadError, match="1 bad rows"):
        load_text(HEADER + "\nA|1|Port|5512345678|55123", name="n.csv", on_bad=bad.append)
    assert [(row.line, row.field) for row in bad] == [(2, "row")]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    file = tmp_path / "plan.csv"
    file.write_text(
        "start,end,network,kind\n525512340000,525512349999,telcel,mobile\n525512350000,525512359999,att,fixed\n"
    )
    return Plan(read_plan(file, networks()))


def test_plan_judges_numbers(load_text: LoadAbd, table: Path, plan: Plan) -> None:
    bad: list[BadRow] = []
    done = load_text(
        document(
            record("A", "5512345678", rida="156", rcr="156"),
            record("B", "5512350000-5512350009", rida="156", rcr="156"),
            record("C", "5599999999"),
            deleted("D", "5512340001", assignee="166"),
            deleted("E", "5512340002", assignee="188"),
        ),
        plan=plan,
        max_errors=1,
        on_bad=bad.append,
    )

    assert held(table) == {NUMBER: 156_156}
    assert [(row.field, row.reason) for row in bad] == [
        ("NumberFrom", "525599999999 is in no range of the numbering plan")
    ]
    assert done.notes == (
        "10 numbers of fixed lines were left out",
        "1 numbers went back to movistar, the plan says telcel",
    )


def test_whole_file_takes_the_place_of_the_table_but_not_of_what_moved_since(load_text: LoadAbd, table: Path) -> None:
    load_text(
        document(
            record("A", "5512345678", ActionDate="20260114020000"),
            record("B", "5512345679", ActionDate="20260116020000"),
            record("C", "5512345680", ActionDate="20260120020000"),
        )
    )
    whole = document(
        record("D", "5512345678", rida="156", rcr="156", ActionDate="20200101000000"),
        record("E", "5512345678", rida="166", rcr="166", ActionDate="20210101000000"),
        record("F", "5512345600", rida="166", rcr="166", ActionDate="20190101000000"),
        timestamp="20260115000000",
    )
    done = load_text(whole, name="dump.xml", replace=True, force=True)
    late = load_text(document(deleted("G", "5512345600", ActionDate="20260113000000")), name="late.xml")

    assert held(table) == {525512345600: 166_166, NUMBER: 166_166, NUMBER + 1: 188_188}
    assert done.rows == 3
    assert len(late.notes) == 1
    assert info(table).pending == 1


def test_refused_replacement_leaves_no_move_waiting(load_text: LoadAbd, table: Path) -> None:
    load_text(document(*(record(f"{at}", f"551234567{at}") for at in range(4))))
    whole = document(record("A", "5512345670"), record("B", "5512345671", rida="156", ActionDate="20260120020000"))

    with pytest.raises(LoadError, match="the file holds 1 rows, the table 4"):
        load_text(whole, name="dump.xml", replace=True)
    assert info(table).pending == 0
    assert load_text(whole, name="dump.xml", replace=True, force=True).rows == 1
    assert info(table).pending == 1


def test_csv_that_is_the_whole_table_forgets_the_moves_before_it(
    load_text: LoadAbd, table: Path, tmp_path: Path
) -> None:
    load_text(document(record("A", "5512345678")))
    file = tmp_path / "all.csv"
    file.write_text("number,network\n525512345678,156\n")
    load(file, table, networks(), now=NOW, replace=True, force=True)
    load_text(document(record("B", "5512345678", rida="166", rcr="166", ActionDate="20260115010000")), name="x.xml")
    assert held(table) == {NUMBER: 166_166}


def test_csv_that_is_the_whole_table_keeps_what_moved_since_it_was_written(
    load_text: LoadAbd, table: Path, tmp_path: Path
) -> None:
    load_text(document(record("A", "5512345678"), record("B", "5512345679", ActionDate="20260115010000")))
    file = tmp_path / "all.csv"
    file.write_text("number,network\n525512345678,156\n525512345679,156\n")
    written = unix_time("20260115013000")
    os.utime(file, (written, written))

    load(file, table, networks(), now=NOW, replace=True, force=True)

    assert held(table) == {NUMBER: 188_188, NUMBER + 1: 156_000}


def test_move_that_a_whole_file_dated_ahead_counts_by_its_date_once_due(load_text: LoadAbd, table: Path) -> None:
    load_text(document(record("A", "5512345678", ActionDate="20260115010000")))
    whole = document(
        record("B", "5512345678", rida="156", rcr="156", ActionDate="20260115020000"), timestamp="20260115000000"
    )
    load_text(whole, name="dump.xml", replace=True, force=True)
    late = document(record("C", "5512345678", rida="166", rcr="166", ActionDate="20260115013000"))
    load_text(late, name="late.xml")

    assert held(table) == {NUMBER: 156_156}


def test_applying_needs_a_table(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no such file"):
        apply_due(tmp_path / "none.db", NOW)


MOVES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 40), st.sampled_from(["188", "156", "901", ""])),
    max_size=25,
    unique_by=lambda move: move[:2],
)


@settings(max_examples=30, deadline=None)
@given(MOVES, st.integers(1, 4), st.randoms(use_true_random=False))
def test_table_holds_the_newest_move_of_each_number_whatever_the_order_of_files(
    moves: list[tuple[int, int, str]], files: int, shuffled: random.Random
) -> None:
    import tempfile

    newest = {number: code for number, _, code in sorted(moves, key=lambda move: move[1])}
    shuffled.shuffle(moves)
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "t.db"
        for at in range(files):
            records = [
                (deleted if not code else record)(
                    f"{index}",
                    f"551234567{number}",
                    ActionDate=f"202601150200{second:02}",
                    **({"rida": code, "rcr": code} if code else {}),
                )
                for index, (number, second, code) in enumerate(moves)
                if index % files == at
            ]
            file = Path(name) / f"{at}.xml"
            file.write_text(document(*records))
            load_abd(file, table, networks(), now=NOW)
        found = held(table)
    assert found == {525512345670 + number: int(code) * 1001 for number, code in newest.items() if code}
