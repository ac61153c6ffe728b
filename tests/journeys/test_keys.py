"""An app's API keys over a restart: when each was last used is still known."""

from tests.journeys.conftest import MakeGateway
from tests.journeys.parties import Smsc
from tests.support.gateway import app, carrier


async def test_last_use_of_a_key_is_known_after_a_restart(make_gateway: MakeGateway, smsc: Smsc) -> None:
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"shop": app()})
    await gateway.start()
    (key,) = (await gateway.status())["apps"][0]["keys"]
    assert key["last_used"] is None
    await gateway.send("hola")
    (used,) = (await gateway.status())["apps"][0]["keys"]
    assert used["last_used"] is not None
    await gateway.stop()
    await gateway.start()
    (kept,) = (await gateway.status())["apps"][0]["keys"]
    assert kept["key"] == used["key"]
    assert kept["last_used"][:19] == used["last_used"][:19]  # to the second
