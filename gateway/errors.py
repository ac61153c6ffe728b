"""Refusals: what Relevo answers an app that asked for something it cannot have.

One table says, for each code, the HTTP status (RFC 9110), the SMPP command_status (SMPP 3.4 §5.1.3) and a sentence;
HTTP, SMPP, batches and the compatible calls all read it, so that one reason has one code everywhere.
"""

from typing import NamedTuple

from gateway.smpp.status import CommandStatus


class Answer(NamedTuple):
    """How a refusal looks from outside: HTTP status, SMPP command_status, and a sentence for people."""

    http_status: int
    command_status: int
    sentence: str


_S = CommandStatus
REFUSALS: dict[str, Answer] = {
    "invalid_number": Answer(422, _S.ESME_RINVDSTADR, "The number is not a valid phone number."),
    "not_mobile": Answer(422, _S.ESME_RSUBMITFAIL, "The number is not a mobile number."),
    "no_route": Answer(422, _S.ESME_RINVDSTADR, "No route leads to the number's network."),
    "unknown_network": Answer(422, _S.ESME_RINVDSTADR, "No source knows which network serves the number."),
    "denied": Answer(422, _S.ESME_RSUBMITFAIL, "A route denies such messages."),
    "sender_not_allowed": Answer(403, _S.ESME_RINVSRCADR, "The sender is not one this app and its carrier may use."),
    "lane_not_allowed": Answer(403, _S.ESME_RSUBMITFAIL, "The app may not use this lane."),
    "not_allowed": Answer(403, _S.ESME_RSUBMITFAIL, "The app may not do this."),
    "text_too_long": Answer(422, _S.ESME_RINVMSGLEN, "The text needs more segments than one message may have."),
    "bad_encoding": Answer(422, _S.ESME_RSUBMITFAIL, "The text cannot be written in the encoding asked for."),
    "invalid_field": Answer(422, _S.ESME_RSUBMITFAIL, "A field has a value it cannot have."),
    "missing_field": Answer(422, _S.ESME_RSUBMITFAIL, "A required field is missing."),
    "unknown_field": Answer(422, _S.ESME_RSUBMITFAIL, "A field is not known."),
    "opted_out": Answer(422, _S.ESME_RSUBMITFAIL, "The recipient has opted out of messages from this app."),
    "ttl_expired": Answer(422, _S.ESME_RSUBMITFAIL, "The message's time to live has passed."),
    "over_tps": Answer(429, _S.ESME_RTHROTTLED, "The app submits faster than it may."),
    "over_quota": Answer(429, _S.ESME_RTHROTTLED, "The app has used up its quota."),
    "queue_full": Answer(503, _S.ESME_RMSGQFUL, "The gateway cannot hold more messages now."),
    "store_unavailable": Answer(503, _S.ESME_RMSGQFUL, "The gateway's store cannot take the message now."),
    "stopping": Answer(503, _S.ESME_RMSGQFUL, "The gateway is stopping."),
    "carrier_refused": Answer(422, _S.ESME_RSUBMITFAIL, "The carrier refused the message."),
    "cancelled": Answer(409, _S.ESME_RCANCELFAIL, "The message was cancelled."),
    "not_cancellable": Answer(409, _S.ESME_RCANCELFAIL, "A carrier already has the message, or it has ended."),
    "not_found": Answer(404, _S.ESME_RQUERYFAIL, "There is nothing here under that name."),
    "unauthorized": Answer(401, _S.ESME_RBINDFAIL, "The credentials are missing or wrong."),
    "idempotency_conflict": Answer(409, _S.ESME_RSUBMITFAIL, "The idempotency key was used with another body."),
    "invalid_json": Answer(400, _S.ESME_RSUBMITFAIL, "The body is not valid JSON."),
    "body_too_large": Answer(413, _S.ESME_RINVMSGLEN, "The body is larger than allowed."),
    "unsupported_media_type": Answer(415, _S.ESME_RSUBMITFAIL, "The body's media type is not supported."),
    "method_not_allowed": Answer(405, _S.ESME_RINVCMDID, "The method is not allowed here."),
}


class Refusal(Exception):
    """Relevo's no to an app: `code` is a key of REFUSALS, `field` what it is about, `detail` the reason in words.

    `retry_after_s` is set where asking again later may help (429, 503).
    """

    def __init__(self, code: str, detail: str = "", field: str = "", retry_after_s: float | None = None) -> None:
        self.answer = REFUSALS[code]
        self.code = code
        self.field = field
        self.detail = detail or self.answer.sentence
        self.retry_after_s = retry_after_s
        super().__init__(f"{code}: {self.detail}")


class StoreError(Exception):
    """The store could not do it now (full, locked, away): nothing was changed; it may be tried again."""
