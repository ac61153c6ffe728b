"""The one command: which rows it has, what it prints, what counts against us; and Kannel, measured for real."""

import json
import re
from collections.abc import Sized
from pathlib import Path
from typing import cast

import pytest

from gateway.smpp.receipt import Receipt
from gateway.smpp.spec import MessageState
from routes.mt import MtChoice
from tests.bench import kannel
from tests.bench.all import main, measure, rows
from tests.bench.children import BenchError
from tests.bench.figures import Result
from tests.bench.machine import machine
from tests.bench.parts import parts
from tests.bench.run import build_tools
from tests.bench.run import measure as measure_flow
from tests.bench.scenarios import Ports
from tests.bench.tables import Outcome, Row, as_json, report, write_into

PORTS = Ports(2801, 8080, 2775, 9464, 9000)


def row(table: str = "relevo", why_not: str = "") -> Row:
    def measured(_tools: Path, _directory: Path) -> Result:
        if why_not:
            raise BenchError(why_not)
        return Result({"messages": 5.0, "in/s": 1234.0}, [])

    return Row(table, "flat", "everything at once", measured)


def test_rows_have_a_name_of_their_own_and_say_their_setup() -> None:
    found = rows()

    assert len({each.key for each in found}) == len(found)
    assert {each.table for each in found} == {"relevo", "kannel", "jasmin", "backlog", "upload", "parts"}


def test_parts_each_do_what_they_are_measured_at() -> None:
    found = {name: call() for name, call in parts().items()}

    assert found["route of three, by network"] == MtChoice(("movistar", "att"), 2)
    assert len(cast(Sized, found["split into 3 parts with UDH"])) == 3
    assert cast(Receipt, found["receipt, read from its deliver_sm (text and TLVs)"]).state is MessageState.DELIVERED


@pytest.mark.parametrize("name", list(kannel.scenarios()))
def test_loads_of_a_peer_know_where_receipts_are_called_back(name: str) -> None:
    words = " ".join(word for load in kannel.scenarios()[name].loads for word in load.arguments(PORTS))

    assert "WEBHOOK" not in words
    assert "dlr-url=http://127.0.0.1:9000/dlr/{id}" in words


def test_messages_are_as_many_as_asked_for_in_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list", "--only", "kannel", "relevo/batches", "--messages", "100"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].split()[0] == "relevo/batches"
    assert len(listed) == 1 + len(kannel.scenarios())


def test_unknown_table_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "kanel"])
    assert "unknown: kanel" in capsys.readouterr().err


def test_medians_are_taken_of_several_runs(tmp_path: Path) -> None:
    rates = iter([30.0, 10.0, 20.0])
    several = row()._replace(measure=lambda _tools, _directory: Result({"in/s": next(rates)}, []))

    outcome = measure(several, tmp_path, tmp_path / "keep", 3)

    assert outcome.result == Result({"in/s": 20.0}, [])


def test_peer_that_is_not_there_is_named_and_is_no_failure(tmp_path: Path) -> None:
    outcomes = [measure(row("kannel", "bearerbox is missing"), tmp_path, None, 1), measure(row(), tmp_path, None, 1)]

    assert [outcome.failed for outcome in outcomes] == [False, False]
    assert "- `flat` not measured: bearerbox is missing" in report(outcomes, "here")
    assert json.loads(as_json(outcomes, "here"))["rows"]["kannel/flat"]["why_not"] == "bearerbox is missing"


@pytest.mark.parametrize(
    "outcome", [Outcome(row(), None, "no compiler"), Outcome(row(), Result({"messages": 1.0}, ["smsc: duplicates 2"]))]
)
def test_row_of_ours_that_lost_something_or_was_not_measured_is_a_failure(outcome: Outcome) -> None:
    assert outcome.failed
    assert (outcome.why_not or "smsc: duplicates 2") in report([outcome], "here")


def test_tables_are_put_between_their_marks(tmp_path: Path) -> None:
    file = tmp_path / "figures.md"
    file.write_text("a\n<!-- table relevo -->\nold\n<!-- end -->\nb\n<!-- table machine -->\n<!-- end -->\n")

    write_into(file, [measure(row(), tmp_path, None, 1)], "here")

    lines = file.read_text().splitlines()
    assert lines[:2] == ["a", "<!-- table relevo -->"]
    assert lines[4].startswith("| everything at once (`flat`) | 5 | 1,234 |")
    assert lines[5:] == ["<!-- end -->", "b", "<!-- table machine -->", "here", "<!-- end -->"]
    with pytest.raises(BenchError, match="has no <!-- table kannel -->"):
        write_into(file, [measure(row("kannel"), tmp_path, None, 1)], "here")


def test_machine_says_what_the_stores_are_on() -> None:
    assert re.search(r"stores on \S+, 8 kB and fdatasync \S+ ms; .*Python 3", machine())


def test_benchmarks_have_a_place_for_each_table() -> None:
    words = (Path(__file__).parents[2] / "BENCHMARKS.md").read_text()

    marks = re.findall("<!-- table ([a-z]+) -->", words)
    assert sorted(marks) == sorted({"machine", *(each.table for each in rows())})


@pytest.mark.peers
def test_kannel_takes_the_load_and_tells_of_every_receipt(tmp_path: Path) -> None:
    build_tools(tmp_path)
    directory = tmp_path / "run"
    directory.mkdir()

    result = measure_flow(kannel.scenarios(0.01)["http-single"], tmp_path, directory, kannel.start)

    assert result.faults == []
    assert result.figures["messages"] == 200
    assert result.figures["complete/s"] > 0
