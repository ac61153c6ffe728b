"""What was measured as tables: in Markdown to read, in a file that holds such tables, in JSON for programs."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.bench import jasmin, kannel
from tests.bench.children import BenchError
from tests.bench.figures import Result, markdown

FLOW = ["messages", "in/s", "out/s", "complete/s", "us CPU", "cores", "MB", "accept", "to SMSC"]
COLUMNS = {
    "relevo": FLOW,
    "kannel": FLOW,
    "jasmin": FLOW,
    "backlog": ["messages", "in/s", "us CPU", "MB", "peak MB", "store MB", "ready s", "first send s", "MB again"],
    "upload": ["rows", "rows/s", "us CPU", "MB before", "highest", "OTPs", "alone", "beside"],
    "parts": ["us"],
}
PEERS = {"kannel": kannel.SETUP, "jasmin": jasmin.SETUP}


class Row(NamedTuple):
    """One line of a table, what it shows, and how it is measured with the tools in a directory of its own."""

    table: str
    name: str
    shows: str
    measure: Callable[[Path, Path], Result]

    @property
    def key(self) -> str:
        """How the command line and the JSON name it."""
        return f"{self.table}/{self.name}"

    @property
    def title(self) -> str:
        """What stands first in its line."""
        return self.name if self.name == self.shows else f"{self.shows} (`{self.name}`)"


class Outcome(NamedTuple):
    """A row that was measured, or why it was not."""

    row: Row
    result: Result | None
    why_not: str = ""

    @property
    def failed(self) -> bool:
        """Whether it says something against Relevo."""
        return self.row.table not in PEERS and (self.result is None or bool(self.result.faults))


def tables(outcomes: list[Outcome]) -> dict[str, str]:
    """Each table in Markdown, and under it what was not measured or went wrong."""
    return {
        table: _table(table, [outcome for outcome in outcomes if outcome.row.table == table])
        for table in dict.fromkeys(outcome.row.table for outcome in outcomes)
    }


def _table(table: str, outcomes: list[Outcome]) -> str:
    measured = {outcome.row.title: outcome.result.figures for outcome in outcomes if outcome.result}
    notes = [f"- `{o.row.name}` not measured: {o.why_not.splitlines()[0]}" for o in outcomes if not o.result]
    notes += [f"- `{o.row.name}`: {fault}" for o in outcomes if o.result for fault in o.result.faults]
    return "\n\n".join(filter(None, [markdown(measured, COLUMNS[table]) if measured else "", "\n".join(notes)]))


def report(outcomes: list[Outcome], around: str) -> str:
    """All tables under their names; `around` says where and when."""
    words = [around]
    for table, text in tables(outcomes).items():
        words += [f"### {table}" + (f": {PEERS[table]}" if table in PEERS else ""), text]
    return "\n\n".join(words)


def write_into(file: Path, outcomes: list[Outcome], around: str) -> None:
    """Put each table between its marks in a file: <!-- table NAME --> … <!-- end -->. Raises BenchError without them.

    Rows that were not measured this time go from the table: measure whole tables.
    """
    text = file.read_text()
    for table, rows in {**tables(outcomes), "machine": around}.items():
        mark = f"<!-- table {table} -->"
        whole = re.compile(re.escape(mark) + ".*?<!-- end -->", re.DOTALL)
        if not whole.search(text):
            raise BenchError(f"{file} has no {mark}")
        new = f"{mark}\n{rows}\n<!-- end -->"
        text = whole.sub(new.replace("\\", "\\\\"), text)
    file.write_text(text)


def as_json(outcomes: list[Outcome], around: str) -> str:
    """The same for programs."""
    measured = {
        outcome.row.key: {"shows": outcome.row.shows, **(outcome.result or Result({}, []))._asdict()}
        | {"why_not": outcome.why_not}
        for outcome in outcomes
    }
    return json.dumps({"machine": around, "rows": measured}, indent=1) + "\n"
