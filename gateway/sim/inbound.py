"""A subscriber's message to the app (MO) as deliver_sm, in parts where it is long."""

from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import DeliverSm
from gateway.smpp.spec import EsmClass, Npi, Tag, Ton
from gateway.text.data_coding import Alphabet
from gateway.text.encoding import Encoding, choose
from gateway.text.segments import LongMessages, Part, split

_UDHI = int(EsmClass.UDHI)
_LONGEST_SHORT_CODE = 6


def inbound(
    sender: str,
    to: str,
    text: str,
    reference: int,
    *,
    encoding: Encoding = Encoding.AUTO,
    alphabet: Alphabet = Alphabet.GSM7,
    long_messages: LongMessages = LongMessages.UDH,
) -> list[DeliverSm]:
    """The parts in order. `sender` and `to` are digits; `to` may be a short code.

    Raises UnencodableError and TextTooLongError of `gateway.text`.
    """
    encoded = choose(text, encoding, alphabet)
    short = len(to) <= _LONGEST_SHORT_CODE
    whole = DeliverSm(
        source_addr_ton=int(Ton.INTERNATIONAL),
        source_addr_npi=int(Npi.ISDN),
        source_addr=sender,
        dest_addr_ton=int(Ton.NETWORK_SPECIFIC if short else Ton.INTERNATIONAL),
        dest_addr_npi=int(Npi.UNKNOWN if short else Npi.ISDN),
        destination_addr=to,
        data_coding=encoded.data_coding,
    )
    return [_with(whole, part) for part in split(encoded, long_messages, reference, max_parts=255)]


def _with(whole: DeliverSm, part: Part) -> DeliverSm:
    octets = part.udh + part.octets
    pdu = whole._replace(esm_class=_UDHI if part.udh else 0, tlvs=_sar(part))
    if part.payload:
        return pdu._replace(tlvs=((int(Tag.MESSAGE_PAYLOAD), octets),))
    return pdu._replace(short_message=octets)


def _sar(part: Part) -> Tlvs:
    if part.sar is None:
        return ()
    return (
        (int(Tag.SAR_MSG_REF_NUM), part.sar.reference.to_bytes(2, "big")),
        (int(Tag.SAR_TOTAL_SEGMENTS), bytes((part.sar.total,))),
        (int(Tag.SAR_SEGMENT_SEQNUM), bytes((part.sar.number,))),
    )
