from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils.module_loading import import_string
from django_q.models import Schedule

from pomar.cli import jobs
from pomar.facts import lake


@pytest.mark.django_db
def test_schedules_are_planned_once_and_kept_as_people_changed_them() -> None:
    jobs.ensure_schedules()
    Schedule.objects.filter(name="refresh").update(schedule_type=Schedule.WEEKLY)
    jobs.ensure_schedules()
    assert sorted(Schedule.objects.values_list("name", "schedule_type", "func")) == [
        ("digest", Schedule.WEEKLY, "pomar.cli.jobs.digest"),
        ("housekeeping", Schedule.DAILY, "pomar.cli.jobs.housekeeping"),
        ("match", Schedule.MINUTES, "pomar.cli.jobs.match"),
        ("measure", Schedule.DAILY, "pomar.cli.jobs.measure"),
        ("refresh", Schedule.WEEKLY, "pomar.cli.jobs.refresh"),
        ("sync", Schedule.MINUTES, "pomar.cli.jobs.sync"),
    ]
    for schedule in Schedule.objects.all():
        assert callable(import_string(schedule.func))
        assert schedule.next_run > datetime.now(UTC) - timedelta(seconds=10)


@pytest.mark.django_db
def test_the_digest_is_planned_for_a_monday_morning() -> None:
    jobs.ensure_schedules()
    planned = Schedule.objects.get(name="digest").next_run
    assert (planned.weekday(), planned.hour, planned > datetime.now(UTC)) == (0, 7, True)


@pytest.mark.django_db
def test_quality_jobs_have_nothing_to_do_before_anything_is_known(own_home: Path) -> None:
    assert "nothing is known yet" in jobs.measure()
    assert jobs.digest() == "sent to 0"


@pytest.mark.django_db
def test_housekeeping_waits_for_an_import_to_end(own_home: Path) -> None:
    with lake.writing("import"):
        assert "another import is running" in jobs.housekeeping()
    assert jobs.housekeeping() == ""


@pytest.mark.slow
def test_the_worker_runs_what_is_due(own_home: Path) -> None:
    environment = os.environ.copy()
    start = "from pomar.cli.base import start; start();"
    put = "from django_q.tasks import async_task; print(async_task('pomar.cli.jobs.housekeeping'))"
    asked = subprocess.run(
        [sys.executable, "-c", start + put], capture_output=True, text=True, env=environment, check=True
    )
    worker = subprocess.Popen([sys.executable, "-m", "pomar.cli", "worker"], env=environment)
    look = f"from django_q.tasks import fetch; t = fetch('{asked.stdout.strip()}'); print(t and t.success)"
    try:
        deadline, done = time.monotonic() + 40, ""
        while done != "True" and time.monotonic() < deadline:
            time.sleep(1)
            done = subprocess.run(
                [sys.executable, "-c", start + look], capture_output=True, text=True, env=environment
            ).stdout.strip()
    finally:
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    assert done == "True"
