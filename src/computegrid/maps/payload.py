"""Everything a page shows, as plain values ready for JSON: no drawing, no markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import shapely

from computegrid.maps.base import UNITS, apart, cut_at, steps
from computegrid.maps.figures import PARTS, price_column
from computegrid.maps.hourly import hourly, pack
from computegrid.maps.layers import Layers, arcs_between
from computegrid.maps.palette import CHANGE, CONTROL_COLOURS, SEQUENTIAL
from computegrid.maps.scales import (
    bounds,
    marks,
    price_range,
    shades,
    share_ranges,
    sizes,
    west_edge,
)
from computegrid.maps.touch import rule_book
from computegrid.maps.values import text, value
from computegrid.maps.views import View, layers_of, mean_mw, pairs_of, view_values
from computegrid.maps.words import GROUP_NAMES, Lang, names, pick, words
from computegrid.tables.steps import day_of

_LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


def page_values(
    views: Sequence[View],
    *,
    lang: Lang,
    max_flows: int,
    study: dict[str, Any] | None = None,
    shapes: Mapping[Any, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """All values of a page: what its views share, and the figures of each.

    ``study`` says how they are listed; its ``base`` is the view differences are taken from.
    ``shapes`` are those of the regions that have one.
    """
    drawn, says = layers_of(views), words(lang)
    dispatch, price = views[0].dispatch, price_column(views[0].dispatch)
    scenario, base = dispatch.scenario, drawn[study["base"] if study else 0]
    pairs, cut = pairs_of(drawn, max_flows)
    before, west = mean_mw(base, pairs), west_edge(drawn)
    wanted = np.concatenate(
        [layers.regions.loc[layers.regions["demand_mw"] > 0, price] for layers in drawn]
    )
    clocks = [view.moving or view.dispatch for view in views]
    moving = [hourly(clock, pairs) for clock in clocks]
    demand = moving[0]["region_demand_mw"]
    prices = np.concatenate([figures["region_price"][demand > 0] for figures in moving])
    sites = _sites(base, lang, west)
    rules = rule_book([view.dispatch for view in views])
    start = study["base"] if study else 0
    first = view_values(views[start], base, moving[start], pairs, before, lang, None)
    rows = first.pop("rows")
    shown = [
        (first if k == start
         else view_values(view, drawn[k], moving[k], pairs, before, lang, rows))
        | {"rules": rules.prices(view.dispatch)}
        for k, view in enumerate(views)
    ]  # fmt: skip
    return {
        "words": says,
        "lang": lang,
        "colours": dict(CONTROL_COLOURS),
        "group_names": {key: pick(*pair, lang) for key, pair in GROUP_NAMES.items()},
        "groups_present": sorted(set(base.sites["group"])),
        "marks_present": marks(sites),
        "ramp": list(SEQUENTIAL),
        "change": list(CHANGE),
        "shades": shades(drawn),
        "price_range": price_range(wanted),
        "share_ranges": share_ranges(drawn),
        "workloads": names(scenario.workloads, lang),
        "regions": _columns(_regions(base, lang, west, shapes)),
        "sites": _columns(sites),
        "flows": {
            "region": scenario.regions.index.get_indexer(pairs.get_level_values(0)).tolist(),
            "site": scenario.sites.index.get_indexer(pairs.get_level_values(1)).tolist(),
            "arc": [
                [_wind(part) for part in shape.geoms]
                for shape in arcs_between(scenario, pairs.to_frame(index=False), west)
            ],
        },
        "price_parts": [says[f"part_{part}"] for part in PARTS] if price == "usd_per_mwh" else [],
        "price_unit": "USD/MWh" if price == "usd_per_mwh" else "kg CO₂/MWh",
        "scale": sizes(drawn, 1.4 if study else 1.0),
        "bounds": bounds(drawn, west),
        "west_deg": west,
        "shape_units": UNITS,
        "hours": _hours(clocks[0].scenario.hours),
        "hourly": {"region_demand_mw": pack(demand)},
        "hour_price_range": price_range(prices),
        "clock_region": int(np.argmax(base.regions["demand_mw"])) if len(base.regions) else 0,
        "cut": cut,
        "rules": rules.listed,
        "reach": rules.reach,
        "views": shown,
        "study": study,
    }


def _regions(
    layers: Layers, lang: Lang, west: float, shapes: Mapping[Any, Any]
) -> list[dict[str, Any]]:
    table = layers.regions
    return [
        {
            **_place(row, label, short, west),
            "demand_mw": value(row["demand_mw"]),
            "estimate": bool(row["estimate"]),
            "utc_offset_hours": value(row.get("utc_offset_hours")),
            **({"shape": _shape(shapes[region], west)} if region in shapes else {}),
        }
        for (region, row), label, short in zip(
            table.iterrows(), names(table, lang), _short(table, lang), strict=True
        )
    ]


def _sites(layers: Layers, lang: Lang, west: float) -> list[dict[str, Any]]:
    table = layers.sites
    numbers = ["capacity_mw", "energy_usd_per_mwh", "pue"]
    texts = ["control", "group", "chip", "status"]
    operator = "operator_name" if "operator_name" in table else "operator"
    return [
        {
            **_place(row, label, short, west),
            **{column: value(row.get(column)) for column in numbers},
            **{column: text(row.get(column)) for column in texts},
            "operator": text(row.get(operator)),
            "estimate": bool(row["estimate"]),
        }
        for (_, row), label, short in zip(
            table.iterrows(), names(table, lang), _short(table, lang), strict=True
        )
    ]


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The same rows with each key written once; a key that a row has not is None there."""
    keys = {key: None for row in rows for key in row}
    return {key: [row.get(key) for row in rows] for key in keys}


def _wind(part: shapely.LineString) -> list[int]:
    """Some points of an arc, evenly apart, as steps of 0.01 degrees; the page curves through them.

    At least five, so that a bow keeps its form, and one in 15 degrees.
    """
    points = np.rint(np.asarray(part.coords) * 100).astype(int)
    last = len(points) - 1
    count = min(last, max(4, int(np.ceil(last / 6))))
    kept = points[np.rint(np.linspace(0, last, count + 1)).astype(int)]
    return [int(step) for step in np.diff(kept, axis=0, prepend=[[0, 0]]).ravel()]


def _hours(hours: pd.DataFrame) -> list[dict[str, Any]]:
    stamped = isinstance(hours.index, pd.DatetimeIndex)
    out = []
    for hour, row in hours.assign(day=day_of(hours)).iterrows():
        season = text(row.get("season")) or (text(row.get("day")) if stamped else "")
        utc = hour.hour + hour.minute / 60 if stamped else row.get("hour_utc")  # type: ignore[attr-defined]
        time = f"{hour:%H:%M} UTC" if stamped else f"h {hour}"
        out.append({"label": f"{season} · {time}" if season else time, "utc": value(utc)})
    return out


def _shape(shape: Any, west: float) -> list[list[list[int]]]:
    """Rings of a region's shape as whole steps, cut at the map's edge."""
    polygons, _ = cut_at(apart([shape])[0], [], west)
    return [[steps(ring, UNITS) for ring in rings] for rings in polygons]


def _place(row: Any, label: str, short: str, west: float) -> dict[str, Any]:
    lon, lat = round((row["geometry"].x - west) % 360 + west, 4), round(row["geometry"].y, 4)
    return {"label": label, "short": short, "lon_deg": lon, "lat_deg": lat}


def _short(table: pd.DataFrame, lang: Lang) -> list[str]:
    """What is written on the map itself: the first phrase of the name, at most 28 characters."""
    english, chinese = (
        [re.split(r"[,(,(:]", label)[0].strip() or label for label in names(table, one)]
        for one in _LANGUAGES
    )
    both = [
        f"{en} {zh}" if lang == "both" and zh != en and len(en) + 2 * len(zh) <= 26 else en
        for en, zh in zip(english, chinese, strict=True)
    ]
    labels = chinese if lang == "zh" else both
    return [label if len(label) <= 28 else label[:27].rstrip() + "…" for label in labels]
