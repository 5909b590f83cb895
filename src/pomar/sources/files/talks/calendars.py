"""Calendars in iCalendar form: meetings with people outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

import recurring_ical_events
from django.utils.translation import gettext as _
from icalendar import Calendar

from pomar.facts.talking import Contact, OwnSide, iso, own_side
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.sources.files.talks.contacts import Talks

MOST = 5_000
"""Times that one repeating meeting may count: more is a mistake in its rule."""
_NOT_PEOPLE = {"RESOURCE", "ROOM"}
_ANSWERS = {"ACCEPTED": "accepted", "DECLINED": "declined", "TENTATIVE": "tentative", "NEEDS-ACTION": "no answer"}


@dataclass(frozen=True)
class _Meeting:
    id: str
    moment: datetime | date | None
    subject: str | None
    organizer: str
    guests: dict[str, str]
    cancelled: bool

    def addresses(self) -> tuple[str, ...]:
        return (self.organizer, *self.guests) if self.organizer else tuple(self.guests)


def read(path: Path) -> Talks:
    """One contact per meeting and guest from outside."""
    events = _events(path)
    single, repeating = _apart(events)
    found = _occurrences(repeating)
    meetings = [*map(_meeting, single), *(_meeting(event, begins) for event, begins in found)]
    ours = own_side(meeting.addresses() for meeting in meetings)
    contacts = [contact for meeting in meetings for contact in _contacts(meeting, ours)]
    notes = [_("Read from the side of {owner}.").format(owner=", ".join(ours.names))] if ours.names else []
    if repeating:
        notes.append(_("Repeating meetings count each time they took place, up to today: {n}.").format(n=len(found)))
    return Talks(contacts, tuple(notes))


def _events(path: Path) -> list[Any]:
    written = path.read_bytes()
    try:
        if not written.rstrip().upper().endswith(b"END:VCALENDAR"):
            raise ValueError(written.rstrip().rpartition(b"\n")[2].decode("utf-8", "replace"))
        calendars = Calendar.from_ical(written, multiple=True)
    except (ValueError, IndexError) as error:
        raise BadInput(
            str(path),
            _("The calendar is cut short or damaged: {error}").format(error=str(error)[:200]),
            _("Copy or export it again; nothing of it was loaded."),
        ) from error
    return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _apart(events: list[Any]) -> tuple[list[Any], dict[str, list[Any]]]:
    """Meetings of one time, and those that repeat, by id, each with what was moved or said otherwise of it."""
    of: dict[str, list[Any]] = defaultdict(list)
    for event in events:
        of[str(event.get("UID", ""))].append(event)
    nameless = of.pop("", [])
    repeating = {name: one for name, one in of.items() if any("RRULE" in event or "RDATE" in event for event in one)}
    return [*(event for name, one in of.items() if name not in repeating for event in one), *nameless], repeating


def _occurrences(repeating: dict[str, list[Any]]) -> list[tuple[Any, Any]]:
    """Each time that a repeating meeting took place, up to now, and when the first one of its series did."""
    return [(one, begins) for events in repeating.values() for one, begins in _of_series(events)]


def _of_series(events: list[Any]) -> Iterator[tuple[Any, Any]]:
    calendar = Calendar()
    for event in events:
        calendar.add_component(event)
    starts = [event["DTSTART"].dt for event in events if "DTSTART" in event and "RECURRENCE-ID" not in event]
    if not starts:
        return
    now = clock.now()
    begins = min(starts, key=_comparable)
    for one in islice(recurring_ical_events.of(calendar).after(begins), MOST):
        if _comparable(one["DTSTART"].dt) > now:
            return
        yield one, begins


def _comparable(moment: datetime | date) -> datetime:
    """Days and times without a zone are the company's."""
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return whole if whole.tzinfo else whole.replace(tzinfo=clock.zone())


def _meeting(event: Any, begins: Any = None) -> _Meeting:
    """`begins` is when the first one of its series took place: that one goes by the id of the series."""
    began, moved = event.get("DTSTART"), event.get("RECURRENCE-ID")
    told = str(event.get("UID", ""))
    which = moved.dt if moved is not None else began.dt if begins is not None else None
    return _Meeting(
        id=f"{told}/{iso(which)}" if which is not None and which != begins else told,
        moment=getattr(began, "dt", None),
        subject=str(event["SUMMARY"]).strip() or None if "SUMMARY" in event else None,
        organizer=_address(event.get("ORGANIZER")),
        guests={_address(guest): _answer(guest) for guest in _listed(event.get("ATTENDEE")) if _is_person(guest)},
        cancelled=str(event.get("STATUS", "")).upper() == "CANCELLED",
    )


def _contacts(meeting: _Meeting, ours: OwnSide) -> Iterator[Contact]:
    hosts = meeting.organizer or next(iter(meeting.guests), "")
    people = {**({meeting.organizer: "accepted"} if meeting.organizer else {}), **meeting.guests}
    own = [one for one in people if ours.has(one)]
    for address, answer in people.items():
        if address and not ours.has(address):
            yield Contact(
                iso(meeting.moment), address, "meeting", "out" if ours.has(hosts) else "in",
                id=f"{meeting.id}/{address}" if meeting.id else None, subject=meeting.subject,
                ours=own[0] if own else None, outcome="cancelled" if meeting.cancelled else answer,
            )  # fmt: skip


def _address(value: Any) -> str:
    return str(value or "").strip().lower().removeprefix("mailto:")


def _answer(guest: Any) -> str:
    return _ANSWERS.get(str(guest.params.get("PARTSTAT", "NEEDS-ACTION")).upper(), "no answer")


def _is_person(guest: Any) -> bool:
    return str(guest.params.get("CUTYPE", "INDIVIDUAL")).upper() not in _NOT_PEOPLE


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
