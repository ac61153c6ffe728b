"""What can be wrong with a peer's octets; the class says what to do next."""

from gateway.smpp.spec import command_name
from gateway.smpp.status import status_name


class PduError(Exception):
    """One PDU cannot be read though its frame is whole: answer it with `command_status` and go on.

    Raised for requests only. `sequence_number` and `command_id` are the request's own; a request without a
    response of its own (alert_notification, outbind) is answered by nothing or by generic_nack, as the session says.
    """

    def __init__(self, command_id: int, sequence_number: int, command_status: int, reason: str) -> None:
        super().__init__(f"{command_name(command_id)}: {reason} ({status_name(command_status)})")
        self.command_id = command_id
        self.sequence_number = sequence_number
        self.command_status = command_status
        self.reason = reason


class FramingError(Exception):
    """Where the next PDU begins is lost: send generic_nack with `command_status` and sequence_number 0, then close.

    `reason` says what the octets look like (a web server, TLS on the plain port …). `whole` holds the PDUs of the
    same piece of the stream that were complete before the framing was lost; they are good and still to be served.
    """

    def __init__(self, command_status: int, reason: str, whole: tuple[bytes, ...] = ()) -> None:
        super().__init__(f"{reason} ({status_name(command_status)})")
        self.command_status = command_status
        self.reason = reason
        self.whole = whole
