"""A program that imports and refreshes in children, and kills them when told to.

Reads lines such as `second 1.5` (do `second`, and kill it after 1.5 seconds) or `second never`, and answers
with how the child ended: 0, or the signal. POMAR_HOME is its only setting. Forking saves each child the
seconds of starting up.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from random import Random

os.environ["DJANGO_SETTINGS_MODULE"] = "pomar.settings"

import django

django.setup()  # before anything that holds models

import ibis.backends.duckdb  # noqa: E402, F401 - the slowest import there is
from django.core.management import call_command  # noqa: E402 - Django is set up first

from pomar.bases import actions  # noqa: E402 - Django is set up first
from pomar.bases.tests.staging import bring_all  # noqa: E402 - Django is set up first
from pomar.bases.tests.test_customer_status import market, market_rows, some_use  # noqa: E402 - Django is set up first
from pomar.bases.tests.test_unit_states import random_world  # noqa: E402 - Django is set up first
from pomar.bases.tests.unit_oracle import rows  # noqa: E402 - Django is set up first


def first() -> None:
    call_command("migrate", verbosity=0)
    bring_all(rows(random_world(3).units) | {"shop": market_rows(market(3, 60, refunds=True))})
    actions.refresh()


def second() -> None:
    """More customers and use, and other prices for some who were there."""
    sold = market_rows(market(4, 90, refunds=True))
    used = {"usage": some_use(Random(4), [f"c{n}" for n in range(90)])}
    bring_all({"shop": sold | used, "late": rows(random_world(5).units)["late"]})
    actions.refresh()


def run(job: str, patience: str) -> int:
    child = os.fork()
    if not child:
        _work(job)
    if patience != "never":
        time.sleep(float(patience))
        os.kill(child, signal.SIGKILL)  # not reaped yet, so the number is still the child's
    return os.waitpid(child, 0)[1]


def _work(job: str) -> None:
    try:
        {"first": first, "second": second}[job]()
        os._exit(0)
    except BaseException as error:
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)


if __name__ == "__main__":
    print("ready", flush=True)
    for line in sys.stdin:
        print(run(*line.split()), flush=True)
