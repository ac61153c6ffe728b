"""Whether the hot modules are compiled (RELEVO_COMPILE, setup.py), and what cannot be tested then."""

import pytest

from gateway.operations import COMPILED


def skip_where_compiled() -> None:
    """Skip a test that puts a stand-in in the place of a class: compiled code takes none but the class itself."""
    if COMPILED:
        pytest.skip("needs a stand-in for a class, which compiled code does not take")
