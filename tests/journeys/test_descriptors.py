"""Out of descriptors: listeners rest and go on, binds and webhooks keep theirs, and nobody spins."""

import asyncio
import resource
import time
from pathlib import Path

from tests.bench.children import usage
from tests.journeys.books import balanced
from tests.journeys.parties import Hook, SmppApp, Smsc
from tests.support.gateway import GatewayProcess, until

LIMIT = 120
CALLERS = 200
IDLE_S = 1.0


def limited(gateway: GatewayProcess, limit: int) -> int:
    """Let the gateway have so many descriptors at most; its process id."""
    assert gateway.process is not None
    _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (limit, hard))
    return gateway.process.pid


def descriptors_of(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


async def test_gateway_out_of_descriptors_serves_whom_it_has_and_takes_callers_when_some_are_free(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    bank = await SmppApp.bind(gateway.smpp_port)
    ids = [await bank.send("before")]
    await until(lambda: bank.receipts[ids[0]], 5, "its receipt: a simulator that stops forgets what it owes")
    pid = limited(gateway, LIMIT)
    callers = [await asyncio.open_connection("127.0.0.1", gateway.http_port) for _ in range(CALLERS)]
    await until(lambda: gateway.logged("descriptors_scarce"), 5, "callers to take all that they get")
    assert set(await gateway.failing() or []) == {"listener smpp", "listener http"}

    await smsc.stop()  # what is kept back is enough to bind anew
    await smsc.start()
    ids.append(await bank.send("beside"))
    await until(lambda: "beside" in smsc.texts, 10, "a bind made anew")
    assert descriptors_of(pid) < LIMIT
    began, cpu_s = time.monotonic(), usage(pid).cpu_s
    await asyncio.sleep(IDLE_S)
    assert usage(pid).cpu_s - cpu_s < 0.5 * (time.monotonic() - began), "it waits, and does not spin"
    assert len(gateway.logged("descriptors_scarce")) == 1
    assert not bank.closed.is_set()

    for _, writer in callers:
        writer.close()
    await until(lambda: gateway.logged("descriptors_free"), 10, "the listeners to go on")
    ids.append(await gateway.send("after, by HTTP"))
    newcomer = await SmppApp.bind(gateway.smpp_port)
    ids.append(await newcomer.send("after"))
    await until(lambda: hook.of(ids[2]), 5, "the webhook")
    await gateway.ready()
    await balanced(gateway, ids, smsc)
    await newcomer.unbind()
    await bank.unbind()
