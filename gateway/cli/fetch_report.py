"""What `relevo portability fetch` says at its end: a line a file that something became of, notes, a sum."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from gateway.cli.output import complain, count, plain, print_json
from gateway.cli.ported_table import what_it_did
from portability.daily import Daily, State, without_other
from portability.load import TableInfo


def gaps(before: TableInfo, first: date) -> list[str]:
    """What no daily file can mend in the table as it was `before`; `first` is the first day that is looked at."""
    if not before.rows:
        return [f"the table was empty: who was ported before {first} is unknown until a full file is loaded"]
    if before.as_of is not None and datetime.fromtimestamp(before.as_of, UTC).date() < first:
        return [f"the table's data ends before {first}: load a full file with --replace, for the days between"]
    return []


@dataclass(frozen=True, slots=True)
class Report:
    """The files of the days, what the table holds now, and what was to be said whatever the files are."""

    files: Sequence[Daily]
    rows: int
    gaps: Sequence[str]
    dry_run: bool

    @property
    def notes(self) -> list[str]:
        """What somebody should look at, though nothing failed."""
        of_loads = [f"{daily.file.path}: {note}" for daily in self.files if daily.loaded for note in daily.loaded.notes]
        alone = [
            f"{path}: the day's other file (ported, deleted) is not there yet" for path in without_other(self.files)
        ]
        return [*self.gaps, *of_loads, *alone]

    def print(self, *, as_json: bool) -> None:
        """Data on standard output; notes, refusals and what could not be fetched on standard error."""
        for note in self.notes:
            complain(f"note: {plain(note)}")
        if as_json:
            files = [_as_json(daily) for daily in self.files]
            print_json({"dry_run": self.dry_run, "rows": self.rows, "notes": self.notes, "files": files})
            return
        for daily in self.files:
            _tell(daily)
        told = Counter(daily.state for daily in self.files)
        parts = [f"{told[state]} {state.value}" for state in State if told[state]]
        print(f"{', '.join(parts) or 'no files'}; the table holds {count(self.rows)} numbers")


def _tell(daily: Daily) -> None:
    path = plain(daily.file.path)
    match daily.state:
        case State.REFUSED:
            complain(f"relevo: {path}: {plain(daily.why)}")
        case State.MISSED:
            complain(f"relevo: {plain(daily.why)}")
        case State.LOADED if daily.loaded:
            print(f"{path}: {what_it_did(daily.loaded.file._asdict())}")
        case State.NEW:
            print(f"{path}: new")


def _as_json(daily: Daily) -> Mapping[str, Any]:
    found = {"day": daily.day.isoformat(), "path": daily.file.path, "size": daily.file.size}
    loaded = daily.loaded.file._asdict() if daily.loaded else {}
    return {**found, "state": daily.state.value, "why": daily.why, **loaded}
