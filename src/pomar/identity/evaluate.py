"""How well records are matched, against a truth that somebody knows."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from pomar.engine import Engine
from pomar.identity.judgements import Judgements
from pomar.identity.matching import run
from pomar.identity.matching.features import features, latest
from pomar.identity.normal import ORGANIZATION, PERSON, said
from pomar.identity.queries import mentions, resolve


@dataclass(frozen=True)
class Evaluation:
    """`pairs` that stand together in one customer; of them the share that truly do (`precision`), and of those that
    truly do the share that was found (`recall`)."""

    pairs: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def clusters(engine: Engine, profiles: Table) -> Table:
    """Who is one customer with the shipped configuration alone: source, ref, customer_id."""
    shaped = engine.keep(said(profiles))
    rows = latest(profiles, shaped)
    rows = engine.keep(features(engine, rows).join(run.kinds(shaped), "own_id").mutate(fresh=ibis.literal(True)))
    told = []
    for kind in (PERSON, ORGANIZATION):
        mine = engine.keep(rows.filter(rows.kind == kind).drop("kind"))
        if engine.arrow(mine.limit(2)).num_rows > 1:
            found, learned, _most = run.scored(engine, mine, kind)
            told.append(run.told(found, kind, learned))
    judged = Judgements(pairs=engine.keep(ibis.union(*told) if len(told) > 1 else told[0])) if told else Judgements()
    found = resolve(engine, profiles, mentions([profiles]), judged)
    return found.refs.select("source", "customer_id", ref="customer_ref")


def evaluate(engine: Engine, profiles: Table, truth: pa.Table) -> Evaluation:
    """Compare what is found with `truth` (ref, truth); records whose truth is null are left out."""
    found = clusters(engine, profiles)
    rows = engine.keep(found.join(engine.table(truth), "ref").filter(ibis._.truth.notnull()))
    pairs, true, both = (_pairs(engine, rows, by) for by in (["customer_id"], ["truth"], ["customer_id", "truth"]))
    return Evaluation(pairs, both / pairs if pairs else 1.0, both / true if true else 1.0)


def _pairs(engine: Engine, rows: Table, by: list[str]) -> int:
    sizes = rows.group_by(by).agg(size=rows.count())
    total = sizes.aggregate(n=(sizes.size * (sizes.size - 1)).sum().fill_null(0))
    return int(engine.arrow(total)["n"][0].as_py()) // 2
