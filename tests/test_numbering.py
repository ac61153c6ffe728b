"""The configuration's sources as objects: the outside ones behind cache and breaker, counted, closed at the end."""

from pathlib import Path

from aiohttp import web
from structlog.testing import capture_logs

from gateway.config import Config, load
from gateway.config.schema import Config as Schema
from gateway.numbering import build_resolver, configured_plan
from gateway.plans import renew_plans, tell_plans
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
    gone = configured_plan(config, Networks())
    assert gone is not None
    assert "plan.csv: No such file" in (gone.unavailable or "")


async def test_plan_is_renewed_when_its_file_is_another_and_stays_where_that_is_of_no_use(tmp_path: Path) -> None:
    config = configured(tmp_path, 1)
    resolver = build_resolver(config)
    file = tmp_path / "plan.csv"
    try:
        assert await renew_plans(config, resolver) == [], "nothing has changed"

        rows = [f"55{n:04}0000,55{n:04}9999,telcel,fixed\n" for n in range(1234, 1334)]
        file.write_text("start,end,network,kind\n" + "".join(rows))
        assert await renew_plans(config, resolver) == [f"{file}: a plan of 100 rows"]
        assert resolver.plan is not None and resolver.plan.mobile(NUMBER) is False

        file.write_text("start,end,network,kind\n" + "".join(rows[:89]))
        with capture_logs() as logged:
            assert await renew_plans(config, resolver) == []
        assert [line["event"] for line in logged] == ["plan_refused"]
        assert "89 rows, the plan in use has 100" in logged[0]["reason"]
        assert resolver.plan.mobile(525513330000) is False

        file.unlink()
        with capture_logs() as logged:
            assert await renew_plans(config, resolver) == []
        assert "No such file" in logged[0]["reason"]
    finally:
        await resolver.close()


async def test_plan_that_was_missing_at_the_start_is_taken_when_it_is_there(tmp_path: Path) -> None:
    config = configured(tmp_path, 1)
    whole = (tmp_path / "plan.csv").read_text()
    (tmp_path / "plan.csv").unlink()
    resolver = build_resolver(config)
    with capture_logs() as logged:
        tell_plans(config, resolver)
    assert [line["event"] for line in logged] == ["plan_not_available"]
    try:
        (tmp_path / "plan.csv").write_text(whole)
        assert len(await renew_plans(config, resolver)) == 1
        assert resolver.plan is not None and resolver.plan.mobile(NUMBER) is True
    finally:
        await resolver.close()


async def test_plan_with_holders_and_rows_that_mean_nothing_is_taken_and_says_so(tmp_path: Path) -> None:
    config = configured(tmp_path, 1)
    rows = ["5512340000,5512349999,Casa,mobile", "5512350000,5512350099,Otra,", "5512360000,5512350099,telcel,"]
    (tmp_path / "plan.csv").write_text("start,end,network,kind\n" + "\n".join(rows))

    resolver = build_resolver(config)
    with capture_logs() as logged:
        tell_plans(config, resolver)
    await resolver.close()

    said = {line["event"]: line for line in logged}
    assert (said["plan_rows_bad"]["rows"], said["plan_rows_bad"]["first"]) == (
        1, "line 4: end: 5512350099 is before 5512360000",
    )  # fmt: skip
    unknown = said["plan_holders_unknown"]
    assert (unknown["holders"], unknown["mobiles"]) == (2, 10_100)
    assert unknown["largest"] == {"Casa": 10_000, "Otra": 100}
