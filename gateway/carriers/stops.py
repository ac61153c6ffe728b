"""Why a bind stays away until somebody starts it, and what that somebody does first."""

from collections.abc import Mapping
from enum import StrEnum


class Stop(StrEnum):
    """A reason to stay away: a label of metrics, so the set is closed."""

    CREDENTIALS = "credentials"  # the bind was refused for them: tried on, the SMSC locks the account
    SUBMIT = "submit"  # a submit_sm was answered with a status that asks for `stop`
    OPERATOR = "operator"


REMEDIES: Mapping[Stop, str] = {
    Stop.CREDENTIALS: "Check system_id, password and system_type with the carrier. If the configuration is wrong, mend "
    "it and `relevo reload`; if the carrier has mended it, `relevo bind start {bind}`.",
    Stop.SUBMIT: "Ask the carrier what the status means (no right to send, no credit, a wrong service_type), then "
    "`relevo bind start {bind}`. Where it should not stop the bind, give it another word in `errors`.",
    Stop.OPERATOR: "`relevo bind start {bind}` when it may bind again.",
}
