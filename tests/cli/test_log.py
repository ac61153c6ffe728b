"""`relevo log level`."""

from tests.admin.fake import FakeControl
from tests.cli.conftest import Relevo


def test_log_level_is_shown_and_set(relevo: Relevo, gateway: FakeControl) -> None:
    assert relevo("log", "level").out == "info, as configured\n"
    assert relevo("log", "level", "debug", "--for", "10m").out == "debug; info again in 10 min\n"
    assert relevo("log", "level", "error").out == "error; info again with the next reload or restart\n"
    assert relevo("log", "level", "--json").json == {"level": "error", "configured": "info", "back_in_s": None}
    assert gateway.told == [("log_level", "debug", 600.0), ("log_level", "error", None)]


def test_log_level_that_is_none_is_wrong_usage(relevo: Relevo, gateway: FakeControl) -> None:
    assert relevo("log", "level", "loud").status == 2
