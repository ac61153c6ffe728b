"""The administrator's daily files: which there are, which are new here, and loading those, the oldest day first.

A file is known by what is in it: once loaded, by whatever command, it is never loaded again; once changed at the place,
it is another one. A file that is refused stays where it was put for whoever looks into it, and is fetched anew by the
next run, because a file is often cut while it is still being written over there. The other files are loaded all the
same: of each number the latest move counts, in whatever order files come (`moves.py`).
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import NamedTuple, Protocol

from portability.day_pattern import DayPattern
from portability.loading import Loaded
from portability.writer import LoadError

_DAYS = timedelta(days=1)


class PlaceError(Exception):
    """The place does not give what was asked; the text says which and why."""


class PlaceLost(PlaceError):
    """The place gives nothing any more: no use in asking for the next file."""


class RemoteFile(NamedTuple):
    """A file of the place: `path` from its directory on, octets, and when it was changed in Unix seconds."""

    path: str
    size: int
    modified: int


class Place(Protocol):
    """Where the files come from."""

    async def names(self, directory: str) -> list[str]:
        """What is in a directory, none if there is no such. Raises PlaceError."""
        ...

    async def file(self, path: str) -> RemoteFile | None:
        """The file at `path`; None if that is a directory or the like. Raises PlaceError."""
        ...

    async def copy(self, file: RemoteFile, to: Path) -> None:
        """Leaves a copy as old as the file at `to`, whole or not at all. Raises PlaceError."""
        ...


class State(Enum):
    """What became of a file."""

    KNOWN = "known"  # loaded before
    NEW = "new"  # not loaded yet
    LOADED = "loaded"
    REFUSED = "refused"  # nothing of it was loaded
    MISSED = "missed"  # could not be fetched


class Daily(NamedTuple):
    """A file of a day. `why` it was refused or missed; `loaded` what a load did."""

    day: date
    file: RemoteFile
    state: State = State.NEW
    why: str = ""
    loaded: Loaded | None = None


class Kept(NamedTuple):
    """Where copies are, under their path at the place; `known` are the SHA-256 of what the table was loaded with."""

    directory: Path
    known: Collection[str]

    def path(self, file: RemoteFile) -> Path:
        return self.directory / file.path

    def state(self, file: RemoteFile) -> State:
        """KNOWN if the copy is of this very file, and was loaded."""
        path = self.path(file)
        try:
            found = path.stat()
        except FileNotFoundError:
            return State.NEW
        same = (found.st_size, int(found.st_mtime)) == (file.size, file.modified)
        return State.KNOWN if same and self.was_loaded(path) else State.NEW

    def was_loaded(self, path: Path) -> bool:
        """Whether the table was loaded with what is in the file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() in self.known


def window(today: date, days: int) -> list[date]:
    """Today and so many days before it, the oldest first."""
    return [today - _DAYS * back for back in range(days, -1, -1)]


async def listed(place: Place, pattern: DayPattern, days: Iterable[date], kept: Kept) -> list[Daily]:
    """The files of the days, in order, each NEW or KNOWN. Raises PlaceError."""
    found: list[Daily] = []
    seen: dict[str, list[str]] = {}
    for day in days:
        directory = pattern.directory(day)
        if directory not in seen:
            seen[directory] = sorted(await place.names(directory))
        for name in seen[directory]:
            if pattern.matches(name, day):
                file = await place.file(f"{directory}/{name}" if directory else name)
                if file is not None:
                    found.append(Daily(day, file, kept.state(file)))
    return found


async def fetched(place: Place, files: Iterable[Daily], kept: Kept) -> list[Daily]:
    """The files with every NEW one copied, or MISSED."""
    done: list[Daily] = []
    lost = ""
    for daily in files:
        why = lost
        if daily.state is State.NEW and not lost:
            try:
                await place.copy(daily.file, kept.path(daily.file))
            except PlaceLost as error:
                why = lost = str(error)
            except PlaceError as error:
                why = str(error)
        missed = daily.state is State.NEW and why
        done.append(daily._replace(state=State.MISSED, why=why) if missed else daily)
    return done


def load_new(files: Iterable[Daily], kept: Kept, load: Callable[[Path], Loaded]) -> list[Daily]:
    """Loads every NEW file with `load`, which raises LoadError for one it refuses, in order."""
    done: list[Daily] = []
    for daily in files:
        path = kept.path(daily.file)
        if daily.state is not State.NEW:
            done.append(daily)
        elif kept.was_loaded(path):  # by hand, from another directory
            done.append(daily._replace(state=State.KNOWN))
        else:
            done.append(_loaded(daily, path, load))
    return done


def _loaded(daily: Daily, path: Path, load: Callable[[Path], Loaded]) -> Daily:
    try:
        loaded = load(path)
    except LoadError as error:
        return daily._replace(state=State.REFUSED, why=str(error).removeprefix(f"{path.name}: "))
    return daily._replace(state=State.KNOWN if loaded.unchanged else State.LOADED, loaded=loaded)


def without_other(files: Sequence[Daily]) -> list[str]:
    """Names of files newly loaded whose day has ported numbers only, or deleted ones only: the other may be late."""
    alone: list[str] = []
    for day in sorted({daily.day for daily in files if daily.state is State.LOADED}):
        names = [daily.file.path.rpartition("/")[2].lower() for daily in files if daily.day == day]
        kinds = {kind for kind in ("numbersported", "numbersdeleted") if any(name.startswith(kind) for name in names)}
        if len(kinds) == 1:
            alone += [daily.file.path for daily in files if daily.day == day and daily.state is State.LOADED]
    return alone


def forget_copies(directory: Path, pattern: DayPattern, before: date) -> int:
    """Removes copies of days before `before`; only files whose path fits the pattern. How many."""
    removed = 0
    for path in directory.rglob("*") if directory.is_dir() else ():
        day = pattern.day(path.relative_to(directory).as_posix())
        if day is not None and day < before and path.is_file() and not path.is_symlink():
            path.unlink()
            removed += 1
    return removed
