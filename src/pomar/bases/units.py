"""The state of every unit from which day until which: the table of unit states, read top to bottom."""

from __future__ import annotations

import functools

import ibis
from ibis.expr.types import IntegerValue, StringValue, Table

from pomar.bases import refunds, use
from pomar.bases.entitlement import Entitlement
from pomar.bases.ledger import Ledger, unit_named
from pomar.bases.shapes import EVIDENCE, UNIT_STATES
from pomar.bases.spans import FOREVER, cut, holds, masks, merged, numbered, spans, squeezed
from pomar.engine import Engine

ENTITLED, ANNOUNCED, DEPLOYED, USED_NOW, USED_EVER, LIKELY, PROVEN, OUTSIDE, TAKEN_BACK, TELEMETRY, LATE, KNOWN = (
    1 << bit for bit in range(12)
)


def state(mask: IntegerValue) -> IntegerValue:
    """The first line of the table of unit states that the flags meet, as its place in UNIT_STATES."""
    entitled, deployed = holds(mask, ENTITLED), holds(mask, DEPLOYED)
    telemetry = holds(mask, TELEMETRY)
    now = ibis.ifelse(telemetry, holds(mask, USED_NOW), holds(mask, LIKELY))
    unknown = ~telemetry | holds(mask, LATE)
    return ibis.cases(
        (entitled & deployed & now, _place("in_use")),
        (~entitled & holds(mask, OUTSIDE), _place("unlicensed_use")),
        (holds(mask, ANNOUNCED), _place("not_started")),
        (entitled & ~deployed, _place("not_deployed")),
        (entitled & unknown, _place("unverified")),
        (entitled & holds(mask, USED_EVER), _place("idle")),
        (entitled, _place("never_activated")),
        (deployed & ~holds(mask, TAKEN_BACK), _place("expired")),
        else_=_place("retired"),
    )


def _place(name: str) -> IntegerValue:
    return ibis.literal(UNIT_STATES.index(name), "int64")


def evidence(mask: IntegerValue) -> IntegerValue:
    """How sure it is that the unit lives, as its place in EVIDENCE."""
    proven, likely, none = (ibis.literal(place, "int64") for place in range(len(EVIDENCE)))
    return ibis.cases((holds(mask, PROVEN), proven), (holds(mask, LIKELY), likely), else_=none)


def _named(number: IntegerValue, names: tuple[str, ...]) -> StringValue:
    return ibis.cases(*((number == place, name) for place, name in enumerate(names)), else_=names[-1])


def _since(rows: Table) -> Table:
    """Add the day on which the state began: evidence may change within it."""
    order = ibis.window(group_by="key", order_by="from_day")
    upto = ibis.window(group_by="key", order_by="from_day", preceding=None, following=0)
    states = rows.mutate(place=rows.code // len(EVIDENCE))
    states = states.mutate(before=states.place.lag().over(order))
    begins = states.before.isnull() | (states.before != states.place)
    starts = states.mutate(start=ibis.ifelse(begins, states.from_day, ibis.null("int64")))
    return starts.mutate(since=starts.start.max().over(upto)).drop("place", "before", "start")


TIMELINE = ("unit", "root", "product", "from_day", "to_day", "since", "state", "evidence", "count")


def named(engine: Engine, rows: Table, about: Table) -> Table:
    """From flags (key, from_day, to_day, mask) to states: unit, product, from_day, to_day, since, state,
    evidence. `about` has the unit and product of each key."""
    code = state(rows.mask) * len(EVIDENCE) + evidence(rows.mask)
    told = _since(engine.keep(squeezed(rows.mutate(code=code).drop("mask"), "code")))
    told = told.join(about.select("key", "unit", "product"), "key")
    return told.select(
        "unit",
        "product",
        "from_day",
        "to_day",
        "since",
        state=_named(told.code // len(EVIDENCE), UNIT_STATES),
        evidence=_named(told.code % len(EVIDENCE), EVIDENCE),
    )


class Units:
    """The units of a ledger; each property is computed once and held by the engine."""

    def __init__(self, ledger: Ledger, products: Table) -> None:
        self.ledger = ledger
        self.engine = ledger.engine
        self.products = products
        self.entitlement = Entitlement(ledger, self.products)
        self.entitled = self.entitlement.spans
        self.runs = use.attached(ledger, self.entitled)
        self.reports = self._reports()
        self.claims = self._claims()
        self.about = self._about()

    @functools.cached_property
    def _coded(self) -> tuple[Table, Table]:
        """Which flags hold from when until when (key, from_day, to_day, mask), and the names of the keys."""
        rows, names = numbered(self.engine, self.engine.together(self._spans()))
        rows = masks(self.engine.keep(merged(rows)))
        return self.engine.keep(rows.filter(holds(rows.mask, KNOWN))), names

    def masks(self) -> Table:
        """Which flags hold from when until when: unit, from_day, to_day, mask."""
        rows, names = self._coded
        return rows.join(names, "key").select("from_day", "to_day", "mask", unit="name")

    def timeline(self) -> Table:
        """unit, root, product, from_day, to_day, state, since (the day the state began), evidence, count."""
        rows, names = self._coded
        about = self.about.join(names, self.about.unit == names.name)
        owned = cut(named(self.engine, rows, about), self._owners(), "unit")
        counted = cut(owned, self._counts(), "unit")
        count = ibis.greatest(counted.total.fill_null(1.0), 1.0).round().cast("int64")
        return self.engine.keep(counted.mutate(count=count).select(*TIMELINE))

    # -- what each flag rests on --------------------------------------------------------------

    def _spans(self) -> list[Table]:
        rules, runs, entitled = self.ledger.rules, self.runs, self.entitled
        announced = self.entitlement.announced()
        lost = self.entitlement.taken_back()
        outside = self._outside()
        return [
            spans(entitled, entitled.unit, ENTITLED, entitled.from_day, entitled.to_day),
            spans(announced, announced.unit, ANNOUNCED, announced.from_day, announced.to_day),
            spans(runs, runs.unit, USED_NOW, runs.first_day, runs.last_day + rules.active_window),
            spans(runs, runs.unit, USED_EVER, runs.first_day, FOREVER),
            spans(outside, outside.unit, OUTSIDE, outside.day_number, outside.day_number + rules.active_window),
            spans(lost, lost.unit, TAKEN_BACK, lost.from_day, FOREVER),
            *self._deployed(),
            *self._signs_of_life(),
            *self._product_flags(),
            spans(self.about, self.about.unit, KNOWN, self.about.known_from, FOREVER),
        ]

    def _reports(self) -> Table:
        """Deployment reports per unit: unit, root, product, vis, next, up, in order."""
        rows = self.ledger.deployments
        named = rows.filter(rows.unit.notnull())
        bare = rows.filter(rows.unit.isnull(), rows.root.notnull()).drop("unit")
        columns = ("unit", "root", "product", "vis", "moment", "seq", "up")
        every = ibis.union(named.select(*columns), use.spoken_for(bare, self.entitled, "vis").select(*columns))
        order = ibis.window(group_by="unit", order_by=["moment", "seq"])
        return self.engine.keep(every.mutate(next=every.vis.lead().over(order).fill_null(FOREVER)))

    def _deployed(self) -> list[Table]:
        """Up by report; before any report from the first entitlement or use on; after a report that is
        not up, from the first later use on."""
        reports = self.reports
        up = reports.filter(reports.up)
        first_report = reports.group_by("unit").aggregate(reported=reports.vis.min())
        begun = ibis.union(self.entitled.select("unit", "from_day"), self.runs.select("unit", from_day="first_day"))
        begun = begun.group_by("unit").aggregate(from_day=begun.from_day.min())
        silent = begun.left_join(first_report, "unit")
        return [
            spans(up, up.unit, DEPLOYED, up.vis, up.next),
            spans(silent, silent.unit, DEPLOYED, silent.from_day, silent.reported.fill_null(FOREVER)),
            self._proven_by_use(),
        ]

    def _proven_by_use(self) -> Table:
        down = self.reports.filter(~self.reports.up, self.reports.next > self.reports.vis)
        days = self._unit_days(down.select("unit").distinct())
        later = down.join(days, "unit")
        later = later.filter(later.day_number > later.vis, later.day_number < later.next)
        first = later.group_by("unit", "vis", "next").aggregate(used=later.day_number.min())
        return spans(first, first.unit, DEPLOYED, first.used, first.next)

    def _unit_days(self, units: Table) -> Table:
        """Days of use (unit, day_number) of the given units: only the first of each run matters less
        than all of them, so all are read."""
        days = self.ledger.use_days
        named = days.filter(days.unit_id.notnull())
        named = named.select("day_number", unit=ibis.literal("u:") + named.unit_id)
        spread = use._spread(self.ledger, self.entitled).select("day_number", "unit")
        return ibis.union(named, spread).semi_join(units, "unit").distinct()

    def _signs(self) -> Table:
        """Tickets and visits per unit: kind, unit, vis."""
        rows = self.ledger.signs
        named = rows.filter(rows.unit.notnull()).select("kind", "unit", "vis")
        bare = rows.filter(rows.unit.isnull(), rows.root.notnull()).drop("unit")
        spread = use.spoken_for(bare, self.entitled, "vis").select("kind", "unit", "vis")
        known = self.entitled.select("unit").distinct()
        return ibis.union(named, spread.semi_join(known, "unit"))

    def _renewals(self) -> Table:
        """Renewals a person made: unit, vis."""
        rows = self.ledger.licenses
        before = ibis.window(group_by="unit", order_by=["vis", "starts", "ends"], preceding=(None, 1))
        marked = rows.mutate(reached=rows.ends.max().over(before))
        return marked.filter(marked.by_hand, marked.ends > marked.reached).select("unit", "vis")

    def _signs_of_life(self) -> list[Table]:
        lives = self.ledger.rules.half_lives
        signs, runs = self._signs(), self.runs
        reported = self.reports.filter(self.reports.up)
        found = [spans(runs, runs.unit, PROVEN, runs.first_day, runs.last_day + lives["usage"] + 1),
                 spans(runs, runs.unit, LIKELY, runs.first_day, runs.last_day + 2 * lives["usage"] + 1)]  # fmt: skip
        dated = {
            "ticket": signs.filter(signs.kind == "ticket"),
            "visit": signs.filter(signs.kind == "visit"),
            "deployment": reported,
            "renewal": self._renewals(),
        }
        for kind, rows in dated.items():
            found.append(spans(rows, rows.unit, PROVEN, rows.vis, rows.vis + lives[kind] + 1))
            found.append(spans(rows, rows.unit, LIKELY, rows.vis, rows.vis + 2 * lives[kind] + 1))
        return found

    def _outside(self) -> Table:
        """Days on which a unit was used, or showed life, while not entitled: unit, day_number."""
        signs = self._signs().select("unit", day_number="vis")
        ups = self.reports.filter(self.reports.up).select("unit", day_number="vis")
        dated = ibis.union(signs, ups).distinct()
        cover = self.entitled.select("unit", "from_day", "to_day")
        inside = dated.join(cover, "unit")
        inside = inside.filter(inside.from_day <= inside.day_number, inside.day_number < inside.to_day)
        used = use.outside(self.ledger, self.entitled, self.runs)
        return ibis.union(
            dated.anti_join(inside, ["unit", "day_number"]).select("unit", "day_number"),
            used.select("unit", "day_number"),
        )

    def _product_flags(self) -> list[Table]:
        about = self.about.join(self.products.select("product", "telemetry_from"), "product")
        return [spans(about, about.unit, TELEMETRY, about.telemetry_from, FOREVER), self._late()]

    def _late(self) -> Table:
        """Spans in which the telemetry source of a unit is past its agreed freshness."""
        agreed = self.ledger.rules.freshness
        days = self.ledger.use_days
        kept = days.filter(days.source.isin(sorted(agreed)))
        silent = runs_of_silence(kept, agreed)
        per_source = self._unit_sources(kept)
        rows = per_source.join(silent, "source")
        return spans(rows, rows.unit, LATE, ibis.greatest(rows.from_day, rows.heard), rows.to_day)

    def _unit_sources(self, days: Table) -> Table:
        """Which agreed sources speak of a unit's product, and since when: unit, source, heard."""
        per_product = days.group_by("source", "product").aggregate(heard=days.day_number.min())
        return self.about.select("unit", "product").join(per_product, "product").select("unit", "source", "heard")

    def last_use(self) -> Table:
        """Runs of use of a unit, whoever named it: unit, first_day, last_day."""
        return use.joined(self.runs, use.longest_break(self.ledger.rules))

    def strangers(self) -> Table:
        """Customers whose facts name a unit that was never theirs: unit, root."""
        bought = refunds.named_units(self.ledger)
        signs = self.ledger.signs
        named = [
            signs.select("unit", "root"),
            self.reports.select("unit", "root"),
            self.runs.select("unit", "root"),
            self.ledger.licenses.select("unit", "root"),
            bought.select("root", unit=unit_named(bought.unit_id)).select("unit", "root"),
        ]
        rows = ibis.union(*named).distinct()
        rows = rows.filter(rows.unit.notnull(), rows.root.notnull())
        return self.engine.keep(rows.anti_join(self._owners(), ["unit", "root"]))

    # -- whose, and what ----------------------------------------------------------------------

    def _claims(self) -> Table:
        """Every statement of who has a unit: unit, root, product, day, rank (0 entitlement, 1 other)."""
        licenses = self.ledger.licenses
        strong = ibis.union(
            self.entitled.select("unit", "root", "product", day_number="from_day"),
            licenses.select("unit", "root", "product", day_number="vis"),
            distinct=True,
        )
        weak = ibis.union(
            self.reports.select("unit", "root", "product", day_number="vis"),
            self.runs.select("unit", "root", "product", day_number="first_day"),
            self.entitlement.returned(),
        )
        weak = weak.group_by("unit", "root", "product").aggregate(day_number=weak.day_number.min())
        return self.engine.keep(ibis.union(strong.mutate(rank=ibis.literal(0)), weak.mutate(rank=ibis.literal(1))))

    def _about(self) -> Table:
        """One row per unit of a product that makes units: unit, product, known_from."""
        claims = self.claims.mutate(nth=self.claims["rank"] * 2 * FOREVER + self.claims.day_number)
        rows = claims.group_by("unit").aggregate(
            product=claims["product"].argmin(claims.nth, where=claims["product"].notnull()),
            known_from=claims.day_number.min(),
        )
        others = self.products.filter(~self.products.makes_units)
        return self.engine.keep(rows.anti_join(others, "product"))

    def _owners(self) -> Table:
        """Who has a unit from when until when: unit, root, from_day, to_day; the latest entitlement
        decides, and before the first one any other statement."""
        claims = self.claims.filter(self.claims.root.notnull())
        strong = claims.filter(claims["rank"] == 0)
        first = strong.group_by("unit").aggregate(entitled_from=strong.day_number.min())
        weak = claims.filter(claims["rank"] == 1).left_join(first, "unit")
        weak = weak.filter(weak.day_number < weak.entitled_from.fill_null(FOREVER))
        every = ibis.union(strong.select("unit", "root", "day_number"), weak.select("unit", "root", "day_number"))
        every = every.group_by("unit", "day_number").aggregate(root=every.root.min())
        order = ibis.window(group_by="unit", order_by="day_number")
        every = every.mutate(before=every.root.lag().over(order))
        every = every.filter((every.before != every.root).fill_null(True)).drop("before")
        owned = every.select(
            "unit",
            from_day="day_number",
            to_day=every.day_number.lead().over(order).fill_null(FOREVER).cast("int64"),
            root="root",
        )
        return self._from_the_start(owned, "root")

    def _counts(self) -> Table:
        """How many units a row without ids stands for: unit, from_day, to_day, total."""
        rows = self.entitlement.pieces
        counted = rows.select("unit", "from_day", "to_day", total=ibis.ifelse(rows.total > 0, rows.total, rows.bought))
        return self._from_the_start(counted, "total")

    def _from_the_start(self, pieces: Table, column: str) -> Table:
        """Pieces of units, and for units known before their first piece one that says nothing."""
        first = pieces.group_by("unit").aggregate(to_day=pieces.from_day.min())
        early = first.join(self.about, "unit").filter(ibis._.known_from < ibis._.to_day)
        blank = early.select(
            "unit",
            "to_day",
            from_day=ibis.literal(-FOREVER, "int64"),
            **{column: ibis.null(pieces[column].type())},
        )
        return ibis.union(pieces, blank.select(*pieces.columns))


def runs_of_silence(days: Table, agreed: dict[str, int]) -> Table:
    """source, from_day, to_day: from the agreed delay after its latest use on until it speaks again."""
    heard = days.select("source", "day_number").distinct()
    order = ibis.window(group_by="source", order_by="day_number")
    heard = heard.mutate(again=heard.day_number.lead().over(order).fill_null(FOREVER))
    delay = (
        ibis.cases(*[(heard.source == name, days) for name, days in agreed.items()], else_=FOREVER)
        if agreed
        else FOREVER
    )
    silent = heard.select("source", from_day=heard.day_number + delay + 1, to_day=heard.again)
    return silent.filter(silent.from_day < silent.to_day)
