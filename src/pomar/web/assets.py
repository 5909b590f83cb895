"""Static files straight from the packages that bring them, each address carrying Pomar's version."""

from __future__ import annotations

from importlib.metadata import version

from django.contrib.staticfiles.storage import StaticFilesStorage


class Versioned(StaticFilesStorage):
    """A new release changes every address, so browsers may keep what they have for an hour."""

    def url(self, name):
        return f"{super().url(name)}?v={version('pomar')}"
