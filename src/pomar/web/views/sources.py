"""The systems that send events: their write keys, how to send, and what arrives."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from pomar.access.masking import mask
from pomar.kernel.errors import BadInput
from pomar.sources.mailbox import actions as mailboxes
from pomar.sources.mailbox.models import Mailbox
from pomar.sources.mentions import actions as feeds
from pomar.sources.mentions.models import Feed
from pomar.sources.tracking import actions, live, queries
from pomar.web import jobs
from pomar.web.examples import examples
from pomar.web.guards import needs
from pomar.web.uses import choices, grouped


def usual_or_chosen():
    return [("", _("What such facts usually serve")), *choices()]


class Wanted(forms.Form):
    """A source to be: its name, and what its events are use of."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("What sends the events, in one word: website, app, shop."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "pattern": r"[\w][\w.\-]*"}),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("What its data is used for"),
        choices=usual_or_chosen,
        required=False,
        help_text=gettext_lazy("People are told by the notice of this purpose; the page Use of data shows them."),
    )
    product = forms.CharField(
        label=gettext_lazy("Product"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("What its events are use of where they name no product. May stay empty."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class WantedMailbox(forms.Form):
    """A mailbox to be read."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("In one word: support, sales."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "pattern": r"[\w][\w.\-]*"}),
    )
    host = forms.CharField(label=gettext_lazy("IMAP server"), max_length=255, help_text="imap.example.com")
    username = forms.CharField(
        label=gettext_lazy("Address"), max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        help_text=gettext_lazy("Kept encrypted. Many providers give one made for a single program."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    security = forms.ChoiceField(label=gettext_lazy("Connection"), choices=Mailbox.Security.choices)
    port = forms.IntegerField(
        label=gettext_lazy("Port"), required=False, min_value=1, max_value=65_535,
        help_text=gettext_lazy("Empty: 993, or 143 where it is not SSL."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    ours = forms.CharField(
        label=gettext_lazy("Our own domains and addresses"),
        required=False,
        help_text=gettext_lazy("Separated by spaces. Empty: the domain of the address."),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("What its data is used for"), choices=usual_or_chosen, required=False
    )  # fmt: skip


class WantedFeed(forms.Form):
    """A feed to be read."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("In one word: forum, reviews."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "pattern": r"[\w][\w.\-]*"}),
    )
    url = forms.URLField(
        label=gettext_lazy("Address of the feed"), max_length=2000, assume_scheme="https",
        help_text=gettext_lazy("RSS or Atom: of a forum, a review site, or a search for your name."),
    )  # fmt: skip
    channel = forms.CharField(
        label=gettext_lazy("Channel"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Where its authors are known by their names. Empty: the name above."),
    )
    purpose = forms.ChoiceField(
        label=gettext_lazy("What its data is used for"), choices=usual_or_chosen, required=False
    )  # fmt: skip


FORMS = {"key": Wanted, "mailbox": WantedMailbox, "feed": WantedFeed}


@never_cache
@needs("import_facts")
def sources(request):
    """All sources; a POST connects one. A key is shown this once, with how to use it."""
    kind = request.POST.get("kind", "key") if request.method == "POST" else None
    forms_ = {name: form(request.POST if name == kind else None, prefix=None if name == "key" else name)
              for name, form in FORMS.items()}  # fmt: skip
    if kind in FORMS and forms_[kind].is_valid():
        try:
            return CONNECTS[kind](request, forms_[kind].cleaned_data)
        except BadInput as error:
            if kind == "key":
                raise
            forms_[kind].add_error(None, f"{error.what} {error.fix}".strip().capitalize())
    context = {
        "sources": live.states(), "forms": forms_, "chosen": kind, "mailboxes": Mailbox.objects.all(),
        "feeds": Feed.objects.all(),
    }  # fmt: skip
    return render(request, "pomar/sources.html", context)


def _connect_key(request, given):
    made = actions.add_key(request.user, given["name"].strip(), given["product"].strip(), given["purpose"] or None)
    return _page(request, made.source, made.write_key)


def _connect_mailbox(request, given):
    entrance = mailboxes.Entrance(
        given["host"], given["username"], given["password"], given["security"], given["port"],
        tuple(given["ours"].replace(",", " ").split()),
    )  # fmt: skip
    mailboxes.connect(request.user, given["name"].strip(), entrance, given["purpose"] or None)
    return redirect("job", jobs.start(request.user, "look", reverse("sources"), name=given["name"].strip()).id)


def _connect_feed(request, given):
    feeds.connect(request.user, given["name"].strip(), given["url"], given["channel"], given["purpose"] or None)
    return redirect("job", jobs.start(request.user, "look", reverse("sources"), name=given["name"].strip()).id)


CONNECTS = {"key": _connect_key, "mailbox": _connect_mailbox, "feed": _connect_feed}


@require_POST
@needs("import_facts")
def look(request):
    """Looks into a mailbox or feed now."""
    return redirect("job", jobs.start(request.user, "look", reverse("sources"), name=request.POST.get("name")).id)


@require_POST
@needs("import_facts")
def disconnect(request, kind):
    name = request.POST.get("name", "")
    (mailboxes if kind == "mailbox" else feeds).disconnect(request.user, name)
    messages.success(request, _("%s is looked into no more. What it sent stays.") % name)
    return redirect("sources")


@needs("import_facts")
def source(request, name):
    """One source: how to send to it, and the latest it sent, asked for anew every two seconds."""
    return _page(request, name)


@require_POST
@needs("import_facts")
def revoke(request, name):
    actions.revoke_key(request.user, name)
    messages.success(request, _("The key of %s no longer lets anybody send. What it sent stays.") % name)
    return redirect("sources")


def _page(request, name, key=""):
    latest = queries.latest_key(name)
    if latest is None:
        raise Http404
    context = {
        "source": latest,
        "key": key,
        "examples": examples(request.build_absolute_uri("/").rstrip("/"), key),
        "host": request.get_host(),
        "uses": grouped([name]),
        "heard": [(one, _masked(one.who, request.user)) for one in live.recent(name)],
    }
    return render(request, "pomar/source.html", context)


def _masked(who, user):
    return mask(who, "email" if "@" in who else "", user)
