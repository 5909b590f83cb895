"""Lists behind the counts: customers, units, one customer, one timeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _
from ibis.expr.types import BooleanValue, Column, Table

from pomar.bases import readers, snapshots
from pomar.bases.compute import worth
from pomar.bases.ledger import Ledger, Scope, unit_named
from pomar.bases.searching import searched
from pomar.bases.shapes import (
    CustomerDetail,
    CustomerFilter,
    CustomerRow,
    Field,
    Page,
    UnitFilter,
    UnitRow,
)
from pomar.bases.snapshots import Reader, asked_day
from pomar.bases.spans import FOREVER, day_number, day_of, number, on
from pomar.engine import open_engine
from pomar.facts import reads
from pomar.facts.reading import Lake
from pomar.facts.schema import MANUAL
from pomar.facts.usage import DAILY
from pomar.identity.judgements import policy
from pomar.identity.queries import lineage
from pomar.kernel.errors import BadInput, NotFound

CUSTOMER_SORTS = ("name", "status", "place", "country", "owner", "units", "revenue", "last_bought")
UNIT_SORTS = ("product", "customer_name", "state", "evidence", "since", "last_used")
_GOLDEN = ("name", "email", "kind", "country", "owner")


def _day(as_of: date | None, known_at: datetime | None) -> int:
    return day_number(asked_day(as_of, known_at))


def customers(
    filter: CustomerFilter | None = None,
    sort: str = "name",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Page:
    """Customers that fit the filter. Raises BadInput for an unknown sort."""
    read, day = snapshots.reader(known_at), _day(as_of, known_at)
    reads.note(readers.CUSTOMERS)
    found = matching(read, day, filter or CustomerFilter())
    total = int(read.engine.arrow(found.aggregate(n=found.count()))["n"][0].as_py())
    ordered = _sorted(_with_sort_columns(read, found, day, sort), sort, descending, CUSTOMER_SORTS, "root")
    rows = read.engine.arrow(ordered.limit(limit, offset=offset)).to_pylist()
    return Page(tuple(_customer_rows(read, rows, day)), total, offset, limit)


def units(
    filter: UnitFilter | None = None,
    sort: str = "product",
    descending: bool = False,
    offset: int = 0,
    limit: int = 50,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Page:
    """Units that fit the filter; `total` counts units, a row without ids as many as it stands for."""
    read, day = snapshots.reader(known_at), _day(as_of, known_at)
    reads.note(readers.UNITS)
    found = _matching_units(read, day, filter or UnitFilter())
    total = read.engine.arrow(found.aggregate(n=found["count"].sum().fill_null(0)))["n"][0].as_py()
    ordered = _sorted(found, sort, descending, UNIT_SORTS, "unit")
    rows = read.engine.arrow(ordered.limit(limit, offset=offset)).to_pylist()
    return Page(tuple(_unit_rows(read, rows, day)), int(total), offset, limit)


def customer(customer_id: str, as_of: date | None = None, known_at: datetime | None = None) -> CustomerDetail:
    """Everything about one customer; a merged id answers with the customer it was merged into.

    Raises NotFound.
    """
    read, day = snapshots.reader(known_at), _day(as_of, known_at)
    found, root = survivor(read, customer_id)
    reads.note(readers.CUSTOMER)
    people = read.table("people")
    described = _described(read, people.filter(people.root_id == root), day).order_by("name", "root")
    rows = read.engine.arrow(described).to_pylist()
    by_id = {row.customer_id: row for row in _customer_rows(read, rows, day)}
    refs = read.table("refs")
    records = _records(refs).filter(refs.customer_id == found).select("source", "customer_ref")
    profiles = read.engine.arrow(records.order_by("source", "customer_ref"))
    said = lineage(read.engine, read.facts.states("profile"), refs, [found], policy(known_at))
    return CustomerDetail(
        row=by_id[found],
        fields=tuple(Field(f.name, f.value, f.source, f.said_at, f.others, f.why) for f in said),
        units=units(UnitFilter(customer_id=found), limit=500, as_of=as_of, known_at=known_at).rows,  # type: ignore[arg-type]  # a page of units holds units
        people=tuple(row for key, row in by_id.items() if key != found) if found == root else (),
        profiles=tuple((row["source"], row["customer_ref"]) for row in profiles.to_pylist()),
    )


def rows_of(read: Reader, customer_ids: Collection[str], day: int) -> dict[str, CustomerRow]:
    """Customers, or people under one, as lists show them, by id."""
    people = read.table("people")
    found = read.engine.arrow(_described(read, people.filter(people.customer_id.isin(list(customer_ids))), day))
    return {row.customer_id: row for row in _customer_rows(read, found.to_pylist(), day)}


# -- customers ------------------------------------------------------------------------------------------


def _described(read: Reader, people: Table, day: int) -> Table:
    """People or organisations with status and place on `day`: root is their own id."""
    standing = on(read.table("customers"), day).select("root", "status", "place", "best", "bought")
    named = people.select(*_GOLDEN, root="customer_id")
    return named.left_join(standing, "root").drop("root_right")


def matching(read: Reader, day: int, wanted: CustomerFilter) -> Table:
    standing = on(read.table("customers"), day)
    inside = _in_base(standing, wanted.base)
    people = read.table("people")
    if wanted.base == "all":  # prospects are known, and stand nowhere
        people = people.filter(people.customer_id == people.root_id)
        rows = people.select(*_GOLDEN, root="customer_id").left_join(standing, "root")
    else:
        standing = standing if wanted.product else standing.filter(inside)
        rows = standing.left_join(people.select(*_GOLDEN, root="customer_id"), "root")
    rows = rows.drop("root_right", "from_day", "to_day")
    for name in ("status", "owner", "country"):
        if value := getattr(wanted, name):
            rows = rows.filter(rows[name] == value)
    if wanted.was and wanted.since:
        old = on(read.table("customers"), day_number(wanted.since)).select("root", was="place")
        rows = rows.left_join(old, "root").drop("root_right")
        rows = rows.filter(_stands(rows.was, wanted.was)).drop("was")
    if wanted.product:
        return _of_product(read, rows, day, wanted)
    if wanted.place:
        rows = rows.filter(_stands(rows.place, wanted.place))
    return searched(read, rows, wanted.search, ("name",), ("email", "root"), day)


def _stands(place: Column, wanted: str) -> BooleanValue:
    return place.isnull() if wanted == "outside" else place == wanted


def _of_product(read: Reader, rows: Table, day: int, wanted: CustomerFilter) -> Table:
    """Within one product, place and base are those of the customer's units of it."""
    owned = on(read.table("product_customers"), day)
    owned = owned.filter(owned["product"] == wanted.product)
    owned = owned.select("root", own_bought="bought", own_best="best")
    joined = rows.join(owned, "root")
    bare = ibis.ifelse(joined.status == "lapsed", "lapsed_buyer", "buyer")
    alive = joined.own_best.isin(["in_use", "unlicensed_use"]).fill_null(False)
    joined = joined.mutate(place=joined.own_best.fill_null(bare))
    kept = {
        "customer_base": joined.own_bought,
        "installed_base": alive,
        "not_bought": alive & ~joined.own_bought,
    }
    if wanted.base in kept:
        joined = joined.filter(kept[wanted.base])
    if wanted.place:
        joined = joined.filter(joined.own_bought, joined.place == wanted.place)
    return searched(read, joined.drop("own_bought", "own_best"), wanted.search, ("name",), ("email", "root"), day)


def _in_base(rows: Table, base: str) -> BooleanValue:
    alive = rows.best.isin(["in_use", "unlicensed_use"]).fill_null(False)
    known = {
        "customer_base": rows.bought,
        "installed_base": alive,
        "not_bought": alive & ~rows.bought,
        "all": ibis.literal(True),
    }
    if base not in known:
        raise BadInput("customers", f"there is no base {base!r}.", ", ".join(known))
    return known[base]


def _with_sort_columns(read: Reader, rows: Table, day: int, sort: str) -> Table:
    if sort == "units":
        units = on(read.table("units"), day)
        counted = units.group_by("root").aggregate(units=units["count"].sum())
        return rows.left_join(counted, "root").drop("root_right")
    if sort == "last_bought":
        bought = _worth_of_all(read, day).select("root", "last_bought")
        bought = ibis.union(bought, _started(read, day).select("root", "last_bought"))
        last = bought.group_by("root").aggregate(last_bought=bought.last_bought.max())
        return rows.left_join(last, "root").drop("root_right")
    if sort == "revenue":
        return rows.left_join(main_revenue(read, day), "root").drop("root_right")
    return rows


def main_currency(read: Reader, day: int) -> str:
    """The currency most customers pay in; empty where none is said."""
    return _main_currency(read, _worth_of_all(read, day))


def _main_currency(read: Reader, worth: Table) -> str:
    sizes = worth.group_by(currency=worth.currency.fill_null("")).aggregate(customers=worth.count())
    found = read.engine.arrow(sizes.order_by(ibis.desc("customers"), "currency").limit(1))["currency"].to_pylist()
    return found[0] if found else ""


def main_revenue(read: Reader, day: int) -> Table:
    """Revenue in the main currency: amounts of several currencies cannot be compared."""
    worth = _worth_of_all(read, day)
    return worth.filter(worth.currency.fill_null("") == _main_currency(read, worth)).select("root", "revenue")


def _customer_rows(read: Reader, rows: list[dict[str, Any]], day: int) -> list[CustomerRow]:
    roots = [row["root"] for row in rows]
    counts, money = _unit_counts(read, roots, day), _worth(read, roots, day)
    started = _started(read, day)
    licensed = read.engine.arrow(started.filter(started.root.isin(roots))).to_pylist() if roots else []
    days = {row["root"]: [row] for row in licensed}
    called = known_as(read, [row["root"] for row in rows if not row["name"]])
    return [
        _customer_row(
            row,
            counts.get(row["root"], {}),
            money.get(row["root"], []),
            days.get(row["root"], []),
            called.get(row["root"]),
        )
        for row in rows
    ]


def _customer_row(
    row: dict[str, Any],
    counts: dict[str, int],
    money: list[dict[str, Any]],
    licensed: list[dict[str, Any]],
    called: str | None,
) -> CustomerRow:
    bought = money + licensed
    firsts = [b["first_bought"] for b in bought if b["first_bought"] is not None]
    lasts = [b["last_bought"] for b in bought if b["last_bought"] is not None]
    alive = sum(counts.get(state, 0) for state in ("in_use", "unlicensed_use"))
    return CustomerRow(
        customer_id=row["root"],
        **{name: row[name] for name in _GOLDEN},
        status=row["status"],
        place=row["place"],
        units_in_use=alive,
        units=sum(counts.values()),
        first_bought=day_of(min(firsts)) if firsts else None,
        last_bought=day_of(max(lasts)) if lasts else None,
        revenue={m["currency"] or "": float(m["revenue"]) for m in money if m["revenue"] is not None},
        known_as=called,
    )


def _unit_counts(read: Reader, roots: list[str], day: int) -> dict[str, dict[str, int]]:
    if not roots:
        return {}
    units = on(read.table("units"), day)
    mine = units.filter(units.root.isin(roots))
    counted = mine.group_by("root", "state").aggregate(count=mine["count"].sum())
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in read.engine.arrow(counted).to_pylist():
        found[row["root"]][row["state"]] = row["count"]
    return found


def _worth(read: Reader, roots: list[str], day: int) -> dict[str, list[dict[str, Any]]]:
    if not roots:
        return {}
    if _is_past(read, day):
        rows = _worth_then(read, day, roots).to_pylist()
    else:
        latest = read.table("worth")
        rows = read.engine.arrow(latest.filter(latest.root.isin(roots))).to_pylist()
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["currency"] or ""):
        found[row["root"]].append(row)
    return found


def _started(read: Reader, day: int) -> Table:
    """The first and the last start of a paid licence by `day`, which count as purchases do: root,
    first_bought, last_bought. As for statuses, a start that counted once goes on to count."""
    terms = read.table("terms")
    seen = ibis.greatest(terms.vis, terms.starts)
    counted = terms.filter(terms.paid, terms.root.notnull(), seen < terms.until, seen <= day)
    return counted.group_by("root").aggregate(first_bought=counted.starts.min(), last_bought=counted.starts.max())


def _worth_of_all(read: Reader, day: int) -> Table:
    return read.engine.table(_worth_then(read, day)) if _is_past(read, day) else read.table("worth")


def _is_past(read: Reader, day: int) -> bool:
    return day < day_number(asked_day(None, read.known_at))


def _worth_then(read: Reader, day: int, roots: list[str] | None = None) -> pa.Table:
    """The same on a past day, from the purchases of these customers, or of all."""
    with open_engine() as engine:
        files = read.snapshot.files("refs")
        refs = engine.parquet(files, pq.read_schema(files[0]))
        nobody = engine.table(pa.table({"unit": pa.array([], "string")}))
        scope = Scope(engine.table(pa.table({"root": roots})), nobody) if roots is not None else None
        none = engine.parquet([], DAILY)
        ledger = Ledger(engine, Lake(engine, read.known_at), refs, none, snapshots.rules(read.known_at), scope)
        return engine.arrow(worth(ledger, day))


def _records(refs: Table) -> Table:
    """References to records of systems, and to customers entered by hand; not those by which what is entered
    names a customer that is known already."""
    return refs.filter((refs.source != MANUAL) | (refs.customer_ref != refs.own_id))


def survivor(read: Reader, customer_id: str) -> tuple[str, str]:
    """The customer an id leads to today, and the root it counts under."""
    refs = read.table("refs")
    known = refs.filter((refs.customer_id == customer_id) | (refs.own_id == customer_id))
    found = read.engine.arrow(known.select("customer_id", "root_id").limit(1)).to_pylist()
    if not found:
        what = _("there is no customer %(id)s.") % {"id": customer_id}
        raise NotFound("customers", what, _("look for the name in the list."))
    return found[0]["customer_id"], found[0]["root_id"]


# -- units --------------------------------------------------------------------------------------------------


def _matching_units(read: Reader, day: int, wanted: UnitFilter) -> Table:
    rows = on(read.table("units"), day)
    people = read.table("people").select(root="customer_id", customer_name="name")
    rows = rows.left_join(people, "root").drop("root_right", "from_day", "to_day")
    if wanted.customer_id:
        rows = rows.filter(rows.root == wanted.customer_id)
    for name in ("product", "state", "evidence"):
        if value := getattr(wanted, name):
            rows = rows.filter(rows[name] == value)
    last = read.table("last_use")
    used = last.filter(last.first_day <= day).group_by("unit")
    rows = rows.left_join(used.aggregate(last_used=ibis.least(ibis._.last_day.max(), day)), "unit").drop("unit_right")
    return searched(read, rows, wanted.search, ("customer_name", "product"), ("unit",))


def _unit_rows(read: Reader, rows: list[dict[str, Any]], day: int) -> list[UnitRow]:
    ends = _ends(read, [row["unit"] for row in rows], day)
    called = known_as(read, [row["root"] for row in rows if row["root"] and not row["customer_name"]])
    earlier = _last_used_then(read, [row for row in rows if row["last_used"] == day], day)
    return [
        UnitRow(
            unit_key=row["unit"],
            unit_id=row["unit"][2:] if row["unit"].startswith("u:") else None,
            product=row["product"],
            customer_id=row["root"],
            customer_name=row["customer_name"],
            state=row["state"],
            evidence=row["evidence"],
            count=row["count"],
            since=day_of(row["since"]),
            last_used=earlier.get(row["unit"], day_of(row["last_used"]) if row["last_used"] is not None else None),
            ends_on=ends.get(row["unit"]),
            known_as=called.get(row["root"]),
        )
        for row in rows
    ]


def _last_used_then(read: Reader, rows: list[dict[str, Any]], day: int) -> dict[str, date]:
    """The last use on or before `day` of units whose use went on after it, from usage by day."""
    if not rows:
        return {}
    daily = read.daily.filter(number(read.daily["day"]) <= day)
    named = daily.filter(unit_named(daily.unit_id).isin([row["unit"] for row in rows]))
    with_id = named.group_by(unit=unit_named(named.unit_id)).aggregate(last_day=named["day"].max())
    refs = read.table("refs").filter(ibis._.root_id.isin([row["root"] for row in rows]))
    bare = daily.filter(daily.unit_id.isnull()).join(refs, ["source", "customer_ref"])
    without = bare.group_by(root=bare.root_id, product=bare["product"]).aggregate(last_day=bare["day"].max())
    own = {row["unit"]: row["last_day"] for row in read.engine.arrow(with_id).to_pylist()}
    shared = {(row["root"], row["product"]): row["last_day"] for row in read.engine.arrow(without).to_pylist()}
    found = {row["unit"]: (own.get(row["unit"]), shared.get((row["root"], row["product"]))) for row in rows}
    return {unit: max(filter(None, days)) for unit, days in found.items() if any(days)}


def _ends(read: Reader, units: list[str], day: int) -> dict[str, date]:
    """The last day of the latest licence of each unit, as far as it has one."""
    if not units:
        return {}
    terms = read.table("terms")
    known = terms.filter(terms.unit.isin(units), terms.vis <= day)
    last = known.group_by("unit").aggregate(ends=known.ends.max())
    return {
        row["unit"]: day_of(row["ends"] - 1) for row in read.engine.arrow(last).to_pylist() if row["ends"] < FOREVER
    }


def known_as(read: Reader, customers: list[str]) -> dict[str, str]:
    """What customers without a name go by: a reference and the source that uses it, "C999 · erp"."""
    if not customers:
        return {}
    refs = read.table("refs")
    mine = _records(refs).filter(refs.customer_id.isin(customers)).select("customer_id", "source", "customer_ref")
    rows = read.engine.arrow(mine).to_pylist()
    rows.sort(key=lambda row: (row["source"], row["customer_ref"]), reverse=True)  # the first one stays
    return {row["customer_id"]: f"{row['customer_ref']} · {row['source']}" for row in rows}


def references(customers: Collection[str], known_at: datetime | None = None) -> dict[str, dict[str, list[str]]]:
    """By customer, and by source, the references under which that system knows them."""
    read = snapshots.reader(known_at)
    refs = read.table("refs")
    asked = read.engine.table(pa.table({"customer_id": pa.array(customers, pa.string())}))
    mine = refs.filter(refs.source != MANUAL).semi_join(asked, "customer_id")
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    ordered = mine.select("customer_id", "source", "customer_ref").order_by("source", "customer_ref")
    for row in read.engine.arrow(ordered).to_pylist():
        found[row["customer_id"]][row["source"]].append(row["customer_ref"])
    return found


def _sorted(rows: Table, sort: str, descending: bool, allowed: tuple[str, ...], tie: str) -> Table:
    if sort not in allowed:
        raise BadInput("sort", f"cannot sort by {sort!r}.", ", ".join(allowed))
    column = rows[sort].lower() if rows[sort].type().is_string() else rows[sort]
    best = [ibis.desc("exact")] if "exact" in rows.columns else []
    return rows.order_by(*best, rows[sort].isnull(), ibis.desc(column) if descending else column, tie)
