"""The app "banco": OTPs over HTTP, and a webhook that believes nothing without a valid signature."""

import asyncio
import json
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.ledger import Ledger, Letter
from gateway.cli.demo.people import Person
from gateway.clock import Clock

SENDER = "45555"
_TEXTS = (
    "Tu código es {code}. No lo compartas con nadie. Banco",
    "Banco: autoriza tu compra de ${amount} con la clave {code}. Vence en 5 min.",
)


class Answer(NamedTuple):
    """An HTTP answer; `body` is its JSON."""

    status: int
    body: Mapping[str, Any]

    @property
    def code(self) -> str:
        """Why it was refused, "" where it was not: the first error's code, or the HTTP status."""
        if self.status < 400:
            return ""
        errors = self.body.get("errors") or [{}]
        return str(errors[0].get("code") or self.status)


class HttpApp:
    """An app's way to the gateway over HTTP, with its API key."""

    def __init__(self, client: aiohttp.ClientSession, port: int, key: str) -> None:
        self._client = client
        self._base = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def call(self, method: str, path: str, body: object = None) -> Answer:
        """One call. Raises StoryError where the gateway does not answer, or not in JSON."""
        try:
            async with self._client.request(method, self._base + path, json=body, headers=self._headers) as response:
                return Answer(response.status, json.loads(await response.read()))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise StoryError(f"{method} {path}: {str(error) or type(error).__name__}") from error

    async def submit(self, ledger: Ledger, letter: Letter, clock: Clock) -> None:
        """`POST /v1/messages`, entered into the ledger."""
        letter.sent_at = clock.utc()
        body = {"to": "+" + letter.person.number, "text": letter.text, "from": letter.sender, "lane": letter.lane}
        answer = await self.call("POST", "/v1/messages", body)
        if answer.status == 202:
            ledger.accepted(letter, str(answer.body["id"]))
        else:
            ledger.refused(letter, answer.code)


def otp(person: Person, random: Random) -> Letter:
    """A one-time password for somebody."""
    text = random.choice(_TEXTS).format(code=f"{random.randrange(1_000_000):06d}", amount=random.randrange(100, 5000))
    return Letter("banco", "fast", SENDER, person, text)


class Hook:
    """The webhook's listener: receipts into the ledger, inbound messages into `inbound`."""

    def __init__(self, ledger: Ledger, secret: str) -> None:
        self._ledger = ledger
        self._webhook = Webhook(secret)
        self._runner: web.AppRunner | None = None
        self._came = asyncio.Event()
        self.verified = 0
        self.forged = 0
        self.repeated = 0
        self.inbound: list[Mapping[str, Any]] = []
        self._seen: set[str] = set()

    async def start(self) -> int:
        """Listen at a free port; the port. Raises OSError."""
        app = web.Application()
        app.router.add_post("/hook", self._post)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def next_inbound(self, known: int, timeout_s: float) -> Mapping[str, Any] | None:
        """The inbound message after the first `known` ones; None where none comes in time."""
        try:
            async with asyncio.timeout(timeout_s):
                while len(self.inbound) <= known:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            return None
        return self.inbound[known]

    async def _post(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            event = self._webhook.verify(body, dict(request.headers))
        except WebhookVerificationError:
            self.forged += 1
            return web.Response(status=401)
        self.verified += 1
        self._take(request.headers.get("webhook-id", ""), event)
        return web.Response(status=204)

    def _take(self, webhook_id: str, event: Mapping[str, Any]) -> None:
        if webhook_id in self._seen:
            self.repeated += 1
            return
        self._seen.add(webhook_id)
        data = event["data"]
        if event["type"] == "message.inbound":
            self.inbound.append(data)
            self._came.set()
        else:
            self._ledger.receipt(str(data["id"]), str(event["type"]).removeprefix("message."))
