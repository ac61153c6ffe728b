"""What went wrong, as `application/problem+json` (RFC 9457).

`type` names the kind of problem by the code that also stands in `errors`, so that a program need not read sentences;
`errors` has an entry for each field that is wrong, all of them at once.
"""

from collections.abc import Sequence
from http import HTTPStatus
from math import ceil

from gateway.apps.http_answer import Answer, Headers, json_answer
from gateway.errors import Refusal, StoreError

PROBLEM_JSON = "application/problem+json"
TYPE = "urn:relevo:problem:"
CHALLENGES = 'Bearer realm="relevo", Basic realm="relevo", charset="UTF-8"'
RETRY_STORE_S = 1.0


class Invalid(Exception):
    """Several things are wrong with one request; at least one. The first decides the status."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        super().__init__("; ".join(str(refusal) for refusal in refusals))


def of_refusals(refusals: Sequence[Refusal], headers: Headers = ()) -> Answer:
    """The answer that says no, and why in every point."""
    first = refusals[0]
    errors = [{"field": no.field or None, "code": no.code, "detail": no.detail} for no in refusals]
    headers += retry_after(first)
    if first.answer.http_status == HTTPStatus.UNAUTHORIZED:
        headers += (("WWW-Authenticate", CHALLENGES),)
    detail = first.detail if len(refusals) == 1 else f"{len(refusals)} fields are wrong."
    return _problem(first.answer.http_status, TYPE + first.code, first.answer.sentence, detail, errors, headers)


def retry_after(no: Refusal | StoreError) -> Headers:
    """The header that says when to come again, in whole seconds; none where the same call would be refused again."""
    seconds = no.retry_after_s if isinstance(no, Refusal) else RETRY_STORE_S
    return () if seconds is None else (("Retry-After", str(max(1, ceil(seconds)))),)


def of_refusal(refusal: Refusal, headers: Headers = ()) -> Answer:
    """The answer to one refusal."""
    return of_refusals((refusal,), headers)


def of_store_error(_error: StoreError) -> Answer:
    """The store is away: 503. What exactly it said is for the log, not for apps."""
    return of_refusal(Refusal("store_unavailable", retry_after_s=RETRY_STORE_S))


def of_status(status: int, detail: str) -> Answer:
    """What HTTP itself has a word for, and the table of refusals none (400, 408, 500)."""
    return _problem(status, "about:blank", HTTPStatus(status).phrase, detail, [], ())


def _problem(
    status: int, type_: str, title: str, detail: str, errors: list[dict[str, str | None]], headers: Headers
) -> Answer:
    body = {"type": type_, "title": title, "status": status, "detail": detail, "errors": errors}
    answer = json_answer(status, body, headers)
    answer.content_type = PROBLEM_JSON
    return answer
