"""The digest of data quality: one shape for the page, the mail and JSON; and the mails of a measure that leaves its
target."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from pomar.access.models import User
from pomar.insight.metric import find
from pomar.insight.models import Alert
from pomar.insight.quality.digest import digest as plain
from pomar.insight.quality.policy import policy, targets
from pomar.kernel import clock
from pomar.kernel.errors import PomarError
from pomar.web.quality import part_name, written

log = logging.getLogger("pomar.jobs")


def digest() -> dict[str, Any]:
    """The digest with what people read beside each figure. Raises NothingKnown before the first refresh."""
    found = plain()
    for one in found["measures"]:
        metric = find(one["key"])
        one |= {name: "" if one[of] is None and of != "value" else written(metric, one[of])
                for name, of in (("text", "value"), ("target_text", "target"), ("before_text", "before"))}  # fmt: skip
    for one in found["repairs"]:
        one["name"] = part_name(one["part"], failed=True)
    return found


def send(addresses: Sequence[str] | None = None) -> list[str]:
    """Mail the digest to these addresses (None: those of the policy), each in their language; who was written to.

    Raises PomarError where mail cannot be sent."""
    wanted = list(policy().digest if addresses is None else addresses)
    return _mail(wanted, "digest", lambda: _("Data quality on %s") % _day(), digest) if wanted else []


def warn(begun: Sequence[Alert]) -> list[str]:
    """Mail whoever looks after a measure, or else gets the digest, that it left its target; who was written to.

    A mail that cannot be sent is logged, and stops nothing."""
    owners, sent = targets(), []
    for alert in begun:
        said = owners.get(alert.metric)
        to = [said.owner] if said and "@" in said.owner else list(policy().digest)
        metric = find(alert.metric)
        told = {"alert": alert, "metric": metric, "value": written(metric, alert.value),
                "target": written(metric, alert.target)}  # fmt: skip
        if not to:
            continue
        try:
            sent += _mail(to, "alert", lambda name=metric.name: _("%s left its target") % name, lambda told=told: told)
        except PomarError as unsent:  # what was measured stands; the alert is on the first page too
            log.warning("%s", unsent)
    return sent


def _day() -> str:
    from pomar.web.templatetags.pomar import day

    return str(day(clock.today()))


def _mail(to: Sequence[str], kind: str, subject: Any, told: Any) -> list[str]:
    if not settings.EMAIL_HOST:
        what = _("no mail server is known.")
        raise PomarError("mail", what, _("Set POMAR_SMTP, such as smtp://user:password@mail.example.com:587."))
    languages = dict(User.objects.filter(email__in=to).values_list("email", "language"))
    try:
        with get_connection() as connection:
            for address in to:
                with translation.override(languages.get(address) or settings.LANGUAGE_CODE):
                    _letter(address, kind, str(subject()), told(), connection).send()
    except OSError as error:
        fix = _("Check POMAR_SMTP, and that the server lets this machine send.")
        raise PomarError("mail", _("the mail could not be sent: %s") % error, fix) from error
    return list(to)


def _letter(address: str, kind: str, subject: str, told: dict[str, Any], connection: Any) -> EmailMultiAlternatives:
    context = {"told": told, "base": settings.BASE_URL, "link": settings.BASE_URL + reverse("quality"),
               "subject": subject}  # fmt: skip
    letter = EmailMultiAlternatives(
        subject, render_to_string(f"pomar/mail/{kind}.txt", context), settings.DEFAULT_FROM_EMAIL, [address],
        connection=connection,
    )  # fmt: skip
    letter.attach_alternative(render_to_string(f"pomar/mail/{kind}.html", context), "text/html")
    return letter
