"""Everything a page shows, as plain values ready for JSON: no drawing, no markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from computegrid.maps.hourly import hourly, pack
from computegrid.maps.layers import PARTS, Layers, draw_layers, price_column
from computegrid.maps.palette import CONTROL_COLOURS, SEQUENTIAL
from computegrid.maps.words import GROUP_NAMES, Lang, names, pick, words

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

OPENING_SHARE, OPENING_FLOWS = 0.95, 120
"""Where there are many flows, the page opens with the largest: until they carry this share of the
MW or are this many. The reader may ask for the rest, and the page says what is not drawn."""

_FLOW_KEYS = (
    "region", "site", "mw", "price", "rtt_ms", "control", "group", "made_of", "work", "arc",
)  # fmt: skip
_IDLE = {"planned", "under_construction", "announced", "unverified"}


def page_values(dispatch: Dispatch, *, lang: Lang, max_flows: int) -> dict[str, Any]:
    """All values of the page of one dispatch."""
    layers, text, price = draw_layers(dispatch), words(lang), price_column(dispatch)
    flows = layers.flows.head(max_flows)
    regions, sites = _regions(layers, lang, price), _sites(layers, lang, price)
    return {
        "words": text,
        "lang": lang,
        "colours": dict(CONTROL_COLOURS),
        "group_names": {key: pick(*pair, lang) for key, pair in GROUP_NAMES.items()},
        "groups_present": sorted(set(layers.sites["group"])),
        "marks_present": _marks(sites),
        "ramp": list(SEQUENTIAL),
        "shades": _shades(layers.regions),
        **_price_domain(layers.regions, price),
        "workloads": names(dispatch.scenario.workloads, lang),
        "regions": regions,
        "sites": sites,
        "flows": _flows(layers, flows, price),
        "flow_rule": _flow_rule(layers.flows, len(flows)),
        "price_parts": [text[f"part_{part}"] for part in PARTS] if price == "usd_per_mwh" else [],
        "price_unit": "USD/MWh" if price == "usd_per_mwh" else "kg CO₂/MWh",
        "scale": _scale(layers),
        "bounds": _bounds(layers),
        "hours": _hours(dispatch.scenario.hours),
        "hourly": _hourly(dispatch, flows),
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


def _flows(layers: Layers, flows: gpd.GeoDataFrame, price: str) -> list[dict[str, Any]]:
    region = layers.regions.index.get_indexer(flows["region"])
    site = layers.sites.index.get_indexer(flows["site"])
    kinds = {name: k for k, name in enumerate(sorted(set(layers.by_workload["workload"])))}
    work: dict[tuple[Any, Any], list[float]] = {}
    by_workload = layers.by_workload.sort_values("mw", ascending=False)
    rows = (by_workload[name] for name in ("region", "site", "workload", "mw"))
    for r, s, workload, mw in zip(*rows, strict=True):
        work.setdefault((r, s), []).extend((kinds[workload], _value(mw)))
    figures = zip(*(flows[f"{part}_usd_per_mwh"].map(_value) for part in PARTS), strict=True)
    columns = (
        region.tolist(), site.tolist(), flows["mw"].map(_value), flows[price].map(_value),
        flows["rtt_ms"].map(_value), flows["control"].astype(str), flows["group"], figures,
        (work[pair] for pair in zip(flows["region"], flows["site"], strict=True)),
        ([_wind(part) for part in shape.geoms] for shape in flows.geometry),
    )  # fmt: skip
    return [dict(zip(_FLOW_KEYS, row, strict=True)) for row in zip(*columns, strict=True)]


def _wind(part: shapely.LineString) -> list[int]:
    """Steps of 0.01 degrees from point to point: a fifth of the characters of GeoJSON."""
    steps = np.rint(np.asarray(part.coords) * 100).astype(int)
    return [int(step) for step in np.diff(steps, axis=0, prepend=[[0, 0]]).ravel()]


def _flow_rule(flows: pd.DataFrame, kept: int) -> dict[str, Any]:
    mw = flows["mw"].to_numpy(dtype=float)
    shares = np.linspace(0.05, 0.95, 19) if len(mw) > 20 else np.empty(0)
    steps = sorted({0.0, *(float(f"{value:.2g}") for value in np.quantile(mw, shares))})
    least = 0.0
    if len(mw) > OPENING_FLOWS:
        carried = int(np.searchsorted(np.cumsum(mw) / mw.sum(), OPENING_SHARE))
        least = float(f"{mw[min(carried, OPENING_FLOWS)]:.3g}")
        steps = sorted({*steps, least})
    cut = float(f"{mw[kept]:.3g}") if kept < len(mw) else 0.0
    return {
        "least_mw": least,
        "steps": steps,
        "count": len(mw),
        "mw": _value(mw.sum()),
        "cut_mw": cut,
    }


def _scale(layers: Layers) -> dict[str, float]:
    many = len(layers.sites) + len(layers.regions)
    largest = max(layers.sites["capacity_mw"].max(), layers.regions["demand_mw"].max(), 1e-6)
    flow = layers.flows["mw"].max() if len(layers.flows) else 1.0
    return {
        "flow_px": 9.0 if len(layers.flows) < 120 else 7.5,
        "flow_mw": float(flow),
        "site_px": 24.0 if many < 90 else 20.0 if many < 250 else 16.0,
        "site_mw": float(largest),
    }


def _price_domain(regions: pd.DataFrame, price: str) -> dict[str, Any]:
    prices = regions.loc[regions["demand_mw"] > 0, price].to_numpy(dtype=float)
    if not len(prices):
        return {"price_domain": [0.0, 1.0], "price_clipped": [False, False]}
    low, high = np.quantile(prices, [0.03, 0.97])
    if high - low < 1e-6 * max(1.0, abs(high)):
        low, high = prices.min(), prices.max()
    clipped = [bool(prices.min() < low - 1e-9), bool(prices.max() > high + 1e-9)]
    return {"price_domain": [float(low), float(high)], "price_clipped": clipped}


def _shades(regions: pd.DataFrame) -> list[str]:
    shades = ["price", "unserved"]
    shades += ["foreign"] if regions["foreign_share"].notna().any() else []
    return shades + (["away"] if (regions["away_share"] > 1e-9).any() else [])


def _marks(sites: list[dict[str, Any]]) -> list[str]:
    marks = {"estimate"} if any(site["estimate"] for site in sites) else set()
    for site in sites:
        if site["status"] in _IDLE:
            marks.add("idle")
        elif site["status"] not in ("", "operational"):
            marks.add("out")
    return sorted(marks)


def _bounds(layers: Layers) -> list[list[float]]:
    lon = np.concatenate([layers.regions.geometry.x, layers.sites.geometry.x])
    lat = np.concatenate([layers.regions.geometry.y, layers.sites.geometry.y])
    return [[float(lat.min()), float(lon.min())], [float(lat.max()), float(lon.max())]]


def _hours(hours: pd.DataFrame) -> list[dict[str, Any]]:
    stamped = isinstance(hours.index, pd.DatetimeIndex)
    out = []
    for hour, row in hours.iterrows():
        season = _text(row.get("season")) or (_text(row.get("day")) if stamped else "")
        utc = hour.hour + hour.minute / 60 if stamped else row.get("hour_utc")  # type: ignore[attr-defined]
        time = f"{hour:%H:%M} UTC" if stamped else f"h {hour}"
        out.append({"label": f"{season} · {time}" if season else time, "utc": _value(utc)})
    return out


def _hourly(dispatch: Dispatch, flows: pd.DataFrame) -> dict[str, Any]:
    if len(dispatch.scenario.hours) < 2:
        return {}
    pairs = pd.MultiIndex.from_frame(flows[["region", "site"]])
    return {name: pack(rows) for name, rows in hourly(dispatch, pairs).items()}


def _place(row: Any, label: str, short: str) -> dict[str, Any]:
    lon, lat = round(row["geometry"].x, 4), round(row["geometry"].y, 4)
    return {"label": label, "short": short, "lon_deg": lon, "lat_deg": lat}


def _short(table: pd.DataFrame, lang: Lang) -> list[str]:
    """What is written on the map itself: one language, the first phrase, at most 26 characters."""
    labels = names(table, "zh" if lang == "zh" else "en")
    first = [re.split(r"[,(,(:]", label)[0].strip() or label for label in labels]
    return [label if len(label) <= 26 else label[:25].rstrip() + "…" for label in first]


def _value(value: Any) -> Any:
    """A number with seven digits, or None where there is none."""
    if value is None or value is pd.NA or value != value:
        return None
    return bool(value) if isinstance(value, bool | np.bool_) else float(f"{float(value):.7g}")


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
