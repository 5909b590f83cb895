"""Snapshots: what a reader sees while they are made, and what is swept away."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from pomar.facts import derived
from pomar.kernel.ids import new_id


def made(text: str = "") -> derived.Snapshot:
    draft = derived.draft()
    (draft.folder / "units").mkdir()
    (draft.folder / "units" / "part.parquet").write_text(text)
    return draft


def published(text: str = "", parts: tuple[str, ...] = ()) -> derived.Snapshot:
    for part in parts:
        (derived.root() / "usage" / part).mkdir(parents=True, exist_ok=True)
    return derived.publish(made(text), {"usage": {"parts": [{"name": part} for part in parts]}, "text": text})


def folders(kind: str) -> list[str]:
    return sorted(path.name for path in (derived.root() / kind).glob("*"))


def test_before_the_first_refresh_there_is_none():
    assert derived.current() is None
    derived.sweep()


def test_a_draft_is_seen_by_nobody_until_it_is_published():
    first = published("one")
    draft = made("two")

    assert derived.current() == first
    second = derived.publish(draft, {"text": "two"})
    assert derived.current() == second
    assert (second.info, [Path(file).read_text() for file in second.files("units")]) == ({"text": "two"}, ["two"])


def test_a_refresh_killed_at_any_step_leaves_the_last_good_snapshot(monkeypatch):
    first = published("one")
    steps = iter(range(2))

    def killed_on_the_second(path, text, real=derived._write_durably):
        if next(steps) == 1:
            raise KeyboardInterrupt
        real(path, text)

    monkeypatch.setattr(derived, "_write_durably", killed_on_the_second)
    with pytest.raises(KeyboardInterrupt):
        derived.publish(made("two"), {})

    assert derived.current() == first


def test_sweeping_keeps_the_last_two_and_the_parts_they_name():
    for number in range(4):
        published(str(number), parts=(f"use_{number}", f"use_{number + 1}"))
    (derived.root() / "usage" / "use_orphan").mkdir()
    abandoned, before = made("never published"), derived.current()
    ids = folders("snapshots")

    derived.sweep()

    assert derived.current() == before
    assert folders("snapshots") == ids[2:4]
    assert abandoned.id not in folders("snapshots")
    assert folders("usage") == ["use_2", "use_3", "use_4"]


def test_a_reader_finds_whole_snapshots_while_others_are_published_and_swept():
    published("0")
    stop, reads, wrong = threading.Event(), [], []

    def read() -> None:
        while not stop.is_set():
            now = derived.current()
            said = [Path(file).read_text() for file in now.files("units")]
            reads.append(now.id)
            if said != [now.info["text"]]:
                wrong.append((now.info, said))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 40):
        published(str(number))
        derived.sweep()
        seen = len(reads)
        while len(reads) < seen + 2 and reader.is_alive():  # no reader is more than one refresh behind
            time.sleep(0)
    stop.set()
    reader.join()

    assert wrong == []
    assert len(set(reads)) > 5, "it read while others were made"
    assert derived.current().info["text"] == "39"


def test_ids_sort_by_the_time_they_were_made():
    made_one_after_another = []
    for _ in range(50):
        made_one_after_another.append(new_id("snap"))
        time.sleep(0.002)

    assert made_one_after_another == sorted(made_one_after_another)
