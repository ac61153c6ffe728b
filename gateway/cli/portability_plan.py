"""`relevo portability plan`: what a numbering plan says, and whether it may take the place of the one in use."""

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from gateway.cli.arguments import Subparsers, add_command, config_path, whole_config
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import complain, count, plain, print_fields, print_json, table, terminal
from gateway.cli.ported_table import when
from gateway.config import Config
from gateway.config.numbering import PlanSource
from gateway.numbering import build_networks, read_configured
from portability.plan import PlanError, PlanReport, Ranges

_SHOWN = 20


def add_parser(actions: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to `relevo portability`."""
    more = (
        "Of the plan that is configured, or of FILE, which is refused where it has lost more than a tenth of that one's"
        " rows. A gateway that runs takes an installed plan over at its next reload."
    )
    parser = add_command(actions, "plan", "look a numbering plan through, and install it", run, json=True, more=more)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a plan, CSV (the one in use)")
    parser.add_argument("--install", action="store_true", help="put FILE in the place of the one in use")
    parser.add_argument("--force", action="store_true", help="even where it has lost many rows")


def run(args: argparse.Namespace) -> int:
    """Say what the plan holds and what is wrong with it; bad rows go to standard error."""
    if args.install and args.file is None:
        raise Failure("--install needs a FILE", WRONG_USAGE)
    config = whole_config(args, secrets=False)
    in_use = _configured(args, config)
    path = args.file or in_use
    ranges = _read(config, path, None if args.force or args.file is None else _report(config, in_use))
    if args.install:
        _install(path, in_use, ranges.as_of)
    for bad in ranges.report.bad[:_SHOWN]:
        complain(plain(bad))
    if args.json:
        report = ranges.report._asdict() | {"bad": [bad._asdict() for bad in ranges.report.bad]}
        print_json({"path": str(path), "as_of": ranges.as_of, "installed": bool(args.install), **report})
    else:
        _show(path, ranges, in_use if args.install else None)
    return 0


def _configured(args: argparse.Namespace, config: Config) -> Path:
    for source in config.portability.sources:
        if isinstance(source, PlanSource):
            return source.path
    raise Failure(f"{config_path(args)}: portability.sources has no source of type plan", WRONG_USAGE)


def _read(config: Config, path: Path, in_use: PlanReport | None) -> Ranges:
    try:
        return read_configured(config, path, build_networks(config), in_use=in_use)
    except PlanError as error:
        raise Failure(f"{error}" + (" (--force)" if in_use else "")) from None


def _report(config: Config, path: Path) -> PlanReport | None:
    """What the plan in use holds; None where there is none that could be used."""
    try:
        return read_configured(config, path, build_networks(config)).report
    except PlanError:
        return None


def _install(file: Path, place: Path, as_of: float) -> None:
    """All of the file or nothing in the place of the other, as old as its name says it is."""
    try:
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as made:
            new = Path(made.name)
            try:
                with file.open("rb") as source:
                    shutil.copyfileobj(source, made)
                made.flush()
                os.fsync(made.fileno())
                new.chmod(0o644)
                os.utime(new, (as_of, as_of))
                new.replace(place)
            except BaseException:
                new.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Failure(f"{place}: {error.strerror}") from None


def _show(path: Path, ranges: Ranges, installed: Path | None) -> None:
    report = ranges.report
    told: list[tuple[str, object]] = [
        ("plan", path),
        ("installed as", installed),
        ("as of", when(ranges.as_of)),
        ("rows", count(report.rows)),
        ("bad rows", count(report.bad_rows) if report.bad_rows else None),
        ("rows without a kind", count(report.without_kind) if report.without_kind else None),
        ("ranges", count(report.ranges)),
    ]
    print_fields(told)
    unknown = list(report.unknown_holders.items())
    if unknown:
        heading = "Holders of mobile numbers that are no network (portability.aliases):"
        rows = [(name, count(numbers)) for name, numbers in unknown[:_SHOWN]]
        terminal().print(table(("HOLDER", ">NUMBERS"), rows, title=heading))
        if len(unknown) > _SHOWN:
            print(f"and {len(unknown) - _SHOWN} more, with {count(sum(n for _, n in unknown[_SHOWN:]))} numbers")
