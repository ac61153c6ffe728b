"""Four minutes of traffic with its troubles, for a Prometheus to scrape: three carriers, OTPs beside a campaign.

One carrier throttles for a while, one is cut off and refuses to be bound again for 20 s, one fails to deliver a share.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from tests.journeys.parties import Hook
from tests.support.gateway import ROOT, GatewayProcess, app, carrier, quiet_ports, until

CARRIERS = {"telcel": 200, "att": 120, "movistar": 90}
PREFIXES = {"telcel": "55", "att": "33", "movistar": "81"}
OTPS_PER_S = 8
CAMPAIGN = 40_000


class Scene:
    """A gateway and its carriers, all processes; `async with scene(…)`, then `play(seconds)`."""

    def __init__(self, gateway: GatewayProcess, controls: Mapping[str, int], random: Random) -> None:
        """`controls`: by carrier, the HTTP port of its simulator."""
        self.gateway = gateway
        self._controls = controls
        self._random = random

    async def play(self, seconds: float) -> None:
        """Run the traffic for so long; the troubles come at fixed shares of it."""
        await self._campaign()
        async with asyncio.TaskGroup() as tasks:
            for part in (self._otps(seconds), self._answers(seconds), self._troubles(seconds)):
                tasks.create_task(part)

    def _number(self) -> str:
        (prefix,) = self._random.choices(list(PREFIXES.values()), [5, 3, 2])
        return f"{prefix}{self._random.randrange(10**7, 10**8)}"

    async def _campaign(self) -> None:
        rows = "".join(f'{{"to": "{self._number()}"}}\n' for _ in range(CAMPAIGN))
        url = f"http://127.0.0.1:{self.gateway.http_port}/v1/batches?lane=bulk&text=Solo%20hoy%3A%2030%25%20menos"
        headers = {**self.gateway.authorization, "Content-Type": "application/x-ndjson"}
        timeout = aiohttp.ClientTimeout(total=60)
        async with self.gateway.session.post(url, data=rows, headers=headers, timeout=timeout) as answer:
            assert answer.status == 202, await answer.text()

    async def _otps(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            body = {"to": self._number(), "text": "Tu clave es 482913", "lane": "fast"}
            if self._random.random() < 0.03:
                body["from"] = "20000"  # not the app's: refused at the door
            await self.gateway.post(body)
            await asyncio.sleep(self._random.expovariate(OTPS_PER_S))

    async def _answers(self, seconds: float) -> None:
        for _ in range(int(seconds / 2)):
            await self._tell("telcel", "mo", {"from": f"52{self._number()}", "to": "45555", "text": "Hola"})
            await asyncio.sleep(2)

    async def _troubles(self, seconds: float) -> None:
        await self._tell("movistar", "faults", {"fail": 0.12})
        await asyncio.sleep(0.25 * seconds)
        await self._tell("telcel", "faults", {"errors": {"ESME_RTHROTTLED": 0.02}})
        await asyncio.sleep(0.2 * seconds)
        await self._tell("telcel", "faults", {"errors": {}})
        await asyncio.sleep(0.15 * seconds)
        await self._tell("att", "faults", {"refuse_binds": "ESME_RALYBND"})
        await self._tell("att", "disconnect", {})
        await asyncio.sleep(20)
        await self._tell("att", "faults", {"refuse_binds": None})

    async def _tell(self, carrier: str, what: str, body: Mapping[str, object]) -> None:
        url = f"http://127.0.0.1:{self._controls[carrier]}/{what}"
        async with self.gateway.session.post(url, json=body) as answer:
            assert answer.status < 300, await answer.text()


@contextlib.asynccontextmanager
async def scene(directory: Path, random: Random) -> AsyncIterator[Scene]:
    """Start everything in `directory`, and end it with the block."""
    ports = dict(zip(CARRIERS, quiet_ports(len(CARRIERS)), strict=True))
    hook = Hook()
    await hook.start()
    controls = dict(zip(CARRIERS, quiet_ports(len(CARRIERS)), strict=True))
    gateway = GatewayProcess(
        directory,
        node="gw1",
        carriers={name: _carrier(name, ports[name], tps) for name, tps in CARRIERS.items()},
        routes=[{"prefix": f"+52{PREFIXES[name]}", "via": [name]} for name in CARRIERS],
        apps={"bank": app(webhook=hook.settings)},
        portability={"sources": [{"type": "table", "path": "portability.db"}], "unknown": "home"},
    )
    with contextlib.ExitStack() as sims:
        _load_ported(gateway)
        for name, tps in CARRIERS.items():
            sims.enter_context(_simulator(name, ports[name], controls[name], tps))
        try:
            await until(lambda: _answers(gateway, controls), 20, "the simulators")
            await gateway.start()
            yield Scene(gateway, controls, random)
        finally:
            await gateway.close()
            await hook.stop()


def _carrier(name: str, port: int, tps: int) -> dict[str, Any]:
    ports = [port] * (2 if name == "telcel" else 1)
    return carrier(name, ports, tps=tps, burst=1, window=30, enquire_link="5s", reconnect={"min": "1s", "max": "4s"})


def _load_ported(gateway: GatewayProcess) -> None:
    """Two ported numbers into the table of the configuration."""
    rows = gateway.directory / "ported.csv"
    rows.write_text("number,network\n525512345678,188\n523312345678,188\n")
    load = [sys.executable, "-m", "gateway.cli.main", "-c", gateway.path, "portability", "load", rows]
    subprocess.run(load, cwd=ROOT, check=True, capture_output=True)


async def _answers(gateway: GatewayProcess, controls: Mapping[str, int]) -> bool:
    try:
        for port in controls.values():
            async with gateway.session.get(f"http://127.0.0.1:{port}/stats"):
                pass
    except aiohttp.ClientConnectionError:
        return False
    return True


@contextlib.contextmanager
def _simulator(name: str, port: int, control: int, tps: int) -> Any:
    options = {"port": port, "http-port": control, "name": name, "tps": tps, "latency": "30ms", "jitter": "40ms"}
    options |= {"receipts-after": "800ms", "receipts-jitter": "3s"}
    command = [f"--{key}={value}" for key, value in options.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli.main", "sim", *command], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
