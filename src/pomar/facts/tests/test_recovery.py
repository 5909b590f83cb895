"""What a kill, a second writer or a full disk leaves behind: what stood before, and a word about it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from functools import partial

import pytest

from pomar.access.roles import SYSTEM
from pomar.facts import actions, lake, queries
from pomar.facts.models import Import
from pomar.facts.tests.stories import bring, counted, look, sheet, told
from pomar.kernel.errors import Conflict, NotAllowed, PomarError


def licence(id="L1", **said):
    return {"id": id, "ref": "acme", "unit_id": f"U{id}", "starts_on": "2026-01-10", "mrr": 10} | said


EVERYTHING = (
    sheet("license", licence("L1", mrr=99), licence("L2"), {"id": "bad", "bad": [("starts_on", "x", "!bad_date")]}),
    sheet("usage", {"id": "e1", "ref": "acme", "when": "2026-02-01"}),
    sheet("profile", {"id": "acme", "ref": "acme", "name": "Acme"}),
)


def everything():
    return [told(fact, "source_id", what="rows") for fact in ("license", "usage", "profile")]


def in_the_lake(import_id):
    tables = [lake.table(name) for name in ("license", "usage", "profile", "quarantine")]
    rows = [row["import_id"] for table in tables if table for row in table.to_pyarrow_table().to_pylist()]
    return rows.count(import_id)


def killed_import() -> Import:
    """As after a kill between the lake and the records: all rows are there, the import still runs."""
    imported = bring(*EVERYTHING).import_id
    Import.objects.filter(id=imported).update(status="running", completed_at=None, counts={})
    return Import.objects.get(id=imported)


def test_rows_of_an_import_that_never_completed_do_not_count():
    bring(sheet("license", licence()))
    before = everything()
    dead = killed_import()

    assert (everything(), in_the_lake(dead.id)) == (before, 5)
    assert told("license", "mrr", known_at=dead.received_at) == [("10",)]


def test_the_next_import_clears_them_away_and_judges_as_if_they_had_never_been():
    bring(sheet("license", licence()))
    dead = killed_import()

    result = bring(*EVERYTHING)

    info = queries.import_(dead.id)
    assert (info.status, info.error) == ("failed", "the process ended before the import was complete")
    assert in_the_lake(dead.id) == 0
    assert counted(result) == {"new": 3, "states": 1, "quarantined": 1}
    assert in_the_lake(result.import_id) == 5


@pytest.mark.parametrize("broken", ["license", "usage", "profile", "quarantine"])
def test_an_import_whose_storing_fails_half_way_leaves_everything_as_it_was(monkeypatch, broken):
    first = bring(sheet("license", licence()))
    before, real = everything(), lake.append

    def append(name, rows):
        if name == broken:
            raise OSError(28, "No space left on device")
        real(name, rows)

    with monkeypatch.context() as patch, pytest.raises(PomarError) as full:
        patch.setattr(lake, "append", append)
        bring(*EVERYTHING)

    assert "the disk is full, so nothing of this import was stored." in str(full.value)
    assert everything() == before
    failed = Import.objects.exclude(id=first.import_id).get()
    assert (failed.status, in_the_lake(failed.id)) == ("failed", 0)
    assert counted(bring(*EVERYTHING)) == {"new": 3, "states": 1, "quarantined": 1}


@pytest.mark.parametrize(
    "error",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Generic LocalFileSystem error: Unable to copy data: No space left on device (os error 28)"),
        RuntimeError("database or disk is full"),
    ],
)
def test_every_part_says_in_its_own_words_that_the_disk_is_full(error):
    assert lake.disk_is_full(error)
    assert not lake.disk_is_full(RuntimeError("something else"))


def test_where_even_cleaning_up_fails_the_next_import_does_it(monkeypatch):
    def no_room(*_given):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(PomarError, match="the disk is full"):
        patch.setattr(lake, "remove_import", no_room)
        patch.setattr(actions.Loader, "store", no_room)
        bring(*EVERYTHING)
    assert list(Import.objects.values_list("status", flat=True)) == ["running"]

    bring(*EVERYTHING)

    assert sorted(Import.objects.values_list("status", flat=True)) == ["complete", "failed"]
    assert everything() == [[("L1",), ("L2",)], [("e1",)], [("acme",)]]


def test_a_second_writer_is_told_so_and_leaves_no_trace(viewer):
    first = bring(sheet("license", licence())).import_id

    with lake.writing("import"):
        for attempt in (
            lambda: bring(*EVERYTHING),
            lambda: actions.undo(SYSTEM, first),
            lambda: actions.tidy(SYSTEM),
        ):
            with pytest.raises(Conflict, match="another import is running here"):
                attempt()
        assert counted(look(*EVERYTHING)) == {"new": 3, "states": 1, "quarantined": 1}, "looking needs no lock"
        with pytest.raises(NotAllowed):
            bring(*EVERYTHING, by=viewer)

    assert list(Import.objects.values_list("id", "status")) == [(first, "complete")]


def test_of_two_imports_at_once_one_waits_for_nobody_and_one_is_refused():
    """The lock holds between processes too, and goes with the one that held it."""
    hold = textwrap.dedent("""
        import sys
        from pomar.facts import lake
        with lake.writing("import"):
            print("held", flush=True)
            sys.stdin.read()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy()
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Conflict):
            bring(*EVERYTHING)
        other.kill()

    assert counted(bring(*EVERYTHING)) == {"new": 4, "quarantined": 1}


KILLED = """
import os, signal, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "pomar.settings"
django.setup()
from django.core.management import call_command
from pomar.facts import actions, lake, loading
from pomar.facts.tests import stories, test_recovery
call_command("migrate", verbosity=0)
stage = sys.argv[1]
real = {"append": lake.append, "complete": loading.complete}
def die_after(name, *given):
    real[name](*given)
    if stage in (name, f"{name} {given[0]}"):
        os.kill(os.getpid(), signal.SIGKILL)
lake.append = lambda *given: die_after("append", *given)
actions.complete = lambda *given: die_after("complete", *given)
stories.bring(*test_recovery.EVERYTHING)
print([counts["new"] for counts in actions.Import.objects.get(status="complete").counts.values()])
print(test_recovery.everything(), sorted(actions.Import.objects.values_list("status", flat=True)))
"""


@pytest.mark.slow
def test_killed_at_any_stage_the_next_import_completes_and_nothing_counts_twice(company):
    environment = os.environ | {"POMAR_HOME": str(company / "killed"), "DATABASE_URL": ""}
    stages = ["append license", "append usage", "append profile", "append quarantine", "complete", "never"]
    child = partial(subprocess.run, env=environment, capture_output=True, text=True, check=False)
    runs = [child([sys.executable, "-c", KILLED, stage]) for stage in stages]

    assert [run.returncode for run in runs] == [-9] * 5 + [0], runs[-1].stderr
    assert runs[-1].stdout.splitlines() == [
        "[2, 1, 1]",
        f"{[[('L1',), ('L2',)], [('e1',)], [('acme',)]]} {['complete'] + ['failed'] * 5}",
    ]
