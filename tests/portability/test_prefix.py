"""The last resort: silent about Mexico, and honest about what it is."""

import pytest

from portability.networks import Network, Networks
from portability.prefix import Prefix


@pytest.mark.parametrize("number", [525512345678, 573001234567, 12025550123])
def test_prefix_answers_nothing_where_no_prefixes_are_public(number: int) -> None:
    assert Prefix(Networks()).lookup(number) is None


def test_prefix_names_the_first_holder_and_says_that_it_may_be_ported() -> None:
    known = Networks([Network("vivo_br", "Vivo", hosted_by="host"), Network("host")])

    found = Prefix(known).lookup(5511999123456)

    assert found is not None
    assert (found.network, found.ported, found.mobile, found.hosts) == ("vivo_br", None, None, ("host",))
    assert "may be ported" in found.detail


def test_prefix_without_a_network_of_that_name_keeps_the_name() -> None:
    found = Prefix(Networks()).lookup(5511999123456)

    assert found is not None
    assert found.network is None
    assert "Vivo" in found.detail


@pytest.mark.parametrize("number", [999, 0, 999999999999999])
def test_prefix_answers_nothing_for_what_is_no_number(number: int) -> None:
    assert Prefix(Networks()).lookup(number) is None


def test_prefix_is_always_available() -> None:
    assert Prefix(Networks()).unavailable is None
