"""The status of a gateway as tables for a terminal of 80 columns."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from gateway.cli.output import count, duration, plain, rate, size, table

Status = Mapping[str, Any]

_STYLES = {"bound": "green", "receive-only": "yellow", "stopped": "dim"}


def view(status: Status) -> Group:
    """Everything, the most urgent first."""
    parts: list[RenderableType] = [
        _head(status),
        _binds(status),
        *_reasons(status),
        *_carriers(status),
        _lanes(status),
        _apps(status),
    ]
    return Group(*parts, *_rest(status))


def _head(status: Status) -> Text:
    word, style = ("ready", "green") if status["ready"] else ("not ready", "red")
    if status["stopping"]:
        word, style = "draining", "yellow"
    version = plain(status["version"]) + (" compiled" if status["compiled"] else "")
    head = Text(f"{plain(status['node'])}  relevo {version}  up {duration(status['uptime_s'])}  ")
    return head.append(word, style)


def _binds(status: Status) -> RenderableType:
    rows = [
        (
            bind["bind"],
            bind["carrier"],
            bind["state"],
            duration(bind["since_s"]),
            "-" if bind["window"] is None else f"{bind['window_used']}/{bind['window']}",
            rate(bind["rate"]),
            rate(bind["rate_limit"]),
        )
        for bind in status["binds"]
    ]
    made = table(("BIND", "CARRIER", "STATE", ">FOR", ">WINDOW", ">SEG/S", ">ALLOWED"), rows)
    for row, bind in zip(made.rows, status["binds"], strict=True):
        row.style = _STYLES.get(bind["state"], "red")
    return made


def _reasons(status: Status) -> Iterator[Text]:
    for bind in status["binds"]:
        if bind["reason"]:
            yield Text(f"{plain(bind['bind'])}: {plain(bind['reason'])}", "red")
        if bind["remedy"]:
            yield Text(f"  {plain(bind['remedy'])}")


def _carriers(status: Status) -> Iterator[Text]:
    for carrier in status["carriers"]:
        name, refused = plain(carrier["carrier"]), carrier["refused"]
        if refused:
            share, why = f"{refused['share']:.0%}", plain(refused["command_status"])
            yield Text(f"{name}: {share} of its answers blame the {plain(refused['address'])}: {why}", "red")
        if carrier["omitted"]:
            yield Text(f"{name}: refused, so sent without: {plain(', '.join(carrier['omitted']))}", "yellow")


def _lanes(status: Status) -> RenderableType:
    rows = [
        (lane["carrier"], lane["lane"], count(lane["depth"]), count(lane["on_disk"]), duration(lane["oldest_s"]))
        for lane in status["lanes"]
    ]
    return table(("CARRIER", "LANE", ">IN MEMORY", ">ON DISK", ">OLDEST"), rows)


def _apps(status: Status) -> RenderableType:
    rows = [
        (
            app["app"],
            count(app["binds"]),
            count(app["accepted"]),
            rate(app["rate"]),
            count(app["deliveries_waiting"]),
            duration(app["deliveries_oldest_s"]),
        )
        for app in status["apps"]
    ]
    return table(("APP", ">BINDS", ">ACCEPTED", ">MSG/S", ">NOT TAKEN YET", ">OLDEST"), rows)


def _rest(status: Status) -> Iterator[Text]:
    totals, store = status["totals"], status["store"]
    yield Text("total  " + "  ".join(f"{plain(name)} {count(number)}" for name, number in totals.items()))
    if store["healthy"]:
        yield Text(f"store  healthy, {size(store['size_bytes'])}, {size(store['free_bytes'])} free")
    else:
        yield Text(f"store  not writable, {count(store['backlog'])} changes wait for it", "red")
    for source in status["portability"]:
        if not source["available"]:
            yield Text(f"portability  {plain(source['source'])}: {plain(source['detail'])}", "red")
