"""`pomar erase`."""

from __future__ import annotations

from collections import Counter

import click

from pomar.cli.base import answer, engine_option, json_option, number, progress, say, start
from pomar.cli.words import _
from pomar.kernel.errors import BadInput, NotFound


@click.command("erase", help=_("Forget the person with this e-mail address, everywhere. It cannot be undone."))
@click.argument("email")
@click.option("--yes", "confirmed", is_flag=True, help=_("Do not ask"))
@json_option
@engine_option
def erase_command(email: str, confirmed: bool, as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.bases import actions as bases
    from pomar.bases.finding import people_of
    from pomar.facts.erasing import drop_older_snapshots
    from pomar.facts.roller import take_in
    from pomar.privacy import actions

    take_in(SYSTEM)  # what waits may name the person too
    with progress() as moved:
        for erasure in actions.resume(SYSTEM):
            say(_("Completed the interrupted erasure %s.") % erasure.id)
        bases.refresh(progress=moved)
    people = people_of(email)
    if people and not confirmed:
        _ask(email, sum(len(person.refs) for person in people), as_json)
    with progress() as moved:
        done = [actions.erase(SYSTEM, person) for person in people]
        bases.refresh(progress=moved)
        drop_older_snapshots()
    rows = Counter[str]()
    for erasure in done:
        rows.update({table: count for table, count in erasure.rows.items() if count})
    if not rows:
        raise NotFound("erase", _("nothing was known of %s.") % email, _("Look for other spellings."))
    if as_json:
        answer({"erasures": [erasure.id for erasure in done], "rows": rows})
        return
    click.echo(_("%s is forgotten. Rows without a trace of them now:") % email)
    for table, count in sorted(rows.items()):
        click.echo(f"  {number(count):>8}  {table}")
    click.echo(_("A file that still names them would bring them back: erase them in the system it comes from too."))


def _ask(email: str, profiles: int, as_json: bool) -> None:
    if as_json:
        raise BadInput("erase", _("nobody can be asked while the answer is JSON."), _("Add --yes."))
    click.confirm(
        _("Forget %(email)s (profiles: %(profiles)s)? This cannot be undone.")
        % {"email": email, "profiles": profiles},
        abort=True,
        err=True,
    )
