"""A telephone's list of calls, as its system exports it, becomes interactions without any mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from pomar.engine import duck
from pomar.sources.files.staging import stage

APART = """\
Direction,Type,Phone Number,Name,Date,Time,Action,Action Result,Duration
Incoming,Voice,(415) 555-0101,Ana,11/20/2026,2:30 PM,Phone Call,Accepted,0:03:12
Outgoing,Voice,(415) 555-0102,,11/21/2026,12:05 AM,VoIP Call,Call connected,0:01:00
"""
BRAZILIAN = """\
Data da ligação;Telefone;Sentido;Duração;Resultado
29/02/2024 14:30;(11) 91234-5678;entrada;00:03:12;atendida
21/11/2026 09:05;(11) 91234-9999;efetuada;00:01:00;não atendida
"""
NUMBERED = """\
Cliente;Telefone;Data;Hora;Sentido;Duração
7;(11) 91234-5678;20/11/2026;14:30;perdida;0:00
"""


@pytest.mark.parametrize(("text", "expected"), [
    (APART, [
        ("2026-11-20 14:30", "(415) 555-0101", "call", "in", "Accepted"),
        ("2026-11-21 00:05", "(415) 555-0102", "call", "out", "Call connected"),
    ]),
    (BRAZILIAN, [
        ("2024-02-29 14:30", "(11) 91234-5678", "call", "in", "atendida"),
        ("2026-11-21 09:05", "(11) 91234-9999", "call", "out", "não atendida"),
    ]),
    (NUMBERED, [("2026-11-20 14:30", "7", "call", "in", None)]),
])  # fmt: skip
def test_a_list_of_calls_is_read(text: str, expected: list[tuple[str | None, ...]], tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(text)
    con = duck()
    found = stage(con, path, None, "staged")

    assert found.fact == "interaction"
    columns = "strftime(changed_at, '%Y-%m-%d %H:%M'), customer_ref, channel, direction, outcome"
    assert con.execute(f"SELECT {columns} FROM staged ORDER BY seq").fetchall() == expected
