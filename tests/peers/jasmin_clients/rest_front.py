"""Jasmin's REST API, asking us; run by the interpreter of an environment that has Jasmin, with REST_API_CONFIG set.

Its WSGI application is served by Twisted, as its guide says, with the Celery tasks behind it as they are. Celery runs
tasks where they are asked for, a setting of its own, so that there need be no RabbitMQ. Prints the port it listens on.
"""

from jasmin.protocols.rest import api
from jasmin.protocols.rest.tasks import app
from twisted.internet import reactor
from twisted.web.server import Site
from twisted.web.wsgi import WSGIResource

app.conf.task_always_eager = True
port = reactor.listenTCP(0, Site(WSGIResource(reactor, reactor.getThreadPool(), api)), interface="127.0.0.1")
print(port.getHost().port, flush=True)
reactor.run()
