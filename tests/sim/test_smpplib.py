"""The simulator with an ESME that is not ours: smpplib, in a thread, on a real socket."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions

from tests.sim.running import running


@contextmanager
def client(port: int) -> Iterator[Any]:
    esme = smpplib.client.Client("127.0.0.1", port, timeout=5, allow_unknown_opt_params=True)
    esme.connect()
    try:
        yield esme
    finally:
        esme.disconnect()


def until(esme: Any, done: Callable[[], bool]) -> None:
    """Read until something is so; smpplib's own timeout ends a wait that is in vain."""
    while not done():
        esme.read_once(auto_send_enquire_link=False)


async def test_smpplib_binds_submits_and_gets_receipts_and_inbound_messages() -> None:
    async with running(logins={"acme": "secret"}, latency_s=0.005) as (simulator, port):
        loop = asyncio.get_running_loop()

        def talk() -> tuple[list[str], list[tuple[str, bytes]]]:
            answered: list[str] = []
            delivered: list[tuple[str, bytes]] = []
            with client(port) as esme:
                esme.set_message_sent_handler(lambda pdu: answered.append(pdu.message_id.decode()))
                esme.set_message_received_handler(
                    lambda pdu: delivered.append((pdu.source_addr.decode(), pdu.short_message))
                )
                esme.bind_transceiver(system_id="acme", password="secret")
                for number in range(50):
                    esme.send_message(
                        source_addr="45555",
                        destination_addr=f"5255123456{number:02}",
                        short_message=b"hola",
                        registered_delivery=True,
                    )
                until(esme, lambda: len(answered) == 50 and len(delivered) == 50)
                loop.call_soon_threadsafe(simulator.mo, "525599999999", "45555", "ACEPTO")
                until(esme, lambda: len(delivered) == 51)
                esme.unbind()
            return answered, delivered

        answered, delivered = await asyncio.to_thread(talk)

        assert answered == [record.message_id for record in simulator.received]
        assert {to for to, _ in delivered[:50]} == {record.to for record in simulator.received}
        assert all(b"stat:DELIVRD" in text for _, text in delivered[:50])
        assert delivered[50] == ("525599999999", b"ACEPTO")
        assert simulator.stats.delivered == 51


async def test_smpplib_is_told_a_wrong_password() -> None:
    async with running(logins={"acme": "secret"}) as (_, port):

        def talk() -> None:
            with client(port) as esme, pytest.raises(smpplib.exceptions.PDUError) as refused:
                esme.bind_transceiver(system_id="acme", password="wrong")
            assert refused.value.args[1] == smpplib.consts.SMPP_ESME_RINVPASWD

        await asyncio.to_thread(talk)


async def test_smpplib_is_throttled() -> None:
    async with running(tps=3, receipts_after_s=None) as (simulator, port):

        def talk() -> int:
            throttled: list[Any] = []
            with client(port) as esme:
                esme.bind_transmitter(system_id="acme", password="")
                esme.set_error_pdu_handler(throttled.append)
                for _ in range(5):
                    esme.send_message(source_addr="45555", destination_addr="525512345678", short_message=b"hola")
                until(esme, lambda: len(throttled) == 2)
                esme.unbind()
            return len(throttled)

        assert await asyncio.to_thread(talk) == 2
        assert simulator.stats.refused == {0x58: 2}
