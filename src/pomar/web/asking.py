"""The two dates every question carries: as of which day, as known at which moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from pomar.kernel import clock
from pomar.kernel.errors import BadInput


@dataclass(frozen=True)
class Asking:
    """`as_of` None is today, `known_at` None is all that is known now."""

    as_of: date | None = None
    known_at: datetime | None = None

    @property
    def day(self) -> date:
        return self.as_of or (self.known_at or clock.now()).astimezone(clock.zone()).date()

    @property
    def dates(self) -> dict[str, date | datetime | None]:
        """As keyword arguments of every query of the bases."""
        return {"as_of": self.as_of, "known_at": self.known_at}

    @property
    def params(self) -> dict[str, str]:
        """As query parameters, kept in every link."""
        params = {}
        if self.as_of:
            params["as_of"] = self.as_of.isoformat()
        if self.known_at:
            params["known_at"] = self.known_at.isoformat().replace("+00:00", "Z")
        return params

    @property
    def query(self) -> str:
        return urlencode(self.params)


def asking(request) -> Asking:
    """What the address asks for. Raises BadInput on a date that cannot be read or lies ahead."""
    if not hasattr(request, "asking"):
        request.asking = Asking()  # what the page about a bad date itself goes by
        request.asking = Asking(
            as_of=_day(request.GET.get("as_of")),
            known_at=_moment(request.GET.get("known_at")),
        )
    return request.asking


def day_asked(name: str, text: str | None) -> date | None:
    """The day a parameter names, None where it is empty. Raises BadInput."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(name, _("“%s” is not a date.") % text, _("Write it as 2026-11-21.")) from error


def _day(text: str | None) -> date | None:
    day = day_asked("as_of", text)
    return None if day == clock.today() else day


def _moment(text: str | None) -> datetime | None:
    """A day means its end: all that was known when that day was over; today means all that is known."""
    if not text:
        return None
    try:
        if len(text) == 10:
            over = clock.end_of_day(date.fromisoformat(text))
            return over if over <= clock.now() else None
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("known_at", _("“%s” is not a date.") % text, _("Write it as 2026-11-21.")) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=clock.zone())).astimezone(UTC)
