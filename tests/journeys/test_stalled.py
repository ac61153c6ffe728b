"""An app that is bound and takes nothing: a window is out, the rest of what it is owed waits, nobody else notices."""

import asyncio

import pytest

from gateway.connection import Connection
from gateway.smpp.events import Event, Received
from gateway.smpp.pdu import BindReceiver, BindTransmitter
from tests.bench.children import usage
from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import SmppApp, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until

MESSAGES = 2_000  # more than is held in memory for an app
AT_ONCE = 250
WINDOW = 20
GROWTH_MB = 48
OTHERS_WAIT_S = 3.0


class StalledApp(SmppApp):
    """Reads deliver_sm and answers none of them until told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.stalled = True
        self.unanswered: list[Event] = []

    def on_events(self, connection: Connection, events: list[Event]) -> None:
        if self.stalled:
            self.unanswered += [event for event in events if isinstance(event, Received)]
            events = [event for event in events if not isinstance(event, Received)]
        super().on_events(connection, events)

    def begin(self) -> None:
        """Bound: from here on it stalls."""

    def go_on(self) -> None:
        """Answer what has come, and from now on all."""
        self.stalled = False
        assert self._connection is not None
        super().on_events(self._connection, self.unanswered)
        self._connection.flush_soon()


class DeafApp(StalledApp):
    """Does not even read what lies in its socket."""

    def begin(self) -> None:
        assert self._connection is not None
        self._connection.pause_reading()

    def go_on(self) -> None:
        assert self._connection is not None
        self._connection.resume_reading()
        super().go_on()


@pytest.mark.parametrize("kind", [StalledApp, pytest.param(DeafApp, marks=pytest.mark.slow)])
async def test_case_44_app_that_answers_nothing_is_sent_a_window_and_the_rest_waits_on_disk(
    make_gateway: MakeGateway, smsc: Smsc, kind: type[StalledApp]
) -> None:
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port], window=200)},
        apps={"bank": app(system_id="bank", window=WINDOW, api_keys=[]), "other": app(system_id="other")},
    )
    await gateway.start()
    stalled = await kind.bind(gateway.smpp_port, pdu=BindReceiver(system_id="bank", password="s3cret"))
    assert isinstance(stalled, StalledApp)
    stalled.begin()
    other = await SmppApp.bind(gateway.smpp_port, "other")
    await other.send("warm")
    memory = rss_mb(gateway)

    ids = await submitted(gateway)
    await until(lambda: gateway.owed("bank") == MESSAGES, 20, "all receipts to be owed")

    assert len(stalled.unanswered) == (0 if kind is DeafApp else WINDOW)
    assert rss_mb(gateway) < memory + GROWTH_MB
    message_id = await other.send("beside it", priority_flag=1)
    await until(lambda: other.receipts[message_id], OTHERS_WAIT_S, "the other app's receipt")

    await until(lambda: says_that_waits(gateway, MESSAGES), 20, "the status to say so")

    stalled.go_on()
    await until(lambda: ids <= set(stalled.receipts), 20, "every receipt")
    await until(lambda: gateway.owed("bank") == 0, 10, "nothing to be owed")
    assert {len(receipts) for receipts in stalled.receipts.values()} == {1}


async def submitted(gateway: GatewayProcess) -> set[str]:
    """The ids of MESSAGES messages of the bank's."""
    sender = await SmppApp.bind(gateway.smpp_port, pdu=BindTransmitter(system_id="bank", password="s3cret"))
    ids: set[str] = set()
    for begin in range(0, MESSAGES, AT_ONCE):
        answers = await asyncio.gather(*(sender.submit(f"message {begin + n}") for n in range(AT_ONCE)))
        assert {answer.command_status for answer in answers} == {0}
        ids |= {answer.message_id for answer in answers}
    await sender.unbind()
    return ids


async def says_that_waits(gateway: GatewayProcess, count: int) -> bool:
    """Whether by the status, which asks the store every STORE_EVERY_S, so many deliveries to the bank wait."""
    (bank,) = [row for row in (await gateway.status())["apps"] if row["app"] == "bank"]
    return bool(bank["deliveries_waiting"] == count)


def rss_mb(gateway: GatewayProcess) -> float:
    assert gateway.process is not None
    return usage(gateway.process.pid).rss_mb
