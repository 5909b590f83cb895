"""Which reader a mailbox, a calendar or a chat has."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pomar.sources.files.layout import Layout
from pomar.sources.files.talks import calendars, chats, mailboxes
from pomar.sources.files.talks.contacts import HEADERS, cells

READERS = {"mailbox": mailboxes.read, "calendar": calendars.read, "chat": chats.read}


def table(path: Path, kind: str) -> tuple[Layout, pa.Table]:
    """How it is written, and its contacts as `seq, bad, row, c1 ... cn`. Raises BadInput for a damaged file."""
    talks = READERS[kind](path)
    names = [f"c{place}" for place in range(1, len(HEADERS) + 1)]
    schema = pa.schema([("seq", pa.int64()), *((name, pa.string()) for name in ("bad", "row", *names))])
    rows = [
        {"seq": seq} | dict(zip(names, cells(contact), strict=True)) for seq, contact in enumerate(talks.contacts, 1)
    ]
    found = Layout(kind, talks.encoding, headers=HEADERS, header_lines=0, notes=talks.notes)
    return found, pa.Table.from_pylist(rows, schema)
