"""Batches over HTTP: bodies in three forms, what comes of their rows, how they are moved and reported."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.message import Delivery, Message, Status
from gateway.store.batch import by_batch
from tests.apps.http_gateway import NOW, SHOP, Caller, Reply, Shaky, calling

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}
JSON = {"Content-Type": "application/json"}


def numbers(count: int) -> list[str]:
    return [f"55{n:07d}0" for n in range(10_000_00, 10_000_00 + count)]


async def post(app: Caller, body: Any, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
    return await app.call("POST", "/v1/batches", {"text": "hola", **fields, "messages": body}, headers)


async def texts(app: Caller, batch_id: str) -> list[str | None]:
    """What a batch's messages say, in the order of their rows."""
    found = await app.site.batches.messages("bank", batch_id, "")
    return [message.content.text for message in found]


async def test_batch_of_json_is_accepted_row_by_row() -> None:
    async with calling() as app:
        rows: list[Any] = [{"to": to, "reference": f"r{n}"} for n, to in enumerate(numbers(3))]
        rows[1:1] = [{"to": "12"}, {"to": 7}, {"colour": 1, "to": "5512345670"}, {"to": "5512345677"}]
        reply = await post(app, rows, name="offer", lane="bulk")
        assert reply.status == 202
        assert (reply.json["accepted"], reply.json["rejected"]) == (3, 4)
        assert [(error["index"], error["to"], error["code"]) for error in reply.json["errors"]] == [
            (1, "12", "invalid_number"),
            (2, "", "invalid_field"),
            (3, "5512345670", "invalid_field"),
            (4, "5512345677", "no_route"),
        ]
        batch = (await app.call("GET", f"/v1/batches/{reply.json['id']}")).json
        assert (batch["name"], batch["status"], batch["total"]) == ("offer", "running", 3)
        assert (batch["counts"], batch["progress"], batch["complete"]) == ({"accepted": 3}, 0.0, True)
        message = next(iter(app.site.live.values()))
        assert (message.batch, message.reference, message.lane) == (reply.json["id"], "r0", "bulk")
        assert app.site.metrics.accepted("bank", "bulk", "http").n == 3
        assert app.site.metrics.refused("bank", "no_route").n == 1


async def test_batch_is_not_held_up_by_the_tps_of_its_app() -> None:
    async with calling() as app:  # 20 a second
        reply = await post(app, [{"to": to} for to in numbers(200)])
        assert (reply.status, reply.json["accepted"]) == (202, 200)
        assert (await app.send()).status == 202


async def test_tags_of_a_batch_are_those_of_each_row() -> None:
    async with calling() as app:
        await post(app, [{"to": to} for to in numbers(2)], tags=["promo", "may"])
        lines = b'{"to": "5512345670"}\n'
        await app.call("POST", "/v1/batches?text=hola&tags=promo,june", headers=NDJSON, data=lines)
        assert [message.tags for message in app.site.live.values()] == [("promo", "may")] * 2 + [("promo", "june")]
        assert (await post(app, [], tags="promo")).status == 422


async def test_fields_are_filled_in_from_the_row() -> None:
    async with calling() as app:
        reply = await post(
            app,
            [
                {"to": "5512345670", "vars": {"name": "Ana", "n": 3}},
                {"to": "5512345670", "text": "otro {n}", "vars": {"n": 1.5}},
                {"to": "5512345670", "vars": {"name": "Eva"}},
                {"to": "5512345670", "text": "sin campos"},
            ],
            text="{name}: {{{n}}}",
        )
        assert [(error["index"], error["code"]) for error in reply.json["errors"]] == [(2, "missing_field")]
        assert await texts(app, reply.json["id"]) == ["Ana: {3}", "otro 1.5", "sin campos"]


async def test_batch_of_lines_takes_its_options_from_the_query() -> None:
    async with calling() as app:
        lines = b'{"to":"5512345670"}\n\n  \r\n{"to":"5512345671","text":"otro"}\n{bad\n{"to":"5512345672"}'
        path = "/v1/batches?text=hola&lane=bulk&ttl=60&send_at=2023-11-14T23:00:00%2B00:00&transliterate=true"
        reply = await app.call("POST", path, headers=NDJSON, data=lines)
        assert (reply.status, reply.json["accepted"], reply.json["rejected"]) == (202, 3, 1)
        assert [error["index"] for error in reply.json["errors"]] == [2]
        batch = (await app.call("GET", f"/v1/batches/{reply.json['id']}")).json
        assert batch["counts"] == {"scheduled": 3}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_batch_of_csv_has_a_header(delimiter: str) -> None:
    async with calling() as app:
        lines = ["to,name,reference", '5512345670,"Ana ""la"" ñ\nIbarra",r1', "5512345671,Eva", "", "5512345672,Eva,r3"]
        body = "\ufeff" + "\r\n".join(lines).replace(",", delimiter)
        reply = await app.call("POST", "/v1/batches?text=Hola%20%7Bname%7D", headers=CSV, data=body.encode())
        assert (reply.status, reply.json["accepted"], reply.json["rejected"]) == (202, 2, 1), reply.body
        assert await texts(app, reply.json["id"]) == ['Hola Ana "la" ñ\nIbarra', "Hola Eva"]


async def pieces(octets: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(octets), size):
        yield octets[at : at + size]
        await asyncio.sleep(0)


@pytest.mark.parametrize("size", [7, 4096])
@pytest.mark.parametrize("kind", ["ndjson", "csv", "json"])
async def test_body_is_read_in_whatever_pieces_it_comes(kind: str, size: int) -> None:
    rows = [{"to": to, "text": f"señal {n} €"} for n, to in enumerate(numbers(60))]
    if kind == "ndjson":
        body, headers = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows), NDJSON
    elif kind == "csv":
        body, headers = "to,text\n" + "".join(f'{row["to"]},"{row["text"]}"\n' for row in rows), CSV
    else:
        body, headers = json.dumps({"lane": "bulk", "messages": rows}, ensure_ascii=False), JSON
    async with calling() as app:
        for listener in (app.site.server._listener,):
            listener._max_body = 300  # a longer one is streamed
        reply = await app.call("POST", "/v1/batches", headers=headers, data=pieces(body.encode(), size))
        assert (reply.status, reply.json["errors"]) == (202, []), reply.body
        assert await texts(app, reply.json["id"]) == [row["text"] for row in rows]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "invalid_json"),
        (b'{"text":"a"}', JSON, 422, "missing_field"),
        (b'{"messages":[],"colour":1}', JSON, 422, "unknown_field"),
        (b'{"messages":[],"from":"\xc3\xa1"}', JSON, 422, "invalid_field"),
        (b'{"messages":[],"encoding":"binary"}', JSON, 422, "invalid_field"),
        (b"to;name", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"name\nx\n", CSV, 422, "missing_field"),
        (b"", CSV, 422, "missing_field"),
        (b"to,to\n", CSV, 422, "invalid_field"),
        (b"to\n\xff\n", CSV, 422, "bad_encoding"),
    ],
)
async def test_body_that_is_wrong_as_a_whole_is_refused(
    body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    async with calling() as app:
        reply = await app.call("POST", "/v1/batches", headers=headers, data=body)
        assert (reply.status, reply.codes[0][1]) == (status, code)


async def test_unknown_option_is_refused() -> None:
    async with calling() as app:
        for path, code in (("?colour=1", "unknown_field"), ("?ttl=x", "invalid_field")):
            reply = await app.call("POST", "/v1/batches" + path, headers=NDJSON, data=b"{}")
            assert (reply.status, reply.codes[0][1]) == (422, code)


async def test_long_body_of_json_has_its_rows_last() -> None:
    async with calling() as app:
        app.site.server._listener._max_body = 100
        rows = json.dumps([{"to": to} for to in numbers(20)])
        reply = await app.call("POST", "/v1/batches", headers=JSON, data=f'{{"text":"a","messages":{rows},"ttl":9}}')
        assert (reply.status, reply.codes) == (422, [("messages", "invalid_field")])
        assert f"batch {reply.headers['Batch-Id']}" in reply.json["detail"]
        batch = (await app.call("GET", f"/v1/batches/{reply.headers['Batch-Id']}")).json
        assert (batch["total"], batch["complete"]) == (20, False)
        for body in (f'{{"x{"y" * 100}":1}}', f'{{"text":"a","messages":{rows}'):
            assert (await app.call("POST", "/v1/batches", headers=JSON, data=body)).status == 400


async def test_body_that_breaks_off_goes_on_under_its_key() -> None:
    key = {**NDJSON, "Idempotency-Key": "k"}
    whole = b"".join(b'{"to":"%s","text":"a"}\n' % to.encode() for to in numbers(40))
    async with calling() as app:

        async def half() -> AsyncIterator[bytes]:
            yield whole[:600]
            raise ConnectionError("the line is cut")

        with pytest.raises(Exception, match=r".*"):  # whatever the client makes of it
            await app.call("POST", "/v1/batches", headers=key, data=half())
        first = await app.call("POST", "/v1/batches", headers=key, data=whole)
        assert (first.status, first.json["accepted"], first.json["rejected"]) == (202, 40, 0)
        again = await app.call("POST", "/v1/batches", headers=key, data=whole)
        assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
        assert len(app.site.live) == 40
        other = await app.call("POST", "/v1/batches", headers=key, data=whole[:-30])
        assert (other.status, other.codes) == (409, [("Idempotency-Key", "idempotency_conflict")])


async def test_batch_is_answered_503_while_the_store_is_away() -> None:
    async with calling() as app:
        store = app.site.store
        assert isinstance(store, Shaky)
        store.failing = True
        reply = await post(app, [{"to": to} for to in numbers(3)], {"Idempotency-Key": "k"})
        assert (reply.status, reply.codes) == (503, [(None, "store_unavailable")])
        store.failing = False
        while not app.site.commits.healthy:  # noqa: ASYNC110  the writer tries again by itself
            await asyncio.sleep(0.01)
        reply = await post(app, [{"to": to} for to in numbers(3)], {"Idempotency-Key": "k"})
        assert (reply.status, reply.json["accepted"]) == (202, 3)


async def test_batch_is_paused_resumed_and_cancelled() -> None:
    async with calling() as app:
        batch_id = (await post(app, [{"to": to} for to in numbers(3)])).json["id"]
        path = f"/v1/batches/{batch_id}"
        paused = (await app.call("POST", path + "/pause")).json
        assert (paused["status"], paused["counts"]) == ("paused", {"paused": 3})
        listed = (await app.call("GET", "/v1/messages?status=paused")).json["items"]
        assert [item["status"] for item in listed] == ["paused"] * 3
        assert (await app.call("GET", "/v1/messages?status=accepted")).json["items"] == []
        assert (await app.call("POST", path + "/resume")).json["counts"] == {"accepted": 3}
        assert (await app.call("POST", path + "/cancel")).json["status"] == "cancelling"
        while (batch := (await app.call("GET", path)).json)["status"] != "cancelled":
            pass
        assert (batch["counts"], batch["progress"]) == ({"cancelled": 3}, 1.0)
        refused = await app.call("POST", path + "/resume")
        assert refused.status == 409
        assert (await app.by(SHOP).call("GET", path)).status == 404
        assert (await app.call("POST", "/v1/batches/" + "x" * 40 + "/pause")).status == 404


async def test_report_has_a_row_per_message() -> None:
    async with calling() as app:
        rows = [{"to": to, "reference": "a,b"} for to in numbers(700)]
        batch_id = (await post(app, rows)).json["id"]
        reply = await app.call("GET", f"/v1/batches/{batch_id}/report.csv")
        lines = reply.body.decode().splitlines()
        assert (reply.status, len(lines), reply.headers["Content-Type"]) == (200, 701, "text/csv; charset=utf-8")
        assert lines[0].startswith("id,to,reference,status,network")
        assert ',+525510000000,"a,b",accepted,telcel,telcel,1,' in lines[1]
        assert (await app.call("HEAD", f"/v1/batches/{batch_id}/report.csv")).body == b""


async def test_messages_are_listed_newest_first_by_what_is_asked() -> None:
    async with calling() as app:
        batch_id = (await post(app, [{"to": to, "reference": "r"} for to in numbers(5)])).json["id"]
        single = (await app.send(to="5512345670", reference="one")).json["id"]
        await app.by(SHOP).send()
        await app.site.lookups.flushed()

        async def ids(query: str) -> list[str]:
            return [item["id"] for item in (await app.call("GET", "/v1/messages" + query)).json["items"]]

        every = await ids("")
        assert (every[0], len(every)) == (single, 6)
        assert every == sorted(every, reverse=True)
        assert await ids(f"?batch={batch_id}") == every[1:]
        assert await ids("?to=%2B52%2055%201234%205670") == [single]
        assert await ids(f"?to=5512345670&batch={batch_id}") == []
        assert await ids("?reference=one&status=accepted,submitted") == [single]
        assert await ids("?status=delivered") == []
        assert await ids("?since=2023-11-14T22:13:21Z") == []
        first = (await app.call("GET", "/v1/messages?limit=4")).json
        assert await ids(f"?limit=4&cursor={first['next_cursor']}") == every[4:]


@pytest.mark.parametrize("query", ["status=gone", "to=x", "cursor=Z", "limit=0", "since=x", "colour=1", "batch="])
async def test_list_refuses_what_it_cannot_read(query: str) -> None:
    async with calling() as app:
        assert (await app.call("GET", "/v1/messages?" + query)).status == 422


async def test_receipts_that_nobody_took_are_listed_oldest_first() -> None:
    async with calling() as app:
        message = (await app.send()).json
        for n in range(3):
            row = Delivery(
                id=f"018bcfe5-6800-7000-8000-{n:012x}",
                app="bank",
                kind="receipt" if n else "inbound",
                subject=message["id"],
                status=Status.DELIVERED,
                created_at=NOW + n,
            )
            app.site.commits.deliver(row)
        await app.site.commits.drain()
        first = (await app.call("GET", "/v1/receipts?limit=1")).json
        assert [(item["type"], item["data"]["id"]) for item in first["items"]] == [("message.delivered", message["id"])]
        second = (await app.call("GET", f"/v1/receipts?cursor={first['next_cursor']}")).json
        assert ([item["timestamp"] for item in second["items"]], second["next_cursor"]) == (
            ["2023-11-14T22:13:22.000Z"],
            None,
        )
        assert len((await app.call("GET", "/v1/receipts?since=2023-11-14T22:13:20Z")).json["items"]) == 2
        later = await app.call("GET", f"/v1/receipts?cursor={first['next_cursor']}&since=2033-11-14T22:13:20Z")
        assert later.json["items"] == []
        wrong = await app.call("GET", f"/v1/receipts?cursor={first['next_cursor']}&since=-")
        assert (wrong.status, wrong.json["errors"][0]["field"]) == (422, "since")
        assert (await app.by(SHOP).call("GET", "/v1/receipts")).json["items"] == []


@pytest.mark.parametrize("spread", ["2h", 7_200, "7200", "120m"])
async def test_batch_is_spread_over_a_span(spread: str | int) -> None:
    async with calling() as app:
        reply = await post(app, [{"to": to} for to in numbers(8)], spread=spread)
        assert (reply.status, reply.json["accepted"]) == (202, 8)
        due = sorted(message.send_at for message in await kept(app, reply.json["id"]))
        assert due[0] == 0.0  # the first goes at once
        assert [round((at - NOW) / 900) for at in due[1:]] == [1, 2, 3, 4, 5, 6, 7]


async def test_spread_of_lines_stands_in_the_query_and_begins_at_send_at() -> None:
    async with calling() as app:
        path = "/v1/batches?text=hola&spread=10m&send_at=2023-11-15T00:00:00Z"
        reply = await app.call("POST", path, headers=NDJSON, data=b'{"to":"5512345670"}\n' * 4)
        at = datetime(2023, 11, 15, tzinfo=UTC).timestamp()
        due = [message.send_at for message in await kept(app, reply.json["id"])]
        assert at == min(due) < max(due) < at + 600


@pytest.mark.parametrize("spread", ["0", 0, "32d", 31 * 86_400 + 1, "2 h", "h", "2w", 1.5, True, ["2h"]])
async def test_spread_that_is_none_is_refused(spread: object) -> None:
    async with calling() as app:
        reply = await post(app, [], spread=spread)
        assert (reply.status, reply.codes) == (422, [("spread", "invalid_field")])


async def kept(app: Caller, batch_id: str) -> list[Message]:
    await app.site.commits.drain()
    return await app.site.store.found_after("bank", by_batch(batch_id), "", 100)
