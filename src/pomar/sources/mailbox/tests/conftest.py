"""A real IMAP server on loopback, with one mailbox."""

from __future__ import annotations

import getpass
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

DOVECOT = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
PASSWORD = "harvest"

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Server:
    port: int
    user: str = "team@vendor.com"

    def deliver(self, letter: str, folder: str = "INBOX") -> None:
        with self.signed_in() as client:
            said, answer = client.append(folder, "", time.time(), letter.replace("\n", "\r\n").encode())
            assert said == "OK", answer

    def make_anew(self, folder: str) -> None:
        """The folder of that name is another one from now on."""
        with self.signed_in() as client:
            client.delete(folder)
            time.sleep(1.1)  # its UIDVALIDITY is a time in seconds
            client.create(folder)

    def signed_in(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        client.login(self.user, PASSWORD)
        return client


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if DOVECOT is None:
        pytest.skip("dovecot is absent")
    owner = pwd.getpwnam("mail" if os.getuid() == 0 else getpass.getuser())
    home = Path(tempfile.mkdtemp(prefix="pomar-imap-"))
    home.chmod(0o755)
    with closing(socket.socket()) as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    for name in ("mail", "run", "state"):
        (home / name).mkdir(mode=0o755)
        os.chown(home / name, owner.pw_uid, owner.pw_gid)
    (home / "dovecot.conf").write_text(CONFIG.format(
        home=home, user=owner.pw_name, group=owner.pw_name, uid=owner.pw_uid, gid=owner.pw_gid, port=port,
        password=PASSWORD,
    ))  # fmt: skip
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(home / "dovecot.conf")], stderr=subprocess.DEVNULL)
    try:
        _wait(port, process, home / "log")
        yield Server(port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until and process.poll() is None:
        try:
            imaplib.IMAP4("127.0.0.1", port, timeout=2).logout()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text() if log.exists() else "dovecot did not come up")
