"""Long work outside the request: what its page says, and what a second run does."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django_q.models import OrmQ

from pomar.access.models import AuditEntry, User
from pomar.bases import queries, snapshots
from pomar.facts import queries as facts
from pomar.kernel import clock, locks
from pomar.kernel.errors import NotAllowed, PomarError
from pomar.web import company, jobs, uploads
from pomar.web.models import Job

pytestmark = pytest.mark.django_db

ORDERS = b"customer_id,order_id,ordered_on,product,quantity,amount,currency\n7,A1,2026-01-05,Press,1,90.00,BRL\n"
OPTIONS = {"fact": "purchase", "source": "shop", "full": False}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    snapshots.close_readers()


@pytest.fixture
def browser(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


def order_file(content: bytes = ORDERS) -> SimpleUploadedFile:
    return SimpleUploadedFile("orders.csv", content)


def page_of(client: Client, job: Job) -> str:
    answer = client.get(f"/jobs/{job.id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def import_job(user: User) -> Job:
    return jobs.start(user, "import", "/imports/", kept=uploads.keep([order_file()]), options=OPTIONS)


# -- starting ------------------------------------------------------------------------------------------


def test_a_job_is_queued_with_its_task_and_recorded(home: Path, manager: User) -> None:
    job = jobs.start(manager, "refresh")
    assert (job.status, OrmQ.objects.count()) == ("queued", 1)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.object_id, entry.details) == ("start job", job.id, {"kind": "refresh"})


def test_asking_twice_for_what_still_waits_is_one_job(home: Path, manager: User) -> None:
    assert jobs.start(manager, "refresh").id == jobs.start(manager, "refresh", "/customers/").id
    days = [jobs.start(manager, "advance", since=day).id for day in ("2026-11-20", "2026-11-21")]
    assert days[0] != days[1]


def test_what_runs_is_not_started_beside_itself_but_a_refresh_is(home: Path, manager: User) -> None:
    day, count = jobs.start(manager, "advance", since="2026-11-20"), jobs.start(manager, "refresh")
    Job.objects.update(status="running")
    assert jobs.start(manager, "advance", since="2026-11-20").id == day.id
    assert jobs.start(manager, "refresh").id != count.id


@pytest.mark.parametrize("kind", jobs.KINDS)
def test_somebody_without_the_right_starts_nothing(home: Path, viewer: User, kind: str) -> None:
    with pytest.raises(NotAllowed):
        jobs.start(viewer, kind)
    assert (Job.objects.count(), OrmQ.objects.count()) == (0, 0)
    assert AuditEntry.objects.get().outcome == "refused"


def test_somebody_who_lost_the_right_meanwhile_changes_nothing(home: Path, manager: User) -> None:
    job = import_job(manager)
    manager.role = "viewer"
    manager.save()

    assert jobs.run(job.id) == "failed"

    assert facts.imports() == []
    assert "import_facts" in jobs.find(job.id).error["what"]


# -- the page ------------------------------------------------------------------------------------------


def test_without_a_worker_the_page_says_so(home: Path, browser: Client) -> None:
    job = jobs.find(browser.post("/refresh")["Location"].split("/")[2])
    page = page_of(browser, job)
    assert "No worker is running, so this waits" in page
    assert "pomar worker" in page
    assert "<progress" not in page


def test_with_a_worker_the_page_shows_how_far_it_is_in_words(home: Path, browser: Client, manager: User) -> None:
    job = jobs.start(manager, "refresh")
    with locks.hold(jobs.WORKER, shared=True):
        assert "Waits for its turn" in page_of(browser, job)
        with locks.hold(job.id):
            Job.objects.update(status="running", share=0.35, step="units and their states")
            page = page_of(browser, job)
        assert '<progress max="100" value="35"' in page
        assert "Units and their states" in page
        assert f'hx-get="/jobs/{job.id}/" hx-trigger="every 1s"' in page
        assert "The worker ended before this was done" in page_of(browser, job)


def test_every_page_leads_back_to_what_is_under_way(home: Path, browser: Client, manager: User) -> None:
    job = jobs.start(manager, "refresh")
    assert f'href="/jobs/{job.id}/"' in browser.get("/imports/").content.decode()
    Job.objects.update(status="done")
    assert f'href="/jobs/{job.id}/"' not in browser.get("/imports/").content.decode()


@pytest.mark.usefixtures("at_once")
def test_files_are_read_then_loaded_then_shown(home: Path, browser: Client) -> None:
    read = browser.post("/imports/new/", {"files": [order_file()], "source": "shop"})["Location"]
    preview = browser.get(read, HTTP_HX_REQUEST="true")["HX-Redirect"]
    for _reload in range(2):
        assert "Of 1 rows, 1 are new or changed facts" in browser.get(preview).content.decode()
    assert facts.imports() == []

    loaded = browser.post(f"{preview}load")["Location"]

    [info] = facts.imports()
    assert "1 fact came in." in browser.get(loaded).content.decode()
    assert browser.get(loaded, HTTP_HX_REQUEST="true")["HX-Redirect"] == f"/imports/{info.id}/"
    assert queries.bases().customers == 1
    assert not any((home / "uploads").iterdir())


@pytest.mark.usefixtures("at_once")
def test_an_error_says_what_and_the_likely_fix_and_can_be_tried_again(home: Path, browser: Client) -> None:
    answer = browser.post("/demo/advance")["Location"]
    page = browser.get(answer).content.decode()
    assert "only the demo company has a clock of its own." in page
    assert "Run `pomar demo`." in page
    assert f'action="{answer}again"' in page
    assert browser.post(f"{answer}again")["Location"] == answer
    assert [entry.action for entry in AuditEntry.objects.order_by("number")] == ["start job", "start job again"]


def test_an_import_whose_counting_failed_goes_on_there_when_tried_again(home, browser, manager, monkeypatch) -> None:
    job = import_job(manager)
    with monkeypatch.context() as patch:
        patch.setattr("pomar.bases.actions.refresh", _full_disk)
        assert jobs.run(job.id) == "failed"

    browser.post(f"/jobs/{job.id}/again")

    assert jobs.run(job.id) == "done"
    assert len(facts.imports()) == 1
    assert queries.bases().customers == 1


def test_who_may_not_import_does_not_see_the_job(home: Path, manager: User, viewer: User) -> None:
    job, onlooker = import_job(manager), Client()
    onlooker.force_login(viewer)
    assert onlooker.get(f"/jobs/{job.id}/").status_code == 403
    assert onlooker.post(f"/jobs/{job.id}/again").status_code == 403


def test_a_job_nobody_started(browser: Client) -> None:
    assert browser.get("/jobs/job_of_nobody/").status_code == 404


# -- again ---------------------------------------------------------------------------------------------


def test_a_job_delivered_twice_is_done_once(home: Path, manager: User) -> None:
    job = import_job(manager)
    assert (jobs.run(job.id), jobs.run(job.id)) == ("done", "nothing to do")
    assert len(facts.imports()) == 1


def test_a_job_that_runs_is_not_run_beside_itself(home: Path, manager: User) -> None:
    job = import_job(manager)
    with locks.hold(job.id):
        assert jobs.run(job.id) == "nothing to do"
    assert jobs.find(job.id).status == "queued"


def test_an_import_killed_before_its_refresh_goes_on_there(home: Path, manager: User, monkeypatch) -> None:
    job = import_job(manager)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pomar.bases.actions.refresh", _killed)
        jobs.run(job.id)
    assert (jobs.find(job.id).status, jobs.is_lost(jobs.find(job.id))) == ("running", True)

    jobs.take_up()
    assert jobs.run(job.id) == "done"

    assert len(facts.imports()) == 1
    assert queries.bases().customers == 1


def _killed(*_words: object) -> None:
    raise KeyboardInterrupt


def _full_disk(*_words: object) -> None:
    raise PomarError("disk", "it is full.")


def test_what_ends_its_worker_each_time_is_given_up(home: Path, manager: User) -> None:
    job = jobs.start(manager, "refresh")
    Job.objects.update(attempts=jobs.ATTEMPTS, status="running")
    assert jobs.run(job.id) == "failed"
    assert "the worker ended 3 times" in jobs.find(job.id).error["what"]


@pytest.mark.slow
def test_a_day_advanced_twice_is_one_day(orchard: Path, manager: User) -> None:
    since = clock.today()
    for _run in range(2):
        company.advance(manager, since=since)
    assert (clock.today() - since).days == 1
    again, first = facts.imports()[:2]
    assert (again.facts, again.total("repeats")) == (0, first.facts)
