"""Names and sentences of command_status, also for numbers without either."""

import pytest

from gateway.smpp.spec import CommandId, command_name, is_response, wants_intermediate, wants_receipt
from gateway.smpp.status import SENTENCES, TABLE, CommandStatus, status_name, status_sentence


def test_every_status_has_a_sentence() -> None:
    assert {status.value for status in CommandStatus} == set(SENTENCES) == set(TABLE)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "ESME_ROK"),
        (0x58, "ESME_RTHROTTLED"),
        (0xC0, "ESME_RINVTLVSTREAM"),
        (0x112, "ESME_RINVBCASTCHANIND"),
        (0x22, "0x00000022"),
        (0x455, "0x00000455"),
        (0xFFFFFFFF, "0xffffffff"),
    ],
)
def test_status_name_never_fails(number: int, name: str) -> None:
    assert status_name(number) == name
    assert status_sentence(number).endswith(".")


def test_34_names_of_the_tlv_errors_are_aliases() -> None:
    assert CommandStatus.ESME_RINVOPTPARSTREAM is CommandStatus.ESME_RINVTLVSTREAM


def test_command_name_is_the_specs_or_the_number() -> None:
    assert command_name(CommandId.SUBMIT_SM_RESP) == "submit_sm_resp"
    assert command_name(0x01000001) == "0x01000001"


def test_response_bit_tells_responses_known_or_not() -> None:
    assert is_response(CommandId.GENERIC_NACK)
    assert is_response(0x81000001)
    assert not is_response(0x01000001)


@pytest.mark.parametrize(
    ("asked", "on_success", "on_failure"),
    [(0, False, False), (1, True, True), (2, False, True), (3, True, False), (0x11, True, True), (0x1C, False, False)],
)
def test_registered_delivery_says_which_receipts_are_wanted(asked: int, on_success: bool, on_failure: bool) -> None:
    assert (wants_receipt(asked, delivered=True), wants_receipt(asked, delivered=False)) == (on_success, on_failure)


def test_case_46_intermediate_notifications_are_asked_for_by_either_bit() -> None:
    assert [wants_intermediate(asked) for asked in (0x01, 0x10, 0x20, 0x11, 0x21, 0x0F)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
