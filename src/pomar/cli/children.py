"""The processes that `pomar serve` watches over, each started as `python -m pomar.cli.children KIND`.

They end with their parent even when it is killed: the kernel is asked to tell them, and each process
they fork asks again, for the request does not outlive a fork.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
THREADS = 3


def bind_forks() -> None:
    """Everything forked from here ends with this process."""
    os.register_at_fork(after_in_child=end_with_parent)


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def web(
    host: str, port: int, processes: int = 1, application: str = "pomar.web.wsgi:application", protocol: str = "wsgi"
) -> None:
    """Serve the pages until told to stop."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        application,
        address=host,
        port=port,
        interface=Interfaces(protocol),
        workers=processes,
        blocking_threads=THREADS if protocol == "wsgi" else None,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
    ).serve()


def jobs() -> None:
    """Run jobs and schedules until told to stop."""
    from django_q.cluster import Cluster

    from pomar.cli.base import start
    from pomar.kernel import locks

    start()
    from django.db import close_old_connections, connections
    from django_q.signals import post_spawn

    from pomar.cli.jobs import Rolling, ensure_schedules
    from pomar.web.jobs import WORKER, take_up

    ensure_schedules()
    post_spawn.connect(take_up)  # in each fresh worker process: the one before it may have been killed
    with locks.hold(WORKER, shared=True):
        connections.close_all()  # what is open would be shared with the processes forked now
        cluster = Cluster()
        cluster.start()
        rolling = Rolling()
        while cluster.sentinel.is_alive():
            close_old_connections()
            cluster.sentinel.join(rolling.turn())


def main(kind: str, *arguments: str) -> None:
    end_with_parent()
    bind_forks()
    if kind == "web":
        web(arguments[0], int(arguments[1]), int(arguments[2]))
    else:
        jobs()


if __name__ == "__main__":
    main(*sys.argv[1:])
