"""The command behind `bin/demo`."""

import argparse
import asyncio
import random
import signal
import sys

import uvloop
from rich.console import Console
from rich.markup import escape

from gateway.cli.demo.account import show_log, tell
from gateway.cli.demo.cast import cast
from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.people import read_population
from gateway.cli.demo.screen import Screen, screen_for
from gateway.cli.demo.stage import Stage, stage
from gateway.cli.demo.story import Story
from gateway.cli.demo.workspace import PLAN, PORTED
from gateway.clock import SystemClock

_DESCRIPTION = """Shows Relevo at work: three simulated carriers, a gateway on SQLite with ported numbers, a shop's
campaign over SMPP with a bank's OTPs over HTTP beside it, receipts, an opt-out and an answer; then checks every single
message."""
LEAST_TEXTS, MOST_TEXTS = 50, 20_000
_INTERRUPTED = 130
_RECORDS_PER_TEXT = 4


class Performance:
    """One run, and what a signal means to it."""

    def __init__(self, options: argparse.Namespace, screen: Screen) -> None:
        self._options = options
        self._screen = screen
        self._leave = asyncio.Event()
        self._task: asyncio.Task[int] | None = None
        self._open = False
        self._stopping = False

    async def run(self) -> int:
        """The exit status: 0 all was right, 1 something was not, 130 interrupted before the end."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.interrupt)
        self._task = loop.create_task(self._run())
        try:
            return await self._task
        except asyncio.CancelledError:
            self._screen.say("interrupted; everything is stopped")
            return _INTERRUPTED

    def interrupt(self) -> None:
        """Ctrl-C: leave the open console, or break the story off. Once: what has begun to stop comes to its end."""
        if self._open:
            self._leave.set()
        elif self._task is not None and not self._stopping:
            self._task.cancel()
        self._stopping = True

    async def _run(self) -> int:
        options, source = self._options, random.Random(self._options.seed)  # noqa: S311 (people and texts, no secrets)
        drawn = cast(read_population(PLAN, PORTED), options.bulk, source)
        keep = options.bulk * _RECORDS_PER_TEXT + 10_000
        async with stage(self._screen, SystemClock(), source, tps=drawn.tps, keep=keep) as made:
            story = Story(made, drawn, source)
            try:
                await story.play()
                return await self._end(made, story)
            except* (StoryError, OSError) as errors:
                made.screen.close()
                for error in _leaves(errors):
                    self._screen.say(f"[bold red]The demo broke off:[/] {escape(str(error))}")
                show_log(made)
        return 1

    async def _end(self, made: Stage, story: Story) -> int:
        if self._options.once:
            await story.close()
            return 0 if tell(made, story.happened, stopped=True) else 1
        right = tell(made, story.happened, stopped=False)
        await self._stay_open(made, story)
        return 0 if right else 1

    async def _stay_open(self, made: Stage, story: Story) -> None:
        say = self._screen.say
        say(f"\nConsole: [bold]{made.gateway.console}[/]")
        say(f"Command line: bin/relevo status -c {made.workspace.config}")
        say("Everything runs on, with an OTP every half second, until Ctrl-C.")
        self._open = True
        await story.go_on(self._leave)
        await story.close()
        say(f"The gateway ended with exit status {made.gateway.returncode}.")


def _leaves(errors: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors of a group and of the groups in it."""
    found: list[BaseException] = []
    for error in errors.exceptions:
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found


def main() -> int:
    """Read the arguments and play."""
    parser = argparse.ArgumentParser(prog="demo", description=_DESCRIPTION)
    parser.add_argument("--once", action="store_true", help="end after the checks; exit 0 only if all were passed")
    parser.add_argument("--bulk", type=_count, default=3000, metavar="N", help="texts of the campaign (3000)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32), metavar="N",
                        help="draw the same people, texts and ends again")  # fmt: skip
    options = parser.parse_args()
    if not PLAN.exists():
        parser.error(f"runs from a checkout only: {PLAN} is not there")
    console = Console(highlight=False, emoji=False)
    screen = screen_for(console, SystemClock().monotonic)
    return uvloop.run(Performance(options, screen).run())


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and LEAST_TEXTS <= int(text) <= MOST_TEXTS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {LEAST_TEXTS} to {MOST_TEXTS}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
