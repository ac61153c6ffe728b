"""The numbers of SMPP 3.4, and those of 5.0 that are met in the field (§5.1.2, §5.2, §5.3).

Fields of a PDU are plain integers: a peer may send any value, so nothing here is ever called on what was received
in a way that could raise. Comparing an `int` with a member works, both being integers.
"""

from enum import IntEnum, IntFlag

RESPONSE_BIT = 0x80000000
"""Set in the command_id of every response (§5.1.2.1)."""

VERSION_33, VERSION_34, VERSION_50 = 0x33, 0x34, 0x50
"""interface_version and sc_interface_version (§5.2.4); up to 0x33 a peer knows no TLVs."""


class CommandId(IntEnum):
    """command_id (§5.1.2.1; broadcast: SMPP 5.0 §4.4)."""

    BIND_RECEIVER = 0x00000001
    BIND_TRANSMITTER = 0x00000002
    QUERY_SM = 0x00000003
    SUBMIT_SM = 0x00000004
    DELIVER_SM = 0x00000005
    UNBIND = 0x00000006
    REPLACE_SM = 0x00000007
    CANCEL_SM = 0x00000008
    BIND_TRANSCEIVER = 0x00000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    SUBMIT_MULTI = 0x00000021
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    BROADCAST_SM = 0x00000111
    QUERY_BROADCAST_SM = 0x00000112
    CANCEL_BROADCAST_SM = 0x00000113
    GENERIC_NACK = 0x80000000
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM_RESP = 0x80000005
    UNBIND_RESP = 0x80000006
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER_RESP = 0x80000009
    ENQUIRE_LINK_RESP = 0x80000015
    SUBMIT_MULTI_RESP = 0x80000021
    DATA_SM_RESP = 0x80000103
    BROADCAST_SM_RESP = 0x80000111
    QUERY_BROADCAST_SM_RESP = 0x80000112
    CANCEL_BROADCAST_SM_RESP = 0x80000113


def is_response(command_id: int) -> bool:
    """Whether a PDU with this command_id answers another, known or not; generic_nack counts as one."""
    return command_id & RESPONSE_BIT != 0


def command_name(command_id: int) -> str:
    """`submit_sm` for a known command_id, its eight hex digits otherwise; for logs and labels."""
    known = CommandId._value2member_map_.get(command_id)
    return known.name.lower() if isinstance(known, CommandId) else f"0x{command_id:08x}"


class Ton(IntEnum):
    """Type of number (§5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER_NUMBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan indicator (§5.2.6)."""

    UNKNOWN = 0
    ISDN = 1
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP = 18


class EsmClass(IntFlag):
    """esm_class: messaging mode, message type and GSM features (§5.2.12)."""

    MODE_MASK = 0x03
    MODE_DATAGRAM = 0x01
    MODE_FORWARD = 0x02
    MODE_STORE_AND_FORWARD = 0x03
    TYPE_MASK = 0x3C
    TYPE_RECEIPT = 0x04
    TYPE_DELIVERY_ACK = 0x08
    TYPE_USER_ACK = 0x10
    TYPE_CONVERSATION_ABORT = 0x18
    TYPE_INTERMEDIATE = 0x20
    UDHI = 0x40
    REPLY_PATH = 0x80


# Plain integers: an IntFlag's `&` builds a member, which costs a microsecond on the hot way.
_UDHI = int(EsmClass.UDHI)
_TYPE_MASK = int(EsmClass.TYPE_MASK)


def has_udh(esm_class: int) -> bool:
    """Whether the message begins with a user data header (§5.2.12, bit 6)."""
    return esm_class & _UDHI != 0


def message_type(esm_class: int) -> int:
    """Bits 5-2 in place: 0 for a plain message, else an `EsmClass.TYPE_…` or a reserved value."""
    return esm_class & _TYPE_MASK


class RegisteredDelivery(IntFlag):
    """registered_delivery (§5.2.17); SUCCESS_ONLY is 5.0's, reserved in 3.4."""

    RECEIPT_MASK = 0x03
    RECEIPT = 0x01
    FAILURE_ONLY = 0x02
    SUCCESS_ONLY = 0x03
    DELIVERY_ACK = 0x04
    USER_ACK = 0x08
    INTERMEDIATE = 0x10


def wants_receipt(registered_delivery: int, delivered: bool) -> bool:
    """Whether a final receipt was asked for, given that the message was delivered or was not."""
    asked = registered_delivery & 0x03
    return asked == 1 or (asked == 3 if delivered else asked == 2)


def wants_intermediate(registered_delivery: int) -> bool:
    """Whether intermediate notifications were asked for.

    The bit is 0x10; 3.4's prose calls it "bit 5", so peers built from the prose send 0x20 and mean the same.
    """
    return registered_delivery & 0x30 != 0


class DataCoding(IntEnum):
    """data_coding (§5.2.19): the values with one meaning; 0x10 and up are coding groups of 3GPP 23.038."""

    DEFAULT = 0x00
    ASCII = 0x01
    BINARY = 0x02
    LATIN1 = 0x03
    BINARY_8BIT = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    HEBREW = 0x07
    UCS2 = 0x08
    PICTOGRAM = 0x09
    ISO_2022_JP = 0x0A
    KANJI = 0x0D
    KS_C_5601 = 0x0E
    FLASH_DEFAULT = 0x10
    FLASH_UCS2 = 0x18


class MessageState(IntEnum):
    """message_state (§5.2.28; SCHEDULED and SKIPPED: SMPP 5.0 §4.7.15)."""

    SCHEDULED = 0
    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8
    SKIPPED = 9


class Tag(IntEnum):
    """Tags of optional parameters (§5.3.2; CONGESTION_STATE and BILLING_IDENTIFICATION: 5.0 §4.8)."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    CONGESTION_STATE = 0x0428
    USSD_SERVICE_OP = 0x0501
    BILLING_IDENTIFICATION = 0x060B
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


VENDOR_TAGS = range(0x1400, 0x4000)
"""Tags any vendor may define (§5.3.1)."""
