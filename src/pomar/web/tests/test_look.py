"""What the content policy and the design ask of every template and the stylesheet."""

import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[1]
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
CSS = (WEB / "static/pomar/pomar.css").read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(WEB / "templates")))
def test_no_template_carries_style_or_script_of_its_own(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text), "assets come from packages"


def test_colours_are_named_once_as_tokens() -> None:
    _tokens, rest = CSS.split("}\n", 1)
    found = re.findall(r"#[0-9a-f]{3,8}\b", rest)
    assert set(found) <= {"#fff"}, "white paper when printing and behind a QR code"


def _token(name: str, dark: bool) -> str:
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", CSS)
    assert found, name
    return found[2 if dark else 1]


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface", "sunken"])
@pytest.mark.parametrize("ink", ["ink", "ink-2", "ink-3", "accent", "warn", "bad"])
def test_text_stands_out_from_every_ground(ink: str, ground: str, dark: bool) -> None:
    assert contrast(_token(ink, dark), _token(ground, dark)) >= 4.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("accent-ink", "accent"), ("ink", "accent-soft"), ("accent", "accent-soft"), ("warn", "warn-soft"),
     ("ink", "warn-soft"), ("ink", "bad-soft"), ("accent", "warn-soft")],
)  # fmt: skip
def test_text_stands_out_on_soft_grounds(ink: str, ground: str, dark: bool) -> None:
    assert contrast(_token(ink, dark), _token(ground, dark)) >= 4.5
