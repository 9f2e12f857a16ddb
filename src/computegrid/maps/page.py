"""The page of a dispatch: one self-contained HTML file. The only file that imports folium."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import folium
from branca.element import Element, Figure
from folium.template import Template

from computegrid.maps.base import BaseMap, Ground, Land, asset, ground
from computegrid.maps.header import Header, header
from computegrid.maps.payload import page_values
from computegrid.maps.safe import safe, safe_json
from computegrid.maps.shapes import Shapes, shapes_of
from computegrid.maps.views import View
from computegrid.maps.words import Lang, check_lang, words
from computegrid.saving import write_text
from computegrid.targets import PAGES, require_target

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def draw_dispatch(
    dispatch: Dispatch,
    *,
    lang: Lang = "both",
    max_flows: int = 3000,
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
    region_shapes: Shapes = None,
) -> folium.Map:
    """Draw one dispatch as a map that needs no network.

    Parameters
    ----------
    dispatch : Dispatch
        What :func:`computegrid.solve` returned.
    lang : {"both", "en", "zh"}
        Names and words in English, Chinese or both.
    max_flows : int
        The most flows drawn, the largest first; the map says what was left out.
    land : {"coarse", "fine"}
        Bundled land: 1:50 million, or 1:10 million (0.5 MB more) for looking closely.
    worldview : str, optional
        Whose borders to draw, by name, e.g. ``"natural-earth-de-facto"``; the name is written on
        the map, and regions that are whole countries are shaded as their shapes. None, the
        default, draws no border.
    base_map : GeoDataFrame, GeoSeries or path of a GeoJSON file, optional
        A layer of one's own below everything, e.g. an officially approved one with its borders;
        None is the bundled land.
    base_map_note : str
        Its name and approval number, written on the map.
    region_shapes : GeoDataFrame or GeoSeries, optional
        Shapes of regions, indexed by region; these are shaded instead of squares.

    Returns
    -------
    folium.Map
        Shown as it is in a notebook, written with ``.save(path)`` or, whole or not at all, with
        :func:`save_page`.

    Raises
    ------
    DataError
        If ``base_map`` cannot be read.
    ScenarioError
        If a region or site has no place, or an option is none of those above.
    """
    return draw_views(
        [View(dispatch)], ground(land, worldview, base_map, base_map_note), region_shapes,
        lang=lang, max_flows=max_flows,
    )  # fmt: skip


def draw_views(
    views: Sequence[View],
    below: Ground,
    shapes: Shapes = None,
    *,
    lang: Lang,
    max_flows: int,
    study: dict[str, Any] | None = None,
) -> OfflineMap:
    """Draw dispatches of one scenario as one page that shows one of them at a time."""
    check_lang(lang)
    drawn = shapes_of(views[0].dispatch.scenario, below, shapes)
    values = page_values(views, lang=lang, max_flows=max_flows, study=study, shapes=drawn)
    opening = views[study["opening"] if study else 0]
    head = header(opening.dispatch, lang, below, opening.regime)
    return OfflineMap(values, head, below.page_json(values["west_deg"]))


def save_page(page: folium.Map, path: str | os.PathLike[str]) -> Path:
    """Write a map to a file: the whole page is there afterwards, or the file is as it was.

    Raises
    ------
    DataError
        If no page can be written there, e.g. a link, a device, or a name that ends in ``.pdf``.
    """
    require_target(Path(path), "map", PAGES)
    return write_text(Path(path), page.get_root().render())


class OfflineMap(folium.Map):
    """A folium map with everything it needs inside; folium's own links are left out."""

    _template = Template("""
        {% macro header(this, kwargs) %}
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <style>{{ this.style }}</style>
        <script>{{ this.leaflet }}</script>
        {% endmacro %}
        {% macro html(this, kwargs) %}{{ this.body }}{% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {
            center: [0, 0], zoom: 2, attributionControl: false, preferCanvas: true, zoomSnap: 0.25,
            zoomDelta: 0.5, wheelPxPerZoomLevel: 90, minZoom: 0.5, maxZoom: 9,
            maxBounds: [[-75, {{ this.west - 20 }}], [86, {{ this.west + 380 }}]],
            maxBoundsViscosity: 0.8
        });
        (function (map, data, land, root) { "use strict";
        {{ this.program }}
        })({{ this.get_name() }},
           JSON.parse(document.getElementById("cg-data-{{ this.get_name() }}").textContent),
           JSON.parse(document.getElementById("cg-land-{{ this.get_name() }}").textContent),
           document.getElementById("cg-{{ this.get_name() }}"));
        {% endmacro %}
    """)

    def __init__(self, values: dict[str, Any], head: Header, land: str) -> None:
        super().__init__(location=None, tiles=None, zoom_control=True)
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []
        self.style = _leaflet_css() + asset("page/page.css")
        self.leaflet = re.sub(r"\n//# sourceMappingURL.*", "", asset("leaflet.js"))
        self.program = _program()
        self.west = float(values["west_deg"])
        self.body = _body(self.get_name(), values, head, land)
        Page(title=safe(head.title), lang=head.html_lang).add_child(self)

    def save(
        self, outfile: str | bytes | os.PathLike[str] | BinaryIO, close_file: bool = True,
        **kwargs: Any,
    ) -> None:
        """Write the page to a file as :func:`save_page` does, or into one that is open.

        Raises
        ------
        DataError
            If no page can be written there, e.g. a link, a device, or a name that ends in ``.pdf``.
        """
        if isinstance(outfile, (str, bytes, os.PathLike)):
            save_page(self, os.fsdecode(outfile))
        else:
            super().save(outfile, close_file, **kwargs)

    def render(self, **kwargs: Any) -> str:
        """Put the page's parts into the figure as they are.

        The usual way would read them as Jinja templates, and so run what a name holds in braces.
        """
        figure, parts = self.get_root(), self._template.module
        for place in ("header", "html", "script"):
            part = Verbatim(getattr(parts, place)(self, kwargs))
            getattr(figure, place).add_child(part, name=self.get_name())
        for child in self._children.values():
            child.render(**kwargs)
        return ""


class Verbatim(Element):
    """Text of a page that is not read as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Page(Figure):
    """An HTML page whose policy forbids the network and every script it was not written with."""

    _template = Template("""<!DOCTYPE html>
<html lang="{{ this.lang }}">
<head>
{{ this.header.render(**kwargs) }}
<title>{{ this.title }}</title>
</head>
<body>
{{ this.html.render(**kwargs) }}
<script>{{ this.script.render(**kwargs) }}</script>
</body>
</html>
""")

    def __init__(self, title: str, lang: str) -> None:
        super().__init__(height="720px", title=title)
        self.lang = lang

    def render(self, **kwargs: Any) -> str:
        """The page, with a content security policy that names each of its scripts by its hash."""
        text = str(super().render(**kwargs))
        hashes = " ".join(f"'sha256-{_digest(script)}'" for script in _SCRIPT.findall(text))
        policy = _POLICY.format(scripts=hashes)
        meta = (
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        )
        return text.replace("<head>\n", "<head>\n" + meta, 1)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")


def _leaflet_css() -> str:
    """Leaflet's style without its image links: the page draws no such image."""
    return re.sub(r"url\([^)]*\)", "none", asset("leaflet.css"))


@cache
def _program() -> str:
    folder = files("computegrid.maps") / "assets" / "page"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".js"))
    return "\n".join(asset(f"page/{name}") for name in names)


def _body(name: str, values: dict[str, Any], head: Header, land: str) -> str:
    text = {key: safe(word) for key, word in words(values["lang"]).items()}
    totals = "".join(f"<li>{safe(label)} <b>{safe(value)}</b></li>" for label, value in head.totals)
    clock = '<div class="cg-clock" data-part="clock"></div>' if len(values["hours"]) > 1 else ""
    views = '<section data-part="views"></section>' if values["study"] else ""
    kind = " cg-study" if values["study"] else ""
    return f"""
<div class="cg-page{kind}" id="cg-{name}">
<header class="cg-head"><h1>{safe(head.title)}</h1>
<p><span class="cg-regime" data-part="regime">{safe(head.regime)}</span> · {safe(head.period)}</p>
<div class="cg-tools"><button type="button" data-part="open-table">{text["table"]}</button>
<button type="button" data-part="open-panel" aria-expanded="true">{text["panel"]}</button></div>
<ul class="cg-totals" data-part="totals">{totals}</ul></header>
<main class="cg-map"><div class="folium-map" id="{name}" role="application"
 aria-label="{text["map"]}: {safe(head.title)}. {text["skip"]}"></div>
<p class="cg-ground" data-part="ground">{safe(head.ground)}</p></main>
<aside class="cg-side" tabindex="0" aria-label="{text["legend"]}">
<section class="cg-selected" data-part="selected" aria-live="polite" hidden></section>{views}
<section data-part="controls"></section><section data-part="legend"></section></aside>
<footer class="cg-foot">{clock}<p>{safe(head.source)}</p></footer>
<dialog class="cg-table" data-part="table" aria-label="{text["table"]}"></dialog>
<noscript>{text["no_script"]}</noscript>
</div>
<script type="application/json" id="cg-data-{name}">{safe_json(values)}</script>
<script type="application/json" id="cg-land-{name}">{land}</script>
"""
