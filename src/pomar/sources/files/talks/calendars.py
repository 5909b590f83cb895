"""Calendars in iCalendar form: meetings with people outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Calendar

from pomar.kernel.errors import BadInput
from pomar.sources.files.talks.contacts import Contact, OwnSide, Talks, iso, own_side

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
    meetings = [_meeting(event) for event in events]
    ours = own_side(meeting.addresses() for meeting in meetings)
    contacts = [contact for meeting in meetings for contact in _contacts(meeting, ours)]
    notes = [_("Read from the side of {owner}.").format(owner=ours.name)] if ours.name else []
    repeating = sum("RRULE" in event for event in events)
    if repeating:
        counted = ngettext("{n} repeating meeting counts once, when it first took place.",
                           "{n} repeating meetings count once, when they first took place.", repeating)  # fmt: skip
        notes.append(counted.format(n=repeating))
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


def _meeting(event: Any) -> _Meeting:
    began, moved = event.get("DTSTART"), event.get("RECURRENCE-ID")
    told = str(event.get("UID", ""))
    return _Meeting(
        id=f"{told}/{iso(moved.dt)}" if moved is not None else told,
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
