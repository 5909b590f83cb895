"""The demo company, simulated: its files, a mapping, and the truth about it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pomar.sources.demo import dirt, events, exports, profiles
from pomar.sources.demo.company import Company, company
from pomar.sources.demo.mapping import MAPPING
from pomar.sources.demo.outcome import tables, truth_of
from pomar.sources.demo.plan import DEFAULT_CUSTOMERS, DEFAULT_SEED, DEFAULT_TODAY, plan
from pomar.sources.demo.sheets import Sheet
from pomar.sources.demo.truth import FILES, Truth
from pomar.sources.demo.truth import MAPPING as MAPPING_FILE


def simulate(
    folder: Path, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED,
    today: date = DEFAULT_TODAY, installed: int | None = None,
) -> Truth:
    """Write the demo company's files and mapping into `folder`, its truth beside them.

    `folder/files/` is to be imported with `folder/demo.toml`. The installed base has `installed`
    customers, two of three by default. The same arguments write the same files.
    """
    made = company(plan(customers, installed, seed, today))
    target = folder / FILES
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    sheets, duplicates, spoilt = _sheets(made)
    for sheet in sheets:
        sheet.write(target)
    log = events.telemetry(made.plan, made.held, made.events)
    log.write(target)
    (folder / MAPPING_FILE).write_text(MAPPING, encoding="utf-8")
    truth = truth_of(folder, made, sheets, log, duplicates, len(spoilt))
    truth.save(tables(made, sheets, duplicates))
    return truth


def _sheets(made: Company) -> tuple[list[Sheet], list[profiles.Duplicate], list[str]]:
    size, base, held = made.plan, made.base, made.held
    calendar = exports.since(size)
    people = profiles.people(size, base, made.contacts)
    spoilt = dirt.spoil_emails(size, people, base, made.contacts)
    shop, duplicates = profiles.shop_list(size, base, made.contacts)
    sheets = [
        profiles.companies(size, base), people, shop, exports.products(),
        exports.orders(calendar, base, made.contacts, held, made.bought),
        exports.shop_orders(calendar, base, made.bought),
        exports.licences(calendar, base, held, made.licences),
        exports.deployments(calendar, base, held, made.log),
        exports.tickets(calendar, base, held, made.tickets),
        exports.interactions(calendar, base, held, made.interactions),
        exports.answers(calendar, base, made.answers),
        exports.consents(calendar, base, made.contacts, made.consents),
        events.portal_sessions(calendar, base, held, made.events),
    ]
    dirt.damage(size, sheets)
    return sheets, duplicates, spoilt
