"""`relevo`: the command line. A file per command; here is what they share: finding one, and how it may end."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from gateway.cli.arguments import add_config
from gateway.cli.failure import FAILED, WRONG_USAGE, Failure
from gateway.cli.output import complain, plain
from gateway.config import ConfigError

# Each is gateway/cli/NAME.py with an `add_parser`. Only the one that is asked for is imported: all of them together
# take a second, which a cron job or a health check should not pay to ask for the status.
COMMANDS = (
    "run",
    "check",
    "status",
    "tail",
    "send",
    "lookup",
    "explain",
    "portability",
    "bind",
    "drain",
    "reload",
    "export",
    "audit",
    "log",
    "keys",
    "sim",
    "convert",
)

_INTERRUPTED = 130  # as shells have it: 128 and the signal's number


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status: 0 done, 1 failed, 2 wrong usage or configuration."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        args = build_parser(words).parse_args(words)
    except SystemExit as end:  # how argparse ends --help (0) and wrong usage (2)
        return end.code if isinstance(end.code, int) else WRONG_USAGE
    _log_for_people()
    try:
        return _run(args)
    finally:
        _flush()


def _run(args: argparse.Namespace) -> int:
    try:
        return int(args.run(args))
    except ConfigError as error:
        for problem in error.problems:
            complain(plain(problem))
        return WRONG_USAGE
    except Failure as failure:
        complain("relevo: " + "\n".join(plain(line) for line in str(failure).splitlines()))
        return failure.status
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        return FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _log_for_people() -> None:
    """Lines from warnings up, onto standard error; `run` sets what its configuration says.

    Only where the command has brought what logs: alone that takes 90 ms, a third of all that `relevo lookup` took.
    """
    if "structlog" in sys.modules:
        from gateway import log  # noqa: PLC0415  see above

        log.configure(level="warning", layout="console")


def _flush() -> None:
    """Write out what is left; to nobody, if the reader has gone, of which the interpreter would complain at its end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these words: with the one command they name, or with all of them where they name none."""
    parser = argparse.ArgumentParser(prog="relevo", description="An SMPP gateway between apps and mobile operators.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    add_config(parser)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog=parser.prog)
    named = _command(words)
    for command in (named,) if named in COMMANDS else COMMANDS:
        import_module(f"gateway.cli.{command}").add_parser(subparsers)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for: the module that knows takes 30 ms of every other command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415  see above

        print(f"relevo {version('relevo')}")
        parser.exit()


def _command(words: Sequence[str]) -> str:
    """The first word that is no option, nor the value of one that stands before the command."""
    finder = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_config(finder)
    finder.add_argument("command", nargs="?", default="")
    try:
        found, _ = finder.parse_known_args(words)
    except argparse.ArgumentError:
        return ""
    return str(found.command)


if __name__ == "__main__":
    sys.exit(main())
