"""How likely two records are the same: the model of Fellegi and Sunter (1969), with a third kind of pair, kin.

Every pair is of one customer, of kin (a household, a group of companies) or of strangers. The levels at which it
agrees, field by field, weigh by how often they are met in each kind; a value that is shared weighs by how rare it is
(Winkler 1989). `learn` finds the shares by expectation maximisation over counts of patterns, pulled to the priors in
`comparisons`, so that small files have sane ones. What records of one customer look like is learned only from pairs in
which another field agrees that tells one person from another (an e-mail, a telephone, a date of birth): without that,
neighbours and colleagues, of whom there are many more, would be learned from. What people decided moves the priors:
pairs they called the same, those of one customer; pairs they called different, which looked alike, those of kin.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

import ibis
import numpy as np
from ibis.expr.types import NumericValue, Table

from pomar.engine import Engine
from pomar.identity.matching.comparisons import COMPARISONS, FLOOR, Comparison, Pair

PRIOR_PAIRS, PRIOR_SHARE = 60, 0.5
"""The weight of the priors, in pairs: so many, and this share of the pairs of one customer that were found."""

TAUGHT = 3
"""How many pairs of the priors' weight one decided pair stands for."""

PRIOR_RANDOM = 20

DISSENT = 3.0
"""How many times as often as the prior says records of one customer may disagree in a field, whatever the data says:
without a bound the model could take neighbours for copies where there are many of them and few copies."""

FEW_KIN = 0.05
"""Pairs of kin for each record up to which a list is taken to hold no families."""

MOST_COPIES, MOST_KIN = 2, 20
"""Pairs of one customer, and of kin, that there are at most, for each record."""

ROUNDS = 25
SAMPLE = 300_000
"""Random pairs from which the shares among strangers are counted."""

SILENT = -1


@dataclass(frozen=True)
class Parameters:
    """What was learned: the share of each level among pairs of one customer (`m`), of strangers (`u`) and of kin (`k`),
    by comparison, and of pairs that are of one customer (`match`) or kin (`kin`) among all pairs. `related`: pairs of
    kin for each record."""

    m: dict[str, list[float]]
    u: dict[str, list[float]]
    k: dict[str, list[float]]
    match: float
    kin: float
    related: float

    @property
    def families(self) -> bool:
        """Whether the records speak of families at all: in most lists of customers nobody is of one household."""
        return self.related > FEW_KIN

    def write(self) -> str:
        return json.dumps(asdict(self))


def rare(kind: str) -> list[str]:
    """The columns whose values weigh by how rare they are."""
    return list(dict.fromkeys(level.tf for one in COMPARISONS[kind] for level in one.levels if level.tf))


def vectors(engine: Engine, records: Table, pairs: Table, kind: str) -> Table:
    """a, b, g_COMPARISON (the number of the level at which the pair agrees, -1 where one says nothing), and the
    columns of the left record that `rare` names."""
    names = [name for name in records.columns if name not in ("id", "fresh")]
    left = records.select(a="id", **{f"l_{name}": name for name in names})
    right = records.select(b="id", **{f"r_{name}": name for name in names})
    rows = pairs.join(left, "a").join(right, "b")
    pair = Pair(_Side(rows, "l_"), _Side(rows, "r_"))
    levels = {f"g_{one.key}": _level(one, pair) for one in COMPARISONS[kind]}
    return engine.keep(rows.select("a", "b", **levels, **{name: rows[f"l_{name}"] for name in rare(kind)}))


class _Side:
    def __init__(self, rows: Table, prefix: str) -> None:
        self._rows, self._prefix = rows, prefix

    def __getattr__(self, name: str) -> Any:
        return self._rows[self._prefix + name]


def _level(one: Comparison, pair: Pair) -> Any:
    last = len(one.levels) - 1
    met = [(level.when(pair), nth) for nth, level in enumerate(one.levels) if level.when is not None]
    return ibis.cases((~one.asks(pair), SILENT), *met, else_=last).cast("int8")


def learn(
    engine: Engine, records: Table, seen: Table, kind: str, count: int, decided: Table | None = None
) -> Parameters:
    """Parameters from the candidates' vectors `seen`, random pairs of `records`, of which there are `count`, and pairs
    that people `decided` (a, b, same)."""
    side = min(count, int(math.sqrt(2 * SAMPLE)))
    drawn = engine.keep(records.order_by("own_id").limit(side))  # own ids are digests: their order is random
    ids = drawn.select(a="id"), drawn.select(b="id")
    random = ids[0].cross_join(ids[1]).filter(ibis._.a < ibis._.b)
    near, far = _patterns(engine, seen, kind), _patterns(engine, vectors(engine, drawn, random, kind), kind)
    taught = [_decided(engine, records, decided, kind, same) for same in (True, False)] if decided is not None else []
    return _Learning(kind, count, near, far, *taught).run()


def _decided(engine: Engine, records: Table, decided: Table, kind: str, same: bool) -> tuple[np.ndarray, np.ndarray]:
    pairs = decided.filter(decided.same == same).select("a", "b")
    return _patterns(engine, vectors(engine, records, pairs, kind), kind)


def _patterns(engine: Engine, rows: Table, kind: str) -> tuple[np.ndarray, np.ndarray]:
    columns = [f"g_{one.key}" for one in COMPARISONS[kind]]
    found = engine.arrow(rows.group_by(columns).agg(n=rows.count()).order_by(columns))
    levels = np.stack([found[name].to_numpy() for name in columns], 1).astype(int)
    return levels, found["n"].to_numpy().astype(float)


class _Learning:
    """Expectation maximisation over counts of distinct vectors, so that a round costs nothing."""

    def __init__(self, kind: str, count: int, near: Any, far: Any, same: Any = None, different: Any = None) -> None:
        self.comparisons = COMPARISONS[kind]
        self.rows, self.every = count, max(count * (count - 1) / 2, 1)
        (self.near, self.near_n), (self.far, self.far_n) = near, far
        self.prior_m, self.prior_u, self.kin = (
            [_shares([getattr(level, name) for level in one.levels]) for one in self.comparisons]
            for name in ("m", "u", "kin")
        )
        self.prior_m, self.kin = self._moved(self.prior_m, same), self._moved(self.kin, different)

        tells = [[nth for nth, level in enumerate(one.levels) if level.tells] for one in self.comparisons]
        agrees = np.stack([np.isin(self.near[:, nth], told) for nth, told in enumerate(tells)], 1)
        asked = np.stack([(self.near[:, nth] != SILENT) & bool(told) for nth, told in enumerate(tells)], 1)
        self.telling = agrees.any(1) | ~asked.any(1)
        self.borne_out = [np.delete(agrees, nth, 1).any(1) for nth in self._all()]

    def run(self) -> Parameters:
        share, kinship = 0.2 * self.rows / self.every, 0.5 * self.rows / self.every
        m = [prior.copy() for prior in self.prior_m]
        drawn = [self._tally(self.far, self.far_n, nth) for nth in self._all()]
        u = [self._mixed(one, prior, PRIOR_RANDOM) for one, prior in zip(drawn, self.prior_u, strict=True)]
        for _round in range(ROUNDS):
            p, q = (self._chances(levels, m, u, share, kinship) for levels in (self.near, self.far))
            for nth in self._all():
                same = self._tally(self.near, self.near_n * p[0] * self.borne_out[nth], nth)
                strange = self._tally(self.far, self.far_n * q[2], nth)
                mixed = self._mixed(same, self.prior_m[nth], PRIOR_PAIRS + PRIOR_SHARE * same.sum())
                m[nth] = self._bound(mixed, self.prior_m[nth])
                u[nth] = self._mixed(strange, self.prior_u[nth], PRIOR_RANDOM)
            share = self._bounded((self.near_n * p[0] * self.telling).sum(), MOST_COPIES)
            kinship = self._bounded((self.near_n * p[1]).sum(), MOST_KIN)
        keys = [one.key for one in self.comparisons]
        return Parameters(
            {key: [float(x) for x in m[nth]] for nth, key in enumerate(keys)},
            {key: [float(x) for x in u[nth]] for nth, key in enumerate(keys)},
            {key: [float(x) for x in self.kin[nth]] for nth, key in enumerate(keys)}, float(share), float(kinship),
            float(kinship * self.every / self.rows),
        )  # fmt: skip

    def _moved(self, priors: list[np.ndarray], taught: Any) -> list[np.ndarray]:
        """What is thought before data is seen, after what people decided."""
        if taught is None:
            return priors
        levels, counts = taught[0], TAUGHT * taught[1]
        return [self._mixed(self._tally(levels, counts, nth), prior, PRIOR_PAIRS) for nth, prior in enumerate(priors)]

    def _all(self) -> range:
        return range(len(self.comparisons))

    def _bounded(self, pairs: float, most: float) -> float:
        return float(min(max(pairs, 0.02 * self.rows), most * self.rows) / self.every)

    def _tally(self, levels: np.ndarray, weights: np.ndarray, nth: int) -> np.ndarray:
        told = levels[:, nth] != SILENT
        return np.bincount(levels[told, nth], weights=weights[told], minlength=len(self.comparisons[nth].levels))

    @staticmethod
    def _bound(shares: np.ndarray, prior: np.ndarray) -> np.ndarray:
        most = min(DISSENT * prior[-1], 0.9)
        if shares[-1] <= most:
            return shares
        return np.append(shares[:-1] * (1 - most) / shares[:-1].sum(), most)

    @staticmethod
    def _mixed(seen: np.ndarray, prior: np.ndarray, weight: float) -> np.ndarray:
        return np.asarray((seen + weight * prior) / (seen.sum() + weight))

    def _chances(self, levels: np.ndarray, m: Any, u: Any, share: float, kinship: float) -> np.ndarray:
        """Of each vector: that it is of one customer, of kin, of strangers."""
        parts = np.stack([
            self._product(levels, m) + math.log(share), self._product(levels, self.kin) + math.log(kinship),
            self._product(levels, u) + math.log(max(1 - share - kinship, 1e-9)),
        ])  # fmt: skip
        parts = np.exp(parts - parts.max(0))
        return np.asarray(parts / parts.sum(0))

    @staticmethod
    def _product(levels: np.ndarray, tables: list[np.ndarray]) -> np.ndarray:
        parts = [np.append(np.log(one), 0.0)[levels[:, nth]] for nth, one in enumerate(tables)]
        return np.asarray(np.sum(parts, axis=0))


def _shares(values: list[float]) -> np.ndarray:
    found = np.array(values)
    return np.asarray(found / found.sum())


def rarity(engine: Engine, records: Table, owners: Table, kind: str) -> dict[str, Table]:
    """Of each column in `rare`: how often a customer has the same value beside the two of a pair (value, often).

    `owners`: id, customer. Each customer counts once: the copies of one make its name no more common.
    """
    rows = engine.keep(records.select("id", *rare(kind)).join(owners, "id"))
    total = max(int(engine.arrow(rows.aggregate(n=rows.customer.nunique()))["n"][0].as_py()), 1)
    found = {}
    for name in rare(kind):
        said = rows.filter(rows[name].notnull()).group_by(value=rows[name]).agg(n=rows.customer.nunique())
        others = ibis.greatest(said.n - 2, 0) / _number(float(total))
        found[name] = said.select("value", often=others + _number(FLOOR[name]))
    return found


def weigh(engine: Engine, seen: Table, often: dict[str, Table], kind: str, learned: Parameters) -> Table:
    """a, b, g_COMPARISON, weight: the base-2 logarithm of the odds that the pair is of one customer."""
    rows = seen
    for name, table in often.items():
        told = table.select(value=table.value, **{f"often_{name}": table.often})
        rows = rows.left_join(told, rows[name] == told.value).drop("value")
    same, other, kin = (
        _sum([_bits(rows, one, values[one.key], shared) for one in COMPARISONS[kind]])
        for values, shared in ((learned.m, False), (learned.u, True), (learned.k, False))
    )
    nat = _number(math.log(2))
    stranger = (other + _number(math.log2(max(1 - learned.match - learned.kin, 1e-9)))) * nat
    related = (kin + _number(math.log2(learned.kin))) * nat
    top = ibis.greatest(stranger, related)
    against = top + ((stranger - top).exp() + (related - top).exp()).ln()
    weight = same + _number(math.log2(learned.match)) - against / nat
    return engine.keep(rows.select("a", "b", *(f"g_{one.key}" for one in COMPARISONS[kind]), weight=weight))


def _sum(parts: list[NumericValue]) -> NumericValue:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _bits(rows: Table, one: Comparison, shares: list[float], shared: bool) -> Any:
    """How often the level is met, as a base-2 logarithm; where a value is shared, how often that one is."""
    level = rows[f"g_{one.key}"]
    cases = []
    for nth, (told, share) in enumerate(zip(one.levels, shares, strict=True)):
        met = rows[f"often_{told.tf}"].ln() / _number(math.log(2)) if shared and told.tf else _number(math.log2(share))
        cases.append((level == nth, met))
    return ibis.cases(*cases, else_=_number(0.0))


def _number(value: float) -> NumericValue:
    """A double; a bare literal would be a decimal."""
    return ibis.literal(repr(value)).cast("float64")


def probability(weight: NumericValue) -> NumericValue:
    """Of the odds; never quite 1."""
    return _number(1.0) / (_number(1.0) + (-weight * _number(math.log(2))).exp())
