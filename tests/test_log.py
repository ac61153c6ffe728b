"""Logs: what a line looks like, what level lets through, and that a reload changes loggers already handed out."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from gateway import log as gateway_log
from gateway.log import configure, logger


@pytest.fixture
def lines() -> Iterator[io.BytesIO]:
    """Where the lines go; logging is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    stream = io.BytesIO()
    configure("info", "json", stream=stream)
    yield stream
    configure("info", "json")
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def read(lines: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_line_is_json_with_time_level_and_event_first(lines: io.BytesIO) -> None:
    logger(carrier="telcel").info("bind_lost", bind="telcel-1", reason="response_timeout")

    (line,) = read(lines)
    assert list(line) == ["timestamp", "level", "event", "carrier", "bind", "reason"]
    assert (line["level"], line["event"], line["carrier"]) == ("info", "bind_lost", "telcel")
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)
    assert line["timestamp"].endswith("Z")


def test_line_is_masked(lines: io.BytesIO) -> None:
    logger().info("refused", to="+525512345678", text="code 123456", password="hunter2")

    (line,) = read(lines)
    assert line["to"] == "+52******5678"
    assert b"123456" not in lines.getvalue().replace(b"5678", b"")
    assert line["password"] == "***"


def test_peer_cannot_forge_a_line(lines: io.BytesIO) -> None:
    logger().warning("bind_refused", system_id='x"}\n{"level":"error","event":"forged"}\x1b[2J')

    assert lines.getvalue().count(b"\n") == 1
    assert b"\x1b" not in lines.getvalue()


def test_level_filters_and_a_reload_changes_loggers_already_handed_out(lines: io.BytesIO) -> None:
    early = logger().bind(carrier="telcel")
    early.debug("one")
    configure("debug", "json", stream=lines)
    early.debug("two")
    configure("error", "json", stream=lines)
    early.warning("three")
    early.error("four")

    assert [line["event"] for line in read(lines)] == ["two", "four"]


def test_structlogs_own_loggers_follow_after_their_first_use(lines: io.BytesIO) -> None:
    log = structlog.get_logger()
    log.info("one")
    configure("warning", "json", stream=lines)
    log.info("two")
    log.bind(to="+525512345678").warning("three")

    assert [line["event"] for line in read(lines)] == ["one", "three"]
    assert read(lines)[1]["to"] == "+52******5678"


def test_full_content_shows_numbers_and_bodies_but_no_secret(lines: io.BytesIO) -> None:
    configure("info", "json", full_content=True, stream=lines)
    logger().info("submitted", to="+525512345678", text="code 123456", api_key="hunter2")

    (line,) = read(lines)
    assert (line["to"], line["text"], line["api_key"]) == ("+525512345678", "code 123456", "***")


def test_exception_is_logged_with_its_traceback(lines: io.BytesIO) -> None:
    try:
        int("+525512345678x")
    except ValueError:
        logger().exception("import_failed")

    (line,) = read(lines)
    assert line["level"] == "error"
    assert line["exception"].startswith("Traceback")
    assert line["exception"].endswith("literal for int() with base 10: '+52******5678x'")


def test_console_line_is_for_people(lines: io.BytesIO) -> None:
    configure("info", "console", stream=lines)
    try:
        dict[str, str]()["no such thing"]
    except KeyError:
        logger(carrier="telcel").exception("import_failed", to="+525512345678")

    words = lines.getvalue().decode()
    first = words.splitlines()[0]
    assert "error" in first
    assert "import_failed" in first
    assert "to=+52******5678" in first
    assert "KeyError: 'no such thing'" in words
    assert "\x1b" not in words


@pytest.mark.parametrize(("level", "layout", "error"), [("loud", "json", KeyError), ("info", "xml", ValueError)])
def test_configure_refuses_what_it_does_not_know_and_changes_nothing(
    lines: io.BytesIO, level: str, layout: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        configure(level, layout)
    logger().info("still_here")

    assert [line["event"] for line in read(lines)] == ["still_here"]


@pytest.mark.parametrize(
    "failure", [OSError(28, "No space left on device"), ValueError("I/O operation on closed file")]
)
def test_line_that_cannot_be_written_is_counted_and_harms_nobody(lines: io.BytesIO, failure: Exception) -> None:
    class Full(io.BytesIO):
        def write(self, line: object) -> int:
            raise failure

    before = gateway_log.sink.lost
    configure("info", "json", stream=Full())
    logger().info("lost")
    configure("info", "json", stream=lines)
    logger().info("written")

    assert gateway_log.sink.lost == before + 1
    assert [line["event"] for line in read(lines)] == ["written"]


def test_libraries_own_warnings_become_lines(lines: io.BytesIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own would raise on the odd one
    for _ in range(2):  # a reload must not double them
        configure("info", "json", stream=lines)
    library = logging.getLogger("some.library")
    library.info("chatter")
    library.warning("cannot reach +%s", "525512345678")
    library.error("odd %d", "x")

    one, two = read(lines)
    assert (one["level"], one["event"], one["logger"]) == ("warning", "library", "some.library")
    assert one["message"] == "cannot reach +52******5678"
    assert (two["level"], two["message"]) == ("error", "odd %d")


def test_logger_without_configure_writes_masked_json_onto_standard_error(
    lines: io.BytesIO, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    configure()
    logger().info("started", to="+525512345678")

    line = json.loads(capfdbinary.readouterr().err)
    assert line["to"] == "+52******5678"
