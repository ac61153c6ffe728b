"""command_status: a row for each number, its ESME_ name and a sentence (§5.1.3; from 0x100 on: SMPP 5.0 §4.7.6).

Carriers answer with numbers that stand in no table (0x22, 0x55f, the vendors' 0x400-0x4ff), so a status travels as
a plain `int` and the name is only for people.
"""

from enum import IntEnum


class CommandStatus(IntEnum):
    """The numbers with a meaning given by the specification. 0xC0-0xC4 bear their 5.0 names, with 3.4's as aliases."""

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RALYBND = 0x05
    ESME_RINVPRTFLG = 0x06
    ESME_RINVREGDLVFLG = 0x07
    ESME_RSYSERR = 0x08
    ESME_RINVSRCADR = 0x0A
    ESME_RINVDSTADR = 0x0B
    ESME_RINVMSGID = 0x0C
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RCANCELFAIL = 0x11
    ESME_RREPLACEFAIL = 0x13
    ESME_RMSGQFUL = 0x14
    ESME_RINVSERTYP = 0x15
    ESME_RINVNUMDESTS = 0x33
    ESME_RINVDLNAME = 0x34
    ESME_RINVDESTFLAG = 0x40
    ESME_RINVSUBREP = 0x42
    ESME_RINVESMCLASS = 0x43
    ESME_RCNTSUBDL = 0x44
    ESME_RSUBMITFAIL = 0x45
    ESME_RINVSRCTON = 0x48
    ESME_RINVSRCNPI = 0x49
    ESME_RINVDSTTON = 0x50
    ESME_RINVDSTNPI = 0x51
    ESME_RINVSYSTYP = 0x53
    ESME_RINVREPFLAG = 0x54
    ESME_RINVNUMMSGS = 0x55
    ESME_RTHROTTLED = 0x58
    ESME_RINVSCHED = 0x61
    ESME_RINVEXPIRY = 0x62
    ESME_RINVDFTMSGID = 0x63
    ESME_RX_T_APPN = 0x64
    ESME_RX_P_APPN = 0x65
    ESME_RX_R_APPN = 0x66
    ESME_RQUERYFAIL = 0x67
    ESME_RINVTLVSTREAM = 0xC0
    ESME_RTLVNOTALLWD = 0xC1
    ESME_RINVTLVLEN = 0xC2
    ESME_RMISSINGTLV = 0xC3
    ESME_RINVTLVVAL = 0xC4
    ESME_RDELIVERYFAILURE = 0xFE
    ESME_RUNKNOWNERR = 0xFF
    ESME_RSERTYPUNAUTH = 0x100
    ESME_RPROHIBITED = 0x101
    ESME_RSERTYPUNAVAIL = 0x102
    ESME_RSERTYPDENIED = 0x103
    ESME_RINVDCS = 0x104
    ESME_RINVSRCADDRSUBUNIT = 0x105
    ESME_RINVDSTADDRSUBUNIT = 0x106
    ESME_RINVBCASTFREQINT = 0x107
    ESME_RINVBCASTALIAS_NAME = 0x108
    ESME_RINVBCASTAREAFMT = 0x109
    ESME_RINVNUMBCAST_AREAS = 0x10A
    ESME_RINVBCASTCNTTYPE = 0x10B
    ESME_RINVBCASTMSGCLASS = 0x10C
    ESME_RBCASTFAIL = 0x10D
    ESME_RBCASTQUERYFAIL = 0x10E
    ESME_RBCASTCANCELFAIL = 0x10F
    ESME_RINVBCAST_REP = 0x110
    ESME_RINVBCASTSRVGRP = 0x111
    ESME_RINVBCASTCHANIND = 0x112
    ESME_RINVOPTPARSTREAM = 0xC0
    ESME_ROPTPARNOTALLWD = 0xC1
    ESME_RINVPARLEN = 0xC2
    ESME_RMISSINGOPTPARAM = 0xC3
    ESME_RINVOPTPARAMVAL = 0xC4


_S = CommandStatus
SENTENCES: dict[int, str] = {
    _S.ESME_ROK: "No error.",
    _S.ESME_RINVMSGLEN: "The message's length is invalid.",
    _S.ESME_RINVCMDLEN: "The PDU's length is invalid.",
    _S.ESME_RINVCMDID: "The PDU's command_id is not known or not supported.",
    _S.ESME_RINVBNDSTS: "The session is not bound in a way that allows this.",
    _S.ESME_RALYBND: "The session, or the account, is bound already.",
    _S.ESME_RINVPRTFLG: "The priority_flag is invalid.",
    _S.ESME_RINVREGDLVFLG: "The registered_delivery is invalid or not allowed.",
    _S.ESME_RSYSERR: "The peer has an error of its own.",
    _S.ESME_RINVSRCADR: "The source address is invalid or not allowed.",
    _S.ESME_RINVDSTADR: "The destination address is invalid.",
    _S.ESME_RINVMSGID: "The message_id is invalid.",
    _S.ESME_RBINDFAIL: "The bind failed.",
    _S.ESME_RINVPASWD: "The password is invalid.",
    _S.ESME_RINVSYSID: "The system_id is invalid.",
    _S.ESME_RCANCELFAIL: "The message cannot be cancelled.",
    _S.ESME_RREPLACEFAIL: "The message cannot be replaced.",
    _S.ESME_RMSGQFUL: "The message queue is full.",
    _S.ESME_RINVSERTYP: "The service_type is invalid.",
    _S.ESME_RINVNUMDESTS: "The number of destinations is invalid.",
    _S.ESME_RINVDLNAME: "The distribution list's name is invalid.",
    _S.ESME_RINVDESTFLAG: "The destination flag is invalid.",
    _S.ESME_RINVSUBREP: "Submitting with replace_if_present is not supported.",
    _S.ESME_RINVESMCLASS: "The esm_class is invalid.",
    _S.ESME_RCNTSUBDL: "Messages to a distribution list are not accepted.",
    _S.ESME_RSUBMITFAIL: "The message was not accepted.",
    _S.ESME_RINVSRCTON: "The source address's type of number is invalid.",
    _S.ESME_RINVSRCNPI: "The source address's numbering plan is invalid.",
    _S.ESME_RINVDSTTON: "The destination address's type of number is invalid.",
    _S.ESME_RINVDSTNPI: "The destination address's numbering plan is invalid.",
    _S.ESME_RINVSYSTYP: "The system_type is invalid.",
    _S.ESME_RINVREPFLAG: "The replace_if_present flag is invalid.",
    _S.ESME_RINVNUMMSGS: "The number of messages is invalid.",
    _S.ESME_RTHROTTLED: "Messages come faster than is allowed.",
    _S.ESME_RINVSCHED: "The schedule_delivery_time is invalid.",
    _S.ESME_RINVEXPIRY: "The validity_period is invalid.",
    _S.ESME_RINVDFTMSGID: "The sm_default_msg_id is invalid.",
    _S.ESME_RX_T_APPN: "The receiver cannot take the message now; send it again later.",
    _S.ESME_RX_P_APPN: "The receiver cannot take messages for this destination.",
    _S.ESME_RX_R_APPN: "The receiver rejects this message.",
    _S.ESME_RQUERYFAIL: "The message cannot be queried.",
    _S.ESME_RINVTLVSTREAM: "The optional parameters cannot be read.",
    _S.ESME_RTLVNOTALLWD: "An optional parameter is not allowed here.",
    _S.ESME_RINVTLVLEN: "An optional parameter has a wrong length.",
    _S.ESME_RMISSINGTLV: "An optional parameter that is needed is missing.",
    _S.ESME_RINVTLVVAL: "An optional parameter has an invalid value.",
    _S.ESME_RDELIVERYFAILURE: "The message could not be delivered.",
    _S.ESME_RUNKNOWNERR: "An error the peer does not explain.",
    _S.ESME_RSERTYPUNAUTH: "The account may not use this service_type.",
    _S.ESME_RPROHIBITED: "The account may not do this.",
    _S.ESME_RSERTYPUNAVAIL: "The service_type is not available now.",
    _S.ESME_RSERTYPDENIED: "The service_type is denied.",
    _S.ESME_RINVDCS: "The data_coding is invalid.",
    _S.ESME_RINVSRCADDRSUBUNIT: "The source address's subunit is invalid.",
    _S.ESME_RINVDSTADDRSUBUNIT: "The destination address's subunit is invalid.",
    _S.ESME_RINVBCASTFREQINT: "The broadcast frequency interval is invalid.",
    _S.ESME_RINVBCASTALIAS_NAME: "The broadcast alias is invalid.",
    _S.ESME_RINVBCASTAREAFMT: "The broadcast area's format is invalid.",
    _S.ESME_RINVNUMBCAST_AREAS: "The number of broadcast areas is invalid.",
    _S.ESME_RINVBCASTCNTTYPE: "The broadcast content type is invalid.",
    _S.ESME_RINVBCASTMSGCLASS: "The broadcast message class is invalid.",
    _S.ESME_RBCASTFAIL: "The broadcast failed.",
    _S.ESME_RBCASTQUERYFAIL: "The broadcast cannot be queried.",
    _S.ESME_RBCASTCANCELFAIL: "The broadcast cannot be cancelled.",
    _S.ESME_RINVBCAST_REP: "The number of broadcast repeats is invalid.",
    _S.ESME_RINVBCASTSRVGRP: "The broadcast service group is invalid.",
    _S.ESME_RINVBCASTCHANIND: "The broadcast channel indicator is invalid.",
}

TABLE: dict[int, tuple[str, str]] = {status.value: (status.name, SENTENCES[status]) for status in CommandStatus}
"""Number -> (name, sentence), for each number the specification knows."""

_UNKNOWN_SENTENCE = "A status of the peer's own."


def status_name(command_status: int) -> str:
    """`ESME_RTHROTTLED`, or `0x00000455` for a number without a name."""
    row = TABLE.get(command_status)
    return row[0] if row else f"0x{command_status:08x}"


def status_sentence(command_status: int) -> str:
    """What the number says, in a sentence for people."""
    row = TABLE.get(command_status)
    return row[1] if row else _UNKNOWN_SENTENCE
