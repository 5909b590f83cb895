"""`pomar serve` and `pomar worker`."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from types import FrameType
from typing import TYPE_CHECKING

import click

from pomar.cli.base import say, start
from pomar.cli.words import _
from pomar.kernel.errors import Conflict, PomarError

if TYPE_CHECKING:
    from pomar.access.accounts import SignIn

GRACE = 15.0
"""Seconds a process may take to finish what it is doing before it is killed."""

PAUSE = 2.0
"""Seconds before a process that ended by itself is started again."""


@click.command("serve", help=_("Serve the pages and run the jobs, until stopped."))
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help=_("The address to listen on"))
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True,
              help=_("How many processes answer; one a processor core, where much arrives"))
def serve_command(port: int, host: str, processes: int) -> None:
    claim(host, port)
    start()
    from pomar.access.accounts import first_administrator

    first = first_administrator()
    serve(host, port, _("Pomar is at %s") + (f"\n{signing(first)}" if first else ""), processes)


@click.command("worker", help=_("Run the jobs and schedules alone, until stopped."))
def worker_command() -> None:
    from pomar.cli.children import bind_forks, jobs

    bind_forks()
    jobs()


def signing(entrance: SignIn) -> str:
    """How to sign in, as a line of a greeting."""
    return (_("Sign in as %(username)s with the password %(password)s") % vars(entrance)).replace("%", "%%")


def serve(host: str, port: int, greeting: str, processes: int = 1) -> None:
    """Run the pages and the jobs side by side until SIGTERM or Ctrl-C.

    `greeting` is said once the pages answer; `%s` in it is their address.
    Raises Conflict if the address is taken, PomarError if the pages stop by themselves.
    """
    claim(host, port)
    Household(host, port, greeting, processes).run()


def claim(host: str, port: int, fix: str = "") -> None:
    """Raise Conflict if the address is taken: asked before anything is made or built."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            what = _("%s cannot be listened on: %s.") % (f"{host}:{port}", error.strerror)
            raise Conflict("serve", what, fix or _("Choose another with --port.")) from None


class Household:
    """The pages and the jobs as two processes that live and stop together."""

    def __init__(self, host: str, port: int, greeting: str, processes: int) -> None:
        self.host, self.port, self.greeting = host, port, greeting
        self.commands = {"web": ("web", host, str(port), str(processes)), "jobs": ("jobs",)}
        self.stopping = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.processes = {name: _spawn(*command) for name, command in self.commands.items()}
        try:
            self._greet()
            self._watch()
        finally:
            _end(list(self.processes.values()))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _greet(self) -> None:
        while not self.stopping and not _answers(self.host, self.port):
            if self.processes["web"].poll() is not None:
                fix = _("See the lines above for why.")
                raise PomarError("serve", _("the pages could not be started."), fix)
            time.sleep(0.1)
        if not self.stopping:
            click.echo(self.greeting % f"http://{self.host}:{self.port}")

    def _watch(self) -> None:
        while not self.stopping:
            time.sleep(0.2)
            for name, process in self.processes.items():
                if process.poll() is not None and not self.stopping:
                    say(_("The process of the %s ended by itself; it is started again.") % name)
                    time.sleep(PAUSE)
                    self.processes[name] = _spawn(*self.commands[name])


def _spawn(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pomar.cli.children", *arguments]
    return subprocess.Popen(command)  # noqa: S603 - our own interpreter and module


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(host: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    with closing(socket.socket(socket.AF_INET6 if ":" in reachable else socket.AF_INET)) as trial:
        trial.settimeout(1)
        return trial.connect_ex((reachable, port)) == 0
