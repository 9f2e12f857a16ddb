"""What tests ask of a page: its values, its tooltips, and where a flow lies."""

import json
import re

_AT = """([lon, lat]) => {
    const map = window[document.querySelector('.folium-map').id];
    const values = JSON.parse(document.querySelector('[id^=cg-data]').textContent);
    const at = map.latLngToContainerPoint([lat, lon < values.west_deg ? lon + 360 : lon]);
    const box = map.getContainer().getBoundingClientRect();
    return [at.x + box.x, at.y + box.y];
}"""


def values(page) -> dict:
    """The block of JSON that the page was written with."""
    return json.loads(page.locator("[id^=cg-data]").first.text_content())


def flow_mw(held: dict, view: int) -> dict[int, float]:
    """Mean MW of each flow of a view, also of those written once with the base."""
    shown, base = held["views"][view], held["views"][(held["study"] or {"base": 0})["base"]]
    first = dict(zip(base["flows"]["at"], base["flows"]["mw"], strict=True))
    own = dict(zip(shown["flows"]["at"], shown["flows"]["mw"], strict=True))
    return own | {at: first[at] for at in shown["same"]}


def shown(text: str) -> float:
    """The first number of a text."""
    text = text.split("·")[0].split("(")[0].replace("−", "-").replace("–", "nan")
    return float(re.sub(r"[^0-9.\-na]", "", text))


def facts(box) -> dict[str, str]:
    """Names and values of a list in a tooltip or the panel."""
    return dict(
        zip(box.locator("dt").all_inner_texts(), box.locator("dd").all_inner_texts(), strict=True)
    )


def pixel(page, lon_deg: float, lat_deg: float) -> tuple[float, float]:
    """Where a place is on the screen."""
    return tuple(page.evaluate(_AT, [lon_deg, lat_deg]))


def hover(page, lon_deg: float, lat_deg: float) -> tuple[int, dict[str, str]] | None:
    """Point at a place: which flow answers, and what its tooltip says; None where none does."""
    x, y = pixel(page, lon_deg, lat_deg)
    page.mouse.move(x, y)
    page.wait_for_timeout(40)
    page.mouse.move(x + 0.5, y)
    page.wait_for_timeout(40)
    found = page.locator(".cg-tip [data-kind=flow]").evaluate_all(
        """tips => tips.map((tip) => [Number(tip.dataset.index),
            ...['dt', 'dd'].map((tag) => [...tip.querySelectorAll(tag)]
                .map((x) => x.innerText))])"""
    )
    if not found:
        return None
    index, names, said = found[0]
    return index, dict(zip(names, said, strict=True))


def show_all(page) -> None:
    """Draw every flow that the page has."""
    if page.locator("[data-part=least]").count():
        page.locator("[data-part=least]").fill("0")


def drawn(page) -> int:
    """How many flows are drawn."""
    return int(page.locator(".cg-page").get_attribute("data-drawn"))


def labels_apart(page) -> int:
    """How many names are written; none may lie on another or on what stands on the map."""
    boxes = page.locator(".cg-label, .cg-frame, .leaflet-control-scale, .cg-ground").evaluate_all(
        "nodes => nodes.map((node) => { const b = node.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom]; })"
    )
    for k, one in enumerate(boxes):
        for other in boxes[k + 1 :]:
            aside = one[2] <= other[0] or other[2] <= one[0]
            assert aside or one[3] <= other[1] or other[3] <= one[1], (one, other)
    return page.locator(".cg-label").count()
