"""How to send events, ready to copy: per client a few lines with this installation's address and a key."""

from __future__ import annotations

from dataclasses import dataclass

from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NO_KEY = "WRITE_KEY"
"""Stands where the key belongs once nobody knows it any more."""


@dataclass(frozen=True)
class Example:
    """Code for one client; `hint` says where it goes."""

    name: str
    title: str | Promise
    hint: str | Promise
    code: str


def examples(address: str, key: str = "") -> list[Example]:
    """The first is for a website, which needs nothing installed."""
    script = static("pomar/web.js").partition("?")[0]  # other websites always get the present one
    filled = {"@ADDRESS": address, "@SCRIPT": address + script, "@KEY": key or NO_KEY}
    return [Example(name, title, hint, _filled(code, filled)) for name, title, hint, code in _EXAMPLES]


def _filled(code: str, values: dict[str, str]) -> str:
    for hole, value in values.items():
        code = code.replace(hole, value)
    return code.strip()


_WEB = """
<script>
!function(w){var q=w.pomar=w.pomar||[];"identify track page group alias reset".split(" ").forEach(function(m){
q[m]=q[m]||function(){q.push([m,[].slice.call(arguments)])}})}(window);
pomar.page();
</script>
<script async src="@SCRIPT" data-key="@KEY"></script>

<!-- Where people can see what you collect and why, such as below every page: -->
<a data-pomar-notice></a>

<script>
// Once somebody signs in, and whenever something happens:
pomar.identify("u-1", { email: "ana@example.com", name: "Ana Souza" });
pomar.group("g-1", { name: "ACME" });
pomar.track("Saved", { product: "Press" });
</script>
"""

_NODE = """
// npm install @segment/analytics-node
import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "@KEY", host: "@ADDRESS" });
analytics.identify({ userId: "u-1", traits: { email: "ana@example.com" } });
analytics.group({ userId: "u-1", groupId: "g-1", traits: { name: "ACME" } });
analytics.track({ userId: "u-1", event: "Saved", properties: { product: "Press" } });
await analytics.closeAndFlush();
"""

_PYTHON = """
# pip install segment-analytics-python
from segment.analytics.client import Client

client = Client("@KEY", host="@ADDRESS", gzip=True)
client.identify("u-1", {"email": "ana@example.com"})
client.group("u-1", "g-1", {"name": "ACME"})
client.track("u-1", "Saved", {"product": "Press"})
client.flush()
"""

_CURL = """
curl -u "@KEY:" -H 'Content-Type: application/json' @ADDRESS/v1/track \\
  -d '{"userId": "u-1", "event": "Saved", "properties": {"product": "Press"}}'
"""

_EXAMPLES = [
    ("web", _("Website"), _("Before the end of the head of every page. It needs nothing else."), _WEB),
    ("node", _("JavaScript on a server"), _("The client of the Segment specification for Node."), _NODE),
    ("python", _("Python"), _("The client of the Segment specification for Python."), _PYTHON),
    ("curl", _("Any language"), _("One call by HTTP: whatever can send JSON can do this."), _CURL),
]
