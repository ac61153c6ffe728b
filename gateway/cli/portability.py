"""`relevo portability`: load ported numbers into the table, and say what it holds."""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.cli import portability_fetch, portability_plan
from gateway.cli.arguments import Subparsers, add_command, add_group, whole_config
from gateway.cli.failure import Failure
from gateway.cli.output import complain, count, duration, plain, print_fields, print_json, table, terminal
from gateway.cli.ported_table import plan_to_check_by, table_path, what_it_did, when
from gateway.numbering import build_networks
from portability import load as loading
from portability.abd_load import apply_due, load_abd
from portability.rows import BadRow
from portability.writer import LoadError

_SHOWN_FILES = 10


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    actions = add_group(subparsers, "portability", "load ported numbers, and say what is loaded")
    more = "All of the file or nothing of it. A gateway that runs sees it at once, without a restart."
    parser = add_command(actions, "load", "load a file of ported numbers", load, json=True, more=more)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV: number,network or number,rida,rcr; or the administrator's"
    )
    parser.add_argument("--replace", action="store_true", help="the file is the whole table, not changes to it")
    parser.add_argument(
        "--format",
        choices=("csv", "abd"),
        default="csv",
        help="csv, or abd: NumbersPorted and NumbersDeleted of Mexico's administrator (csv)",
    )
    parser.add_argument("--max-errors", type=_errors, default=0, metavar="N", help="bad rows to leave out (0)")
    parser.add_argument("--force", action="store_true", help="replace even where many rows would be lost")
    ahead = "An abd file may date moves ahead. They wait for this, or for the next load of one: let a timer run it."
    add_command(actions, "apply", "apply moves that were dated ahead and are due", apply, json=True, more=ahead)
    portability_fetch.add_parser(actions)
    portability_plan.add_parser(actions)
    parser = add_command(actions, "info", "say what the table holds", info, json=True)
    parser.add_argument(
        "--all", action="store_true", help=f"every file that was loaded, not only the last {_SHOWN_FILES}"
    )


def load(args: argparse.Namespace) -> int:
    """Load the file, name every bad line, and say what changed."""
    config = whole_config(args, secrets=False)
    path, networks = table_path(args, config), build_networks(config)
    with _progress(args.file) as (on_bad, progress):
        options: dict[str, Any] = {
            **{"now": time.time(), "on_bad": on_bad, "progress": progress},
            **{name: getattr(args, name) for name in ("replace", "force", "max_errors")},
        }
        try:
            if args.format == "abd":
                loaded = load_abd(args.file, path, networks, plan=plan_to_check_by(config, networks), **options)
            else:
                loaded = loading.load(args.file, path, networks, region=config.portability.region, **options)
        except LoadError as error:
            raise Failure(str(error)) from None
    for note in loaded.notes:
        complain(f"note: {plain(note)}")
    if args.json:
        print_json({**loaded.file._asdict(), "rows": loaded.rows, "unchanged": loaded.unchanged, "notes": loaded.notes})
    elif loaded.unchanged:
        print(f"nothing to do: this very file was loaded already; the table holds {count(loaded.rows)} numbers")
    else:
        print(f"{what_it_did(loaded.file._asdict())}; the table holds {count(loaded.rows)} numbers")
    return 0


def apply(args: argparse.Namespace) -> int:
    """Apply the moves that were dated ahead and are due now."""
    try:
        done = apply_due(table_path(args, whole_config(args, secrets=False)), time.time())
    except LoadError as error:
        raise Failure(str(error)) from None
    if args.json:
        print_json(done._asdict())
    else:
        did = what_it_did({**done._asdict(), "replaced": False, "skipped": 0})
        print(f"{did}; the table holds {count(done.rows)} numbers")
    return 0


def info(args: argparse.Namespace) -> int:
    """Say how many numbers there are, how old, and what was loaded, the newest first."""
    path = table_path(args, whole_config(args, secrets=False))
    try:
        found = loading.info(path)
    except LoadError as error:
        raise Failure(str(error)) from None
    files = found.files if args.all else found.files[:_SHOWN_FILES]
    if args.json:
        listed = [file._asdict() for file in files]
        waiting = {"pending": found.pending, "next_due": found.next_due}
        print_json({"path": str(path), "rows": found.rows, "as_of": found.as_of, **waiting, "files": listed})
        return 0
    age = "" if found.as_of is None else f"{duration(max(0.0, time.time() - found.as_of))} old"
    told: list[tuple[str, object]] = [("table", path), ("numbers", count(found.rows)), ("newest data", age)]
    if found.next_due is not None:
        told.append(("dated ahead", f"{count(found.pending)} moves, the next for {when(found.next_due)}"))
    print_fields(told)
    rows = [(when(file.loaded_at), file.name, what_it_did(file._asdict())) for file in files]
    if rows:
        terminal().print(table(("LOADED", "FILE", "DID"), rows))
    return 0


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


def _errors(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)
