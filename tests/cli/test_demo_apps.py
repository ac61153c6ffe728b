"""The demo's own apps: the shop's ESME before a simulated SMSC, and the bank's webhook."""

import json
from datetime import UTC, datetime
from random import Random

import aiohttp
import pytest
from standardwebhooks.webhooks import Webhook

from gateway.cli.demo.bank import Answer, Hook
from gateway.cli.demo.campaign import Flyer, Form, submits
from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.ledger import Ledger, Letter
from gateway.cli.demo.shop import Shop
from gateway.cli.demo.workspace import Secrets
from gateway.clock import SystemClock
from gateway.sim.faults import Faults
from gateway.sim.profile import Profile
from gateway.sim.smsc import Simulator
from tests.cli.demo_letters import ANA, sent
from tests.sim.running import until


@pytest.fixture
async def smsc():
    """An SMSC that lets tienda in."""
    clock = SystemClock()
    simulator = Simulator(Profile(logins={"tienda": "secret"}, receipts_after_s=0.01), clock, Random(1).random)
    simulator.port = await simulator.start()
    yield simulator
    await simulator.stop()


async def test_shop_submits_takes_receipts_and_unbinds(smsc):
    ledger = Ledger()
    shop = Shop(ledger, SystemClock())
    await shop.bind(smsc.port, "tienda", "secret")
    letters = [ledger.write(Letter("tienda", "bulk", "28888", ANA, f"Hola {number}")) for number in range(300)]
    for letter in letters:
        shop.submit(letter, submits(Flyer(ANA, Form.WHOLE, letter.text), 1))
    await until(lambda: all(letter.status == "delivered" for letter in letters))
    await shop.unbind()
    assert (shop.trouble, shop.told_slower, smsc.bound) == ("", 0, {})


async def test_shop_comes_again_with_what_was_throttled(smsc):
    ledger = Ledger()
    shop = Shop(ledger, SystemClock())
    await shop.bind(smsc.port, "tienda", "secret")
    smsc.faults = Faults(errors={0x58: 1.0})
    letter = ledger.write(Letter("tienda", "bulk", "28888", ANA, "Hola"))
    shop.submit(letter, submits(Flyer(ANA, Form.WHOLE, letter.text), 1))
    await until(lambda: shop.told_slower > 0)
    smsc.faults = Faults()
    await until(lambda: letter.accepted)
    assert letter.refused == ""
    await shop.unbind()


async def test_shop_names_the_status_of_a_refusal(smsc):
    smsc.faults = Faults(errors={0x45: 1.0})
    ledger = Ledger()
    shop = Shop(ledger, SystemClock())
    await shop.bind(smsc.port, "tienda", "secret")
    letter = ledger.write(Letter("tienda", "bulk", "28888", ANA, "Hola"))
    shop.submit(letter, submits(Flyer(ANA, Form.WHOLE, letter.text), 1))
    await until(lambda: bool(letter.refused))
    assert (letter.refused, letter.accepted) == ("ESME_RSUBMITFAIL", False)
    await shop.unbind()


async def test_shop_says_why_it_cannot_bind(smsc):
    shop = Shop(Ledger(), SystemClock())
    with pytest.raises(StoryError, match="tienda's bind was refused: ESME_R"):
        await shop.bind(smsc.port, "tienda", "wrong")
    await shop.unbind()


async def test_shop_is_in_trouble_when_its_bind_breaks(smsc):
    shop = Shop(Ledger(), SystemClock())
    await shop.bind(smsc.port, "tienda", "secret")
    smsc.disconnect()
    await until(lambda: bool(shop.trouble))
    assert "lost its bind" in shop.trouble


@pytest.fixture
async def hook():
    """The bank's listener, and a way to post to it."""
    ledger, secret = Ledger(), Secrets().hook
    listener = Hook(ledger, secret)
    port = await listener.start()
    async with aiohttp.ClientSession() as client:

        async def post(webhook_id: str, event: dict, *, signed_as: str = "") -> int:
            body, now = json.dumps(event), datetime.now(UTC)
            signature = Webhook(secret).sign(webhook_id, now, signed_as or body)
            headers = {
                "webhook-id": webhook_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": signature,
            }
            async with client.post(f"http://127.0.0.1:{port}/hook", data=body, headers=headers) as response:
                return response.status

        yield listener, ledger, post
    await listener.stop()


async def test_hook_enters_a_signed_receipt_once(hook):
    listener, ledger, post = hook
    letter = sent(ledger, ANA, app="banco")
    event = {"type": "message.delivered", "data": {"id": letter.ids[1]}}
    assert [await post("evt-1", event), await post("evt-1", event)] == [204, 204]
    assert letter.receipts == {letter.ids[1]: ["delivered"]}
    assert (listener.verified, listener.repeated, listener.forged) == (2, 1, 0)


async def test_hook_refuses_what_was_changed_after_it_was_signed(hook):
    listener, ledger, post = hook
    letter = sent(ledger, ANA, app="banco")
    event = {"type": "message.delivered", "data": {"id": letter.ids[1]}}
    assert await post("evt-1", event, signed_as="{}") == 401
    assert (listener.forged, listener.verified, letter.receipts) == (1, 0, {})


async def test_hook_keeps_inbound_messages_in_their_order(hook):
    listener, _, post = hook
    for text in ("Sí", "No"):
        await post(text, {"type": "message.inbound", "data": {"text": text}})
    assert await listener.next_inbound(1, 1.0) == {"text": "No"}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(202, {"id": "x"}, ""), (422, {"errors": [{"code": "opted_out"}]}, "opted_out"), (503, {}, "503")],
)
def test_answer_names_the_first_error(status, body, code):
    assert Answer(status, body).code == code
