"""A RapidSMS project of one file; run by the interpreter of an environment that has RapidSMS.

`send URL REPORTS PASSWORD TO TEXT` sends as its Kannel backend does. `reports` reads a query a line, has the view for
delivery reports take each, and prints what RapidSMS keeps of them, as JSON.
"""

import json
import sys

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rapidsms", "rapidsms.backends.kannel"],
    ROOT_URLCONF="rapidsms.backends.kannel.urls",
    INSTALLED_BACKENDS={},
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402  # models need the settings
from django.test import Client  # noqa: E402
from rapidsms.backends.kannel.models import DeliveryReport  # noqa: E402
from rapidsms.backends.kannel.outgoing import KannelBackend  # noqa: E402


def send(url: str, reports: str, password: str, to: str, text: str) -> None:
    """One message; raises what the backend raises."""
    backend = KannelBackend(
        None,
        "kannel",
        sendsms_url=url,
        sendsms_params={"username": "bank", "password": password, "from": "45555"},
        charset="UTF-8",
        coding=2,
        delivery_report_url=reports,
    )
    backend.send("m-1", text, [to])


def reports() -> None:
    """What RapidSMS keeps of the reports on standard input."""
    call_command("migrate", verbosity=0, run_syncdb=True)
    for line in sys.stdin:
        answer = Client().get("/delivery-report/?" + line.strip())
        if answer.status_code != 200:
            sys.exit(f"{answer.status_code}: {answer.content.decode()}")
    fields = ("message_id", "identity", "status", "sms_id")
    print(json.dumps(list(DeliveryReport.objects.order_by("id").values(*fields))))


if __name__ == "__main__":
    send(*sys.argv[2:]) if sys.argv[1] == "send" else reports()
