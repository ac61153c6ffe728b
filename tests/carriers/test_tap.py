"""A bind's trace: whole PDUs from a stream cut anywhere, with nothing in it that must not be seen."""

import json
from typing import Any

import pytest

from gateway.carriers.tap import Tap, described
from gateway.happenings import Listener
from gateway.smpp.codec import encode
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import BindTransceiver, DeliverSm, SubmitMulti, SubmitSm, SubmitSmResp, UnknownPdu
from gateway.smpp.spec import EsmClass, Tag
from tests.support.store import BASE

RECEIPT = b"id:77 sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:UNDELIV err:034 text:Tu clave"
SUBMIT = SubmitSm(
    source_addr="45555", destination_addr="525512345678", short_message=b"Tu clave es 482913",
    tlvs=((Tag.CALLBACK_NUM, b"\1\0\0005512345678"),),
)  # fmt: skip


async def heard(listener: Listener) -> list[dict[str, Any]]:
    return await listener.take(0.001)


def a_tap() -> Tap:
    return Tap("telcel", "telcel-1", lambda: BASE)


async def test_tap_tells_of_whole_pdus_however_the_stream_is_cut() -> None:
    tap = a_tap()
    listener = tap.listen(full=False, on_silent=lambda: None)
    octets = encode(SUBMIT, 1) + encode(SUBMIT, 2)

    for n in range(len(octets)):
        tap("out", octets[n : n + 1])
    tap("in", encode(SubmitSmResp("abc"), 1))

    found = await heard(listener)
    assert [(one["direction"], one["command"], one["sequence_number"]) for one in found] == [
        ("out", "submit_sm", 1),
        ("out", "submit_sm", 2),
        ("in", "submit_sm_resp", 1),
    ]
    assert found[2]["fields"] == {"message_id": "abc"}
    assert found[0] | {"fields": 0, "hex": ""} == {
        "at": "2023-11-14T22:13:20.000Z",
        "carrier": "telcel",
        "bind": "telcel-1",
        "event": "pdu",
        "direction": "out",
        "command": "submit_sm",
        "sequence_number": 1,
        "command_status": 0,
        "status": "ESME_ROK",
        "length": len(octets) // 2,
        "fields": 0,
        "receipt": None,
        "hex": "",
    }


@pytest.mark.parametrize(
    ("pdu", "secrets"),
    [
        (BindTransceiver(system_id="acme", password="s3cret"), [b"s3cret"]),
        (SUBMIT, [b"525512345678", b"5512345678", b"482913", b"clave"]),
        (SubmitSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"Tu clave es 482913"),)), [b"482913"]),
        (DeliverSm(source_addr="525512345678", esm_class=EsmClass.TYPE_RECEIPT, short_message=RECEIPT),
         [b"525512345678", b"Tu clave"]),
        (SubmitMulti(dest_address=(Destination(1, 1, "525512345678"),), short_message=b"482913"),
         [b"525512345678", b"482913"]),
        (UnknownPdu(0x1234, b"525512345678 482913"), [b"525512345678", b"482913"]),
    ],
)  # fmt: skip
def test_nothing_of_numbers_texts_and_passwords_is_in_a_trace(pdu: Any, secrets: list[bytes]) -> None:
    octets = encode(pdu, 1)

    shown = json.dumps(described(octets, full=False))

    for secret in secrets:
        assert secret in octets
        assert secret.decode() not in shown
        assert secret.hex() not in shown
    assert len(described(octets, full=False)["hex"]) == 2 * len(octets)
    assert described(octets, full=False)["hex"].startswith(octets[:16].hex())


def test_full_trace_hides_the_password_all_the_same() -> None:
    assert "s3cret" not in json.dumps(described(encode(BindTransceiver(password="s3cret"), 1), full=True))
    found = described(encode(SUBMIT, 1), full=True)
    assert found["hex"] == encode(SUBMIT, 1).hex()
    assert found["fields"]["destination_addr"] == "525512345678"


def test_receipt_says_of_which_id_it_is_and_what() -> None:
    pdu = DeliverSm(source_addr="1", esm_class=EsmClass.TYPE_RECEIPT, short_message=RECEIPT)

    assert described(encode(pdu, 1), full=False)["receipt"] == {"id": "77", "stat": "UNDELIV", "err": "034"}


def test_pdu_that_is_cut_short_is_shown_up_to_where_it_can_be_read() -> None:
    octets = encode(SUBMIT, 1)
    cut = (36).to_bytes(4, "big") + octets[4:36]

    fields = described(cut, full=False)["fields"]

    assert fields["source_addr"] == "45555"
    assert fields["rest"].startswith("9 octets, hash ")
    assert described(cut, full=False)["hex"].endswith("**")


async def test_stream_that_is_no_smpp_is_said() -> None:
    tap = a_tap()
    listener = tap.listen(full=False, on_silent=lambda: None)

    tap("in", encode(SubmitSmResp("1"), 1) + b"HTTP/1.1 400 Bad Request")
    found = await heard(listener)

    assert [one["event"] for one in found] == ["broken", "pdu"]
    tap.restart()
    tap("in", encode(SubmitSmResp("2"), 2))
    assert [one["event"] for one in await heard(listener)] == ["pdu"]


async def test_each_listener_sees_what_it_may_and_silence_is_told() -> None:
    silent: list[bool] = []
    tap = a_tap()
    masked = tap.listen(full=False, on_silent=lambda: silent.append(True))
    full = tap.listen(full=True, on_silent=lambda: silent.append(True))

    tap("out", encode(SUBMIT, 1))

    assert (await heard(masked))[0]["fields"]["destination_addr"] == "52******5678"
    assert (await heard(full))[0]["fields"]["destination_addr"] == "525512345678"
    masked.leave()
    assert (silent, tap.heard) == ([], True)
    full.leave()
    assert (silent, tap.heard) == ([True], False)
