"""`relevo portability fetch`: get the administrator's daily files by SFTP, and load those that are not loaded yet."""

import argparse
import asyncio
import time
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.cli.arguments import Subparsers, add_command, config_path, ended, whole_config
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.fetch_report import Report, gaps
from gateway.cli.output import complain, count, plain
from gateway.cli.ported_table import plan_to_check_by, table_path
from gateway.config import Config
from gateway.config.fetching import Fetch
from gateway.config.secret import Secret
from gateway.numbering import build_networks
from portability import load as loading
from portability.abd_load import load_abd
from portability.abd_moves import ZONE
from portability.daily import (
    Daily,
    Kept,
    PlaceError,
    State,
    fetched,
    forget_copies,
    listed,
    load_new,
    window,
)
from portability.loading import Loaded
from portability.plan import Plan
from portability.rows import BadRow
from portability.writer import LoadError

if TYPE_CHECKING:
    from portability.sftp import Login

_SHOWN_BAD = 20  # lines of one file; what a timer runs must not flood the journal


def add_parser(actions: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to `relevo portability`."""
    more = "A file that is refused is fetched and tried again by the next run; the others are loaded all the same."
    summary = "get the administrator's daily files by SFTP, load the new ones"
    parser = add_command(actions, "fetch", summary, fetch, json=True, more=more)
    parser.add_argument("--dry-run", action="store_true", help="say which files are new; fetch and load nothing")


def fetch(args: argparse.Namespace) -> int:
    """Fetch and load what is new, a line a file; 1 if a file could not be fetched or loaded."""
    config = whole_config(args, secrets=False)  # of all secrets it needs one
    settings = config.portability.fetch
    if settings is None:
        raise Failure(f"{config_path(args)}: portability.fetch is missing, expected where to get files", WRONG_USAGE)
    if settings.password == Secret(""):
        raise Failure(f"{config_path(args)}: portability.fetch.password: its variable is not set", WRONG_USAGE)
    table, now = table_path(args, config), time.time()
    today = datetime.fromtimestamp(now, ZONE).date()
    before = _info(table)
    kept = Kept(settings.keep, frozenset(file.sha256 for file in before.files))
    try:
        files = asyncio.run(_got(settings, kept, window(today, settings.days), dry_run=args.dry_run))
        if not args.dry_run:
            files = load_new(files, kept, _Loader(config, settings, table, now).load)
            forget_copies(settings.keep, settings.pattern, today - timedelta(seconds=settings.keep_for))
    except (PlaceError, OSError) as error:
        raise Failure(str(error)) from None
    report = Report(files, _info(table).rows, gaps(before, today - timedelta(days=settings.days)), args.dry_run)
    report.print(as_json=args.json)
    return ended(not any(daily.state in (State.REFUSED, State.MISSED) for daily in files))


def _info(table: Path) -> loading.TableInfo:
    """What the table holds; nothing while there is none."""
    if not table.is_file():
        return loading.TableInfo(0, None, ())
    try:
        return loading.info(table)
    except LoadError as error:
        raise Failure(str(error)) from None


async def _got(settings: Fetch, kept: Kept, days: list[date], *, dry_run: bool) -> list[Daily]:
    """The files of the days; what is new is copied, unless the run is dry. Raises PlaceError, Failure."""
    try:
        from portability.sftp import opened  # noqa: PLC0415  a large library, for this command alone
    except ModuleNotFoundError as error:
        if error.name != "asyncssh":
            raise
        raise Failure("fetching needs asyncssh, which is not installed: pip install 'relevo[fetch]'") from None
    async with opened(_login(settings), settings.url.directory, settings.timeout) as place:
        files = await listed(place, settings.pattern, days, kept)
        return files if dry_run else await fetched(place, files, kept)


def _login(settings: Fetch) -> "Login":
    from portability.sftp import Login  # noqa: PLC0415  as above

    url, password = settings.url, settings.password
    secret = password.reveal() if password else None
    return Login(url.host, url.port, url.user, settings.known_hosts, settings.key, secret)


class _Loader:
    """Loads one file after the other into the table; the plan is read once, for all of them."""

    def __init__(self, config: Config, settings: Fetch, table: Path, now: float) -> None:
        self._config = config
        self._max_errors = settings.max_errors
        self._table = table
        self._now = now
        self._networks = build_networks(config)

    @cached_property
    def _plan(self) -> Plan | None:
        return plan_to_check_by(self._config, self._networks)

    def load(self, file: Path) -> Loaded:
        """Raises LoadError. Bad records are named on standard error, the first of them."""
        bad = _BadRows(file)
        try:
            return load_abd(
                file,
                self._table,
                self._networks,
                now=self._now,
                plan=self._plan,
                max_errors=self._max_errors,
                on_bad=bad.tell,
            )
        finally:
            bad.end()


class _BadRows:
    """Names the first bad records of a file, and how many there are besides."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._met = 0

    def tell(self, row: BadRow) -> None:
        self._met += 1
        if self._met <= _SHOWN_BAD:
            complain(plain(f"{self._file}:{row.line}: {row.field}: {row.reason}"))

    def end(self) -> None:
        if self._met > _SHOWN_BAD:
            complain(plain(f"{self._file}: {count(self._met - _SHOWN_BAD)} more bad records"))
