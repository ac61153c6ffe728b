"""The listener with TLS, as it is configured."""

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from gateway.apps import http_listener
from gateway.apps.auth import AppCredentials
from gateway.apps.http_server import HttpServer
from gateway.config.schema import Tls
from gateway.config.units import Address
from gateway.explain import Explainer
from tests.apps.http_gateway import BANK, Site, serving
from tests.support.certificates import Authority

DEADLINE_S = 5.0


async def test_listener_with_tls_takes_messages_and_refuses_plain_http(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    async with serving() as site:
        server = with_tls(site, Tls(*authority.sign("localhost")))
        port = await server.start(Address("127.0.0.1", 0))
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {BANK}"}) as session:
            async with session.post(
                f"https://127.0.0.1:{port}/v1/messages",
                json={"to": "5512345670", "text": "hola"},
                ssl=authority.trusting(),
                server_hostname="localhost",
            ) as answer:
                assert answer.status == 202
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /docs HTTP/1.1\r\nHost: relevo\r\n\r\n")
            async with asyncio.timeout(DEADLINE_S):
                assert b"HTTP/1.1" not in await reader.read(100)
            writer.close()
        await server.stop()


async def test_caller_that_never_shakes_hands_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_listener, "HANDSHAKE_S", 0.05)
    async with serving() as site:
        server = with_tls(site, Tls(*Authority(tmp_path, "authority").sign("localhost")))
        with capture_logs() as logged:
            port = await server.start(Address("127.0.0.1", 0))
        assert [(line["event"], line["port"], line["tls"]) for line in logged] == [("http_listening", port, True)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(DEADLINE_S):
            assert await reader.read(1) == b""
        writer.close()
        await server.stop()


async def test_certificate_that_is_none_is_an_error_at_the_start(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    with pytest.raises(ssl.SSLError):
        await with_tls(Site(), Tls(nothing, nothing)).start(Address("127.0.0.1", 0))


def with_tls(site: Site, tls: Tls) -> HttpServer:
    """A second listener on a site's roads."""
    config = replace(site.config, http=replace(site.config.http, tls=tls))
    return HttpServer(
        config,
        AppCredentials(config.apps),
        site.intake,
        site.store,
        site.commits,
        site.opt_outs,
        Explainer(site.intake, {}, lambda carrier: True, site.clock.utc),
        site.batches,
        find=site.find,
        cancel=site.cancel,
        view=site.view,
        metrics=site.metrics,
        clock=site.clock,
    )
