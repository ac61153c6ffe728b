"""A whole gateway in a process of its own: `relevo run` on free ports, with a store in a directory.

It is started, watched through its admin listener, killed, told to stop and started again; `close` ends it in any case.
"""

import asyncio
import fcntl
import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from gateway.books.audit import Audit, Limits, audited
from gateway.store.reader import StoreReader

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-app-in-the-journeys"
READY_S = 15.0
STOPPED_S = 20.0
POLL_S = 0.02
# What systemd does before it starts a service: sockets from descriptor 3 on, their names, and whom they are for. The
# first argument has their numbers, all above those they are moved to, the second their names; the others are python's.
AS_SYSTEMD = """
import os, sys
numbers = [int(number) for number in sys.argv[1].split(",")]
for place, number in enumerate(numbers, 3):
    os.dup2(number, place)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(numbers)), "LISTEN_FDNAMES": sys.argv[2]}
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""


def quiet_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on, and that no outgoing connection is given (Linux: from 32768 on).

    A gateway that is killed and started again finds them free; drawn at random, for other tests run beside these.
    """
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


async def until(probe: Callable[[], object], within_s: float, what: str = "what was waited for") -> Any:
    """Ask `probe`, which may be async, until what it says is true, and return that.

    Raises TimeoutError with `what` and its last word.
    """
    deadline = time.monotonic() + within_s
    while True:
        found = probe()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within_s:g} s; at last {found!r}")
        await asyncio.sleep(POLL_S)


def carrier(name: str, ports: Iterable[int], **settings: Any) -> dict[str, Any]:
    """A carrier's section with a transceiver bind to each port; quick to come back, and fast enough for a test."""
    binds = [
        {"name": f"{name}-{n}", "host": "127.0.0.1", "port": port, "system_id": "relevo", "password": "secret"}
        | {"window": settings.get("window", 20)}
        for n, port in enumerate(ports, 1)
    ]
    settings.pop("window", None)
    return {
        "tps": 2_000,
        "burst": 50,
        "binds": binds,
        "senders": {"allow": ["45555"], "default": "45555"},
        "reconnect": {"min": "100ms", "max": "500ms", "stable_after": "1s"},
        "uncertain": {"hold": {"fast": "0s", "bulk": "1s"}},
        **settings,
    }


def app(**settings: Any) -> dict[str, Any]:
    """An app's section: everything allowed, over HTTP with KEY; with a system_id over SMPP too, password s3cret."""
    if "system_id" in settings:
        settings["password"] = "s3cret"
    return {
        "api_keys": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()],
        "tps": 5_000,
        "lane": "bulk",
        "lanes": ["fast", "bulk"],
        "senders": ["45555"],
        "max_binds": 10,
        **settings,
    }


class GatewayProcess:
    """One gateway, over all its lives. `sections` are laid over a configuration with one network, `home`.

    `environment` holds variables that its next life gets besides ours.
    """

    def __init__(self, directory: Path, **sections: Any) -> None:
        self.directory = directory
        self.http_port, self.smpp_port, self.admin_port = quiet_ports(3)
        self.path = directory / "relevo.yaml"
        self.log = directory / "relevo.log"
        self.store = directory / "relevo.db"
        self.process: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None
        self._held: dict[str, socket.socket] = {}
        self._sections: dict[str, Any] = {
            "node": "journey",
            "store": {"url": f"sqlite://{self.store}", "sync": "full"},
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
            "smpp": {"listen": f"127.0.0.1:{self.smpp_port}"},
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "networks": {"home": {"name": "Home", "codes": ["188"]}},
            "portability": {"sources": [], "unknown": "home"},
            "routes": [{"network": ["home"], "via": list(sections.get("carriers", {}))}],
            "mo_routes": [{"app": next(iter(sections.get("apps", {"": None})))}],
        }
        self.configure(**sections)

    def configure(self, **sections: Any) -> None:
        """Write the configuration anew with these sections changed."""
        self._sections |= sections
        self.path.write_text(yaml.safe_dump(self._sections, sort_keys=False))

    def hold_sockets(self) -> None:
        """Listen in its place, as a socket unit does: each next life gets the sockets, and they outlive it."""
        ports = {"http": self.http_port, "smpp": self.smpp_port, "admin": self.admin_port}
        self._held = {name: socket.create_server(("127.0.0.1", port)) for name, port in ports.items()}

    # -- lives ------------------------------------------------------------------------------------------------------

    def launch(self) -> None:
        """Start the process, without waiting for anything."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        words = ["-m", "gateway.cli.main", "run", "-c", str(self.path)]
        numbers = [fcntl.fcntl(held, fcntl.F_DUPFD, 100) for held in self._held.values()]
        if numbers:
            words = ["-c", AS_SYSTEMD, ",".join(map(str, numbers)), ":".join(self._held), *words]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if name != "PYTHONASYNCIODEBUG"}
                | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=numbers,
            )
        for number in numbers:
            os.close(number)

    async def start(self, within_s: float = READY_S) -> float:
        """Start it and wait until it is ready; how long that took in seconds."""
        began = time.monotonic()
        self.launch()
        await self.ready(within_s)
        return time.monotonic() - began

    async def ready(self, within_s: float = READY_S) -> None:
        """Wait until /readyz says yes. Raises TimeoutError with the end of its log, AssertionError if it has ended."""
        try:
            await until(self._is_ready, within_s, "/readyz")
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.last_words()}") from None

    async def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.last_words()}"
        return await self.readiness() == 200

    async def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.process is not None
        self.process.kill()
        await asyncio.to_thread(self.process.wait, STOPPED_S)

    async def stop(self, within_s: float = STOPPED_S) -> int:
        """SIGTERM, and wait for it to end; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self.process.wait, within_s)

    async def close(self) -> None:
        """End it, whatever state it is in."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            await asyncio.to_thread(self.process.wait, STOPPED_S)
        for held in self._held.values():
            held.close()

    authorization: Mapping[str, str] = {"Authorization": f"Bearer {KEY}"}

    def owed(self, app: str) -> int:
        """How many deliveries to an app wait, by its store: now, where the figure of the status is seconds old."""
        with StoreReader(self.store) as store:
            return next((number for name, number, _ in store.rows("deliveries_waiting") if name == app), 0)

    def audit(self) -> Audit:
        """Its books as they are on disk now; it may run meanwhile."""
        limits = Limits(time.time(), {"fast": 0.0, "bulk": 1.0}, 30 * 86_400.0)
        with StoreReader(self.store, snapshot=True) as store:
            return audited(store, limits)

    # -- what it says -----------------------------------------------------------------------------------------------

    @property
    def session(self) -> aiohttp.ClientSession:
        """To be used in the loop of the test."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=10)
            )
        return self._session

    def last_words(self, count: int = 4_000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-count:] if self.log.exists() else ""

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log about one event, over all lives."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines if f'"{event}"' in line]

    async def readiness(self) -> int:
        """The status of /readyz, 0 while nobody listens."""
        try:
            async with self.session.get(f"http://127.0.0.1:{self.admin_port}/readyz") as answer:
                return answer.status
        except aiohttp.ClientConnectionError:
            return 0

    async def failing(self) -> list[str] | None:
        """The names of the conditions that /readyz says do not hold; None while nobody listens."""
        try:
            async with self.session.get(f"http://127.0.0.1:{self.admin_port}/readyz") as answer:
                return [check["name"] for check in (await answer.json())["checks"] if not check["ok"]]
        except aiohttp.ClientConnectionError:
            return None

    async def admin(self, path: str) -> Any:
        """The JSON of a GET at the admin listener."""
        async with self.session.get(f"http://127.0.0.1:{self.admin_port}{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def command(self, path: str, body: Any = None) -> tuple[int, Any]:
        """A POST at the admin listener; status and JSON of the answer."""
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        async with self.session.post(url, json=body, headers={"X-Relevo": "1"}) as answer:
            return answer.status, await answer.json(content_type=None)

    async def status(self) -> Any:
        """/v1/status."""
        return await self.admin("/v1/status")

    async def message(self, message_id: str) -> dict[str, Any]:
        """A message of any app with its events."""
        found: dict[str, Any] = await self.admin(f"/v1/messages/{message_id}")
        return found

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that have these labels."""
        return sum(await self.series(name, **labels))

    async def series(self, name: str, **labels: str) -> list[float]:
        """Each of a metric's series that have these labels."""
        async with self.session.get(f"http://127.0.0.1:{self.admin_port}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return [
            float(line.rpartition(" ")[2])
            for line in lines
            if line.split("{")[0].split(" ")[0] == name and all(label in line for label in wanted)
        ]

    async def post(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """POST /v1/messages; status and JSON of the answer."""
        url = f"http://127.0.0.1:{self.http_port}/v1/messages"
        async with self.session.post(url, json=body, headers={**self.authorization, **(headers or {})}) as answer:
            return answer.status, await answer.json()

    async def send(self, text: str, to: str = "5512345678", **fields: Any) -> str:
        """Send one message over HTTP; its id."""
        status, answer = await self.post({"to": to, "text": text, **fields})
        assert status == 202, answer
        return str(answer["id"])
