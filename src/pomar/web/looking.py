"""Looking into mailboxes and feeds, by page, command and worker alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pomar.access.roles import Actor
from pomar.kernel.errors import BadInput, Conflict
from pomar.kernel.progress import Progress, unwatched
from pomar.sources.mailbox import actions as mailboxes
from pomar.sources.mailbox.models import Mailbox
from pomar.sources.mentions import actions as feeds
from pomar.sources.mentions.models import Feed


def everywhere(user: Actor, name: str | None = None, told: Progress = unwatched) -> list[dict[str, Any]]:
    """Look into mailboxes and feeds, or into the one of that name: of each its source, kind, how many it `found`, and
    the `error` that kept it from looking. One that fails keeps no other back. Raises NotAllowed."""
    looks: list[tuple[str, Any, Callable[[Actor, Any], int]]] = [
        *(("mailbox", box, mailboxes.look) for box in Mailbox.objects.all()),
        *(("feed", feed, feeds.look) for feed in Feed.objects.all()),
    ]
    wanted = [one for one in looks if name in (None, one[1].source)]
    done = []
    for number, (kind, one, look) in enumerate(wanted):
        told(one.source, number / len(wanted))
        found, error = 0, None
        try:
            found = look(user, one)
        except (BadInput, Conflict) as wrong:
            error = wrong.what
        done.append({"source": one.source, "kind": kind, "found": found, "error": error})
    return done
