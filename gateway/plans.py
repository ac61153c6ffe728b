"""The numbering plans of a gateway that runs: what somebody should look at in them, and newer ones taken over."""

import asyncio
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import structlog

from gateway.config.numbering import PlanSource
from gateway.config.schema import Config
from gateway.numbering import build_networks, plan_options
from portability.plan import Plan, PlanError, PlanReport, Ranges, identity, read_plan
from portability.source import Resolver

log = structlog.get_logger()

SHOWN_HOLDERS = 20


def tell_plans(config: Config, resolver: Resolver) -> None:
    """What is to be said of the plans at the start. `resolver` is the one built of this configuration."""
    for source, plan in zip(config.portability.sources, resolver.sources, strict=True):
        if not isinstance(source, PlanSource) or not isinstance(plan, Plan):
            continue
        if plan.ranges is None:
            log.warning("plan_not_available", reason=plan.unavailable)
        else:
            _say(source.path, plan.ranges.report)


async def renew_plans(config: Config, resolver: Resolver) -> list[str]:
    """Takes over plans whose file is another than the one that was read; a line for each. `resolver` is the one built
    of this configuration's `portability`.

    In a process of its own, for it is more than a second of work. A plan that cannot be used, or has lost a tenth of
    its rows, is refused in the log, and the one in use stays.
    """
    taken: list[str] = []
    for source, plan in zip(config.portability.sources, resolver.sources, strict=True):
        if not isinstance(source, PlanSource) or not isinstance(plan, Plan) or not _changed(source.path, plan):
            continue
        try:
            ranges = await _read_apart(config, source.path, plan.ranges.report if plan.ranges else None)
        except PlanError as error:
            log.error("plan_refused", reason=str(error))
            continue
        plan.take(ranges)
        _say(source.path, ranges.report)
        taken.append(f"{source.path}: a plan of {ranges.report.rows} rows")
    return taken


def _changed(path: Path, plan: Plan) -> bool:
    try:
        found = identity(path.stat())
    except OSError as error:
        log.error("plan_refused", reason=f"{path}: {error.strerror}")
        return False
    return plan.ranges is None or plan.ranges.file != found


async def _read_apart(config: Config, path: Path, in_use: PlanReport | None) -> Ranges:
    """Raises PlanError."""
    # Not forked: a copy of this process would hold its sockets. Its end is not waited for, which would take the loop.
    process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        reading = process.submit(read_plan, path, build_networks(config), **plan_options(config), in_use=in_use)
        return await asyncio.wrap_future(reading)
    except BrokenProcessPool as error:
        raise PlanError(f"{path}: the process that read it has died") from error
    except OSError as error:  # no memory, or no more processes
        raise PlanError(f"{path}: no process to read it: {error.strerror}") from error
    finally:
        process.shutdown(wait=False, cancel_futures=True)


def _say(path: Path, report: PlanReport) -> None:
    """What somebody should look at: rows that are left out, holders whose subscribers no route reaches."""
    if report.bad_rows:
        log.warning("plan_rows_bad", plan=str(path), rows=report.bad_rows, first=str(report.bad[0]))
    unknown = report.unknown_holders
    if unknown:
        largest = dict(list(unknown.items())[:SHOWN_HOLDERS])
        log.warning("plan_holders_unknown", plan=str(path), holders=len(unknown), mobiles=sum(unknown.values()),
                    largest=largest)  # fmt: skip
