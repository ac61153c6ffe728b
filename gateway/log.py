"""Logs: events with fields, one a line, JSON or for people.

    log = logger()
    log.info("bind_lost", carrier="telcel", bind="telcel-1", reason="response_timeout")

Numbers and bodies are masked by the names of their fields (`gateway.masking`), so that a line may be kept, shipped and
read by whoever reads logs; secrets always are. What a peer wrote cannot forge a line: control characters are escaped.

Level, format and destination are the process's; `configure` changes them for every logger at once, those handed out
included, which is how a reload takes effect. What is below the level costs a comparison (0.1 µs). A line costs
15 µs and a write, so nothing is logged for each message.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.masking import Masking

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}

# The keys of every line come first, the rest in the order of the call.
_HEAD = ("timestamp", "level", "event")


class Sink:
    """Where lines go: whole lines, one write each, flushed; standard error unless `stream` says otherwise.

    A line that cannot be written (a full disk, a closed pipe) is counted in `lost`, and the gateway goes on: its
    messages matter more than its words about them. `lost` is what relevo_log_lines_lost_total reads.
    """

    def __init__(self) -> None:
        self.stream: BinaryIO | None = None
        self.lost = 0

    def write(self, line: bytes) -> None:
        """Write one line; never raises because of the stream."""
        stream = self.stream or sys.stderr.buffer
        try:
            stream.write(line + b"\n")
            stream.flush()
        except (OSError, ValueError):  # ValueError: the stream is closed
            self.lost += 1


sink = Sink()
_threshold = [LEVELS["info"]]
_processors: list[Processor] = []  # one list for all loggers; `configure` changes what is in it


class Log(structlog.BoundLoggerBase):
    """A logger. `bind(**fields)` gives one whose every line has these fields."""

    def debug(self, event: str, **fields: object) -> None:
        """What helps only whoever looks for a fault; off in operation."""
        if _threshold[0] <= 10:
            self._proxy_to_logger("debug", event, **fields)

    def info(self, event: str, **fields: object) -> None:
        """What an operator wants to find later: a bind came up, a table was loaded."""
        if _threshold[0] <= 20:
            self._proxy_to_logger("info", event, **fields)

    def warning(self, event: str, **fields: object) -> None:
        """What may need somebody, tomorrow."""
        if _threshold[0] <= 30:
            self._proxy_to_logger("warning", event, **fields)

    def error(self, event: str, **fields: object) -> None:
        """What needs somebody."""
        self._proxy_to_logger("error", event, **fields)

    def exception(self, event: str, **fields: object) -> None:
        """An error, with the traceback of the exception being dealt with."""
        self._proxy_to_logger("error", event, **{"exc_info": True, **fields})


class _Lines:
    """The last link, as structlog wants it: a method for each level, all of them the sink."""

    def msg(self, line: bytes) -> None:
        sink.write(line)

    debug = info = warning = error = msg


def logger(**fields: object) -> Log:
    """A logger with these fields on every line, as structlog.get_logger is. It follows `configure` whenever that comes.

    Until then lines are JSON, from info up, onto standard error.
    """
    return Log(_Lines(), _processors, dict(fields))


def level() -> str:
    """The level from which on lines are written."""
    return next(name for name, number in LEVELS.items() if number == _threshold[0])


def set_level(name: str) -> None:
    """Write lines from this level on, until the next `configure`. KeyError for what is none of LEVELS."""
    _threshold[0] = LEVELS[name]


def configure(
    level: str = "info",
    layout: str = "json",
    *,
    full_content: bool = False,
    stream: BinaryIO | None = None,
) -> None:
    """Set the process's logging: `level` of LEVELS, `layout` json or console, onto `stream` (standard error if None).

    `full_content` shows numbers and bodies unmasked (log.content: full). Takes in what Python's own logging is given by
    the libraries, from warnings up. KeyError on another level, ValueError on another layout.
    """
    threshold = LEVELS[level]
    render = _renderer(layout, colours=(stream or sys.stderr).isatty())
    sink.stream = stream
    _threshold[0] = threshold
    _processors[:] = _chain(Masking(full_content=full_content), render)
    structlog.configure(
        processors=_processors, wrapper_class=Log, logger_factory=lambda *_: _Lines(), cache_logger_on_first_use=True
    )
    _take_in_standard_logging()


def _chain(masking: Masking, render: Processor) -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        masking,
        _in_order,
        render,
    ]


def _renderer(layout: str, *, colours: bool = False) -> Processor:
    match layout:
        case "json":
            encode = msgspec.json.Encoder().encode
            return lambda _logger, _method, event: encode(event)
        case "console":
            plain = structlog.dev.plain_traceback
            console = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)
            return _as_bytes(console)
    raise ValueError(f"a log's format is json or console, not {layout}")


def _as_bytes(console: Callable[[WrappedLogger, str, EventDict], str]) -> Processor:
    return lambda logger, method, event: console(logger, method, event).encode("utf-8", "backslashreplace")


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: event.pop(key) for key in _HEAD} | dict(event)


class _Records(logging.Handler):
    """What libraries say through Python's own logging, as our lines."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._log = logger()

    def emit(self, record: logging.LogRecord) -> None:
        write = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # the library's format does not fit its own arguments
            message = str(record.msg)
        write("library", logger=record.name, message=message, exc_info=record.exc_info)


def _take_in_standard_logging() -> None:
    root = logging.getLogger()
    with suppress(StopIteration):
        root.removeHandler(next(handler for handler in root.handlers if isinstance(handler, _Records)))
    root.addHandler(_Records())
    root.setLevel(logging.WARNING)


_processors[:] = _chain(Masking(), _renderer("json"))
