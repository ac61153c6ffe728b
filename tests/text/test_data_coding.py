"""The table of data_coding values."""

import pytest

from gateway.text.data_coding import CODINGS, Charset, Coding, coding

CASES = {
    0x00: Coding(Charset.DEFAULT),
    0x01: Coding(Charset.ASCII),
    0x02: Coding(Charset.BINARY),
    0x03: Coding(Charset.LATIN1),
    0x04: Coding(Charset.BINARY),
    0x06: Coding(Charset.CYRILLIC),
    0x08: Coding(Charset.UCS2),
    0x0E: Coding(Charset.KOREAN),
    0x0F: Coding(Charset.DEFAULT, reserved=True),
    0x10: Coding(Charset.GSM7, 0),
    0x11: Coding(Charset.GSM7, 1),
    0x15: Coding(Charset.BINARY, 1),
    0x18: Coding(Charset.UCS2, 0),
    0x19: Coding(Charset.UCS2, 1),
    0x1C: Coding(Charset.DEFAULT, reserved=True),
    0x40: Coding(Charset.DEFAULT, reserved=True),
    0xBF: Coding(Charset.DEFAULT, reserved=True),
    0xC8: Coding(Charset.GSM7),
    0xD0: Coding(Charset.GSM7),
    0xE0: Coding(Charset.UCS2),
    0xF0: Coding(Charset.GSM7, 0),
    0xF1: Coding(Charset.GSM7, 1),
    0xF5: Coding(Charset.BINARY, 1),
    0xF6: Coding(Charset.BINARY, 2),
}


@pytest.mark.parametrize("value", CASES)
def test_data_coding_is_read_whole(value):
    assert coding(value) == CASES[value]


def test_every_octet_has_a_coding_and_others_read_as_reserved():
    assert len(CODINGS) == 256
    assert coding(256) == coding(-1) == Coding(Charset.DEFAULT, reserved=True)
