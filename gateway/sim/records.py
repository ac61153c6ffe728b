"""What a simulated SMSC remembers of the messages it took: the newest ones, found by id, read as text when asked."""

from collections import deque

from gateway.sim.faults import Mishap
from gateway.smpp.pdu import DataSm, SubmitMulti, SubmitSm, tlv, tlv_int
from gateway.smpp.spec import MessageState, Tag, has_udh
from gateway.text.data_coding import Alphabet
from gateway.text.decoding import decode
from gateway.text.segments import Sar
from gateway.text.user_data import UserData, opened

AnySubmit = SubmitSm | DataSm | SubmitMulti


class Record:
    """One message taken (each destination of a submit_multi is one). `at` is in epoch seconds; `ends_at` monotonic.

    `message_id` is what the response said, `receipt_id` what the receipt says; `end` is how it ends, and `mishap` what
    becomes of the receipt: None where there is none.
    """

    __slots__ = ("at", "end", "ends_at", "message_id", "mishap", "pdu", "receipt_id", "system_id", "to")

    def __init__(self, at: float, system_id: str, pdu: AnySubmit, to: str, ids: tuple[str, str]) -> None:
        self.at = at
        self.system_id = system_id
        self.pdu = pdu
        self.to = to
        self.message_id, self.receipt_id = ids
        self.end = MessageState.ENROUTE
        self.ends_at: float | None = None
        self.mishap: Mishap | None = None

    def twin(self, end: MessageState, ids: tuple[str, str]) -> "Record":
        """The same message under other ids, or with another end: what a receipt may speak of that is not so."""
        twin = Record(self.at, self.system_id, self.pdu, self.to, ids)
        twin.end = end
        return twin

    @property
    def sender(self) -> str:
        """The source address as it came."""
        return self.pdu.source_addr

    @property
    def octets(self) -> bytes:
        """short_message or message_payload, header included."""
        short = b"" if isinstance(self.pdu, DataSm) else self.pdu.short_message
        return short or tlv(self.pdu, Tag.MESSAGE_PAYLOAD) or b""

    def state(self, now: float) -> MessageState:
        """What query_sm is told (§4.8.2)."""
        ended = self.ends_at is not None and now >= self.ends_at
        return self.end if ended else MessageState.ENROUTE

    def opened(self, alphabet: Alphabet) -> UserData:
        """Its octets without header, and which part of what they are."""
        pdu = self.pdu
        return opened(
            self.octets,
            udhi=has_udh(pdu.esm_class),
            sar=_sar(pdu),
            data_coding=pdu.data_coding,
            alphabet=alphabet,
        )

    def text(self, alphabet: Alphabet = Alphabet.GSM7) -> str:
        """The words of this part, for an SMSC whose data_coding 0 is `alphabet`."""
        data = self.opened(alphabet)
        return decode(self.pdu.data_coding, data.octets, alphabet, data.shift)


class Records:
    """The newest `keep` records, oldest first in `newest`."""

    def __init__(self, keep: int) -> None:
        self.newest: deque[Record] = deque()
        self._keep = keep
        self._by_id: dict[str, Record] = {}

    def add(self, record: Record) -> None:
        """Remember one; the oldest is forgotten for it where there is no room."""
        self.newest.append(record)
        self._by_id[record.message_id] = record
        if len(self.newest) > self._keep:
            gone = self.newest.popleft()
            if self._by_id.get(gone.message_id) is gone:
                del self._by_id[gone.message_id]

    def find(self, message_id: str) -> Record | None:
        """The newest with this id."""
        return self._by_id.get(message_id)

    def clear(self) -> None:
        """Forget all."""
        self.newest.clear()
        self._by_id.clear()


def _sar(pdu: AnySubmit) -> Sar | None:
    reference = tlv_int(pdu, Tag.SAR_MSG_REF_NUM)
    total, number = tlv_int(pdu, Tag.SAR_TOTAL_SEGMENTS), tlv_int(pdu, Tag.SAR_SEGMENT_SEQNUM)
    return None if reference is None or total is None or number is None else Sar(reference, total, number)
