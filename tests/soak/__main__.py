"""`bin/soak`: whether a gateway loses, doubles or forgets anything as it runs long, is killed, or its carrier errs."""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from tests.bench.children import BenchError, end_on_signals
from tests.soak import day, kills, memory
from tests.soak.party import Day
from tests.soak.sheet import books, figures, table, wrong
from tests.soak.traffic import MOST_MESSAGES

T = TypeVar("T")
Faults = tuple[Mapping[str, int], Mapping[str, list[str]]]
"""What is wrong, how often; and the first that it was seen at."""


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bin/soak", description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    one = modes.add_parser("day", help="a carrier that does everything wrong; the books balanced from three sides")
    one.add_argument("--messages", type=_messages, default=100_000, metavar="N", help="so many (100000)")
    one.add_argument("--ttl", type=int, default=60, metavar="S", help="of each message, in seconds (60)")
    one.set_defaults(run=_day)
    two = modes.add_parser("kills", help="kill -9 at random moments under load; nothing lost, little twice")
    two.add_argument("--times", type=_messages, default=50, metavar="N", help="so many (50)")
    two.set_defaults(run=_kills)
    three = modes.add_parser("memory", help="a day's messages flat out; needs make and a C compiler")
    three.add_argument(
        "--messages",
        type=_messages,
        default=2_000_000,
        metavar="N",
        help="so many (2000000), the first 100,000 to warm up",
    )
    three.add_argument("--rate", type=_messages, metavar="R", help="messages a second; flat out without")
    three.add_argument("--every", type=float, default=60.0, metavar="S", help="seconds between two samples (60)")
    three.set_defaults(run=_memory)
    for mode in (one, two):
        mode.add_argument("--seed", type=int, default=1, metavar="N", help="other faults at other moments (1)")
    for mode in (one, two, three):
        mode.add_argument("--keep", type=Path, metavar="DIR", help="leave stores and logs there; must not exist")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the mode that is asked for; 1 when anything does not balance, 2 when nothing could be measured."""
    asked = parse(argv)
    end_on_signals()
    try:
        with _workplace(asked.keep) as directory:
            faults: Faults = asked.run(asked, directory)
    except (BenchError, FileExistsError) as error:
        print(f"bin/soak: {error}", file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        print("bin/soak: told to stop", file=sys.stderr)
        return 2
    print(wrong(*faults))
    return 1 if faults[0] else 0


def _day(asked: argparse.Namespace, directory: Path) -> Faults:
    wanted = Day(asked.messages, asked.seed, asked.ttl)
    outcome = _in_loop(day.run(wanted, directory, _say))
    balance = outcome.balance
    print(figures("What went wrong at the carrier, how often", dict(sorted(outcome.struck.items()))))
    print(books(balance))
    print(figures("Sums", outcome.sums))
    return balance.faults, balance.named


def _kills(asked: argparse.Namespace, directory: Path) -> Faults:
    tolls = _in_loop(kills.run(asked.times, asked.seed, directory, _say))
    print(figures("What the kills have cost", tolls.sums()))
    return Counter(tolls.faults), {}


def _memory(asked: argparse.Namespace, directory: Path) -> Faults:
    outcome = memory.run(asked.messages, asked.every, asked.rate, directory, _say)
    print(table("The gateway, once warm", memory.Sample._fields, outcome.samples))
    return Counter(outcome.faults), {}


def _in_loop(work: Coroutine[Any, Any, T]) -> T:
    """The work, until it is done or a signal ends it as Ctrl-C does: with the processes it started."""

    async def until_told() -> T:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(until_told())


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _messages(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MOST_MESSAGES:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST_MESSAGES:,}")
    return number


@contextmanager
def _workplace(keep: Path | None) -> Iterator[Path]:
    """Where stores and logs are: temporary, unless they are to be kept."""
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="relevo-soak-") as name:
            yield Path(name)


if __name__ == "__main__":
    sys.exit(main())
