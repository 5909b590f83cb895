"""Decisions go on about the erased person's records under their new ids; scored pairs with them go."""

from __future__ import annotations

from pomar.facts import lake
from pomar.facts.erasing import forget_history
from pomar.identity import matches
from pomar.identity.matching import update
from pomar.identity.models import Decision
from pomar.kernel.erasing import Subject, register


def _rename_decisions(subject: Subject) -> int:
    new = subject.renamed
    found = [*Decision.objects.filter(left__in=new), *Decision.objects.filter(right__in=new).exclude(left__in=new)]
    for one in found:
        one.left, one.right = sorted((new.get(one.left, one.left), new.get(one.right, one.right)))
    Decision.objects.bulk_update(found, ["left", "right"])
    return len(found)


def _drop_pairs(subject: Subject) -> int:
    with lake.writing("import"):
        table = lake.table(matches.NAME)
        listed = ", ".join(f"'{own_id}'" for own_id in sorted(subject.renamed))
        if table is None or not listed:
            return 0
        gone = int(table.delete(f'"left" IN ({listed}) OR "right" IN ({listed})')["num_deleted_rows"])
        if gone:
            forget_history(table)
        return gone


def _forget_compared(subject: Subject) -> int:
    """What was compared holds names and addresses of everybody: it goes, and all are compared anew."""
    with lake.writing("matching"):
        return update.forget()


register("derived.matching", ("own_id", "email", "phone"), _forget_compared)
register("identity.Decision", ("left", "right"), _rename_decisions)
register("lake.matches", ("left", "right"), _drop_pairs)
