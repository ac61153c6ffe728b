"""The road back for what subscribers write: parts joined, routed to an app, opt-outs and replies carried out.

The carrier is answered after the commit: every part is kept on disk until its message is whole (or the wait is
over), a whole message is kept with the delivery to its app, its opt-out and its reply. What nobody wants is kept all
the same: routing mistakes are ours, and an SMSC would repeat an error for ever.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import NamedTuple, Protocol

import structlog

from gateway.deliveries import Parcel
from gateway.errors import StoreError
from gateway.happenings import Happenings
from gateway.masking import mask_number
from gateway.message import Delivery, Inbound
from gateway.smpp.pdu import DataSm, DeliverSm, tlv, tlv_int
from gateway.smpp.spec import EsmClass, Tag, Ton
from gateway.store.commits import Commits
from gateway.store.store import InboundPart
from gateway.text.assembly import Assembly, Piece, Sender, Whole
from gateway.text.data_coding import Alphabet, Charset, coding
from gateway.text.decoding import Decoded, read
from gateway.text.oddity import Oddity
from gateway.text.segments import Sar
from gateway.text.udh import Concat, Shift
from gateway.text.user_data import UserData, opened
from portability.number import InvalidNumber, normalise
from routes.facts import MoFacts
from routes.mo import MoChoice, MoRoutes

log = structlog.get_logger()

Answer = Callable[[bool], None]

_SPOILT = frozenset({Oddity.UNDECODABLE, Oddity.BROKEN_UTF16})
"""What leaves marks in a text where words were: the octets are kept beside it."""


class Replies(Protocol):
    """How a reply goes out: as a new submission to the road in."""

    def __call__(self, app: str, sender: str, to: str, text: str) -> None:
        """Send `text` from our number to the subscriber, on behalf of the app."""


class OptOuts(Protocol):
    """Who wants no more messages."""

    def add(self, app: str, number: str, source: str) -> object:
        """Opt a number (E.164 digits) out of an app's messages."""


class InboundRules(NamedTuple):
    """What the road reads from the configuration.

    `senders(number)`: which apps may send as one of our numbers; `ours`: our numbers by every form a carrier may write
    them in (`spellings`), each as the configuration writes it.
    """

    region: str
    routes: MoRoutes
    senders: Callable[[str], tuple[str, ...]]
    ours: Mapping[str, str] = MappingProxyType({})


class Arrival(NamedTuple):
    """A whole message from a subscriber, before it is routed. `data` is empty where `text` says it all; `answer` is
    None when nobody waits for one."""

    carrier: str
    sender: str
    to: str
    text: str
    data: bytes
    data_coding: int
    incomplete: str
    joined: tuple[str, ...]
    answer: Answer | None


class InboundRoad:
    """The road for all carriers."""

    def __init__(
        self,
        rules: InboundRules,
        commits: Commits,
        opt_outs: OptOuts,
        *,
        utc: Callable[[], float],
        new_id: Callable[[], str],
        offer: Callable[[Parcel], None],
        reply: Replies,
        network_of: Callable[[str], str],
        last_sent: Callable[[str, str], str],
        alphabet_of: Callable[[str], Alphabet],
        on_inbound: Callable[[str, str], None],
        happenings: Happenings | None = None,
    ) -> None:
        """`network_of(E.164 digits)`: the subscriber's network, "" unknown; `last_sent(our number, subscriber)`: the id
        of the last message between the two; `alphabet_of(carrier)`: what its data_coding 0 means;
        `on_inbound(carrier, app)` counts."""
        self.rules = rules
        self._commits = commits
        self._opt_outs = opt_outs
        self._utc = utc
        self._new_id = new_id
        self._offer = offer
        self._reply = reply
        self._network_of = network_of
        self._last_sent = last_sent
        self._alphabet_of = alphabet_of
        self._on_inbound = on_inbound
        self._happenings = happenings or Happenings(utc)
        self._assembly = Assembly()

    def receive(self, carrier: str, alphabet: Alphabet, pdu: DeliverSm | DataSm, answer: Answer) -> None:
        """Take what came; `answer(True)` is called once it is durable, `answer(False)` if it could not be made so."""
        if not self._commits.healthy:
            answer(False)  # what is away for a minute must not make the SMSC wait for its answer as long
            return
        octets = user_octets(pdu)
        udhi = bool(pdu.esm_class & EsmClass.UDHI)
        data = opened(octets, udhi=udhi, sar=_sar(pdu), data_coding=pdu.data_coding, alphabet=alphabet)
        sender = Sender(carrier, self._subscriber(pdu), self._our_number(pdu.destination_addr))
        if data.concat is not None:
            self._take_part(sender, pdu.data_coding, data, data.concat, answer)
            return
        said = read(pdu.data_coding, data.octets, alphabet, data.shift)
        kept = b"" if _is_text(said, (pdu.data_coding,)) else data.octets
        self._arrive(
            Arrival(carrier, sender.source, sender.destination, said.text, kept, pdu.data_coding, "", (), answer)
        )

    def _take_part(self, sender: Sender, data_coding: int, data: UserData, concat: Concat, answer: Answer) -> None:
        piece = Piece(concat.number, data.octets, data_coding, data.shift, self._new_id())
        now = self._utc()
        taken = self._assembly.add(sender, concat, piece, now)
        completed = [whole for whole in taken.closed if any(part.id == piece.id for part in whole.pieces)]
        for whole in taken.closed:
            self._join(whole, answer if whole in completed else None)
        if completed:
            return
        if not taken.duplicate:
            self._commits.part(_row(sender, concat, piece, now))
        self._commits.then(_answer, answer, urgent=False)

    def restore(self, parts: Iterable[InboundPart]) -> None:
        """After a start: parts that still wait for the others, in the order they came."""
        for row in parts:
            piece = Piece(row.number, row.data, row.data_coding, Shift(row.locking, row.single), row.id)
            concat = Concat(row.reference, row.bits, row.total, row.number)
            taken = self._assembly.add(Sender(row.carrier, row.sender, row.to), concat, piece, row.received_at)
            if taken.duplicate:
                self._commits.joined(row.id)
            for whole in taken.closed:
                self._join(whole, None)

    def tick(self) -> None:
        """Deliver what has waited too long for its missing parts, and say which are missing."""
        for whole in self._assembly.expire(self._utc()):
            self._join(whole, None)

    def _join(self, whole: Whole, answer: Answer | None) -> None:
        carrier, source, destination = whole.key.sender
        if whole.missing:
            log.warning("inbound_incomplete", carrier=carrier, missing=whole.missing, why=str(whole.ending))
        said = whole.read(self._alphabet_of(carrier))
        is_text = _is_text(said, (piece.data_coding for piece in whole.pieces))
        self._arrive(
            Arrival(
                carrier,
                source,
                destination,
                said.text,
                b"" if is_text else b"".join(piece.octets for piece in whole.pieces),
                whole.pieces[0].data_coding,
                ",".join(str(number) for number in whole.missing),
                tuple(piece.id for piece in whole.pieces),
                answer,
            )
        )

    def _arrive(self, arrival: Arrival) -> None:
        """Route a whole message and say to the commit all that it brings about."""
        sender = arrival.sender
        choice = self.rules.routes.choose(MoFacts(arrival.to, arrival.text, arrival.carrier, sender))
        inbound = Inbound(
            id=self._new_id(),
            app=choice.app or "",
            carrier=arrival.carrier,
            to=arrival.to,
            sender=sender,
            text=arrival.text,
            network=self._network_of(sender),
            keyword=choice.keyword,
            data=arrival.data,
            data_coding=arrival.data_coding,
            received_at=self._utc(),
            in_reply_to=self._last_sent(arrival.to, sender),
            incomplete=arrival.incomplete,
        )
        self._commits.inbound(inbound)
        for part in arrival.joined:
            self._commits.joined(part)
        self._act(choice, inbound)
        self._on_inbound(arrival.carrier, inbound.app)
        if self._happenings.heard:
            self._tell(inbound)
        if inbound.app:
            delivery = Delivery(
                id=self._new_id(),
                app=inbound.app,
                kind="inbound",
                subject=inbound.id,
                created_at=inbound.received_at,
                urgent=True,
            )
            self._commits.deliver(delivery)
            self._commits.then(self._offered, Parcel(delivery, None, inbound), urgent=False)
        if arrival.answer is not None:
            self._commits.then(_answer, arrival.answer, urgent=False)

    def _tell(self, inbound: Inbound) -> None:
        self._happenings.tell(
            "inbound",
            app=inbound.app,
            carrier=inbound.carrier,
            inbound_id=inbound.id,
            **{"from": mask_number(inbound.sender)},
            to=inbound.to,
            keyword=inbound.keyword or None,
            incomplete=inbound.incomplete or None,
        )

    def _act(self, choice: MoChoice, inbound: Inbound) -> None:
        """The rule's opt-out and reply. An opt-out counts for the rule's app, else for all that send as the number."""
        apps = (choice.app,) if choice.app else self.rules.senders(inbound.to)
        if choice.opt_out:
            for app in apps:
                self._opt_outs.add(app, inbound.sender, f"inbound {inbound.id}")
        if not choice.reply:
            return
        if apps:
            self._reply(apps[0], inbound.to, inbound.sender, choice.reply)
        else:
            log.warning("reply_not_sent", to=inbound.to, reason="no app may send as this number")

    def _subscriber(self, pdu: DeliverSm | DataSm) -> str:
        """Who wrote, as E.164 digits, in whatever form the carrier says it; what is no number stays as it came.

        Ten digits are a number at home, whatever the TON says: our own carriers say "international" of national
        numbers more often than somebody writes to us from a country with numbers as short.
        """
        address = pdu.source_addr
        found = self._digits(address)
        if found is None and pdu.source_addr_ton == Ton.INTERNATIONAL:
            found = self._digits("+" + address)
        return found or address

    def _our_number(self, address: str) -> str:
        """The number that was written to, as the configuration writes it if it is there."""
        ours = self.rules.ours
        return ours.get(address) or ours.get(self._digits(address) or "") or address

    def _digits(self, address: str) -> str | None:
        try:
            return normalise(address, self.rules.region).digits
        except InvalidNumber:
            return None

    def _offered(self, parcel: object, error: StoreError | None) -> None:
        if error is None and isinstance(parcel, Parcel):
            self._offer(parcel)


def user_octets(pdu: DeliverSm | DataSm) -> bytes:
    """What is said: short_message or message_payload; the longer one where a carrier fills both."""
    payload = tlv(pdu, Tag.MESSAGE_PAYLOAD) or b""
    short_message = b"" if isinstance(pdu, DataSm) else pdu.short_message
    return payload if len(payload) > len(short_message) else short_message


def _is_text(said: Decoded, data_codings: Iterable[int]) -> bool:
    """Whether the words are all that came: nothing of it is 8-bit data, and nothing was lost in reading."""
    if not _SPOILT.isdisjoint(said.oddities):
        return False
    return all(coding(each).charset is not Charset.BINARY for each in data_codings)


def _sar(pdu: DeliverSm | DataSm) -> Sar | None:
    if not pdu.tlvs:
        return None
    reference = tlv_int(pdu, Tag.SAR_MSG_REF_NUM)
    total = tlv_int(pdu, Tag.SAR_TOTAL_SEGMENTS)
    number = tlv_int(pdu, Tag.SAR_SEGMENT_SEQNUM)
    if reference is None or total is None or number is None:
        return None
    return Sar(reference, total, number)


def spellings(numbers: Iterable[str], region: str) -> dict[str, str]:
    """Our numbers by the forms they may come in, as configured and as E.164 digits: each as it is written first."""
    found: dict[str, str] = {}
    for number in numbers:
        forms = [number, number.removeprefix("+")]
        with suppress(InvalidNumber):  # an alphanumeric sender, to which nobody can write
            forms.append(normalise(number, region).digits)
        first = next((found[form] for form in forms if form in found), number)
        found |= dict.fromkeys(forms, first)
    return found


def _row(sender: Sender, concat: Concat, piece: Piece, now: float) -> InboundPart:
    return InboundPart(
        id=piece.id,
        carrier=sender.carrier,
        sender=sender.source,
        to=sender.destination,
        reference=concat.reference,
        bits=concat.bits,
        total=concat.total,
        number=piece.number,
        data_coding=piece.data_coding,
        locking=piece.shift.locking,
        single=piece.shift.single,
        data=piece.octets,
        received_at=now,
    )


def _answer(answer: object, error: StoreError | None) -> None:
    answer(error is None)  # type: ignore[operator]  # the Answer handed to `then`
