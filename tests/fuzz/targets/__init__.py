"""All targets by name, in the order they are run."""

from tests.fuzz.target import Target
from tests.fuzz.targets import assembly, codec, decoding, framer, receipt, session, session_cut, times, user_data

TARGETS: dict[str, Target] = {
    module.TARGET.name: module.TARGET
    for module in (codec, framer, session, session_cut, receipt, times, user_data, decoding, assembly)
}
