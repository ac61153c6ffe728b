"""Apps that go on submitting whatever happens, and remember what they were told: the oracle of the kill journeys."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterable

import aiohttp

from gateway.smpp.receipt import Receipt
from tests.journeys.parties import SmppApp, Smsc
from tests.support.gateway import GatewayProcess

WINDOW = 20
PAUSE_S = 0.02
AT_ONCE = 50


class Load:
    """Numbered messages over SMPP and HTTP at a steady pace; each is tried once, so a second copy is the gateway's.

    `accepted`: text to id of what was answered yes. `refused`: answered no, with the status. All else hangs in doubt.
    """

    def __init__(
        self, gateway: GatewayProcess, system_id: str = "bank", words: str = "smpp", http_words: str = "http"
    ) -> None:
        """`words` begin each text over SMPP, `http_words` over HTTP: loads side by side need their own."""
        self.accepted: dict[str, str] = {}
        self.refused: Counter[int] = Counter()
        self.over_smpp: set[str] = set()
        self.turned_away = 0
        """How often nobody listened."""
        self.unanswered = 0
        """Submits whose connection ended before their answer."""
        self.longest_s = 0.0
        """The longest that an app which wanted to submit was without a yes: connecting and binding count."""
        self._gateway = gateway
        self._system_id = system_id
        self._words = words
        self._http_words = http_words
        self._apps: list[SmppApp] = []
        self._stopping = False

    @property
    def receipts(self) -> dict[str, list[Receipt]]:
        """By message id, over all binds there were."""
        found: dict[str, list[Receipt]] = defaultdict(list)
        for app in self._apps:
            for message_id, receipts in app.receipts.items():
                found[message_id] += receipts
        return found

    def stop(self) -> None:
        """Submit nothing more; `over_*` end when what is under way has been answered."""
        self._stopping = True

    async def smpp(self) -> None:
        """WINDOW submits every PAUSE_S, each answered before the next; bind anew whenever the bind is lost."""
        app: SmppApp | None = None
        number = 0
        wanted_at = time.monotonic()
        while not self._stopping:
            if app is None or not app.session.bound:  # lost, or the gateway unbinds
                app = await self.rebind()
                continue
            texts = [f"{self._words} {number + n}" for n in range(WINDOW)]
            number += WINDOW
            answers = [app.submit(text) for text in texts]
            for text, answer in zip(texts, await asyncio.gather(*answers, return_exceptions=True), strict=True):
                if isinstance(answer, BaseException):
                    assert isinstance(answer, ConnectionError), answer
                    self.unanswered += 1
                elif answer.command_status == 0:
                    self.accepted[text] = answer.message_id
                    self.over_smpp.add(text)
                    wanted_at = self._had_yes(wanted_at)
                else:
                    self.refused[answer.command_status] += 1
            await asyncio.sleep(PAUSE_S)

    def _had_yes(self, wanted_at: float) -> float:
        """Now, from when on the next one is wanted."""
        now = time.monotonic()
        self.longest_s = max(self.longest_s, now - wanted_at)
        return now

    async def rebind(self) -> SmppApp | None:
        """A new bind, None where the gateway is not there now."""
        try:
            app = await SmppApp.bind(self._gateway.smpp_port, self._system_id)
        except (OSError, ConnectionError, TimeoutError) as error:
            self.turned_away += isinstance(error, ConnectionRefusedError)
            await asyncio.sleep(PAUSE_S)
            return None
        self._apps.append(app)
        return app

    async def http(self) -> None:
        """One POST after the other."""
        number = 0
        wanted_at = time.monotonic()
        while not self._stopping:
            text = f"{self._http_words} {number}"
            number += 1
            try:
                status, body = await self._gateway.post({"to": "5512345678", "text": text})
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                self.turned_away += isinstance(error, aiohttp.ClientConnectorError)
                self.unanswered += isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
                await asyncio.sleep(PAUSE_S)
                continue
            if status == 202:
                self.accepted[text] = body["id"]
                wanted_at = self._had_yes(wanted_at)
            else:
                self.refused[status] += 1
            await asyncio.sleep(PAUSE_S / 4)

    async def unbind(self) -> None:
        """End the binds that are left."""
        await asyncio.gather(*(app.unbind() for app in self._apps))


def missing(load: Load, smsc: Smsc) -> set[str]:
    """What was answered yes and never came to the carrier."""
    return set(load.accepted) - set(smsc.texts)


def doubled(smsc: Smsc) -> int:
    """How many copies too many the carrier has."""
    return sum(count - 1 for count in Counter(smsc.texts).values())


async def statuses(gateway: GatewayProcess, ids: Iterable[str]) -> dict[str, list[str]]:
    """By id, the final statuses in a message's history."""
    places = asyncio.Semaphore(AT_ONCE)

    async def of(message_id: str) -> tuple[str, list[str]]:
        async with places:
            message = await gateway.message(message_id)
        steps = [step["status"] for step in message["events"]]
        return message_id, [step for step in steps if step in FINAL]

    return dict(await asyncio.gather(*(of(message_id) for message_id in ids)))


FINAL = frozenset({"delivered", "undelivered", "expired", "unknown", "rejected", "cancelled"})
