"""What Jasmin itself would say; run by the interpreter of an environment that has Jasmin.

`judge` reads JSON, a list of arguments for /send, and prints what Jasmin's own endpoint says to each: null where it
takes them. `throw` reads JSON, the arguments of a DLR, and has Jasmin's DLRThrower call URL with METHOD.
"""

import json
import logging
import sys
from types import SimpleNamespace

from jasmin.protocols.http.endpoints.send import Send
from jasmin.protocols.http.stats import HttpAPIStatsCollector
from jasmin.routing.throwers import DLRThrower
from twisted.internet import defer, task
from twisted.web.server import NOT_DONE_YET
from twisted.web.test.requesthelper import DummyRequest

log = logging.getLogger("oracle")
log.addHandler(logging.NullHandler())


def judge() -> None:
    """Arguments are checked before anything is asked of Jasmin's router, which is not there."""
    config = SimpleNamespace(long_content_max_parts=5, long_content_split="udh")
    endpoint = Send(config, None, None, HttpAPIStatsCollector().get(), log, None)
    said = []
    for arguments in json.load(sys.stdin):
        request = DummyRequest([b"send"])
        request.args = {name.encode(): [value.encode()] for name, value in arguments.items()}
        answer = endpoint.render_POST(request)
        said.append(None if answer is NOT_DONE_YET else answer.decode())
    print(json.dumps(said))


def throw(url: str, method: str) -> None:
    """One call; fails where it was not acknowledged."""
    given = json.load(sys.stdin)
    headers = {**given, "level": int(given["level"]), "url": url, "method": method}
    content = SimpleNamespace(properties={"message-id": headers.pop("id"), "headers": headers})
    thrower = DLRThrower.__new__(DLRThrower)  # its __init__ opens log files and awaits a broker
    thrower.log, thrower.config = log, SimpleNamespace(timeout=5, max_retries=0, retry_delay=0)
    ended = defer.Deferred()
    thrower.ackMessage = lambda message: ended.callback(None)
    thrower.rejectMessage = lambda message, requeue=0: ended.errback(RuntimeError("not acknowledged"))
    thrower.rejectAndRequeueMessage = thrower.rejectMessage

    def run(_reactor: object) -> object:
        thrower.http_dlr_callback(SimpleNamespace(content=content))
        return ended

    task.react(run)


if __name__ == "__main__":
    judge() if sys.argv[1] == "judge" else throw(*sys.argv[2:])
