"""Rows that cannot be read, rows that say the same twice, and cells that are wrong, put into the files.

Every damaged row is an extra row: nobody's only purchase, licence or sign of life is among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo.arrays import NONE, chosen
from pomar.sources.demo.people import Contacts, Customers
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.sheets import Sheet

Cells = dict[str, str | None]


@dataclass(frozen=True)
class Damage:
    """`count` extra rows per 15,000 customers in `file`, each a copy of a good row with `cells` replaced.

    `reason` is the code under which a reader of the file must refuse them; `repeat` for exact copies.
    """

    file: str
    reason: str
    count: int
    cells: tuple[tuple[str, str | None], ...] = ()


DAMAGES = (
    Damage("orders.csv", "bad_date", 12, (("Order date", "31/02/2026"),)),
    Damage("orders.csv", "missing", 6, (("Order date", None),)),
    Damage("orders.csv", "bad_number", 8, (("Quantity", None), ("Amount", "twelve"))),
    Damage("orders.csv", "repeat", 20),
    Damage("pedidos_loja.csv", "bad_date", 6, (("Data do pedido", "em breve"),)),
    Damage("subscriptions.csv", "bad_date", 4, (("Start date", "next month"),)),
    Damage("subscriptions.csv", "missing", 3, (("Subscription ID", None), ("Customer ID", None))),
    Damage("deployments.csv", "bad_choice", 5, (("Status", "teleported"),)),
    Damage("deployments.csv", "missing", 3, (("Status", None),)),
    Damage("tickets.csv", "bad_date", 5, (("Opened at", "yesterday"),)),
    Damage("consents.csv", "bad_choice", 4, (("Status", "perhaps"),)),
    Damage("consents.csv", "missing", 3, (("Purpose", None),)),
    Damage("nps_survey.csv", "missing", 4, (("Score", None), ("Comment", None))),
)
IDS = {
    "orders.csv": "Line ID", "pedidos_loja.csv": "ID da linha", "subscriptions.csv": "Contract",
    "deployments.csv": "Serial number", "tickets.csv": "Ticket ID",
    "consents.csv": "Consent ID", "nps_survey.csv": "Response ID",
}
CONFLICTS, TIMELESS = 21, 5
"""Pairs of events with one id and different content, and events without a time, per 15,000 customers."""

BAD_EMAILS = 15


def scaled(plan: Plan, count: int) -> int:
    return max(1, round(count * plan.customers / 15_000))


def damage(plan: Plan, sheets: list[Sheet]) -> None:
    """Put the extra rows into their files."""
    for sheet in sheets:
        rng = plan.rng(f"dirt in {sheet.name}")
        rows: list[Cells] = []
        reasons: list[str] = []
        for kind in (d for d in DAMAGES if d.file == sheet.name):
            for position in chosen(rng, len(sheet), scaled(plan, kind.count)).tolist():
                rows.append(_damaged(sheet, kind, position, len(rows)))
                reasons.append(kind.reason)
        if rows:
            sheet.insert(rng, rows, reasons)


def _damaged(sheet: Sheet, kind: Damage, position: int, nth: int) -> Cells:
    row = sheet.row(position) | dict(kind.cells)
    if kind.reason != "repeat" and sheet.name in IDS:
        row[IDS[sheet.name]] = f"X-{nth + 1:05d}"
    return row


def spoil_emails(plan: Plan, people: Sheet, base: Customers, contacts: Contacts) -> list[str]:
    """Cut off the addresses of some people at prospects; returns their ids. Such a cell is marked, its row kept."""
    rng = plan.rng("bad addresses")
    at_prospects = np.flatnonzero(base.place[contacts.customer] == NONE)
    picks = at_prospects[chosen(rng, len(at_prospects), scaled(plan, BAD_EMAILS))]
    refs = {str(contacts.ref[i]) for i in picks}
    mails = people.columns["Email"].copy()
    for i in np.flatnonzero(np.isin(people.columns["Person ID"].astype(str), list(refs))).tolist():
        mails[i] = str(mails[i]).split("@")[0] + "@"
    people.columns["Email"] = mails
    return sorted(refs)


def refused(sheet: Sheet) -> dict[str, int]:
    """How many rows of the file no reader can accept, by reason."""
    reasons = [reason for _, reason in sheet.damaged if reason != "repeat"]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def repeats(sheet: Sheet) -> int:
    return sum(reason == "repeat" for _, reason in sheet.damaged)
