"""Text can be read: every colour of text against every ground it stands on meets WCAG AA."""

import re
from pathlib import Path

import pytest

from computegrid import maps, report
from computegrid.maps.palette import CHANGE, CONTROL_COLOURS, SEQUENTIAL

CSS = (Path(maps.__file__).parent / "assets" / "page" / "page.css").read_text("utf-8")
LAND, SEA = "#f2efe8", "#f3f6f8"
NAMED = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", CSS))
SHORT = {"#fff": "#ffffff", "#000": "#000000"}


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colour(value: str) -> str | None:
    found = re.fullmatch(r"var\(--(\w+)\)", value.strip())
    value = NAMED.get(found[1], "") if found else value.strip()
    value = SHORT.get(value, value)
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else None


def rules() -> list[tuple[str, dict[str, str]]]:
    flat = re.sub(r"@media[^{]*\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}", r"\1", CSS)
    return [
        (name.strip(), dict(re.findall(r"(?<![-\w])([-\w]+):\s*([^;}]+)", body)))
        for name, body in re.findall(r"([^{}]+)\{([^{}]*)\}", flat)
    ]


TEXTS = [(name, body) for name, body in rules() if colour(body.get("color", ""))]


def test_the_colours_were_found():
    assert len(TEXTS) >= 12 and {"ink", "soft", "paper"} <= set(NAMED)


@pytest.mark.parametrize(("name", "body"), TEXTS, ids=[name for name, _ in TEXTS])
def test_text_stands_out_from_its_ground(name, body):
    text, own = colour(body["color"]), colour(body.get("background", ""))
    grounds = [own] if own else ["#ffffff", "#eef2f7"]
    if "cg-label" in name:
        grounds = [LAND, SEA, "#ffffff"]
    for ground in grounds:
        assert contrast(text, ground) >= 4.5, (name, ground)


@pytest.mark.parametrize("hue", [*CONTROL_COLOURS.values(), CHANGE[0], CHANGE[2], "#a30000"])
def test_marks_stand_out_from_the_page(hue):
    """3:1 is what AA asks of graphics."""
    assert contrast(hue, "#ffffff") >= 3
    assert contrast(hue, LAND) >= 3
    assert contrast(hue, SEA) >= 3


def test_ramps_are_told_apart_without_colour():
    light = [luminance(step) for step in SEQUENTIAL]
    assert light == sorted(light, reverse=True)
    assert contrast(SEQUENTIAL[0], SEQUENTIAL[-1]) > 7


def test_the_report_is_readable():
    hues = set(re.findall(r"[^-]color: (#[0-9a-f]{6})", report._STYLE))
    assert len(hues) >= 3
    assert all(contrast(hue, "#ffffff") >= 4.5 for hue in hues)
