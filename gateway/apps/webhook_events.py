"""What a webhook says, and how it proves who says it (Standard Webhooks 1.0: webhook-id, -timestamp, -signature)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence

import msgspec

from gateway.deliveries import INBOUND, Parcel
from gateway.message_json import inbound_object, message_object, time_text

_encode = msgspec.json.Encoder().encode


def event_type(parcel: Parcel) -> str:
    """`message.delivered`, `message.undelivered`, ..., `message.inbound`."""
    return "message.inbound" if parcel.delivery.kind == INBOUND else f"message.{parcel.delivery.status.word}"


def event_body(parcel: Parcel) -> bytes:
    """The JSON of one event: what happened, when, and the message or inbound message as it is now.

    A message may have moved on since the event, when this is another try: `type` tells the event, `data` the present.
    """
    delivery = parcel.delivery
    data: object = None
    if parcel.message is not None:
        data = message_object(parcel.message)
    elif parcel.inbound is not None:
        data = inbound_object(parcel.inbound)
    return _encode({"type": event_type(parcel), "timestamp": time_text(delivery.created_at), "data": data})


class Signer:
    """Signs with every one of an app's secrets, so that one can be replaced while both are valid."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Each `whsec_` and base64. Raises ValueError for what is none."""
        keys = [b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets]
        self._keyed = [hmac.new(key, digestmod="sha256") for key in keys]  # to copy one costs half of keying it anew

    def headers(self, event_id: str, body: bytes, now: float) -> dict[str, str]:
        """The three headers of a try at `now` (epoch seconds). The id stays over all tries of an event."""
        timestamp = str(int(now))
        signed = f"{event_id}.{timestamp}.".encode() + body
        return {
            "webhook-id": event_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join([_signature(keyed, signed) for keyed in self._keyed]),
        }


def _signature(keyed: hmac.HMAC, signed: bytes) -> str:
    """HMAC-SHA256 of `ID.TIMESTAMP.BODY`, in base64, after the scheme's version."""
    hashed = keyed.copy()
    hashed.update(signed)
    return "v1," + b64encode(hashed.digest()).decode()
