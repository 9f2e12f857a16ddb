"""Everything a page shows, as plain values ready for JSON: no drawing, no markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from computegrid.maps.figures import PARTS, price_column
from computegrid.maps.hourly import hourly, pack
from computegrid.maps.layers import Layers, draw_layers
from computegrid.maps.palette import CONTROL_COLOURS, SEQUENTIAL
from computegrid.maps.scales import bounds, flow_rule, marks, price_range, shades, sizes
from computegrid.maps.words import GROUP_NAMES, Lang, names, pick, words

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

_FLOW_KEYS = (
    "region", "site", "mw", "price", "rtt_ms", "made_of", "work", "arc",
)  # fmt: skip
_LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


def page_values(dispatch: Dispatch, *, lang: Lang, max_flows: int) -> dict[str, Any]:
    """All values of the page of one dispatch."""
    layers, text, price = draw_layers(dispatch), words(lang), price_column(dispatch)
    flows = layers.flows.head(max_flows)
    wanted = layers.regions[layers.regions["demand_mw"] > 0]
    moving = hourly(dispatch, pd.MultiIndex.from_frame(flows[["region", "site"]]))
    prices = moving["region_price"][moving["region_demand_mw"] > 0]
    regions, sites = _regions(layers, lang, price), _sites(layers, lang, price)
    return {
        "words": text,
        "lang": lang,
        "colours": dict(CONTROL_COLOURS),
        "group_names": {key: pick(*pair, lang) for key, pair in GROUP_NAMES.items()},
        "groups_present": sorted(set(layers.sites["group"])),
        "marks_present": marks(sites),
        "ramp": list(SEQUENTIAL),
        "shades": shades(layers.regions),
        "price_range": price_range(wanted[price].to_numpy(dtype=float)),
        "workloads": names(dispatch.scenario.workloads, lang),
        "regions": _columns(regions),
        "sites": _columns(sites),
        "flows": _flows(layers, flows, price),
        "flow_rule": flow_rule(layers.flows, len(flows)),
        "price_parts": [text[f"part_{part}"] for part in PARTS] if price == "usd_per_mwh" else [],
        "price_unit": "USD/MWh" if price == "usd_per_mwh" else "kg CO₂/MWh",
        "scale": sizes(layers),
        "bounds": bounds(layers),
        "hours": _hours(dispatch.scenario.hours),
        "hourly": {name: pack(figures) for name, figures in moving.items()},
        "hour_price_range": price_range(prices),
        "clock_region": int(np.argmax(layers.regions["demand_mw"])) if len(regions) else 0,
    }


def _regions(layers: Layers, lang: Lang, price: str) -> list[dict[str, Any]]:
    table = layers.regions
    columns = [
        "demand_mw",
        "served_mw",
        "unserved_share",
        "away_share",
        "foreign_share",
        "estimate",
    ]
    return [
        {
            **_place(row, label, short),
            **{column: _value(row[column]) for column in columns},
            "price": _value(row[price]),
            "utc_offset_hours": _value(row.get("utc_offset_hours")),
            **(
                {"shape": shapely.geometry.mapping(row["shape"])}
                if row["shape"] is not None
                else {}
            ),
        }
        for (_, row), label, short in zip(
            table.iterrows(), names(table, lang), _short(table, lang), strict=True
        )
    ]


def _sites(layers: Layers, lang: Lang, price: str) -> list[dict[str, Any]]:
    table = layers.sites
    numbers = ["capacity_mw", "used_mw", "energy_usd_per_mwh", "pue"]
    texts = ["control", "group", "chip", "status"]
    operator = "operator_name" if "operator_name" in table else "operator"
    return [
        {
            **_place(row, label, short),
            **{column: _value(row.get(column)) for column in numbers},
            **{column: _text(row.get(column)) for column in texts},
            "scarcity": _value(row[f"scarcity_{price}"]),
            "operator": _text(row.get(operator)),
            "estimate": bool(row["estimate"]),
        }
        for (_, row), label, short in zip(
            table.iterrows(), names(table, lang), _short(table, lang), strict=True
        )
    ]


def _flows(layers: Layers, flows: gpd.GeoDataFrame, price: str) -> dict[str, list[Any]]:
    region = layers.regions.index.get_indexer(flows["region"])
    site = layers.sites.index.get_indexer(flows["site"])
    kinds = {name: k for k, name in enumerate(sorted(set(layers.by_workload["workload"])))}
    work: dict[tuple[Any, Any], list[float | None]] = {}
    by_workload = layers.by_workload.sort_values("mw", ascending=False)
    rows = (by_workload[name] for name in ("region", "site", "workload", "mw"))
    for r, s, workload, mw in zip(*rows, strict=True):
        work.setdefault((r, s), []).extend((kinds[workload], _rough(mw)))
    figures = zip(*(flows[f"{part}_usd_per_mwh"].map(_rough) for part in PARTS), strict=True)
    columns = (
        region.tolist(), site.tolist(), flows["mw"].map(_value), flows[price].map(_value),
        flows["rtt_ms"].map(_rough), figures,
        (work[pair] for pair in zip(flows["region"], flows["site"], strict=True)),
        ([_wind(part) for part in shape.geoms] for shape in flows.geometry),
    )  # fmt: skip
    return {key: list(column) for key, column in zip(_FLOW_KEYS, columns, strict=True)}


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
    for hour, row in hours.iterrows():
        season = _text(row.get("season")) or (_text(row.get("day")) if stamped else "")
        utc = hour.hour + hour.minute / 60 if stamped else row.get("hour_utc")  # type: ignore[attr-defined]
        time = f"{hour:%H:%M} UTC" if stamped else f"h {hour}"
        out.append({"label": f"{season} · {time}" if season else time, "utc": _value(utc)})
    return out


def _place(row: Any, label: str, short: str) -> dict[str, Any]:
    lon, lat = round(row["geometry"].x, 4), round(row["geometry"].y, 4)
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


def _value(value: Any) -> Any:
    """A number with seven digits, or None where there is none."""
    if value is None or value is pd.NA or value != value:
        return None
    return bool(value) if isinstance(value, bool | np.bool_) else float(f"{float(value):.7g}")


def _rough(value: Any) -> float | None:
    """A detail of a tooltip, with four digits."""
    return None if value != value else float(f"{float(value):.4g}")


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
