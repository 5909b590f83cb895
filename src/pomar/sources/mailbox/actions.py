"""Connecting mailboxes, and reading what came since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.facts import inbox
from pomar.facts.schema import check_source_name
from pomar.facts.talking import own_name
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, Conflict, NotFound
from pomar.kernel.sealing import Unsealable, seal, unseal
from pomar.privacy import stating
from pomar.privacy.models import Statement
from pomar.privacy.queries import usual
from pomar.sources.mailbox.fetching import Letters, Refused, Unreachable, folders, letters, session
from pomar.sources.mailbox.models import Mailbox
from pomar.sources.mailbox.reading import KIND, body

PORTS = {Mailbox.Security.SSL: 993, Mailbox.Security.STARTTLS: 143, Mailbox.Security.NONE: 143}


@dataclass(frozen=True)
class Entrance:
    """Where a mailbox is and how to get in; `ours` are our own domains and addresses (by default that of the user),
    `folders` those to read (by default what was received and sent)."""

    host: str
    username: str
    password: str
    security: str = Mailbox.Security.SSL
    port: int | None = None
    ours: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


class _Connect(Action[Mailbox]):
    name = "connect mailbox"
    right = Right.IMPORT_FACTS
    object_kind = "mailbox"

    def __init__(self, user: Actor, source: str, entrance: Entrance, purpose: str | None) -> None:
        super().__init__(user)
        self.source, self.entrance, self.purpose = source, entrance, purpose

    def prepare(self) -> None:
        """It is entered once before it is kept, so that a wrong password is said to whoever typed it."""
        self.box = _box(self.source, self.entrance, str(getattr(self.user, "username", "")))
        self.box.folders = _looked_at(self.box, self.entrance)

    def change(self) -> Mailbox:
        if Mailbox.objects.filter(source=self.source).exists():
            what = _("there is a mailbox %s already.") % self.source
            raise Conflict("source add", what, _("Choose another name."))
        self.box.save(force_insert=True)
        said = [(self.source, "interaction", self.purpose or usual(self.source, "interaction"))]
        stating.put(self.user, said, Statement.Through.KEY, f"mailbox_{self.box.pk}")
        return self.box

    def note(self, result: Mailbox) -> dict[str, Any]:
        return {"object_id": str(result.pk), "summary": result.source}


def connect(user: Actor, source: str, entrance: Entrance, purpose: str | None = None) -> Mailbox:
    """Read a mailbox from now on, beginning with all it holds.

    Raises NotAllowed, NotFound (no such purpose), BadInput (nobody gets in this way), Conflict.
    """
    return _Connect(user, source, entrance, purpose).run()


class _Disconnect(Action[Mailbox]):
    name = "disconnect mailbox"
    right = Right.IMPORT_FACTS
    object_kind = "mailbox"

    def __init__(self, user: Actor, source: str) -> None:
        super().__init__(user)
        self.source = source

    def change(self) -> Mailbox:
        box = Mailbox.objects.select_for_update().filter(source=self.source).first()
        if box is None:
            raise NotFound("source", _("there is no mailbox %s.") % self.source, _("`pomar source list` shows them."))
        box.delete()
        return box

    def note(self, result: Mailbox) -> dict[str, Any]:
        return {"summary": result.source}


def disconnect(user: Actor, source: str) -> Mailbox:
    """From now on the mailbox is read no more, and its password is forgotten; what came stays.

    Raises NotAllowed, NotFound.
    """
    return _Disconnect(user, source).run()


class _Read(Action[int]):
    name = "read mailbox"
    right = Right.IMPORT_FACTS
    object_kind = "mailbox"


class _TakeIn(_Read):
    def __init__(self, user: Actor, box: Mailbox, part: Letters) -> None:
        super().__init__(user)
        self.box, self.part = box, part

    def change(self) -> int:
        """The letters and the mark after them stand together; whoever was overtaken takes nothing in."""
        part = self.part
        now = Mailbox.objects.select_for_update().get(pk=self.box.pk)
        if now.read.get(part.folder) != self.box.read.get(part.folder):
            raise Conflict("mailbox", _("somebody else is reading this mailbox."), _("Do nothing."))
        now.read[part.folder] = {"validity": part.validity, "uid": part.last}
        now.save(update_fields=["read"])
        if part.found:
            inbox.put(KIND, now.source, "mail", body(now.ours.split(), part.found))
        self.box.read = now.read
        return len(part.found)

    def note(self, result: int) -> dict[str, Any]:
        return {"object_id": str(self.box.pk), "summary": self.box.source, "details": {"letters": result}}


def look(user: Actor, box: Mailbox) -> int:
    """Read what came into a mailbox since it was read last; how many letters. What is wrong is kept with it.

    Raises NotAllowed, BadInput, Conflict.
    """
    _Read(user).check()
    try:
        password = unseal(box.sealed)
        with session(box, password) as client:
            taken = 0
            for folder in folders(client, box.folders):
                for part in letters(client, folder, box.read.get(folder, {})):
                    taken += _TakeIn(user, box, part).run()
    except (Refused, Unreachable, Unsealable) as error:
        told = _told(box, error)
        Mailbox.objects.filter(pk=box.pk).update(checked_at=clock.now(), error=str(told.what)[:300])
        raise told from error
    Mailbox.objects.filter(pk=box.pk).update(checked_at=clock.now(), error="")
    return taken


def _box(source: str, entrance: Entrance, creator: str) -> Mailbox:
    check_source_name("source add", source)
    if entrance.security not in Mailbox.Security.values:
        raise BadInput("source add", _("“%s” is no way to encrypt.") % entrance.security, "ssl, starttls, none")
    ours = entrance.ours or ((own_name(entrance.username.lower()),) if "@" in entrance.username else ())
    if not ours:
        what = _("it is not said which addresses are your own.")
        raise BadInput("source add", what, _("Name your domain, such as acme.com."))
    return Mailbox(
        source=source, host=entrance.host.strip(), security=entrance.security, username=entrance.username.strip(),
        port=entrance.port or PORTS[Mailbox.Security(entrance.security)], sealed=seal(entrance.password),
        ours=" ".join(one.strip().lower().lstrip("@") for one in ours), created_at=clock.now(), created_by=creator,
    )  # fmt: skip


def _looked_at(box: Mailbox, entrance: Entrance) -> list[str]:
    """The folders asked for, once each could be opened."""
    try:
        with session(box, entrance.password) as client:
            for folder in folders(client, list(entrance.folders)):
                client.select_folder(folder, readonly=True)
    except (Refused, Unreachable) as error:
        raise _told(box, error) from error
    return list(entrance.folders)


def _told(box: Mailbox, error: Exception) -> BadInput:
    where = f"{box.username} @ {box.host}:{box.port}"
    if isinstance(error, Refused):
        what = _("the server refuses the name or the password: %s.") % error
        return BadInput(where, what, _("Many providers want a password made for one program, with IMAP switched on."))
    if isinstance(error, Unsealable):
        what = _("the password was sealed with another key of this installation.")
        return BadInput(where, what, _("Connect the mailbox again, or bring POMAR_SECRET_KEY back."))
    what = _("the server cannot be read: %s.") % error
    return BadInput(where, what, _("Look at the name of the server, its port, and how it encrypts."))
