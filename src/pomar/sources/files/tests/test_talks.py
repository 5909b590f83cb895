"""Mailboxes, calendars and chats become interactions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pomar.engine import duck
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.sources.files.actions import staged_part
from pomar.sources.files.detect import detect
from pomar.sources.files.parts import Asked, parts_of

pytestmark = pytest.mark.django_db

MAILBOX = """\
From ana@acme.com Sat Nov 21 10:00:00 2026
Message-ID: <1@acme>
Date: Sat, 21 Nov 2026 07:00:00 -0300
From: =?utf-8?q?Ana_Conce=C3=A7=C3=A3o?= <Ana@acme.com>
To: "Help, desk" <help@vendor.com>
Subject: =?utf-8?q?N=C3=A3o_abre?=

From here on nobody reads.
>From a line that looks like a beginning

From rui@vendor.com Sat Nov 21 11:00:00 2026
Message-ID: <2@vendor>
Date: Sat, 21 Nov 2026 11:00:00 +0000
From: rui@vendor.com
To: ana@acme.com, Leo <leo@acme.com>, eva@vendor.com
Subject: Re: =?broken?q?x?=

From news@paper.com Sat Nov 21 12:00:00 2026
Message-ID: <3@paper>
Date: yesterday
From: news@paper.com
To: rui@vendor.com
List-Unsubscribe: <https://paper.com>

From eva@vendor.com Sat Nov 21 13:00:00 2026
Message-ID: <4@vendor>
Date: Sat, 21 Nov 2026 13:00:00 +0000
From: eva@vendor.com
To: rui@vendor.com
"""
CALENDAR = """\
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:m1
DTSTART;TZID=America/Sao_Paulo:20261120T140000
SUMMARY:Kick-off\\, day one 🚀
ORGANIZER;CN=Rui:mailto:rui@vendor.com
ATTENDEE;PARTSTAT=ACCEPTED:mailto:Ana@acme.com
ATTENDEE;PARTSTAT=DECLINED:mailto:leo@acme.com
ATTENDEE;CUTYPE=ROOM:mailto:room@vendor.com
RRULE:FREQ=WEEKLY
END:VEVENT
BEGIN:VEVENT
UID:m2
DTSTART;VALUE=DATE:20260228
STATUS:CANCELLED
ORGANIZER:mailto:bia@gmail.com
ATTENDEE:mailto:rui@vendor.com
END:VEVENT
END:VCALENDAR
"""
PHONE_CHAT = """\
[21/11/26, 14:30:05] Ana Conceição: \u200eMessages and calls are end-to-end encrypted.
[21/11/26, 14:30:05] Ana Conceição: Não abre: nada
a second line of it
[21/11/26, 14:31:00] Rui: Olá
"""
ROBOT_CHAT = """\
21/11/2026 14:30 - As mensagens são protegidas com a criptografia de ponta a ponta.
21/11/2026 14:30 - +55 11 91234-5678: Oi
21/11/2026 14:31 - Rui: Olá 😀
"""
AMERICAN_CHAT = """\
11/9/26, 2:30 PM - Ana: Hi
11/9/26, 12:05 AM - Rui: Hello
"""


def contacts(path: Path) -> list[tuple[Any, ...]]:
    [part] = parts_of([path], Asked(None, None, None), None, {})
    con = duck()
    found = staged_part(con, part, "staged")
    assert (found.fact, found.source) == ("interaction", "contacts")
    return con.execute("""
        SELECT strftime(changed_at, '%Y-%m-%d %H:%M:%S'), customer_ref, channel, direction, source_id, subject, actor,
               outcome FROM staged ORDER BY seq
    """).fetchall()


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mailbox_tells_who_outside_wrote_and_was_written_to(tmp_path: Path) -> None:
    path = written(tmp_path, "all.mbox", MAILBOX)
    assert contacts(path) == [
        ("2026-11-21 10:00:00", "ana@acme.com", "email", "in", "<1@acme>", "Não abre", "help@vendor.com", None),
        ("2026-11-21 11:00:00", "ana@acme.com", "email", "out", "<2@vendor>/ana@acme.com", "Re: =?broken?q?x?=",
         "rui@vendor.com", None),
        ("2026-11-21 11:00:00", "leo@acme.com", "email", "out", "<2@vendor>/leo@acme.com", "Re: =?broken?q?x?=",
         "rui@vendor.com", None),
        (None, "news@paper.com", "email", "in", "<3@paper>", None, "rui@vendor.com", "automatic"),
    ]  # fmt: skip
    assert detect(path).notes == (
        "Read from the side of vendor.com: theirs are the messages sent.",
        "1 message between your own people is left out.",
    )


@pytest.fixture
def on_saturday() -> Iterator[None]:
    with clock.frozen(datetime(2026, 11, 21, 12, tzinfo=UTC)):
        yield


@pytest.mark.usefixtures("on_saturday")
def test_a_calendar_tells_who_outside_was_met(tmp_path: Path) -> None:
    path = written(tmp_path, "export.ics", CALENDAR.replace("\n", "\r\n"))
    assert contacts(path) == [
        ("2026-02-28 00:00:00", "bia@gmail.com", "meeting", "in", "m2/bia@gmail.com", None, "rui@vendor.com",
         "cancelled"),
        ("2026-11-20 17:00:00", "ana@acme.com", "meeting", "out", "m1/ana@acme.com", "Kick-off, day one 🚀",
         "rui@vendor.com", "accepted"),
        ("2026-11-20 17:00:00", "leo@acme.com", "meeting", "out", "m1/leo@acme.com", "Kick-off, day one 🚀",
         "rui@vendor.com", "declined"),
    ]  # fmt: skip
    assert detect(path).notes[1] == "Repeating meetings count each time they took place, up to today: 1."


REPEATING = """\
BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:w
DTSTART;TZID=America/Sao_Paulo:20261025T140000
ORGANIZER:mailto:rui@vendor.com
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@acme.com
RRULE:FREQ=WEEKLY
EXDATE;TZID=America/Sao_Paulo:20261101T140000
END:VEVENT
BEGIN:VEVENT
UID:w
RECURRENCE-ID;TZID=America/Sao_Paulo:20261108T140000
DTSTART;TZID=America/Sao_Paulo:20261109T160000
ORGANIZER:mailto:rui@vendor.com
ATTENDEE;PARTSTAT=DECLINED:mailto:ana@acme.com
END:VEVENT
BEGIN:VEVENT
UID:leap
DTSTART;VALUE=DATE:20200229
ORGANIZER:mailto:rui@vendor.com
ATTENDEE:mailto:bia@acme.com
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
UID:storm
DTSTART:20261120T000000Z
ORGANIZER:mailto:rui@vendor.com
ATTENDEE:mailto:eva@acme.com
RRULE:FREQ=SECONDLY
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.usefixtures("on_saturday")
def test_a_repeating_meeting_counts_each_time_it_took_place(tmp_path: Path) -> None:
    """Not the time that was cancelled, nor those to come; the one that was moved when it was; 29 February when there
    is one. The id of the first is that of the series, as it was before repetitions were counted."""
    found = contacts(written(tmp_path, "export.ics", REPEATING.replace("\n", "\r\n")))
    told = sorted((row[0], row[4], row[7]) for row in found if row[1] != "eva@acme.com")

    assert told == [
        ("2020-02-29 00:00:00", "leap/bia@acme.com", "no answer"),
        ("2024-02-29 00:00:00", "leap/2024-02-29/bia@acme.com", "no answer"),
        ("2026-10-25 17:00:00", "w/ana@acme.com", "accepted"),
        ("2026-11-09 19:00:00", "w/2026-11-08T17:00:00Z/ana@acme.com", "declined"),
        ("2026-11-15 17:00:00", "w/2026-11-15T17:00:00Z/ana@acme.com", "accepted"),
    ]
    assert len(found) - len(told) == 5_000


@pytest.mark.parametrize(("name", "text", "expected"), [
    ("WhatsApp Chat with Ana Conceição.txt", PHONE_CHAT, [
        ("2026-11-21 14:30:05", "Ana Conceição", "in", None), ("2026-11-21 14:31:00", "Ana Conceição", "out", "Rui"),
    ]),
    ("chat.txt", ROBOT_CHAT, [
        ("2026-11-21 14:30:00", "+55 11 91234-5678", "in", None),
        ("2026-11-21 14:31:00", "+55 11 91234-5678", "out", "Rui"),
    ]),
    ("Conversa do WhatsApp com Ana (2).txt", AMERICAN_CHAT, [
        ("2026-11-09 14:30:00", "Ana", "in", None), ("2026-11-09 00:05:00", "Ana", "out", "Rui"),
    ]),
    ("WhatsApp Chat with Our Launch.txt", AMERICAN_CHAT, [
        ("2026-11-09 14:30:00", "Ana", None, None), ("2026-11-09 00:05:00", "Rui", None, None),
    ]),
])  # fmt: skip
def test_a_chat_tells_who_wrote_when(tmp_path: Path, name: str, text: str, expected: list[Any]) -> None:
    told = contacts(written(tmp_path, name, text))
    assert [(moment, who, direction, ours) for moment, who, _, direction, _, _, ours, _ in told] == expected
    assert {(channel, subject) for _, _, channel, _, _, subject, _, _ in told} == {("whatsapp", None)}


def test_whose_chat_it_is_must_be_clear(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Which of these is the customer: Ana, Rui"):
        detect(written(tmp_path, "chat.txt", AMERICAN_CHAT))


def test_a_damaged_calendar_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="calendar is cut short or damaged"):
        detect(written(tmp_path, "a.ics", CALENDAR[:200]))


def test_the_same_export_later_repeats_what_it_told(tmp_path: Path) -> None:
    first = contacts(written(tmp_path, "WhatsApp Chat with Ana.txt", AMERICAN_CHAT))
    more = AMERICAN_CHAT + "11/10/26, 9:00 AM - Ana: More\n"
    assert contacts(written(tmp_path, "WhatsApp Chat with Ana.txt", more))[:2] == first
