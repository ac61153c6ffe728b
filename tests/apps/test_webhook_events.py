import time

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.apps.webhook_events import Signer, event_body, event_type
from gateway.deliveries import Parcel
from gateway.message import Status
from gateway.message_json import inbound_object, message_object
from tests.support.store import a_delivery, a_message, an_inbound

SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "YWJj" * 8


def receipt(status: Status = Status.DELIVERED) -> Parcel:
    return Parcel(a_delivery(1, status=status), a_message(0, status=status, content=a_message(0).content), None)


@pytest.mark.parametrize(
    ("status", "named"),
    [
        (Status.SUBMITTED, "message.submitted"),
        (Status.DELIVERED, "message.delivered"),
        (Status.UNDELIVERED, "message.undelivered"),
        (Status.EXPIRED, "message.expired"),
        (Status.UNKNOWN, "message.unknown"),
        (Status.REJECTED, "message.rejected"),
        (Status.CANCELLED, "message.cancelled"),
    ],
)
def test_event_is_named_after_the_status(status: Status, named: str) -> None:
    assert event_type(receipt(status)) == named


def test_event_of_a_receipt_holds_the_message() -> None:
    parcel = receipt()
    assert parcel.message is not None
    assert msgspec.json.decode(event_body(parcel)) == {
        "type": "message.delivered",
        "timestamp": "2023-11-14T22:13:21.000Z",
        "data": message_object(parcel.message),
    }


def test_event_of_an_inbound_message_holds_it() -> None:
    inbound = an_inbound(2, text="¿Sí? 👍")
    parcel = Parcel(a_delivery(2, kind="inbound"), None, inbound)
    assert msgspec.json.decode(event_body(parcel)) == {
        "type": "message.inbound",
        "timestamp": "2023-11-14T22:13:22.000Z",
        "data": inbound_object(inbound),
    }


def test_signature_is_what_standard_webhooks_verify() -> None:
    body, now = event_body(Parcel(a_delivery(2, kind="inbound"), None, an_inbound(2, text="¿Sí?"))), time.time()
    headers = Signer([SECRET]).headers("0193-id", body, now)
    assert headers["webhook-id"] == "0193-id"
    assert headers["webhook-timestamp"] == str(int(now))
    assert headers["webhook-signature"].startswith("v1,")
    assert Webhook(SECRET).verify(body, headers) == msgspec.json.decode(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)


def test_signature_is_the_one_of_the_published_example() -> None:
    headers = Signer([SECRET]).headers("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', 1614265330.9)
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_signature_by_two_secrets_verifies_with_either() -> None:
    body = event_body(receipt())
    headers = Signer([SECRET, OTHER]).headers("id", body, time.time())
    Webhook(SECRET).verify(body, headers)
    Webhook(OTHER).verify(body, headers)
