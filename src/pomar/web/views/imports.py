"""Imports: what came in, what could not be read, and taking it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pomar.access.masking import mask
from pomar.access.roles import allows, require
from pomar.bases import kinds
from pomar.facts import actions, queries
from pomar.facts.brought import STORED, brought
from pomar.facts.by_hand import EDIT, Target
from pomar.facts.schema import FACTS, MANUAL
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.sources.files.replay import replay as load_again
from pomar.sources.mentions.reading import FORM
from pomar.sources.mentions.replay import replay as read_again
from pomar.sources.tracking.replay import replay as take_in_again
from pomar.web import jobs, lists, words
from pomar.web.guards import needs
from pomar.web.templatetags.pomar import day, moment, number
from pomar.web.uses import of_import
from pomar.web.views.preferences import back

AGAIN = {"http": take_in_again, FORM: read_again}
"""How a corrected row of what was no file is read again, by what it came as."""
COUNTED = (*STORED, "repeats", "quarantined")
SHOWN = ("source_id", "customer_ref", "occurred_at")
"""Columns of the envelope that say which row it is."""
NAMELESS = "~"
"""How the key begins that is made for a row without an id."""
MIDNIGHT = time()
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Where a statement without a date begins."""


@needs("see_customers")
def imports(request):
    found = queries.imports(limit=lists.LIMIT + 1, offset=lists.offset(request))
    if request.GET.get("status") == "waiting":
        found = [info for info in found if info.open_rows]
    offset = lists.offset(request)
    context = {
        "imports": [(info, info.total("repeats")) for info in found[: lists.LIMIT]],
        "offset": offset,
        "previous": max(offset - lists.LIMIT, 0),
        "next": offset + lists.LIMIT if len(found) > lists.LIMIT else None,
    }
    return render(request, "pomar/imports.html", context)


@needs("see_customers")
def import_(request, import_id):
    info = queries.import_(import_id)
    reason = lists.text(request, "reason")
    fact = lists.text(request, "fact")
    page = queries.quarantined(import_id, lists.offset(request), 20, reason=reason, fact=fact)
    context = {
        "info": info,
        "stated": of_import(info),
        "may_undo": info.status == "complete" and actions.may_undo(request.user, import_id),
        "counts": counted(info.counts),
        "totals": [(verdict, info.total(verdict)) for verdict in COUNTED],
        "reasons": queries.reasons(import_id),
        "reason": reason,
        "fact": fact,
        "open_rows": page.total,
        "rows": [(row, _faults(row), _wrong(row, info.files)) for row in page.rows],
        "pager": lists.pager(page),
        "undeclared": kinds.undeclared(import_id) if info.status == "complete" else [],
        "kinds": words.PRODUCT_KINDS,
    }
    return render(request, "pomar/import.html", context)


def counted(counts):
    """Per fact, each verdict with its number, in the order of the table."""
    return [(fact, [(verdict, count.get(verdict, 0)) for verdict in COUNTED]) for fact, count in counts.items()]


def _faults(row):
    """Every fault of a quarantined row; a row in conflict with another has only that one."""
    fix = words.REASONS["conflict"].meaning if row.reason == "conflict" else row.fix
    own = {"column": row.column, "value": row.value, "reason": row.reason, "fix": fix}
    return [own, *(fault for fault in row.problems if (fault["column"], fault["reason"]) != (row.column, row.reason))]


def _wrong(row, files):
    """The headers of the cells at fault, as the file's mapping reads them."""
    columns = next((file["columns"] for file in files if file["file"] == row.file), {})
    return {columns.get(fault["column"], fault["column"]) for fault in _faults(row)}


@needs("see_customers")
def rows(request, import_id):
    """The rows behind a count of the import: those of one fact, of one verdict or of all."""
    info = queries.import_(import_id)
    verdict = request.GET.get("verdict")
    verdict = verdict if verdict in STORED else None
    sizes = {fact: sum(count[one] for one in STORED if verdict in (None, one)) for fact, count in info.counts.items()}
    sizes = {fact: size for fact, size in sizes.items() if size}
    asked = request.GET.get("fact")
    fact = asked if asked in FACTS else next(iter(sizes), "profile")
    page = brought(import_id, fact, verdict, lists.offset(request), lists.LIMIT)
    shown = [row | {"source_id": _id(row)} for row in page.rows]
    columns = [name for name in (*SHOWN, *FACTS[fact].columns) if any(row[name] is not None for row in shown)]
    hidden = {*FACTS[fact].personal, "properties"}
    context = {
        "info": info,
        "fact": fact,
        "verdict": verdict,
        "sizes": sizes,
        "asked": asked,
        "all": sizes.get(fact, 0) if asked else sum(sizes.values()),
        "columns": columns,
        "rows": [(_came_as(row), _cells(row, columns, hidden, request.user)) for row in shown],
        "pager": lists.pager(page),
    }
    return render(request, "pomar/rows.html", context)


def _cells(row, columns, hidden, user):
    """Each cell under its column's name, as the person may see it."""
    kind = row.get("kind")
    return [(name, _told(mask(row[name], name, user, kind) if name in hidden else row[name], name)) for name in columns]


def _came_as(row):
    return "withdrawn" if row["retracted"] and row["source"] == MANUAL else row["verdict"]


def _id(row):
    """Of what a person changed, the source and id of what they changed; nothing where its file held no id."""
    if row["source_id"].startswith(NAMELESS):
        return None
    if row["source"] != MANUAL or not row["source_id"].startswith(EDIT):
        return row["source_id"]
    if "[" not in row["source_id"]:
        return None
    target = Target.of(row["source_id"])
    return f"{target.source} · {target.source_id}"


def _told(value, name):
    if value is None or value == BEGINNING:
        return "–"
    if isinstance(value, datetime):
        return day(value) if value.astimezone(clock.zone()).time() == MIDNIGHT else moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "; ".join(value)
    if isinstance(value, Decimal):
        return number_format(value, 2, use_l10n=True, force_grouping=True)
    if isinstance(value, float):
        return number(int(value) if value.is_integer() else value)
    return words.CHOICES.get(name, {}).get(value, value)


@needs("see_customers")
def undo(request, import_id):
    """Asks first, showing what would go; a POST takes the import back."""
    info = queries.import_(import_id)
    if not actions.may_undo(request.user, import_id):
        require(request.user, "undo_import", request.path)
    if request.method != "POST":
        counts = [(fact, sum(count.get(verdict, 0) for verdict in STORED)) for fact, count in info.counts.items()]
        return render(request, "pomar/undo.html", {"info": info, "counts": counts})
    actions.undo(request.user, import_id)
    messages.success(request, _("The import was taken back. What was known before still shows it."))
    url = reverse("import", args=[import_id])
    if allows(request.user, "refresh"):
        return redirect("job", jobs.start(request.user, "refresh", url).id)
    return redirect("job", jobs.start(request.user, "undone", url, import_id=import_id).id)


@require_POST
@needs("correct_quarantine")
def replay(request, import_id):
    """Loads one quarantined row again with the cells as corrected."""
    cells = {name.removeprefix("cell."): value for name, value in request.POST.items() if name.startswith("cell.")}
    seq = request.POST.get("seq", "")
    if not seq.isdecimal():
        raise BadInput("seq", _("“%s” is not a row.") % seq, _("Reload the page."))
    name = request.POST.get("file", "")
    forms = {file.get("file"): file.get("format") for file in queries.import_(import_id).files}
    again = AGAIN.get(forms.get(name), load_again)
    result = again(request.user, import_id, [queries.Correction(name, int(seq), cells)])
    if result.quarantined:
        messages.error(request, _("The row still cannot be read: it waits with its new reason."))
        return redirect(f"{back(request)}#row-1")
    jobs.start(request.user, "refresh", back(request))
    messages.success(request, _("The row was read. The figures are being counted again."))
    return redirect(f"{back(request)}#{request.POST.get('here', 'quarantine')}")
