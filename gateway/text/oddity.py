"""What was odd about an inbound text, as a closed set: fit for a metric's label and for an event of the message.

An oddity never stops a message: the text is read as well as it can be, and the carrier is answered ESME_ROK.
"""

from enum import StrEnum


class Oddity(StrEnum):
    """One thing that was not as the specification has it."""

    HEADER_MISSING = "header_missing"  # UDHI set, no octets at all
    HEADER_PAST_END = "header_past_end"  # UDHL points behind the text: read without a header
    HEADER_IS_RECEIPT = "header_is_receipt"  # UDHI set on a receipt whose text begins at once
    ELEMENT_PAST_HEADER = "element_past_header"  # an information element longer than its header: dropped
    ELEMENT_LENGTH = "element_length"  # an element we know, with a length it cannot have: ignored
    CONCAT_NUMBERS = "concat_numbers"  # total 0, number 0 or number above total: a single message
    HEADER_AND_SAR = "header_and_sar"  # both: the header wins
    SHIFT_UNKNOWN = "shift_unknown"  # a national language without a table here: default tables
    DATA_CODING_RESERVED = "data_coding_reserved"  # read as 0x00
    EIGHTH_BIT = "eighth_bit"  # octets of 0x80 and more where seven bits were said: read as Latin-1
    UTF8 = "utf8"  # the same, and the octets are UTF-8
    UCS2_UNDER_DEFAULT = "ucs2_under_default"  # UCS-2 under a data_coding of seven bits
    LITTLE_ENDIAN = "little_endian"
    BROKEN_UTF16 = "broken_utf16"  # lone surrogate or odd octet, written as U+FFFD
    TEXT_IN_BINARY = "text_in_binary"  # 8-bit data that reads as text
    UNDECODABLE = "undecodable"  # the charset's own decoder refused some octets, written as U+FFFD
