"""The configuration's sources as objects: the outside ones behind cache and breaker, counted, closed at the end."""

from pathlib import Path

from aiohttp import web

from gateway.config import Config, load
from gateway.config.schema import Config as Schema
from gateway.numbering import build_resolver, configured_plan
from portability.networks import Networks
from portability.remote import Remote
from portability.source import NeedsAsking

CONFIG = """
networks:
  telcel: {{name: Telcel, mccmnc: ["334020"], codes: ["188"]}}
portability:
  sources:
    - {{type: http, url: "http://127.0.0.1:{port}/{{number}}", timeout: 2s}}
    - {{type: enum, server: "127.0.0.1:1", timeout: 20ms}}
    - {{type: plan, path: plan.csv}}
  cache: {{size: 5, ttl: 1m, negative_ttl: 1s}}
carriers:
  telcel:
    tps: 10
    binds: [{{name: telcel-1, host: 127.0.0.1, port: 2801, system_id: acme, password: secret}}]
    senders: {{allow: ["45555"], default: "45555"}}
apps:
  bank: {{api_keys: ["sha256:{digest}"], lanes: [fast], lane: fast, senders: ["45555"]}}
routes: [{{network: [telcel], via: [telcel]}}]
"""
NUMBER = 525512345678


def configured(directory: Path, port: int) -> Schema:
    (directory / "plan.csv").write_text("start,end,network,kind\n525512340000,525512349999,telcel,mobile\n")
    file = directory / "relevo.yaml"
    file.write_text(CONFIG.format(port=port, digest="0" * 64))
    loaded = load(file, {})
    assert isinstance(loaded.config, Config), loaded
    return loaded.config


async def test_sources_outside_are_asked_kept_timed_and_closed(tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"network": "334020", "ported": True})

    app = web.Application()
    app.router.add_get("/{number}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    asked: list[tuple[str, str]] = []
    config = configured(tmp_path, runner.addresses[0][1])
    resolver = build_resolver(config, on_asked=lambda source, seconds, result: asked.append((source, result)))
    try:
        assert isinstance(resolver.resolve_now(NUMBER), NeedsAsking)
        first = await resolver.resolve(NUMBER)
        again = resolver.resolve_now(NUMBER)
    finally:
        await resolver.close()
        await runner.cleanup()

    assert (first.network, first.source, first.ported, first.mobile) == ("telcel", "http", True, True)
    assert again == first
    assert asked == [("http", "answered")]
    remote = resolver.sources[0]
    assert isinstance(remote, Remote)
    assert (remote.cache.size, remote.cache.ttl_s, remote.cache.negative_ttl_s) == (5, 60.0, 1.0)


async def test_plan_answers_where_nobody_outside_does(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []
    resolver = build_resolver(
        configured(tmp_path, 1), on_asked=lambda source, seconds, result: asked.append((source, result))
    )
    try:
        found = await resolver.resolve(NUMBER)
        again = resolver.resolve_now(NUMBER + 1)
    finally:
        await resolver.close()

    assert (found.network, found.source) == ("telcel", "plan")
    assert asked == [("http", "unavailable"), ("enum", "unavailable")]
    assert not isinstance(again, NeedsAsking)
    assert [resolver.tallies[name].unavailable for name in ("http", "enum")] == [2, 2]


def test_plan_of_the_configuration_is_that_of_its_first_source(tmp_path: Path) -> None:
    config = configured(tmp_path, 1)
    plan = configured_plan(config, Networks())
    assert plan is not None
    assert plan.mobile(NUMBER) is True
    (tmp_path / "plan.csv").unlink()
    assert configured_plan(config, Networks()) is None
