"""Which pairs are compared: records that share a key, of each key only its smaller blocks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import ibis
import pyarrow as pa
from ibis.expr.types import StringValue, Table

from pomar.engine import Engine
from pomar.identity.normal import ORGANIZATION, PERSON

_CAPS = pa.schema([("nth", pa.int64()), ("most", pa.int64())])

Key = Callable[[Any], StringValue]

PAIRS_A_RECORD, PAIRS_AT_LEAST = 1, 400_000
"""What one key may cost: its smallest blocks, up to so many pairs for each record, or so many in all."""

FEW = 20_000
"""Up to so many records every pair that shares a key is compared; beyond, a WEAK key alone is not enough."""

WEAK = {"local6", "initial_surname", "given_city", "surname", "given", "street", "postal", "city", "line2", "core8",
        "first", "second", "last"}  # fmt: skip


def _with(*names: str) -> Key:
    """These columns, one after the other; null where one is."""
    first, *others = names
    return lambda f: sum((ibis.literal(" ") + getattr(f, name) for name in others), getattr(f, first))


def _head(name: str, count: int, least: int = 0) -> Key:
    return lambda f: ibis.ifelse(getattr(f, name).length() >= least, getattr(f, name).left(count), ibis.null(str))


def _sound(text: StringValue) -> StringValue:
    """The first letter and the consonants after it, those alike that slips exchange."""
    rest = text.substr(1).translate("bvwzxckqgjdtmn", "fffsskkkggttnn").re_replace("[haeiouy]", "")
    return text.left(1) + rest.left(3)


def _names(f: Any) -> StringValue:
    return ibis.least(f.given, f.surnames) + " " + ibis.greatest(f.given, f.surnames)


KEYS: dict[str, dict[str, Key]] = {
    PERSON: {
        "tax": _with("tax"), "email": _with("email"), "phone": lambda f: f.phone.right(8), "birth": _with("birth"),
        "house": _with("house"), "names": _names, "local": _head("local", 99, 5), "local6": _head("local", 6, 7),
        "sound": lambda f: _sound(f.given) + " " + _sound(f.surname),
        "surname_city": _with("surname", "city"), "surname_postal": _with("surname", "postal"),
        "given_postal": _with("given", "postal"), "given_street": _with("given", "street"),
        "surname_street": _with("surname", "street"), "number_postal": _with("number", "postal"),
        "given_city": _with("given", "city"), "surname_year": lambda f: f.surname + " " + f.birth.left(4),
        "surname_day": lambda f: f.surname + " " + f.birth.right(4),
        "given_year": lambda f: f.given + " " + f.birth.left(4),
        "given_day": lambda f: f.given + " " + f.birth.right(4), "nick_surname": _with("nick", "surname"),
        "initial_surname": lambda f: f.given.left(1) + " " + f.surname,
        "parts_given": lambda f: f.given + " " + f.parts[0],
        "surname": _with("surname"), "given": _with("given"), "street": _with("street"), "postal": _with("postal"),
        "city": _with("city"), "line2": _with("line2"),
    },
    ORGANIZATION: {
        "tax": _with("tax"), "root": _with("tax_root"), "email": _with("email"), "phone": lambda f: f.phone.right(8),
        "site": _with("site"), "house": _with("house"), "core": _with("core"), "core8": _head("core", 8),
        "abbreviated": _with("abbreviated"),
        "sound": lambda f: _sound(f.first) + " " + _sound(f.words[1]).fill_null(""),
        "first_city": _with("first", "city"), "first_postal": _with("first", "postal"),
        "number_postal": _with("number", "postal"), "number_street": lambda f: f.number + " " + f.street.left(4),
        "second_city": lambda f: f.words[1] + " " + f.city, "first": _with("first"), "second": lambda f: f.words[1],
        "last": lambda f: f.words[f.words.length() - 1], "street": _with("street"), "postal": _with("postal"),
    },
}  # fmt: skip


def keys(records: Table, kind: str) -> Table:
    """id, fresh, nth (of the key), key: every key of every record."""
    keyed = [
        records.select("id", "fresh", nth=ibis.literal(nth, "int64"), key=key(records))
        for nth, key in enumerate(KEYS[kind].values())
    ]
    return ibis.union(*keyed).filter(ibis._.key.notnull(), ibis._.key != "")


def caps(engine: Engine, keyed: Table, count: int) -> dict[int, int]:
    """Of each key the size of the largest blocks that its budget allows."""
    blocks = keyed.group_by("nth", "key").agg(size=keyed.count())
    sizes = blocks.filter(blocks.size > 1).group_by("nth", "size").agg(blocks=ibis._.count())
    told = engine.arrow(sizes.order_by("nth", "size")).to_pylist()
    budget = max(PAIRS_A_RECORD * count, PAIRS_AT_LEAST)
    spent: dict[int, int] = defaultdict(int)
    most: dict[int, int] = {}
    for row in told:
        spent[row["nth"]] += row["blocks"] * row["size"] * (row["size"] - 1) // 2
        if spent[row["nth"]] <= budget:
            most[row["nth"]] = row["size"]
    return most


def candidates(engine: Engine, keyed: Table, most: dict[int, int], kind: str, count: int) -> Table:
    """The pairs worth comparing, each once: a, b (ids, a < b), of which one record at least is fresh.

    `most` as from `caps`, of `count` records.
    """
    largest = engine.table(pa.table({"nth": list(most), "most": list(most.values())}, _CAPS))
    asked = engine.keep(keyed.filter(keyed.fresh).select("nth", "key").distinct())
    near = engine.keep(keyed.semi_join(asked, ["nth", "key"]))
    blocks = near.group_by("nth", "key").agg(size=near.count()).filter(ibis._.size > 1)
    used = blocks.join(largest, "nth").filter(ibis._.size <= ibis._.most).select("nth", "key")
    within = engine.keep(near.semi_join(used, ["nth", "key"]))
    left = within.filter(within.fresh).select("nth", "key", one="id")
    right = within.select("nth", "key", other="id", known=~within.fresh)
    pairs = left.join(right, ["nth", "key"]).filter((ibis._.one < ibis._.other) | ibis._.known)
    weak = [nth for nth, name in enumerate(KEYS[kind]) if name in WEAK]
    ends = pairs.select(
        a=ibis.least(pairs.one, pairs.other), b=ibis.greatest(pairs.one, pairs.other),
        worth=ibis.ifelse(pairs.nth.isin(weak), 1, 2 if count > FEW else 1),
    )  # fmt: skip
    found = ends.group_by("a", "b").agg(worth=ends.worth.sum())
    return engine.keep(found.filter(found.worth >= (2 if count > FEW else 1)).select("a", "b"))
