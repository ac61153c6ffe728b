"""The ids a simulated SMSC gives, in the forms that SMSCs give them."""

from collections.abc import Callable

from gateway.sim.profile import IdForm

_BITS = 32  # eight hex digits, ten decimal ones, as §4.4.2 and Appendix B show them
_PER_SECOND = 4096


class MessageIds:
    """Gives (id in the response, id in the receipt), one pair for each message.

    Counts up from the time of day, so that a restart does not give the ids of before again at up to 4,096 messages a
    second; it wraps after twelve days' worth. UUIDs come from `random`.
    """

    def __init__(self, form: IdForm, utc: float, random: Callable[[], float]) -> None:
        self._next = int(utc * _PER_SECOND) % (1 << _BITS)
        self._random = random
        self._give = {
            IdForm.HEX: self._hex,
            IdForm.DEC: self._dec,
            IdForm.UUID: self._uuid,
            IdForm.HEXRESP_DECDLR: self._hex_then_dec,
            IdForm.DECRESP_HEXDLR: self._dec_then_hex,
        }[form]

    def take(self) -> tuple[str, str]:
        """The next pair."""
        return self._give()

    def _number(self) -> int:
        number = self._next
        self._next = (number + 1) % (1 << _BITS)
        return number

    def _hex(self) -> tuple[str, str]:
        text = f"{self._number():08X}"
        return text, text

    def _dec(self) -> tuple[str, str]:
        text = f"{self._number():010d}"
        return text, text

    def _hex_then_dec(self) -> tuple[str, str]:
        number = self._number()
        return f"{number:X}", f"{number:010d}"

    def _dec_then_hex(self) -> tuple[str, str]:
        number = self._number()
        return f"{number}", f"{number:08X}"

    def _uuid(self) -> tuple[str, str]:
        digits = f"{int(self._random() * (1 << 53)):016x}{int(self._random() * (1 << 53)):016x}"
        text = f"{digits[3:11]}-{digits[11:15]}-4{digits[16:19]}-a{digits[19:22]}-{digits[20:32]}"
        return text, text
