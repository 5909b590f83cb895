"""Commands."""

from pomar.cli.group import main

__all__ = ["main"]
