"""Whatever body comes: a submission, or a refusal that says why, and nothing else."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.apps.http_call import Route, Router
from gateway.apps.http_message_body import MessageBody, read_submission
from gateway.apps.problem import Invalid
from gateway.errors import Refusal
from gateway.submission import Submission
from tests.apps.http_gateway import NOW

_NAMES = st.sampled_from(MessageBody.__struct_encode_fields__) | st.text(max_size=8)
_VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(["00ff", "fast", "binary", "gsm7", "all", "2023-11-14T23:13:20Z", "+525512345670"])
    | st.datetimes().map(lambda at: at.isoformat() + "Z")
    | st.lists(st.integers(), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


@settings(max_examples=200)
@given(st.dictionaries(_NAMES, _VALUES, max_size=8))
def test_object_of_any_fields_is_read_or_refused(fields: dict[str, Any]) -> None:
    read_or_refused(json.dumps(fields).encode())


@settings(max_examples=200)
@given(st.binary(max_size=200))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    read_or_refused(octets)


@settings(max_examples=200)
@given(st.text(alphabet="/av1%?{}\u00f1 .", max_size=20))
def test_any_path_leads_somewhere_or_nowhere(path: str) -> None:
    async def answer(_: object) -> Any:
        raise AssertionError

    router = Router([Route("GET", "/a", answer), Route("GET", "/a/{v}", answer)])
    found = router.find(path)
    if found is not None:
        assert path.startswith("/a")
        assert "GET" in found.methods


def read_or_refused(octets: bytes) -> None:
    try:
        assert isinstance(read_submission(octets, "bank", NOW), Submission)
    except Invalid as invalid:
        assert invalid.refusals
        assert all(refusal.field is not None and refusal.detail for refusal in invalid.refusals)
    except Refusal as refusal:
        assert refusal.code in ("invalid_json", "invalid_field")
