"""`relevo portability`: load ported numbers into the table, and say what it holds."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli.arguments import Subparsers, add_command, add_group, config_path, whole_config
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import complain, count, duration, fields, plain, print_json, table, terminal
from gateway.config import Config
from gateway.config.numbering import TableSource
from gateway.numbering import build_networks
from portability import load as loading
from portability.rows import BadRow
from portability.writer import LoadError

_SHOWN_FILES = 10


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    actions = add_group(subparsers, "portability", "load ported numbers, and say what is loaded")
    more = "All of the file or nothing of it. A gateway that runs sees it at once, without a restart."
    parser = add_command(actions, "load", "load a file of ported numbers", load, json=True, more=more)
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV: number,network or number,rida,rcr")
    parser.add_argument("--replace", action="store_true", help="the file is the whole table, not changes to it")
    parser.add_argument("--format", choices=("csv", "abd"), default="csv", help="how the file is written (csv)")
    parser.add_argument("--max-errors", type=_errors, default=0, metavar="N", help="bad rows to leave out (0)")
    parser.add_argument("--force", action="store_true", help="replace even where many rows would be lost")
    parser = add_command(actions, "info", "say what the table holds", info, json=True)
    parser.add_argument(
        "--all", action="store_true", help=f"every file that was loaded, not only the last {_SHOWN_FILES}"
    )


def load(args: argparse.Namespace) -> int:
    """Load the file, name every bad line, and say what changed."""
    if args.format == "abd":
        raise Failure("--format abd is not supported yet; convert the file to CSV: number,rida,rcr", WRONG_USAGE)
    config = whole_config(args)
    with _progress(args.file) as (on_bad, progress):
        try:
            loaded = loading.load(
                args.file,
                _table(args, config),
                build_networks(config),
                now=time.time(),
                region=config.portability.region,
                replace=args.replace,
                force=args.force,
                max_errors=args.max_errors,
                on_bad=on_bad,
                progress=progress,
            )
        except LoadError as error:
            raise Failure(str(error)) from None
    for note in loaded.notes:
        complain(f"note: {plain(note)}")
    if args.json:
        print_json({**loaded.file._asdict(), "rows": loaded.rows, "unchanged": loaded.unchanged, "notes": loaded.notes})
    elif loaded.unchanged:
        print(f"nothing to do: this very file was loaded last; the table holds {count(loaded.rows)} numbers")
    else:
        print(f"{_did(loaded.file._asdict())}; the table holds {count(loaded.rows)} numbers")
    return 0


def info(args: argparse.Namespace) -> int:
    """Say how many numbers there are, how old, and what was loaded, the newest first."""
    path = _table(args, whole_config(args))
    try:
        found = loading.info(path)
    except LoadError as error:
        raise Failure(str(error)) from None
    files = found.files if args.all else found.files[:_SHOWN_FILES]
    if args.json:
        listed = [file._asdict() for file in files]
        print_json({"path": str(path), "rows": found.rows, "as_of": found.as_of, "files": listed})
        return 0
    age = "" if found.as_of is None else f"{duration(max(0.0, time.time() - found.as_of))} old"
    console = terminal()
    console.print(fields([("table", path), ("numbers", count(found.rows)), ("newest data", age)]))
    rows = [(_when(file.loaded_at), file.name, _did(file._asdict())) for file in files]
    if rows:
        console.print(table(("LOADED", "FILE", "DID"), rows))
    return 0


def _table(args: argparse.Namespace, config: Config) -> Path:
    """The table's file, that of the first source of that type."""
    for source in config.portability.sources:
        if isinstance(source, TableSource):
            return source.path
    raise Failure(f"{config_path(args)}: portability.sources has no source of type table", WRONG_USAGE)


@contextmanager
def _progress(file: Path) -> Iterator[tuple[Any, Any]]:
    """What hears of bad rows and of progress: lines and a bar on standard error; the bar only on a terminal."""
    console = terminal(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]} rows"))
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task(plain(file.name), total=None, rows="0")

        def on_bad(row: BadRow) -> None:
            # Through the bar's own console where there is one, so that it moves on below the line.
            line = plain(f"{file}:{row.line}: {row.field}: {row.reason}")
            if console.is_terminal:
                console.print(line, soft_wrap=True)
            else:
                complain(line)

        def on_progress(read: int, total: int, rows: int) -> None:
            shown.update(task, completed=read, total=total, rows=count(rows))

        yield on_bad, on_progress


def _did(file: dict[str, Any]) -> str:
    """What a load did to the table, in words."""
    parts = [f"{count(file[name])} {name}" for name in ("inserted", "changed", "deleted", "skipped") if file[name]]
    return ("replaced: " if file["replaced"] else "") + (", ".join(parts) or "changed nothing")


def _when(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _errors(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)
