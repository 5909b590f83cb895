"""The customer base: who counts from when until when, with which status, at which place of the bridge."""

from __future__ import annotations

import functools

import ibis
from ibis.expr.types import BooleanValue, IntegerValue, StringValue, Table

from pomar.bases import refunds
from pomar.bases.ledger import Ledger
from pomar.bases.rhythm import Rhythm
from pomar.bases.shapes import PLACES, STATUSES, UNIT_STATES
from pomar.bases.spans import FOREVER, holds, masks, merged, numbered, spans, squeezed, steps
from pomar.engine import Engine

PAID, MONEY, LIVE, BOUGHT, QUIET, GONE, NEW, BACK = (1 << bit for bit in range(8))
AT = {state: 1 << (8 + bit) for bit, state in enumerate(UNIT_STATES)}
LAPPING = [PAID, MONEY, LIVE, BACK, *AT.values()]
"""Flags whose spans may overlap: of licences, currencies, returns and units there may be several."""
RANKED = tuple(place for place in PLACES if place in AT)
_BETWEEN = "\x1f"


def counts(mask: IntegerValue) -> BooleanValue:
    """Whether the customer belongs to the customer base."""
    return holds(mask, PAID | MONEY)


def status(mask: IntegerValue) -> IntegerValue:
    """The first status that fits, as its place in STATUSES; only for customers of the base."""
    bought, live = holds(mask, BOUGHT), holds(mask, LIVE)
    within = bought & ~holds(mask, GONE)
    return ibis.cases(
        (holds(mask, PAID) & ~live & ~within, _status("churned")),
        (holds(mask, BACK), _status("reactivated")),
        (holds(mask, NEW), _status("new")),
        (live | (bought & ~holds(mask, QUIET)), _status("active")),
        (within, _status("lapsing")),
        else_=_status("lapsed"),
    )


def _status(name: str) -> IntegerValue:
    return ibis.literal(STATUSES.index(name), "int64")


def best(mask: IntegerValue) -> IntegerValue:
    """The best of the customer's units, as its place in RANKED; one past the last without units."""
    ranked = [(holds(mask, AT[place]), ibis.literal(number, "int64")) for number, place in enumerate(RANKED)]
    return ibis.cases(*ranked, else_=ibis.literal(len(RANKED), "int64"))


def _word(number: IntegerValue, words: tuple[str, ...]) -> StringValue:
    named = [(number == place, word) for place, word in enumerate(words)]
    return ibis.cases(*named, else_=ibis.null("string"))


def timeline(engine: Engine, given: Table, standing: Table) -> Table:
    """root, from_day, to_day, bought (in the customer base), status, best (place of the best unit), place
    (null outside the base), from the spans of `Customers.spans` and of their units (`standing`)."""
    coded, names = numbered(engine, engine.keep(ibis.union(given, standing)))
    lapping = coded.flag.isin(LAPPING)
    rows = masks(engine.keep(ibis.union(merged(coded.filter(lapping)), coded.filter(~lapping))))
    inside = counts(rows.mask)
    code = status(rows.mask) * (len(UNIT_STATES) + 1) + best(rows.mask)
    rows = squeezed(rows.mutate(code=ibis.ifelse(inside, code, -1 - best(rows.mask))).drop("mask"), "code")
    rows = engine.keep(rows)
    inside = rows.code >= 0
    where = ibis.ifelse(inside, rows.code % (len(UNIT_STATES) + 1), -1 - rows.code)
    said = ibis.ifelse(inside, _word(rows.code // (len(UNIT_STATES) + 1), STATUSES), ibis.null("string"))
    place = _word(where, RANKED)
    bare = ibis.ifelse(said == "lapsed", "lapsed_buyer", "buyer")
    return engine.keep(
        rows.join(names, "key").select(
            "from_day",
            "to_day",
            root="name",
            bought=inside,
            status=said,
            best=place,
            place=ibis.ifelse(inside, place.fill_null(bare), ibis.null("string")),
        )
    )


def by_product(engine: Engine, bought: Table, standing: Table) -> Table:
    """root, product, from_day, to_day, bought, best: each customer within one product, from the spans of
    `Customers.product_spans` and of their units.

    Most pairs of a customer and a product are bought once and never change; only the others need a
    timeline."""
    moving = ibis.union(standing.select("key"), bought.filter(bought.to_day < FOREVER).select("key")).distinct()
    moving = engine.keep(moving)
    still = bought.anti_join(moving, "key").group_by("key").aggregate(from_day=ibis._.from_day.min())
    still = still.mutate(to_day=ibis.literal(FOREVER, "int64"), mask=ibis.literal(MONEY, "int64"))
    coded, names = numbered(engine, engine.keep(ibis.union(bought.semi_join(moving, "key"), standing)))
    told = engine.keep(masks(engine.keep(merged(coded)))).join(names, "key").drop("key").rename(key="name")
    rows = ibis.union(told, still.select(*told.columns))
    parts = rows.key.split(_BETWEEN)
    return engine.keep(
        rows.select(
            "from_day",
            "to_day",
            root=parts[0],
            product=parts[1],
            bought=holds(rows.mask, MONEY),
            best=_word(best(rows.mask), RANKED),
        )
    )


def pair(rows: Table) -> StringValue:
    """The key of a customer within a product."""
    return rows.root + _BETWEEN + rows["product"]


def standing(units: Table, key: StringValue) -> Table:
    """The spans in which units give their owner (`key`) a place."""
    flags = ibis.cases(*((units.state == state, ibis.literal(flag, "int64")) for state, flag in AT.items()))
    rows = units.select("from_day", "to_day", key=key, flag=flags)
    return rows.filter(rows.key.notnull()).select("key", "flag", "from_day", "to_day")


class Customers:
    """What customers bought and when: all that their timeline rests on but their units."""

    def __init__(self, ledger: Ledger, products: Table) -> None:
        self.ledger, self.engine, self.rules = ledger, ledger.engine, ledger.rules
        categories = products.select("product", "category")
        bought = self._bought().left_join(categories, "product").drop("product_right")
        self.bought = self.engine.keep(bought)
        self.rhythm = self._silences()

    def spans(self) -> Table:
        """key (root), flag, from_day, to_day."""
        return self.engine.together(self._spans())

    def product_spans(self) -> Table:
        """key (`pair`), flag, from_day, to_day."""
        money, licenses = self._money(("root", "product")), self._paid().filter(ibis._["product"].notnull())
        bought = ibis.union(
            spans(money, pair(money), MONEY, money.from_day, money.to_day),
            spans(licenses, pair(licenses), MONEY, licenses.vis, FOREVER),
        )
        return self.engine.keep(bought)

    # -- spans of each flag ---------------------------------------------------------------------

    def _spans(self) -> list[Table]:
        money, licenses, live = self._money(("root",)), self._paid(), self._live()
        first = self._first_days()
        new = first.started + self.rules.new_days + 1
        gone = self.engine.keep(self._beyond("lapse", GONE))
        back = self._returns(gone, live)
        return [
            spans(money, money.root, MONEY, money.from_day, money.to_day),
            spans(licenses, licenses.root, PAID, licenses.vis, FOREVER),
            live,
            spans(first, first.root, BOUGHT, first.from_day, first.to_day),
            spans(first, first.root, NEW, first.from_day, ibis.least(new, first.to_day)),
            self._beyond("interval", QUIET).drop("next"),
            gone.drop("next"),
            spans(back, back.key, BACK, back.to_day, back.to_day + self.rules.reactivated_days + 1),
        ]

    def _returns(self, gone: Table, live: Table) -> Table:
        """Where a purchase or a licence ended silence beyond the lapse limit: key, to_day. Only they do: a
        limit that moved with the rhythm of others, or a refund, brings nobody back."""
        known = self.engine.keep(live.semi_join(gone, "key"))
        down = masks(self.engine.keep(ibis.union(gone.drop("next"), merged(known))))
        down = down.filter(down.mask == GONE, down.to_day < FOREVER)
        late = self.bought.filter(self.bought.seen > self.bought.day_number)
        came = ibis.union(
            gone.filter(gone.to_day == gone.next).select("key", "to_day"),
            late.select(key="root", to_day="seen"),
            known.select("key", to_day="from_day"),
        )
        return down.semi_join(came, ["key", "to_day"])

    def _paid(self) -> Table:
        rows = self.ledger.licenses
        return rows.filter(rows.paid, rows.root.notnull())

    def _live(self) -> Table:
        """Live paid licences, and those that are known and start later."""
        rows = self._paid()
        return spans(rows, rows.root, LIVE, rows.vis, ibis.least(rows.until, rows.ends))

    def _money(self, keys: tuple[str, ...]) -> Table:
        """Spans in which purchases less refunds exceed 0 in some currency (or, without amounts, in
        pieces): keys, from_day, to_day."""
        moves = self._moves.filter(*[self._moves[key].notnull() for key in keys])
        each = (*keys, "unit")
        sides = moves.group_by(each).aggregate(
            lowest=moves.worth.min(), from_day=moves.day_number.min(where=moves.worth > 0)
        )
        gained = sides.filter(sides.lowest >= 0, sides.from_day.notnull())
        gained = gained.select(*keys, "from_day", to_day=ibis.literal(FOREVER, "int64"))
        mixed = moves.semi_join(sides.filter(sides.lowest < 0), list(each))
        totals = steps(mixed, each, "worth")
        return ibis.union(gained, totals.filter(totals.total > 0).select(*keys, "from_day", "to_day"))

    @functools.cached_property
    def _moves(self) -> Table:
        """What every purchase line adds, and what its end takes away: root, product, unit (currency, or
        pieces), worth, day_number."""
        rows = self.ledger.purchases
        worth = rows.mutate(
            worth=rows.amount.cast("decimal(38, 4)").fill_null(rows.quantity.cast("decimal(38, 4)")),
            unit=ibis.ifelse(rows.amount.isnull(), "pieces", rows.currency.fill_null("")),
        )
        ends = worth.filter(worth.until < FOREVER)
        columns = ("root", "product", "unit", "worth", "day_number")
        return ibis.union(
            worth.mutate(day_number=worth.vis).select(*columns),
            ends.mutate(day_number=ends.until, worth=-ends.worth).select(*columns),
        )

    # -- rhythm -----------------------------------------------------------------------------------

    def _bought(self) -> Table:
        """Purchase days: root, product, day_number, seen (from when it is known), gone (until when it
        counts). The start of a paid licence is one."""
        lines = refunds.bought(self.ledger)
        lines = lines.filter(lines.root.notnull())
        taken = refunds.first_pieces(self.ledger).select("line", "gone")
        lines = lines.left_join(taken, "line")
        purchases = lines.select(
            "root",
            "product",
            day_number="ordered",
            seen="vis",
            gone=ibis.least(lines.until, lines.gone.fill_null(FOREVER)),
        )
        licenses = self._paid().mutate(seen=ibis.greatest(ibis._.vis, ibis._.starts))
        licenses = licenses.filter(licenses.seen < licenses.until).select(
            "root", "product", "seen", day_number="starts", gone=ibis.literal(FOREVER, "int64")
        )
        return ibis.union(purchases, licenses).filter(ibis._.seen < ibis._.gone)

    @functools.cached_property
    def _rhythm(self) -> Table:
        """Per customer and stretch between two changes of what they bought: root, from_day, to_day,
        last_day, next (the purchase day after it), product, own (median gap, null below three purchase
        days)."""
        keys = ("root", "story", "story_end")
        days = self._stories
        days = days.group_by(*keys, "day_number").aggregate(product=days["product"].fill_null("").min())
        order = ibis.window(group_by=keys, order_by="day_number")
        days = days.mutate(gap=days.day_number - days.day_number.lag().over(order))
        days = days.mutate(
            nth=ibis.row_number().over(order), next=days.day_number.lead().over(order).fill_null(FOREVER)
        )
        upto = ibis.window(group_by=keys, order_by="day_number", preceding=None, following=0)
        days = days.mutate(own=days.gap.quantile(0.5).over(upto))
        told = days.select(
            "root",
            "product",
            from_day=ibis.greatest(days.day_number, days.story),
            to_day=ibis.least(days.next, days.story_end),
            last_day="day_number",
            next="next",
            own=ibis.ifelse(days.nth >= 2, days.own, ibis.null("float64")),
        )
        return self.engine.keep(told.filter(told.from_day < told.to_day))

    def _first_days(self) -> Table:
        """Since when a customer had bought, as long as that stayed true: root, from_day, to_day, and
        `started`, the first purchase day of those that count then."""
        days = self._stories
        first = days.group_by("root", "story", "story_end").aggregate(started=days.day_number.min())
        from_day = ibis.greatest(first.started, first.story)
        return self.engine.keep(first.select("root", "started", from_day=from_day, to_day="story_end"))

    @functools.cached_property
    def _stories(self) -> Table:
        """Purchase days by story: root, product, category, day_number, and from when until when the story runs.

        Within a story days are only added. Where a purchase is taken back, or became known late, the
        old story ends and a new one begins, with the days that count from then on."""
        moments = ibis.union(
            self.bought.filter(self.bought.gone < FOREVER).select("root", story="gone"),
            self.bought.filter(self.bought.seen > self.bought.day_number).select("root", story="seen"),
        ).distinct()
        moments = self.engine.keep(moments)
        plain = self.bought.anti_join(moments, "root").select(
            "root",
            "product",
            "category",
            "day_number",
            story=ibis.literal(-FOREVER, "int64"),
            story_end=ibis.literal(FOREVER, "int64"),
        )
        first = moments.select("root").distinct().mutate(story=ibis.literal(-FOREVER, "int64"))
        starts = ibis.union(moments, first.select(*moments.columns))
        order = ibis.window(group_by="root", order_by="story")
        stories = starts.mutate(story_end=starts.story.lead().over(order).fill_null(FOREVER))
        told = stories.join(self.bought, "root")
        told = told.filter(told.seen < told.story_end, told.gone > told.story)
        return self.engine.keep(ibis.union(plain, told.select(*plain.columns)))

    def _beyond(self, limit: str, flag: int) -> Table:
        """Spans in which the last purchase lies further back than one interval, or the lapse limit; and
        `next`, the day of the purchase after it."""
        times = 1.0 if limit == "interval" else self.rules.lapse_multiple
        known = self._rhythm.filter(self._rhythm.own.notnull())
        reach = (known.own * times).floor().cast("int64")
        own = known.select(
            key="root",
            from_day=ibis.greatest(known.from_day, known.last_day + reach + 1),
            to_day="to_day",
            next="next",
        )
        few = self._rhythm.filter(self._rhythm.own.isnull())
        shared = self.rhythm.filter(self.rhythm.beyond == limit).rename(span_from="from_day", span_to="to_day")
        joined = few.join(shared, ["product", "last_day"])
        others = joined.select(
            key="root",
            from_day=ibis.greatest(joined.from_day, joined.span_from),
            to_day=ibis.least(joined.to_day, joined.span_to),
            next="next",
        )
        rows = ibis.union(own, others).mutate(flag=ibis.literal(flag, "int64"))
        rows = rows.filter(rows.from_day < rows.to_day)
        return rows.select("key", "flag", "from_day", "to_day", "next")

    def _silences(self) -> Table:
        few = self._rhythm.filter(self._rhythm.own.isnull())
        return Rhythm(self.engine, self._stories, few, self.rules).spans()
