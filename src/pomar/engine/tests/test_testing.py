"""What the tests start ends with them, however they end."""

import subprocess
import sys

import pytest

from pomar.engine.testing import BOUND

STARTS_ONE_AND_DIES = f"""
import os, signal, subprocess, sys
words = [sys.executable, "-c", {BOUND!r}, "/bin/sh", "-c", "echo running; exec sleep 60"]
started = subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True)
print(started.stdout.readline().decode().strip(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_a_program_bound_to_a_killed_process_ends_too():
    words = [sys.executable, "-c", STARTS_ONE_AND_DIES]
    found = subprocess.run(words, capture_output=True, text=True, timeout=30)  # until nobody holds its streams
    assert (found.returncode, found.stdout) == (-9, "running\n")
