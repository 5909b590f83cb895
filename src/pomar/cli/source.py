"""`pomar source` and `pomar roll`."""

from __future__ import annotations

from typing import Any

import click

from pomar.cli.base import answer, json_option, number, progress, start
from pomar.cli.words import _
from pomar.kernel.errors import BadInput


@click.group("source", help=_("The outside systems that Pomar listens to: keys, mailboxes, feeds."))
def source_command() -> None:
    pass


@source_command.command("add", help=_("Connect a source: a key for what sends events, a mailbox, or a feed."))
@click.argument("kind", type=click.Choice(["tracking", "mailbox", "feed"]))
@click.option("--name", help=_("The name of the source (default: its kind)"))
@click.option("--purpose", metavar="KEY", help=_("What its data is used for (`pomar purposes` lists them)"))
@click.option("--product", default="", help=_("tracking: what its events are use of, where they do not say"))
@click.option("--url", help=_("feed: its address (RSS or Atom)"))
@click.option("--channel", default="", help=_("feed: where its authors write, such as a forum (default: its name)"))
@click.option("--host", help=_("mailbox: the IMAP server"))
@click.option("--port", type=int, help=_("mailbox: its port (default: 993, or 143)"))
@click.option("--security", default="ssl", type=click.Choice(["ssl", "starttls", "none"]), help=_("mailbox"))
@click.option("--user", help=_("mailbox: the name to sign in with"))
@click.option("--password", envvar="POMAR_MAILBOX_PASSWORD", help=_("mailbox: asked for unless given"))
@click.option("--ours", multiple=True, help=_("mailbox: our own domains and addresses (default: that of the user)"))
@click.option("--folder", "folders", multiple=True, help=_("mailbox: what to read (default: received and sent)"))
@json_option
def add(kind: str, name: str | None, purpose: str | None, as_json: bool, **given: Any) -> None:
    start()
    made = {"tracking": _add_key, "mailbox": _add_mailbox, "feed": _add_feed}[kind](name, purpose, given)
    if as_json:
        answer(made)
        return
    click.echo(_("Source: %s") % made["source"])
    if "write_key" in made:
        click.echo(_("Write key, shown only now: %s") % made["write_key"])
    else:
        click.echo(_("`pomar sync` looks into it now; the worker does so every quarter of an hour."))


def _add_key(name: str | None, purpose: str | None, given: dict[str, Any]) -> dict[str, Any]:
    from pomar.access.roles import SYSTEM
    from pomar.sources.tracking.actions import add_key

    made = add_key(SYSTEM, name, given["product"], purpose)
    return {"source": made.source, "write_key": made.write_key}


def _add_mailbox(name: str | None, purpose: str | None, given: dict[str, Any]) -> dict[str, Any]:
    from pomar.access.roles import SYSTEM
    from pomar.sources.mailbox.actions import Entrance, connect

    _need(given, "host", "user")
    password = given["password"] or click.prompt(_("Password"), hide_input=True, err=True)
    entrance = Entrance(
        given["host"], given["user"], password, given["security"], given["port"], given["ours"], given["folders"]
    )
    return {"source": connect(SYSTEM, name or "mailbox", entrance, purpose).source}


def _add_feed(name: str | None, purpose: str | None, given: dict[str, Any]) -> dict[str, Any]:
    from pomar.access.roles import SYSTEM
    from pomar.sources.mentions.actions import connect

    _need(given, "url")
    return {"source": connect(SYSTEM, name or "feed", given["url"], given["channel"], purpose).source}


def _need(given: dict[str, Any], *options: str) -> None:
    for option in options:
        if not given[option]:
            raise BadInput(f"--{option}", _("it is not given."), _("`pomar source add --help` says what it is."))


@source_command.command("list", help=_("The sources that are connected; write keys by their last characters."))
@json_option
def list_(as_json: bool) -> None:
    start()
    from pomar.sources.mailbox.models import Mailbox
    from pomar.sources.mentions.models import Feed
    from pomar.sources.tracking.queries import keys

    found = [*map(_told, keys()), *map(_mailbox, Mailbox.objects.all()), *map(_feed, Feed.objects.all())]
    if as_json:
        answer(found)
        return
    for one in found:
        click.echo(f"{one['source']:24} {_line(one)}")


def _line(one: dict[str, Any]) -> str:
    if one["kind"] == "tracking":
        state = _("revoked") if one["revoked_at"] else _("live")
        return f"…{one['ending']}  {one['created_at']:%Y-%m-%d}  {state}"
    looked = f"{one['checked_at']:%Y-%m-%d %H:%M}" if one["checked_at"] else "–"
    return f"{one['user'] + ' @ ' + one['host'] if one['kind'] == 'mailbox' else one['url']}  {looked}  {one['error']}"


@source_command.command("revoke", help=_("Listen to the source NAME no more; what it sent stays."))
@click.argument("name")
@json_option
def revoke(name: str, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.sources.mailbox import actions as mailboxes
    from pomar.sources.mailbox.models import Mailbox
    from pomar.sources.mentions import actions as feeds
    from pomar.sources.mentions.models import Feed
    from pomar.sources.tracking.actions import revoke_key

    if Mailbox.objects.filter(source=name).exists():
        gone = _mailbox(mailboxes.disconnect(SYSTEM, name))
    elif Feed.objects.filter(source=name).exists():
        gone = _feed(feeds.disconnect(SYSTEM, name))
    else:
        gone = _told(revoke_key(SYSTEM, name))
    if as_json:
        answer(gone)
    elif gone["kind"] == "tracking":
        click.echo(_("The key of %s is revoked.") % name)
    else:
        click.echo(_("%s is looked into no more.") % name)


@click.command("roll", help=_("Bring what arrived by HTTP to the lake now, instead of waiting for the worker."))
@json_option
def roll_command(as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.facts.roller import roll

    total = {"rolls": 0, "rows": 0, "facts": 0, "repeats": 0, "quarantined": 0}
    with progress() as told:
        while (done := roll(SYSTEM, told)) is not None:
            total["rolls"] += 1
            for name in ("rows", "facts", "repeats", "quarantined"):
                total[name] += getattr(done, name)
    if as_json:
        answer(total)
        return
    said = _("%(facts)s facts came in, %(repeats)s were repeats, %(quarantined)s wait in quarantine.")
    click.echo(said % {name: number(count) for name, count in total.items()})


def _told(key: Any) -> dict[str, Any]:
    return {
        "kind": "tracking", "source": key.source, "ending": key.ending, "product": key.product,
        "created_at": key.created_at, "revoked_at": key.revoked_at,
    }  # fmt: skip


def _mailbox(box: Any) -> dict[str, Any]:
    return {
        "kind": "mailbox", "source": box.source, "host": box.host, "user": box.username, "ours": box.ours.split(),
        "checked_at": box.checked_at, "error": box.error,
    }  # fmt: skip


def _feed(feed: Any) -> dict[str, Any]:
    return {
        "kind": "feed", "source": feed.source, "url": feed.url, "channel": feed.channel,
        "checked_at": feed.checked_at, "error": feed.error,
    }  # fmt: skip
