"""The first-run guide: three files, each checked off as it comes, ending on the bridge."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pomar.access.models import User
from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries, snapshots
from pomar.sources.files.actions import import_files
from pomar.web.first_steps import guide
from pomar.web.samples import SOURCE

pytestmark = pytest.mark.django_db
KEYS = ("customers", "bought", "use")


@pytest.fixture(autouse=True)
def _new_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))


@pytest.fixture
def browser(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def samples(browser: Client, folder: Path, language: str) -> list[Path]:
    paths = []
    for key in KEYS:
        answer = browser.get(f"/start/{key}.csv", headers={"accept-language": language})
        paths.append(folder / answer["Content-Disposition"].split('"')[1])
        paths[-1].write_bytes(answer.content)
    return paths


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_the_samples_are_read_without_a_word(browser: Client, tmp_path: Path, language: str) -> None:
    result = import_files(SYSTEM, samples(browser, tmp_path, language), dry_run=True, source=SOURCE)
    assert {fact: count["new"] for fact, count in result.counts.items()} == {"profile": 10, "license": 10, "usage": 36}
    assert (result.quarantined, result.repeats, result.reasons) == (0, 0, {})
    assert [file["unmapped"] for file in result.files] == [[], [], []]


def test_each_step_is_checked_off_as_its_facts_arrive(browser: Client, tmp_path: Path) -> None:
    seen = []
    for path in samples(browser, tmp_path, "en"):
        seen.append([step.here for step in guide().steps])
        import_files(SYSTEM, [path], source=SOURCE)
    assert seen == [[False] * 3, [True, False, False], [True, True, False]]
    assert guide().next is None


@pytest.mark.slow
def test_the_samples_yield_a_bridge(browser: Client, tmp_path: Path) -> None:
    import_files(SYSTEM, samples(browser, tmp_path, "en"), source=SOURCE)
    actions.refresh(SYSTEM)
    found = queries.bases()
    places = {place.place: place.count for place in found.customer_places if place.count}
    snapshots.close_readers()
    assert (found.customers, places) == (10, {"in_use": 7, "idle": 1, "never_activated": 1, "expired": 1})
    assert "See the bridge" in browser.get("/start/").content.decode()


@pytest.mark.slow
def test_what_is_still_to_come_is_said_where_people_look(browser: Client, tmp_path: Path) -> None:
    import_files(SYSTEM, samples(browser, tmp_path, "en")[:2], source=SOURCE)
    actions.refresh(SYSTEM)
    page = re.sub(r"\s+", " ", unescape(browser.get("/").content.decode()))
    snapshots.close_readers()
    assert "Still to bring: what they use" in page
    assert "2 of three steps to your bridge are done." in browser.get("/start/").content.decode()


def test_the_upload_page_takes_the_samples_name_over(browser: Client) -> None:
    assert 'name="source" value="sample"' in browser.get("/imports/new/?source=sample").content.decode()
    sent = {"files": [SimpleUploadedFile("x.csv", b"")], "source": "not a name"}
    assert "Enter a valid" in browser.post("/imports/new/", sent).content.decode()


def test_a_sample_that_does_not_exist_is_not_found(browser: Client) -> None:
    assert browser.get("/start/anything.csv").status_code == 404
