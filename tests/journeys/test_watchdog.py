"""What systemd hears of a gateway's life: ready, reloading, signs of life, stopping."""

import asyncio
import contextlib
import socket
from pathlib import Path

from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.support.gateway import app, carrier, until

BEAT_S = 0.1


async def test_signs_of_life_come_from_ready_until_the_last_answer_of_a_carrier(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, tmp_path: Path
) -> None:
    smsc = await make_smsc(latency_s=1.0)
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app()})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        watchdog_us = str(round(3 * BEAT_S * 1e6))
        gateway.environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": watchdog_us}
        await gateway.start()
        await gateway.post({"to": "5512345678", "text": "slow"})
        await until(lambda: smsc.texts == ["slow"], 5, "the submit_sm")
        stopping = asyncio.create_task(gateway.stop())
        heard: list[str] = []
        while not stopping.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    heard.append((await asyncio.get_running_loop().sock_recv(systemd, 1_000)).decode().split("\n")[0])

    assert await stopping == 0
    assert heard[0] == "READY=1"
    assert heard[heard.index("STOPPING=1") :].count("WATCHDOG=1") >= 3
