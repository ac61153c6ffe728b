"""The way to an app over its SMPP binds: receipts and inbound messages as deliver_sm, to any receiving bind in turn.

An app has the delivery when it answers ESME_ROK. Codes that say "not now" and silence are tried again as often as
`Deliveries` sees fit, so a receipt may come twice where an answer was lost; any other code is taken for the app's word
and tried three times in all, then the delivery is dead: kept, and replayed at an operator's word.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from gateway.apps.smpp_bind import AppBind
from gateway.apps.smpp_binds import AppBinds
from gateway.apps.smpp_parcels import deliver_sms
from gateway.deliveries import Done, Outcome, Parcel
from gateway.smpp.pdu import DeliverSm
from gateway.smpp.session import WrongState
from gateway.smpp.status import CommandStatus, status_name

MOST_REFUSALS = 3
_MOST_REMEMBERED = 10_000

_S = CommandStatus
_ROK: Final = int(_S.ESME_ROK)
_TAKEN: Final = Outcome.TAKEN
NOT_NOW = frozenset(int(code) for code in (_S.ESME_RX_T_APPN, _S.ESME_RMSGQFUL, _S.ESME_RTHROTTLED, _S.ESME_RSYSERR))
"""Answers to deliver_sm that ask for another try."""


class Refusals:
    """How often each delivery was refused outright. Forgotten with a restart, which costs an app a few more tries."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, delivery_id: str) -> int:
        """One more; how many that makes."""
        count = self._counts.pop(delivery_id, 0) + 1
        self._counts[delivery_id] = count
        if len(self._counts) > _MOST_REMEMBERED:
            self._counts.popitem(last=False)
        return count

    def forget(self, delivery_id: str) -> None:
        """It has come to its end."""
        if self._counts:
            self._counts.pop(delivery_id, None)


class Offer:
    """A parcel that is with a bind."""

    __slots__ = ("_done", "_parcel", "_refusals")

    def __init__(self, parcel: Parcel, done: Done, refusals: Refusals) -> None:
        self._parcel = parcel
        self._done = done
        self._refusals = refusals

    def answered(self, command_status: int) -> None:
        """The app's word."""
        delivery_id = self._parcel.delivery.id
        if command_status == _ROK:
            self._refusals.forget(delivery_id)
            self._done(self._parcel, _TAKEN, "")
            return
        why = f"the app answered {status_name(command_status)}"
        if command_status in NOT_NOW or self._refusals.count(delivery_id) < MOST_REFUSALS:
            self._done(self._parcel, Outcome.RETRY, why)
        else:
            self._refusals.forget(delivery_id)
            self._done(self._parcel, Outcome.DEAD, why)

    def unanswered(self, why: str) -> None:
        """No word."""
        self._done(self._parcel, Outcome.RETRY, why)


class PartedOffer:
    """A parcel that goes in parts, each once the one before it was taken: so they come in order over one bind, in the
    one place of its window that they have. It is taken with the last of them; a part that is refused, or not answered,
    is the whole parcel's answer."""

    __slots__ = ("_bind", "_offer", "_rest")

    def __init__(self, bind: AppBind, pdus: Sequence[DeliverSm], offer: Offer) -> None:
        """The first of `pdus` is being sent."""
        self._bind = bind
        self._offer = offer
        self._rest = deque(pdus)
        self._rest.popleft()

    def answered(self, command_status: int) -> None:
        """The app's word about one part."""
        if command_status != _ROK or not self._rest:
            self._offer.answered(command_status)
            return
        try:
            self._bind.deliver(self._rest.popleft(), self)
        except WrongState:
            self._offer.unanswered("the app unbound between two parts")

    def unanswered(self, why: str) -> None:
        """No word about one part."""
        self._offer.unanswered(why)


class SmppWay:
    """A `gateway.deliveries.Way`. It serves what came over SMPP, and what the app has no webhook for."""

    def __init__(self, binds: AppBinds, *, has_webhook: Callable[[str, str], bool]) -> None:
        """`has_webhook(app, kind)`: whether deliveries of this kind (receipt, inbound) have another way than binds."""
        self._binds = binds
        self._has_webhook = has_webhook
        self._refusals = Refusals()

    def serves(self, app: str, parcel: Parcel) -> bool:
        """While the app has a receiving bind; callbacks of the compatible calls go where they said."""
        if parcel.delivery.url or not self._binds.any_receiving(app):
            return False
        if parcel.message is not None and parcel.message.interface == "smpp":
            return True
        return not self._has_webhook(app, parcel.delivery.kind)

    def send(self, parcel: Parcel, done: Done) -> bool:
        """Send it over the bind whose turn it is; False while all windows are full."""
        bind = self._binds.next_with_room(parcel.delivery.app)
        if bind is None:
            return False
        try:
            self._deliver(bind, parcel, done)
        except ValueError as error:  # an address that does not fit its field, a text that does not fit the peer
            why = f"cannot be told: {error}"
            # not at once: whoever offers it still holds it at the head of a queue
            asyncio.get_running_loop().call_soon(done, parcel, Outcome.DEAD, why)
        return True

    def _deliver(self, bind: AppBind, parcel: Parcel, done: Done) -> None:
        pdus, offer = deliver_sms(parcel, tlvs=bind.takes_tlvs), Offer(parcel, done, self._refusals)
        bind.deliver(pdus[0], offer if len(pdus) == 1 else PartedOffer(bind, pdus, offer))
