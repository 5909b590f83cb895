import os
import signal
import subprocess
import sys
from pathlib import Path

from pomar.engine import scratch

ALONE = f"import runpy; fresh = runpy.run_path({scratch.__file__!r})['fresh']; "
HOLD = ALONE + "fresh('x').mkdir(); print('held', flush=True); input()"
USE = ALONE + "fresh('y')"


def start(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=os.environ | {"POMAR_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def left(home: Path) -> list[Path]:
    return list((home / "derived" / "scratch").glob("*/x-*"))


def use(home: Path) -> None:
    subprocess.run([sys.executable, "-c", USE], env=os.environ | {"POMAR_HOME": str(home)}, check=True)


def test_folders_of_a_killed_process_are_swept_and_those_of_a_living_one_kept(tmp_path: Path):
    with start(tmp_path) as living, start(tmp_path) as killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert len(left(tmp_path)) == 2
        use(tmp_path)
        assert len(left(tmp_path)) == 1
        living.communicate("\n")
    assert list((tmp_path / "derived" / "scratch").iterdir()) == []
