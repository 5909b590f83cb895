"""`pomar quality`: the seven measures, taken and told."""

from __future__ import annotations

import click

from pomar.cli.base import answer, json_option, progress, say, start
from pomar.cli.words import _

CHECKS = ("present", "readable", "at_least", "at_most", "not_before", "not_future", "known")


@click.group("quality", invoke_without_command=True, help=_("How good the data is, as measured last."))
@json_option
@click.pass_context
def quality_command(ctx: click.Context, as_json: bool) -> None:
    if ctx.invoked_subcommand is None:
        start()
        _tell(as_json)


@quality_command.command("measure", help=_("Take the seven measures now, instead of waiting for the night."))
@json_option
def measure_command(as_json: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.insight.quality.actions import measure
    from pomar.web.digest import warn

    with progress() as told:
        begun = measure(SYSTEM, told)
    warn(begun)
    _tell(as_json)


@quality_command.command("digest", help=_("Mail the digest to ADDRESS, or to those who get it each week."))
@click.argument("address", nargs=-1)
def digest_command(address: tuple[str, ...]) -> None:
    start()
    from pomar.web.digest import send

    sent = send(address or None)
    click.echo(_("Sent to %s.") % ", ".join(sent) if sent else _("Nobody gets the digest yet."))


@quality_command.command(
    "rule",
    context_settings={"ignore_unknown_options": True},  # -1 is a number
    help=_("Hold records to a rule: FIELD such as license.seats, CHECK such as at_least."),
)
@click.argument("field")
@click.argument("check", type=click.Choice(CHECKS))
@click.argument("against", default="")
@click.option("--severity", type=click.Choice(["major", "minor"]), default="major", show_default=True)
@click.option("--off", is_flag=True, help=_("Do not hold them to it any more"))
def rule_command(field: str, check: str, against: str, severity: str, off: bool) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.insight.quality.actions import set_rule
    from pomar.insight.quality.rules import Rule
    from pomar.web.quality import part_name

    fact, _dot, column = field.partition(".")
    done = set_rule(SYSTEM, Rule(fact, column, check, against, severity, not off))
    state = _("on") if done.on else _("off")
    click.echo(f"{part_name(done.key)}: {state}")


def _tell(as_json: bool) -> None:
    from pomar.web.digest import digest
    from pomar.web.templatetags.pomar import number

    told = digest()
    if as_json:
        answer(told)
        return
    if told["measured_at"] is None:
        say(_("Nothing was measured yet: `pomar quality measure` does it now, the worker every night."))
        return
    for one in told["measures"]:
        mark = click.style("!", fg="red") if one["missed"] else " "
        goal = _("target %s") % one["target_text"] if one["target_text"] else ""
        click.echo(f"{mark} {one['name']:22} {one['text']:>14}  {goal}")
    for repair in told["repairs"]:
        click.echo(f"  {repair['name']}: {number(repair['failing'])}")
