"""Whatever an app submits is taken or refused, and what is taken says what it said."""

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.apps.smpp_content import Unfit
from gateway.apps.smpp_submission import submission_of
from gateway.parts import CannotWrite, Profile, settle, wires
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import Tag
from gateway.text import gsm7
from tests.support.strategies import tlvs

octet = st.integers(0, 255)
times = st.sampled_from(["", "000000000500000R", "991231235959948+"]) | st.text("0123456789R+-", max_size=16)
submits = st.builds(
    SubmitSm,
    source_addr=st.text("0123456789", max_size=20),
    dest_addr_ton=octet,
    dest_addr_npi=octet,
    destination_addr=st.text("+0123456789", max_size=20),
    esm_class=octet,
    priority_flag=st.integers(0, 4),
    schedule_delivery_time=times,
    validity_period=times,
    registered_delivery=octet,
    data_coding=octet,
    short_message=st.binary(max_size=254),
    tlvs=tlvs(),
)


@settings(max_examples=200)
@given(submits)
def test_any_submit_becomes_a_submission_or_is_unfit(pdu: SubmitSm) -> None:
    try:
        submission = submission_of("bank", pdu, 1e9, {})
    except Unfit as unfit:
        assert unfit.command_status > 0
        return
    try:
        content = settle(submission.content, Profile())
    except CannotWrite:
        return
    for wire in wires(content, Profile(max_parts=600), 1):
        payload = dict(wire.tlvs).get(Tag.MESSAGE_PAYLOAD, b"")
        assert bool(wire.short_message) != bool(payload) or not (wire.short_message or payload)


@settings(max_examples=100)
@given(st.text(gsm7.DEFAULT.replace("\x1b", "") + "€{}[]~\\|^", min_size=1, max_size=100))
def test_gsm_text_goes_out_as_it_came(text: str) -> None:
    octets = gsm7.encode(text)
    if len(octets) > 160:
        return
    submission = submission_of("bank", SubmitSm(destination_addr="5512345678", short_message=octets), 1e9, {})
    (wire,) = wires(settle(submission.content, Profile()), Profile(), 1)
    assert (wire.short_message, wire.data_coding) == (octets, 0)


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=70))
def test_ucs2_text_goes_out_as_it_came(text: str) -> None:
    octets = text.encode("utf-16-be")
    if len(octets) > 140 or text[0] in "\ufeff\ufffe":
        return
    submission = submission_of(
        "bank", SubmitSm(destination_addr="5512345678", data_coding=8, short_message=octets), 1e9, {}
    )
    (wire,) = wires(settle(submission.content, Profile()), Profile(), 1)
    assert (wire.short_message, wire.data_coding) == (octets, 8)
