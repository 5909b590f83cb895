"""The lake as files: an open format, and tidying that changes no figure."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest

from pomar.access.models import AuditEntry
from pomar.access.roles import SYSTEM
from pomar.facts import actions, lake, usage
from pomar.facts.reading import Lake
from pomar.facts.schema import FACTS
from pomar.facts.tests.stories import START, bring, engine, on, sheet, told
from pomar.kernel.errors import BadInput, NotAllowed


def licence(id, **said):
    return {"id": id, "ref": "acme", "unit_id": f"U{id}", "starts_on": "2026-01-10", "mrr": 10} | said


def company_with_a_past() -> list[str]:
    ids = [bring(sheet("license", licence("L1"), licence(f"N{n}"))).import_id for n in range(3)]
    with on("2026-03-05"):
        ids.append(bring(sheet("license", licence("L1", mrr=20), {"id": "N1", "off": True})).import_id)
        actions.undo(SYSTEM, bring(sheet("license", licence("L9"))).import_id)
        bring(sheet("license", {"id": "bad", "bad": [("starts_on", "x", "!bad_date")]}))
    return ids


def everything():
    columns = ("source_id", "mrr", "occurred_at", "received_at", "seq", "import_id")
    return [
        told("license", *columns, what=what, known_at=known_at)
        for what in ("rows", "statements", "versions", "states")
        for known_at in (None, START, START + timedelta(days=5))
    ]


def test_anyone_can_read_a_table_with_their_own_tools():
    bring(sheet("license", licence("L1"), licence("L2")))

    rows = lake.table("license").to_pyarrow_table()
    with duckdb.connect() as con:
        found = con.execute(f"SELECT source_id, mrr FROM read_parquet('{lake.folder('license')}/*.parquet')").fetchall()

    assert rows.schema.names == FACTS["license"].schema.names
    assert [(id, int(mrr)) for id, mrr in found] == [("L1", 10), ("L2", 10)]


def test_the_types_of_every_fact_survive_the_lake():
    bring(*[sheet(fact, {"id": "x", "ref": "y", "when": "2026-01-01"}) for fact in FACTS])

    for name, fact in FACTS.items():
        assert lake.table(name).to_pyarrow_table().schema == fact.schema, name


def test_a_table_nobody_wrote_has_no_files_and_no_rows():
    assert (lake.files("license"), lake.version("license"), told("license", "source_id")) == ([], -1, [])
    assert lake.tidy("license") == {"compacted": 0, "dropped": 0}


def test_tidying_changes_no_figure_now_or_as_known():
    company_with_a_past()
    before, files = everything(), len(lake.files("license"))

    done = actions.tidy(SYSTEM)

    assert done == {"license": {"compacted": files, "dropped": 0}}
    assert (len(lake.files("license")), everything()) == (1, before)


def test_files_are_dropped_only_once_no_reader_can_hold_them():
    company_with_a_past()
    reader = Lake(engine()).states("license")
    before = sorted(engine().arrow(reader.select("source_id", "mrr")).to_pylist(), key=str)
    actions.tidy(SYSTEM)
    assert sorted(engine().arrow(reader.select("source_id", "mrr")).to_pylist(), key=str) == before

    on_disk = len(list(lake.folder("license").glob("*.parquet")))
    dropped = lake.tidy("license", keep=timedelta(0))["dropped"]

    assert (on_disk, dropped) == (6, 5)
    assert [str(path) for path in lake.folder("license").glob("*.parquet")] == lake.files("license")


def test_what_a_killed_writer_left_is_dropped_too():
    bring(sheet("license", licence("L1")))
    left = lake.folder("license") / "part-00000-of-a-dead-writer.snappy.parquet"
    left.write_bytes(b"half a file")

    lake.tidy("license", keep=timedelta(0))

    assert not left.exists()
    assert told("license", "source_id") == [("L1",)]


def test_tidying_is_recorded_and_not_for_everyone(viewer):
    company_with_a_past()
    with pytest.raises(NotAllowed):
        actions.tidy(viewer)
    actions.tidy(SYSTEM)

    last = AuditEntry.objects.filter(action="tidy lake").order_by("number")
    assert [(entry.actor, entry.outcome) for entry in last] == [(f"user:{viewer.pk}", "refused"), ("system", "done")]


def test_tidying_leaves_the_roll_up_as_it_is():
    for day in (1, 2, 3):
        bring(sheet("usage", {"id": f"e{day}", "ref": "acme", "when": f"2026-02-0{day}"}))
    before = usage.roll(Lake(engine()), usage.Rollup())
    actions.tidy(SYSTEM)
    assert usage.roll(Lake(engine()), before) is before


def test_a_percent_sign_in_the_path_is_refused_before_anything_is_lost(company, monkeypatch):
    monkeypatch.setenv("POMAR_HOME", str(company / "100%20"))

    with pytest.raises(BadInput, match="percent sign"):
        bring(sheet("license", licence("L1")))

    assert actions.Import.objects.get().status == "failed"
