"""/healthz, /readyz, /metrics."""

from tests.admin.conftest import Caller
from tests.admin.fake import FakeCheck, FakeControl


async def test_healthz_answers_while_nothing_is_ready(call: Caller, control: FakeControl) -> None:
    control.checks = [FakeCheck("store", False)]

    status, body, headers = await call("GET", "/healthz")

    assert (status, body) == (200, {"status": "ok"})
    assert headers["Cache-Control"] == "no-store"


async def test_readyz_is_200_when_every_check_passes(call: Caller) -> None:
    status, body, _ = await call("GET", "/readyz")

    assert (status, body["ready"]) == (200, True)
    assert body["checks"][1] == {"name": "binds", "ok": True, "detail": "3 of 4 are up"}


async def test_readyz_is_503_and_names_the_check_that_fails(call: Caller, control: FakeControl) -> None:
    control.checks = [FakeCheck("store", True), FakeCheck("binds", False, "none of 4 is up")]

    status, body, _ = await call("GET", "/readyz")

    assert (status, body["ready"]) == (503, False)
    assert [check["name"] for check in body["checks"] if not check["ok"]] == ["binds"]


async def test_metrics_come_as_prometheus_text_and_as_openmetrics_on_request(call: Caller) -> None:
    status, plain, headers = await call("GET", "/metrics")
    _, openmetrics, open_headers = await call("GET", "/metrics", {"Accept": "application/openmetrics-text"})

    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=")
    assert 'relevo_bind_up{bind="telcel-1",carrier="telcel"} 0.0' in plain
    assert "relevo_build_info{python=" in plain
    assert open_headers["Content-Type"].startswith("application/openmetrics-text; version=")
    assert openmetrics.endswith("# EOF\n")
    assert openmetrics.count("# EOF") == 1


async def test_metrics_answer_a_head_without_a_body(call: Caller) -> None:
    status, body, headers = await call("HEAD", "/metrics")

    assert (status, body) == (200, "")
    assert headers["Content-Type"].startswith("text/plain")
