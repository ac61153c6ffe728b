"""The table as a source: files that come, go and change under it, and what it says meanwhile."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from portability.answer import Answer
from portability.load import load
from portability.networks import Network, Networks
from portability.source import SourceUnavailable
from portability.table import Table
from tests.support.numbering import networks

PROJECT = Path(__file__).resolve().parents[2]
NUMBER = 525512345678


class Now:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "portability.db"


def filled(path: Path, rows: str, header: str = "number,rida,rcr", replace: bool = False) -> None:
    file = path.with_suffix(".csv")
    file.write_text(f"{header}\n{rows}\n")
    os.utime(file, (500.0, 500.0))
    load(file, path, networks(), now=1000.0, force=True, replace=replace)


@pytest.mark.parametrize(
    ("header", "row", "network", "hosts"),
    [
        ("number,rida,rcr", "188,188", "telcel", ()),
        ("number,rida,rcr", "901,166", "weex", ("movistar",)),
        ("number,rida,rcr", "901,156", "weex", ("att", "movistar")),
        ("number,rida,rcr", "999,156", "att", ()),
        ("number,network", "901", "weex", ("movistar",)),
        ("number,network", "Weex", "weex", ("movistar",)),
        ("number,network", "334-090", "att", ()),
    ],
)
def test_table_says_where_a_number_was_ported(
    path: Path, header: str, row: str, network: str, hosts: tuple[str, ...]
) -> None:
    filled(path, f"{NUMBER},{row}", header)
    table = Table(path, networks(), monotonic=Now())

    assert table.lookup(NUMBER) == Answer(network, "table", ported=True, as_of=500.0, hosts=hosts)
    table.close()


def test_table_knows_that_a_number_of_its_country_was_not_ported_and_nothing_of_others(path: Path) -> None:
    filled(path, f"{NUMBER},188,188")
    table = Table(path, networks(), monotonic=Now())

    assert table.lookup(525500000000) == Answer(None, "table", ported=False, as_of=500.0)
    assert table.lookup(12025550123) is None
    table.close()


def test_empty_table_claims_nothing(path: Path) -> None:
    filled(path, f"{NUMBER},,")
    table = Table(path, networks(), monotonic=Now())

    assert table.lookup(NUMBER) is None
    table.close()


def test_code_that_left_the_configuration_is_ported_to_nobody_known(path: Path) -> None:
    filled(path, f"{NUMBER},901,166\n525512345679,188,")
    filled(path, "525512345670,Weex", "number,network")
    table = Table(path, Networks([Network("att", codes=("156",))]), monotonic=Now())

    found = [table.lookup(number) for number in (NUMBER, 525512345670)]

    assert [answer and (answer.network, answer.ported) for answer in found] == [(None, True), (None, True)]
    assert [answer and answer.detail for answer in found] == [
        "RIDA 901, RCR 166 is no network of the configuration",
        "Weex is no network of the configuration",
    ]
    table.close()


def test_missing_file_is_not_available_until_it_appears(path: Path) -> None:
    now = Now()
    table = Table(path, networks(), monotonic=now)

    with pytest.raises(SourceUnavailable, match="No such file"):
        table.lookup(NUMBER)
    assert table.unavailable

    filled(path, f"{NUMBER},188,188")
    now.now = 0.9
    with pytest.raises(SourceUnavailable):
        table.lookup(NUMBER)
    now.now = 1.0
    assert table.lookup(NUMBER)
    assert table.unavailable is None
    table.close()


def test_loads_are_seen_at_once_and_their_date_within_a_second(path: Path) -> None:
    now = Now()
    filled(path, f"{NUMBER},188,188")
    table = Table(path, networks(), monotonic=now)
    table.lookup(NUMBER)

    filled(path, f"{NUMBER},Weex", "number,network")
    found = table.lookup(NUMBER)
    assert found is not None
    assert found.network == "weex"

    file = path.with_suffix(".csv")
    file.write_text(f"number,network\n{NUMBER},AT&T\n")
    os.utime(file, (900.0, 900.0))
    load(file, path, networks(), now=1000.0)
    now.now = 1.0
    assert table.lookup(NUMBER) == Answer("att", "table", ported=True, as_of=900.0)
    assert (table.rows, table.as_of) == (1, 900.0)
    table.close()


def test_numbers_looked_up_ahead_are_known_without_the_file_for_a_moment(path: Path) -> None:
    now = Now()
    filled(path, f"{NUMBER},188,188\n525512345679,901,166")
    table = Table(path, networks(), monotonic=now)
    numbers = [NUMBER, 525512345679, 525512345670]
    each = [table.lookup(number) for number in numbers]
    table.look_ahead(numbers)
    assert [table.lookup(number) for number in numbers] == each
    assert [answer and answer.network for answer in each] == ["telcel", "weex", None]

    filled(path, f"{NUMBER},156,156\n525512345671,156,156")
    assert [table.lookup(number) for number in numbers] == each
    other = table.lookup(525512345671)
    assert other and other.network == "att", "nobody had said that this one would come"

    now.now = 0.1
    found = table.lookup(NUMBER)
    assert found and found.network == "att"
    table.close()


def test_what_was_looked_up_ahead_is_forgotten_when_the_file_is_looked_at(path: Path) -> None:
    now = Now()
    filled(path, f"{NUMBER},188,188")
    table = Table(path, networks(), monotonic=now)
    table.lookup(NUMBER)
    now.now = 0.95
    table.look_ahead([NUMBER] * 3)

    filled(path, f"{NUMBER},156,156")
    now.now = 1.0
    found = table.lookup(NUMBER)
    assert found and found.network == "att"
    table.close()


def test_looking_ahead_in_a_table_that_is_not_there_leaves_it_to_the_lookup_to_say_so(path: Path) -> None:
    table = Table(path, networks(), monotonic=Now())
    table.look_ahead([NUMBER])

    with pytest.raises(SourceUnavailable):
        table.lookup(NUMBER)


def test_age_is_known_and_loads_are_seen_though_nobody_looks_numbers_up(path: Path) -> None:
    now = Now()
    table = Table(path, networks(), monotonic=now)
    table.look()
    assert (table.as_of, bool(table.unavailable)) == (None, True)

    filled(path, f"{NUMBER},188,188")
    table.look()
    assert table.as_of is None, "it was looked at a moment ago"
    now.now = 1.0
    table.look()
    assert (table.rows, table.unavailable) == (1, None)
    assert table.as_of is not None
    table.close()


def test_replaced_table_is_seen_by_an_open_reader(path: Path) -> None:
    filled(path, f"{NUMBER},188,188")
    table = Table(path, networks(), monotonic=Now())
    assert table.lookup(NUMBER)

    filled(path, "525512345679,156,156", replace=True)

    gone, come = table.lookup(NUMBER), table.lookup(525512345679)
    assert gone is not None
    assert gone.ported is False
    assert come is not None
    assert come.network == "att"
    table.close()


def test_another_file_in_its_place_is_opened_within_a_second(path: Path) -> None:
    now = Now()
    filled(path, f"{NUMBER},188,188")
    table = Table(path, networks(), monotonic=now)
    table.lookup(NUMBER)

    filled(path.with_name("other.db"), f"{NUMBER},156,156")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.with_name("other.db").rename(path)
    now.now = 1.0

    found = table.lookup(NUMBER)
    assert found is not None
    assert found.network == "att"

    path.unlink()
    now.now = 2.0
    with pytest.raises(SourceUnavailable):
        table.lookup(NUMBER)


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be taken for one " * 20])
def test_file_that_is_no_table_is_not_available(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    table = Table(path, networks(), monotonic=Now())

    with pytest.raises(SourceUnavailable):
        table.lookup(NUMBER)
    assert str(path) in str(table.unavailable)


def test_table_of_a_later_schema_is_not_available(path: Path) -> None:
    filled(path, f"{NUMBER},188,188")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE meta SET value = 3 WHERE key = 'schema'")
    connection.close()
    table = Table(path, networks(), monotonic=Now())

    with pytest.raises(SourceUnavailable, match="schema 3"):
        table.lookup(NUMBER)


def test_locked_table_is_not_available_and_comes_back(path: Path) -> None:
    filled(path, f"{NUMBER},188,188")
    locker = sqlite3.connect(path, isolation_level=None)
    locker.execute("PRAGMA journal_mode = DELETE")
    now = Now()
    table = Table(path, networks(), monotonic=now)
    assert table.lookup(NUMBER)
    locker.execute("BEGIN EXCLUSIVE")

    with pytest.raises(SourceUnavailable, match="locked"):
        table.lookup(NUMBER)
    assert table.unavailable

    locker.execute("ROLLBACK")
    locker.close()
    now.now = 1.0
    assert table.lookup(NUMBER)
    assert table.unavailable is None
    table.close()


READING = """
import sys, time
from pathlib import Path
from portability.table import Table
from tests.support.numbering import networks

table = Table(Path(sys.argv[1]), networks(), monotonic=time.monotonic)
seen = [table.lookup(525512345678).network]
print("reading", flush=True)
deadline = time.monotonic() + 30
while seen[-1] != "movistar" and time.monotonic() < deadline:
    network = table.lookup(525512345678).network
    if network != seen[-1]:
        seen.append(network)
print(*seen)
"""


def test_swaps_under_a_reading_process_are_never_an_error(path: Path) -> None:
    filled(path, f"{NUMBER},188,188")
    command = [sys.executable, "-c", READING, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "reading\n"
        padding = "\n".join(f"{525600000000 + at},188,188" for at in range(3000))
        for code in (156, 188, 156, 166):
            filled(path, f"{NUMBER},{code},{code}\n{padding}", replace=True)
        seen = reader.stdout.read().split()

    assert reader.returncode == 0
    assert seen[0] == "telcel"
    assert seen[-1] == "movistar"
    assert set(seen) <= {"telcel", "att", "movistar"}
