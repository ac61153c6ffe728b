"""Batches: a body of any length in, how far it has come, pause, resume, cancel, a report."""

import codecs
import csv
import hashlib
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

import msgspec

from gateway.apps import problem
from gateway.apps.http_answer import Answer, StreamedAnswer, json_answer
from gateway.apps.http_batch_body import BatchOptions, Rows, options_of, options_of_query, spread_of, whole_body
from gateway.apps.http_batch_rows import CsvRows, JsonRows, NdjsonRows, Reader, head_of
from gateway.apps.http_call import Call, Route, UnreadBody
from gateway.apps.idempotency import HEADER, check_key
from gateway.batches import Batches, Row, Upload
from gateway.batches.tally import Tally
from gateway.errors import Refusal, StoreError
from gateway.intake import Intake
from gateway.message import WAITING, Message, Status
from gateway.message_json import JsonObject, time_text

BATCH_ID = "Batch-Id"
_LONGEST_ID = 36
_COLUMNS = (
    *("id", "to", "reference", "status", "network", "carrier", "segments"),
    *("error_code", "error_detail", "created_at", "updated_at"),
)
_SHAPES: Mapping[str, Callable[[Rows, int], Reader]] = {"text/csv": CsvRows, "application/x-ndjson": NdjsonRows}

View = Callable[[Message], Message]
"""A message as apps see it: what waits in a held batch is paused."""


class BatchCalls:
    """POST /v1/batches · GET /v1/batches/{id} · POST …/pause, …/resume, …/cancel · GET …/report.csv."""

    def __init__(
        self, batches: Batches, intake: Intake, writable: Callable[[], bool], view: View, utc: Callable[[], float]
    ) -> None:
        """`writable()`: whether the store takes changes now."""
        self._batches = batches
        self._intake = intake
        self._writable = writable
        self._view = view
        self._utc = utc

    def routes(self) -> list[Route]:
        """What it answers."""
        return [
            Route("POST", "/v1/batches", self.send),
            Route("GET", "/v1/batches/{id}", self.look),
            Route("POST", "/v1/batches/{id}/pause", self.pause),
            Route("POST", "/v1/batches/{id}/resume", self.resume),
            Route("POST", "/v1/batches/{id}/cancel", self.cancel),
            Route("GET", "/v1/batches/{id}/report.csv", self.report),
        ]

    # -- a body comes in --------------------------------------------------------------------------------------------

    async def send(self, call: Call) -> Answer:
        """Take the rows in; 202 once all of them are on disk or refused."""
        kind = _kind(call)
        key = call.request.headers.get(HEADER, "")
        if HEADER in call.request.headers:
            check_key(key)
        if not self._writable():
            raise Refusal("store_unavailable", retry_after_s=1.0)
        body = _Body(call)
        if kind == "application/json":
            call.only_query()
            options, reader, rows = await self._json(call, body)
        else:
            options = options_of_query(call.request.query)
            reader, rows = _SHAPES[kind](Rows(options, call.app, self._utc()), call.max_body), []
        upload, tally = await self._batches.begin(
            call.app, key, _asked(kind, options), options.name or "", spread_of(options)
        )
        if upload is None:
            return await self._again(body, tally)
        return await self._take(upload, tally, body, reader, rows)

    async def _json(self, call: Call, body: "_Body") -> tuple[BatchOptions, Reader | None, Iterable[Row]]:
        """The options, and either all rows or what reads them."""
        head = b""
        async for octets in body.chunks():
            head += octets
            if len(head) > call.max_body:
                decoder = codecs.getincrementaldecoder("utf-8")()
                fields, left = head_of(_text(decoder, head))
                options = options_of(fields)
                maker = Rows(options, call.app, self._utc())
                return options, JsonRows(decoder, left, maker, call.max_body), []
        whole = whole_body.read(head)
        maker = Rows(whole, call.app, self._utc())
        return whole, None, map(maker.of_json, whole.messages)

    async def _take(
        self, upload: Upload, tally: Tally, body: "_Body", reader: Reader | None, rows: Iterable[Row]
    ) -> Answer:
        digest = ""
        try:
            await upload.take(rows)
            if reader is not None:
                async for octets in body.chunks():
                    await upload.take(reader.feed(octets))
                while left := reader.end():
                    await upload.take(left)
            digest = body.digest
        except (Refusal, UnreadBody, StoreError) as error:
            await _end_broken(upload)
            return _broken(error, tally)
        except BaseException:  # the caller is gone, or the call was cancelled: what is on disk stays, and is counted
            await _end_broken(upload)
            raise
        try:
            await upload.end(digest)
        except StoreError as error:
            return _broken(error, tally)
        return json_answer(202, _receipt(tally))

    async def _again(self, body: "_Body", tally: Tally) -> Answer:
        """The body came to its end under this key before: the same answer, if it is the same body."""
        async for _ in body.chunks():
            pass
        if body.digest != tally.batch.digest:
            raise Refusal("idempotency_conflict", field=HEADER)
        return json_answer(202, _receipt(tally), (("Idempotent-Replayed", "true"),))

    # -- what there is of it ----------------------------------------------------------------------------------------

    async def look(self, call: Call) -> Answer:
        """How far a batch has come."""
        return await self._moved(call, self._batches.get)

    async def pause(self, call: Call) -> Answer:
        """Send nothing more of it until it is resumed."""
        return await self._moved(call, self._batches.pause)

    async def resume(self, call: Call) -> Answer:
        """Go on with it."""
        return await self._moved(call, self._batches.resume)

    async def cancel(self, call: Call) -> Answer:
        """End what no carrier has of it."""
        return await self._moved(call, self._batches.cancel)

    async def _moved(self, call: Call, way: Callable[[str, str], Awaitable[Tally]]) -> Answer:
        call.only_query()
        tally = await way(call.app, _id(call))
        return json_answer(200, batch_object(tally, self._batches.uploading(tally.batch.id), self._utc()))

    async def report(self, call: Call) -> Answer:
        """A row per message, oldest first, as it is made."""
        call.only_query()
        tally = await self._batches.get(call.app, _id(call))
        name = f'attachment; filename="{tally.batch.id}.csv"'
        pieces = self._report(call.app, tally.batch.id)
        return StreamedAnswer(pieces, "text/csv; charset=utf-8", (("Content-Disposition", name),))

    async def _report(self, app: str, batch_id: str) -> AsyncIterator[bytes]:
        yield _csv([_COLUMNS])
        after = ""
        while found := await self._batches.messages(app, batch_id, after):
            after = found[-1].id
            yield _csv(_line(self._view(message)) for message in found)


class _Body:
    """A body while it is read, with the digest of what has come."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._hash = hashlib.sha256()

    async def chunks(self) -> AsyncIterator[bytes]:
        """See Call.chunks; goes on where the last reading stopped."""
        async for octets in self._call.chunks():
            self._hash.update(octets)
            yield octets

    @property
    def digest(self) -> str:
        """Of all that was read."""
        return self._hash.hexdigest()


def batch_object(tally: Tally, uploading: bool, now: float) -> JsonObject:
    """A batch as apps read it. `total` counts accepted messages, `progress` is the share of them that has ended."""
    batch = tally.batch
    held = batch.state in {"paused", "cancelling"}
    counts = tally.words()
    if held and (waiting := sum(counts.pop(status.word, 0) for status in WAITING)):
        counts[Status.PAUSED.word] = waiting
    end_at = None if held else tally.end_at(now)
    return {
        "id": batch.id,
        "name": batch.name or None,
        "status": _status(tally, uploading),
        "created_at": time_text(batch.created_at),
        "total": tally.total,
        "rejected": batch.rejected,
        "complete": batch.complete,
        "counts": counts,
        "progress": tally.ended / tally.total if tally.total else 0.0,
        "estimated_end": None if end_at is None else time_text(end_at),
        "errors": batch.errors,
    }


def _status(tally: Tally, uploading: bool) -> str:
    state = tally.batch.state
    if state != "running":
        return state
    if uploading:
        return "accepting"
    return "finished" if tally.ended == tally.total else "running"


def _receipt(tally: Tally) -> JsonObject:
    batch = tally.batch
    return {"id": batch.id, "accepted": tally.total, "rejected": batch.rejected, "errors": batch.errors}


def _kind(call: Call) -> str:
    kind, _, parameters = call.request.headers.get("Content-Type", "").lower().partition(";")
    charset = (
        dict(part.strip().partition("=")[::2] for part in parameters.split(";")).get("charset", "utf-8").strip('"')
    )
    if kind.strip() not in {"application/json", *_SHAPES} or charset not in {"utf-8", "utf8"}:
        detail = "A batch is application/json, application/x-ndjson or text/csv, in UTF-8."
        raise Refusal("unsupported_media_type", detail, "Content-Type")
    return kind.strip()


def _asked(kind: str, options: BatchOptions) -> str:
    """What holds for all rows, in short: the same key must not be used with other options."""
    fields = [getattr(options, name) for name in BatchOptions.__struct_fields__]
    return hashlib.sha256(kind.encode() + msgspec.json.encode(fields)).hexdigest()


def _text(decoder: codecs.IncrementalDecoder, octets: bytes) -> str:
    try:
        return decoder.decode(octets)
    except UnicodeDecodeError as error:
        raise Refusal("invalid_json", f"The body is not UTF-8: {error.reason}.") from None


async def _end_broken(upload: Upload) -> None:
    try:
        await upload.end()
    except StoreError:
        return  # what it has kept is what is on disk; the answer tells of the fault


def _broken(error: Refusal | UnreadBody | StoreError, tally: Tally) -> Answer:
    """The answer to a body that could not be read to its end; what came before stays."""
    kept = f" {tally.total} rows before are accepted as batch {tally.batch.id}."
    headers = ((BATCH_ID, tally.batch.id),)
    if isinstance(error, UnreadBody):
        answer = problem.of_status(error.status, str(error) + kept)
        answer.headers += headers
        answer.close = True
        return answer
    if isinstance(error, StoreError):
        error = Refusal("store_unavailable", retry_after_s=problem.RETRY_STORE_S)
    told = Refusal(error.code, error.detail + kept, error.field, error.retry_after_s)
    answer = problem.of_refusal(told, headers)
    answer.close = True
    return answer


def _id(call: Call) -> str:
    if len(call.tail) > _LONGEST_ID:
        raise Refusal("not_found", "The app has no batch with this id.")
    return call.tail


def _line(message: Message) -> tuple[object, ...]:
    return (
        message.id,
        "+" + message.to,
        message.reference,
        message.status.word,
        message.network,
        message.carrier,
        len(message.segments) or message.content.parts,
        message.error_code,
        message.error_detail,
        time_text(message.created_at),
        time_text(message.updated_at or message.created_at),
    )


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
