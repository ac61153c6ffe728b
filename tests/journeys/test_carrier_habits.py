"""What is found out about a carrier, or configured of it, on the whole way: how its receipts name, and which parts."""

import pytest

from gateway.sim.habits import Habits, ReceiptHabits, ReceiptParts
from gateway.sim.profile import IdForm
from tests.journeys.conftest import MakeGateway, MakeSmsc
from tests.journeys.parties import Hook, SmppApp
from tests.support.gateway import GatewayProcess, app, carrier, until

ENOUGH = 30
"""Receipts after which the way of naming is known: twenty that can be read in one way only."""


@pytest.mark.parametrize(("form", "name"), [(IdForm.HEXRESP_DECDLR, "hex-dec"), (IdForm.DECRESP_HEXDLR, "dec-hex")])
async def test_way_of_naming_is_learnt_shown_and_kept_over_a_restart(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, hook: Hook, form: IdForm, name: str
) -> None:
    smsc = await make_smsc(id_form=form)
    gateway = make_gateway(carriers={"one": carrier("one", [smsc.port])}, apps={"shop": app(webhook=hook.settings)})
    await gateway.start()
    assert await shown(gateway) == "auto"
    for number in range(ENOUGH):
        await gateway.send(f"message {number}", lane="fast")
    await until(lambda: len(hook.events) == ENOUGH, 10, "all receipts")
    assert await shown(gateway) == name

    assert await gateway.stop() == 0
    await gateway.start()

    assert await shown(gateway) == name
    message_id = await gateway.send("after the restart", lane="fast")
    await until(lambda: hook.of(message_id), 5, "its receipt")


@pytest.mark.parametrize("parts", [ReceiptParts.FIRST, ReceiptParts.LAST])
async def test_case_24_long_message_ends_with_the_one_receipt_its_carrier_sends(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, parts: ReceiptParts
) -> None:
    smsc = await make_smsc(habits=Habits(receipts=ReceiptHabits(parts=parts)))
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port], receipt_parts=str(parts))},
        apps={"bank": app(system_id="bank")},
    )
    await gateway.start()
    bank = await SmppApp.bind(gateway.smpp_port)
    message_id = await bank.send(b"", tlvs=((0x0424, b"x" * 400),))
    await until(lambda: bank.receipts[message_id], 5, "its receipt")

    assert len(smsc.taken) == 3
    assert (await gateway.message(message_id))["status"] == "delivered"
    assert await gateway.metric("relevo_receipts_total", carrier="one") == 1
    assert await gateway.metric("relevo_receipts_pending", carrier="one") == 0
    await bank.unbind()


async def test_number_goes_out_with_mexicos_old_mobile_prefix_and_comes_back_without_it(
    make_gateway: MakeGateway, make_smsc: MakeSmsc, hook: Hook
) -> None:
    smsc = await make_smsc(habits=Habits(destination_format="e164-521"))
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port], destination={"format": "e164-521"})},
        apps={"shop": app(webhook=hook.settings)},
        mo_routes=[{"app": "shop"}],
    )
    await gateway.start()
    message_id = await gateway.send("hola", to="55 1234 5678")
    await until(lambda: hook.of(message_id), 5, "its receipt")

    assert [record.to for record in smsc.taken] == ["5215512345678"]
    assert (await gateway.message(message_id))["to"] == "+525512345678"

    smsc.there.mo("5215512345678", "45555", "gracias")
    await until(lambda: len(hook.events) == 2, 5, "the answer")
    answer = hook.events[-1]["data"]
    assert (answer["from"], answer["in_reply_to"]) == ("+525512345678", message_id)


async def shown(gateway: GatewayProcess) -> str:
    """How the carrier's receipts name messages, as the status has it."""
    form: str = (await gateway.status())["message_ids"]["one"]
    return form
