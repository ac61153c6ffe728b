"""The process: start, serve, reload, drain, stop; signals and systemd.

SIGTERM and SIGINT: take nothing new, wait for the answers to what is in the carriers' windows, unbind, commit, exit 0.
Where systemd holds the apps' sockets (gateway.inherited) what is new is taken to the end, for the next start to send.
SIGHUP: read the configuration again, take over what can be changed while running, refuse a file with errors whole.
"""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import structlog
import uvloop

from gateway import log as logging
from gateway.apps.descriptors import raise_limit
from gateway.config import Config, ConfigError, load
from gateway.errors import StoreError
from gateway.inherited import from_systemd
from gateway.notify import Notify
from gateway.plans import renew_plans
from gateway.wiring import Gateway

log = structlog.get_logger()

# A collection looks through all that is alive, and messages wait by the ten thousand: with Python's own thresholds it
# took 40 of 177 us a message flat out. Nothing on the hot way makes cycles, so it may come seldom.
GC_THRESHOLDS = (50_000, 50, 100)


def run(path: Path) -> int:
    """Run the gateway with the configuration at `path` until it is told to stop.

    Exit status: 0 stopped as asked, 1 could not start or died, 2 the configuration is wrong (each problem on stderr).
    """
    try:
        loaded = load(path, os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    configure_log(loaded.config)
    for warning in loaded.warnings:
        log.warning("configuration", problem=str(warning))
    raise_limit()
    return uvloop.run(Daemon(path, loaded.config).run())


def configure_log(config: Config) -> None:
    """Log as the configuration says, from now on."""
    logging.configure(config.log.level, config.log.format, full_content=config.log.content == "full")


class Daemon:
    """One gateway process."""

    def __init__(self, path: Path, config: Config, notify: Notify | None = None) -> None:
        self._path = path
        self._notify = notify or Notify()
        self._stop = asyncio.Event()
        self._gateway = Gateway(config, reload=self.reload, drain=self._drain_soon, on_fault=self._fail)
        self._started = asyncio.Event()
        self._failed = False
        self._one_reload = asyncio.Lock()
        self._hung_up = False
        self._reloading: asyncio.Task[None] | None = None

    async def run(self) -> int:
        """Serve until stopped; the process's exit status."""
        self._take_signals()
        try:
            await self._gateway.start(from_systemd(os.environ, os.getpid()))
        except (StoreError, OSError) as error:
            log.error("not_started", reason=str(error))
            await self._gateway.close()
            return 1
        except Exception:  # the top of the process: whatever it was, nothing may stay half open behind it
            log.exception("not_started")
            await self._gateway.close()
            return 1
        self._started.set()
        gc.collect()
        gc.freeze()  # what the start has built stays, and need not be looked through again
        gc.set_threshold(*GC_THRESHOLDS)
        self._notify.ready("taking messages")
        log.info("started", config=str(self._path), pid=os.getpid())
        beating = asyncio.get_running_loop().create_task(self._beat(), name="beat")
        await self._stop.wait()
        self._notify.stopping("waiting for the carriers' answers")
        log.info("stopping")
        answered = await self._gateway.drain()
        beating.cancel()  # what is left takes seconds: should it hang, systemd is to end it
        await self._gateway.close()
        log.info("stopped", answered=answered)
        return 1 if self._failed else 0

    async def _beat(self) -> None:
        """Show systemd that the loop runs, also in a drain, which may take longer than its watchdog waits."""
        while self._notify.watchdog_s:
            self._notify.alive()
            await asyncio.sleep(self._notify.watchdog_s / 3)

    async def reload(self) -> list[str]:
        """Read the file again and take it over; a line for each change. On ConfigError nothing has changed.

        While the gateway starts it waits: carriers are being built, and messages taken up, by the file as it was. One
        after the other, each with the file as it is then: a new plan takes seconds to read.
        """
        await self._started.wait()
        async with self._one_reload:
            self._notify.reloading()
            try:
                return await self._take_over()
            except ConfigError as error:
                log.error("reload_refused", problems=[str(problem) for problem in error.problems])
                self._gateway.reloaded(False)
                raise
            except Exception:
                self._gateway.reloaded(False)
                raise
            finally:
                self._notify.ready("taking messages")

    async def _take_over(self) -> list[str]:
        loaded = load(self._path, os.environ)
        changes = self._gateway.apply(loaded, str(self._path))
        configure_log(loaded.config)
        changes += await renew_plans(loaded.config, self._gateway.core.resolver)
        self._gateway.reloaded(True)
        log.info("reloaded", changes=changes)
        return changes

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        actions: dict[signal.Signals, Callable[[], None]] = {
            signal.SIGTERM: self._stop.set,
            signal.SIGINT: self._stop.set,
            signal.SIGHUP: self._reload_soon,
        }
        for number, action in actions.items():
            loop.add_signal_handler(number, action)

    def _fail(self) -> None:
        """Something that must always run has died: end in order, with 1, and let systemd start us anew."""
        self._failed = True
        self._gateway.stop_taking()
        self._stop.set()

    def _drain_soon(self) -> None:
        """An operator's drain: take nothing more, let the windows empty; the process stays for status and receipts."""
        self._gateway.stop_taking()
        self._gateway.core.fleet.send_no_more()

    def _reload_soon(self) -> None:
        """SIGHUP. One that comes while the file is being taken over asks for another look at it."""
        self._hung_up = True
        if self._reloading is None:
            self._reloading = asyncio.get_running_loop().create_task(self._reload_quietly(), name="reload")

    async def _reload_quietly(self) -> None:
        while self._hung_up:
            self._hung_up = False
            try:
                await self.reload()
            except ConfigError:
                continue  # said in the log and in the metric: a signal has nobody to answer to
            except Exception:  # the top of a task: whatever it was, the gateway goes on with what it has
                log.exception("reload_failed")
        self._reloading = None
