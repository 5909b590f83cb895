"""What tests of pages share: Chromium, and a client that somebody signed in with."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.test import Client

from pomar.access.models import User

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="Chromium is absent (Debian's package chromium)"),
]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
