"""What an app asks for over one bind, and the answers: submit_sm, data_sm, submit_multi, query_sm, cancel_sm.

Messages are submitted where they are read and answered in the callback of their commit; nothing is awaited and no
task is made for one. What waits for its answer is counted, so that the bind can be read more slowly.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from gateway.apps.smpp_content import Unfit
from gateway.apps.smpp_inquiries import Cancel, CancelAnswer, Find, QueryAnswer, answer_cancel, answer_query
from gateway.apps.smpp_multi import Multi
from gateway.apps.smpp_submission import NAMED, from_data_sm, from_submit_multi, submission_of
from gateway.connection import Connection
from gateway.errors import REFUSALS, Refusal, StoreError
from gateway.intake import Done
from gateway.log import logger
from gateway.message import Message
from gateway.metrics import Metrics
from gateway.smpp.destinations import Destination, DistributionList
from gateway.smpp.events import Event, Received
from gateway.smpp.pdu import (
    CancelSm,
    DataSm,
    DataSmResp,
    GenericNack,
    QuerySm,
    ReplaceSm,
    ReplaceSmResp,
    Request,
    Response,
    SubmitMulti,
    SubmitSm,
    SubmitSmResp,
    command_id,
    response_to,
)
from gateway.smpp.status import CommandStatus
from gateway.submission import Submission
from portability.source import NeedsAsking

log = logger()

_S = CommandStatus
_VERSION_50 = 0x50
_NOT_DURABLE = REFUSALS["store_unavailable"].command_status


class Road(Protocol):
    """The road in, as `gateway.intake.Intake` is."""

    def expect(self, texts: Sequence[str]) -> None:
        """Submissions for these numbers come next."""

    def submit(self, submission: Submission, done: Done, argument: object = None) -> NeedsAsking | None:
        """Take it, or say that its network must be asked for outside. Raises Refusal."""

    async def submit_asking(self, submission: Submission, done: Done, argument: object = None) -> None:
        """Take it, asking. Raises Refusal."""


class Around(NamedTuple):
    """What requests are served with. `find` and `cancel`: see `smpp_inquiries`; `spawn` keeps a task until it ends."""

    road: Road
    find: Find
    cancel: Cancel
    metrics: Metrics
    monotonic: Callable[[], float]
    utc: Callable[[], float]
    new_id: Callable[[], str]
    spawn: Callable[[Coroutine[Any, Any, None]], object]


class AppRequests:
    """The requests of one bind. `pending` is how many wait for their answer; `on_settled` is called as each gets it."""

    def __init__(
        self,
        around: Around,
        connection: Connection,
        app: str,
        senders: Mapping[str, str],
        on_settled: Callable[[], None],
    ) -> None:
        """`senders` from `smpp_submission.spellings`."""
        self.pending = 0
        self._around = around
        self._submit = around.road.submit
        self._utc = around.utc
        self._connection = connection
        self._session = connection.session
        self._app = app
        self.senders = senders
        self._on_settled = on_settled
        self._accepted = {lane: around.metrics.accepted(app, lane, "smpp") for lane in ("fast", "bulk")}
        self._on_submitted: Done = self._submit_sm_done
        self._on_data_submitted: Done = self._data_sm_done

    def expect(self, events: Sequence[Event]) -> None:
        """These will be served next, one by one."""
        pdus = [event.pdu for event in events if isinstance(event, Received)]
        self._around.road.expect([pdu.destination_addr for pdu in pdus if isinstance(pdu, SubmitSm)])

    def take(self, sequence_number: int, pdu: Request) -> None:
        """Serve one request; it is answered now, or once it is durable."""
        try:
            if type(pdu) is SubmitSm:
                self._submit_sm(sequence_number, pdu)
            else:
                _TAKERS[type(pdu)](self, sequence_number, pdu)
        except (Unfit, Refusal) as error:
            self._answer(sequence_number, _response_to(pdu), self._status_of(error))
        except Exception:  # a message that trips us over must not cost its neighbours their bind, again and again
            log.exception("request_failed", app=self._app, pdu=type(pdu).__name__)
            self._answer(sequence_number, _response_to(pdu), _S.ESME_RSYSERR)

    # -- messages ---------------------------------------------------------------------------------------------------

    def _submit_sm(self, sequence_number: int, pdu: SubmitSm) -> None:
        submission = submission_of(self._app, pdu, self._utc(), self.senders)
        asking = self._submit(submission, self._on_submitted, sequence_number)
        self.pending += 1
        if asking is not None:
            refused = partial(self._answer, sequence_number, SubmitSmResp())
            self._around.spawn(self._ask(submission, self._on_submitted, sequence_number, refused))

    def _data_sm(self, sequence_number: int, pdu: DataSm) -> None:
        submission = submission_of(self._app, from_data_sm(pdu), self._utc(), self.senders)
        asking = self._submit(submission, self._on_data_submitted, sequence_number)
        self.pending += 1
        if asking is not None:
            refused = partial(self._answer, sequence_number, DataSmResp())
            self._around.spawn(self._ask(submission, self._on_data_submitted, sequence_number, refused))

    # Called when the commit has come to its end, the moment for yes; `sequence_number` was given with the submission.

    def _submit_sm_done(self, sequence_number: Any, message: Message, error: StoreError | None) -> None:
        if error is None:
            self._answer_yes(sequence_number, SubmitSmResp(message.id), message.lane)
        else:
            self._answer(sequence_number, SubmitSmResp(), self._not_durable())
        self._settled()

    def _data_sm_done(self, sequence_number: Any, message: Message, error: StoreError | None) -> None:
        if error is None:
            self._answer_yes(sequence_number, DataSmResp(message.id), message.lane)
        else:
            self._answer(sequence_number, DataSmResp(), self._not_durable())
        self._settled()

    async def _ask(self, submission: Submission, done: Done, argument: object, refused: Callable[[int], None]) -> None:
        """The way of a message whose network only a source outside can tell."""
        try:
            await self._around.road.submit_asking(submission, done, argument)
        except Refusal as refusal:
            refused(self._status_of(refusal))
            self._settled()
        except Exception:  # as in `take`
            log.exception("request_failed", app=self._app, pdu="asking")
            refused(_S.ESME_RSYSERR)
            self._settled()

    def _submit_multi(self, sequence_number: int, pdu: SubmitMulti) -> None:
        destinations = pdu.dest_address
        if not destinations:
            raise Unfit(_S.ESME_RINVNUMDESTS, "submit_multi without destinations", "missing_field")
        self._connection.spend(len(destinations) - 1)
        multi = Multi(self._around.new_id(), len(destinations), partial(self._answer, sequence_number))
        for destination in destinations:
            try:
                self._submit_one_of(multi, pdu, destination)
            except (Unfit, Refusal) as error:
                multi.refused(destination, self._status_of(error))

    def _submit_one_of(self, multi: Multi, pdu: SubmitMulti, destination: Destination | DistributionList) -> None:
        if isinstance(destination, DistributionList):
            raise Unfit(_S.ESME_RCNTSUBDL, "there are no distribution lists")
        submission = submission_of(self._app, from_submit_multi(pdu, destination), self._utc(), self.senders)
        submission.extras[NAMED] = multi.message_id
        argument = (multi, destination)
        asking = self._submit(submission, self._multi_done, argument)
        self.pending += 1
        if asking is not None:
            refused = partial(multi.refused, destination)
            self._around.spawn(self._ask(submission, self._multi_done, argument, refused))

    def _multi_done(self, argument: Any, message: Message, error: StoreError | None) -> None:
        multi: Multi
        multi, destination = argument
        if error is None:
            self._accepted[message.lane].n += 1
            multi.accepted()
        else:
            multi.refused(destination, self._not_durable())
        self._settled()

    # -- questions --------------------------------------------------------------------------------------------------

    def _query_sm(self, sequence_number: int, pdu: QuerySm) -> None:
        self._inquire(sequence_number, pdu, answer_query(pdu, self._app, self._around.find))

    def _cancel_sm(self, sequence_number: int, pdu: CancelSm) -> None:
        self._inquire(sequence_number, pdu, answer_cancel(pdu, self._app, self._around.find, self._around.cancel))

    def _replace_sm(self, sequence_number: int, _pdu: ReplaceSm) -> None:
        self._answer(sequence_number, ReplaceSmResp(), _S.ESME_RREPLACEFAIL)

    def _inquire(self, sequence_number: int, pdu: Request, work: Awaitable[QueryAnswer | CancelAnswer]) -> None:
        self.pending += 1
        self._around.spawn(self._reply(sequence_number, pdu, work))

    async def _reply(self, sequence_number: int, pdu: Request, work: Awaitable[QueryAnswer | CancelAnswer]) -> None:
        try:
            self._answer(sequence_number, *await work)
        except StoreError as error:
            log.warning("inquiry_failed", app=self._app, pdu=type(pdu).__name__, reason=str(error))
            self._answer(sequence_number, _response_to(pdu), _S.ESME_RSYSERR)
        except Exception:  # as in `take`
            log.exception("request_failed", app=self._app, pdu=type(pdu).__name__)
            self._answer(sequence_number, _response_to(pdu), _S.ESME_RSYSERR)
        finally:
            self._settled()

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answer_yes(self, sequence_number: int, pdu: Response, lane: str) -> None:
        self._answer(sequence_number, pdu)
        self._accepted[lane].n += 1

    def _answer(self, sequence_number: int, pdu: Response, command_status: int = 0) -> None:
        self._session.respond(sequence_number, pdu, command_status)
        self._connection.flush_soon()

    def _settled(self) -> None:
        self.pending -= 1
        self._on_settled()

    def _status_of(self, error: Unfit | Refusal) -> int:
        """The command_status of a no, which is counted. ESME_RINVDCS is of SMPP 5.0; older peers do not know it."""
        self._around.metrics.refused(self._app, error.code).n += 1
        if isinstance(error, Refusal):
            return error.answer.command_status
        if error.command_status == _S.ESME_RINVDCS and (self._session.peer_version or 0) < _VERSION_50:
            return _S.ESME_RSUBMITFAIL
        return error.command_status

    def _not_durable(self) -> int:
        self._around.metrics.refused(self._app, "store_unavailable").n += 1
        return _NOT_DURABLE


def _response_to(pdu: Request) -> Response:
    return response_to(command_id(pdu)) or GenericNack()


_TAKERS: dict[type, Callable[[AppRequests, int, Any], None]] = {
    DataSm: AppRequests._data_sm,
    SubmitMulti: AppRequests._submit_multi,
    QuerySm: AppRequests._query_sm,
    CancelSm: AppRequests._cancel_sm,
    ReplaceSm: AppRequests._replace_sm,
}
