"""How a carrier has its messages: from which senders, in which alphabet, long ones cut in which way."""

from typing import final

from gateway.carriers.outgoing import Outgoing
from gateway.carriers.submission import SubmitTemplate
from gateway.message import Message
from gateway.parts import CannotWrite, Profile, Wire, wires
from gateway.smpp.record import Record
from gateway.text.references import References
from gateway.text.segments import LongMessages

_BY_TLVS = frozenset({LongMessages.SAR, LongMessages.PAYLOAD})


@final
class CarrierSettings(Record):
    """How a carrier takes messages, from its keys of the configuration. `senders` empty: any; `receipt_parts`: of
    which parts of a long message its receipts are."""

    __slots__ = ("name", "profile", "receipt_parts", "senders", "template")

    def __init__(
        self,
        name: str,
        profile: Profile,
        senders: tuple[str, ...],
        template: SubmitTemplate,
        receipt_parts: str = "all",
    ) -> None:
        self.name = name
        self.profile = profile
        self.senders = senders
        self.template = template
        self.receipt_parts = receipt_parts


class Layout:
    """One carrier's way, as long as its settings hold."""

    __slots__ = ("_profile", "_references", "_settings")

    def __init__(self, settings: CarrierSettings, references: References) -> None:
        self._settings = settings
        self._references = references
        self._profile = settings.profile

    def without_tlvs(self) -> bool:
        """A peer knows no TLVs (SMPP 3.3): cut by UDH from now on; whether it was done otherwise before."""
        if self._profile.long_messages not in _BY_TLVS:
            return False
        self._profile = self._profile._replace(long_messages=LongMessages.UDH)
        return True

    def writes(self, message: Message) -> bool:
        """Whether the carrier can take this message: the sender is ours there, and the text can be written."""
        try:
            self._wires(message, 0)
        except CannotWrite:
            return False
        return True

    def lay_out(self, outgoing: Outgoing) -> tuple[str, str] | None:
        """Cut a message into segments as the carrier takes them; code and reason where that cannot be."""
        message, name = outgoing.message, self._settings.name
        try:
            if message.content.parts > 1 and outgoing.reference < 0:
                begun_with = message.segments[0].reference if outgoing.taken else -1
                fresh = self._references.take
                outgoing.reference = begun_with if begun_with >= 0 else fresh(message.sender, message.to)
            cut = self._wires(message, max(0, outgoing.reference))
        except CannotWrite as error:
            return error.code, f"{name}: {error}"
        segments = message.segments  # none yet of a message that comes down for the first time
        elsewhere = segments and outgoing.taken and any(one.carrier not in ("", name) for one in segments)
        if elsewhere or not outgoing.lay_out(cut):
            return "carrier_refused", f"{name}: other parts of the message were sent otherwise."
        outgoing.cut_for = self._settings
        return None

    def _wires(self, message: Message, reference: int) -> list[Wire]:
        """Raises CannotWrite."""
        senders = self._settings.senders
        if senders and message.sender not in senders:
            raise CannotWrite("sender_not_allowed", "from", f"it does not let us send as {message.sender}.")
        return wires(message.content, self._profile, reference)
