"""The group of all commands: loads each only when it runs, and says errors in one friendly line."""

from __future__ import annotations

import json
from importlib import import_module

import click

from pomar.cli.words import _
from pomar.kernel.errors import PomarError

COMMANDS = {
    "demo": (_("Build the demo company, and serve it"), "demo"),
    "advance": (_("Move the demo company's clock on, with the facts of those days"), "demo"),
    "import": (_("Bring in files: CSV, Excel, Parquet or JSON lines"), "files"),
    "source": (_("Connect what sends events, mailboxes and feeds, and let them go"), "source"),
    "purposes": (_("What data is used for, and what people are told about it"), "purposes"),
    "roll": (_("Bring what arrived by HTTP to the lake now"), "source"),
    "sync": (_("Look into mailboxes and feeds now"), "sync"),
    "undo": (_("Take an import back"), "files"),
    "edit": (_("Say fields of a customer by hand"), "edit"),
    "identity": (_("Which records are one customer: measured and decided"), "identity"),
    "products": (_("Of which kind each product is, and saying it"), "products"),
    "refresh": (_("Compute both bases anew from the facts"), "bases"),
    "bases": (_("The customer base, the installed base and the bridge between them"), "bases"),
    "metric": (_("A metric on any day, with its definition"), "metric"),
    "quality": (_("How good the data is, and what to repair first"), "quality"),
    "serve": (_("Serve the pages, and run the jobs"), "serve"),
    "worker": (_("Run the jobs alone"), "serve"),
    "user": (_("Who may sign in, and giving somebody a new password"), "user"),
    "check": (_("Look for problems in this installation"), "check"),
    "erase": (_("Forget a person"), "erase"),
}
"""Per command, what it does in a line and the module that holds it as `NAME_command`."""


class Commands(click.Group):
    """Help needs no command's code, so it answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"pomar.cli.{COMMANDS[cmd_name][1]}")
        return getattr(module, f"{cmd_name}_command")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, line) for name, (line, _module) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PomarError as error:
            click.echo(_told(error, as_json=bool(ctx.meta.get("json"))), err=True)
            ctx.exit(error.exit_code)


def _told(error: PomarError, as_json: bool) -> str:
    if as_json:
        kind = type(error).__name__
        told = {"kind": kind, "where": str(error.where), "what": str(error.what), "fix": str(error.fix)}
        return json.dumps({"error": told}, ensure_ascii=False)
    told = click.style(f"{error.where}: ", fg="red", bold=True) + str(error.what)
    return told + (" " + click.style(_("Likely fix:"), bold=True) + f" {error.fix}" if error.fix else "")


@click.group(cls=Commands, help=_("Pomar: the customer base, the installed base, and the bridge between them."))
@click.version_option(package_name="pomar")
def main() -> None:
    pass
