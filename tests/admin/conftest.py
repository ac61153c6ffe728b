"""An admin listener on a free port, before a gateway that is only its Control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from gateway.admin.server import AdminServer
from gateway.config import Address, Secret
from gateway.metrics import Metrics
from tests.admin.fake import FakeControl

MEANT = {"X-Relevo": "1"}
TOKEN = "t0ken-of-operations"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Caller:
    """Calls one listener: `await caller("GET", "/v1/status")` is (status, body, headers)."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session = session
        self.url = f"http://127.0.0.1:{port}"

    async def __call__(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | BytesIO | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        async with self.session.request(method, self.url + path, headers=headers, data=body) as answer:
            is_json = answer.content_type.endswith("json")
            found = await answer.json(content_type=None) if is_json and method != "HEAD" else await answer.text()
            return answer.status, found, dict(answer.headers)


@asynccontextmanager
async def listening(control: FakeControl, token: str | None = None) -> AsyncIterator[Caller]:
    metrics = Metrics("9.9.9", process=False)
    metrics.preset(["telcel"], [("telcel", "telcel-1")], ["fast", "bulk"], ["bank"])
    server = AdminServer(control, metrics, None if token is None else Secret(token))
    port = await server.start(Address("127.0.0.1", 0))
    try:
        async with aiohttp.ClientSession() as session:
            yield Caller(session, port)
    finally:
        await server.stop()


@pytest.fixture
def control() -> FakeControl:
    return FakeControl()


@pytest.fixture
async def call(control: FakeControl) -> AsyncIterator[Caller]:
    """A listener without a token, as it is on loopback."""
    async with listening(control) as caller:
        yield caller


@pytest.fixture
async def call_guarded(control: FakeControl) -> AsyncIterator[Caller]:
    """A listener with a token."""
    async with listening(control, TOKEN) as caller:
        yield caller
