"""Everything a page shows, as plain values ready for JSON: no drawing, no markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from computegrid.maps.hourly import hourly, pack
from computegrid.maps.layers import Layers, draw_layers
from computegrid.maps.palette import CONTROL_COLOURS, SEQUENTIAL
from computegrid.maps.words import GROUP_NAMES, Lang, names, pick, words

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

FLOWS_KEPT_SHARE = 0.99
"""Where there are many flows, the page opens with the largest that carry this share of the MW."""

MANY_FLOWS = 150
_IDLE = {"planned", "under_construction", "announced", "unverified"}


def page_values(dispatch: Dispatch, *, lang: Lang, max_flows: int) -> dict[str, Any]:
    """All values of the page of one dispatch."""
    layers, text = draw_layers(dispatch), words(lang)
    flows = layers.flows.head(max_flows)
    regions, sites = _regions(layers, lang), _sites(layers, lang)
    return {
        "words": text,
        "lang": lang,
        "colours": dict(CONTROL_COLOURS),
        "group_names": {key: pick(*pair, lang) for key, pair in GROUP_NAMES.items()},
        "groups_present": sorted(set(layers.sites["group"])),
        "marks_present": _marks(sites),
        "ramp": list(SEQUENTIAL),
        "shades": _shades(layers.regions),
        **_price_domain(layers.regions),
        "workloads": names(dispatch.scenario.workloads, lang),
        "regions": regions,
        "sites": sites,
        "flows": _flows(layers, flows),
        "flow_rule": _flow_rule(layers.flows, len(flows)),
        "price_parts": [],
        "scale": _scale(layers),
        "bounds": _bounds(layers),
        "hours": _hours(dispatch.scenario.hours),
        "hourly": _hourly(dispatch, flows),
        "clock_region": int(np.argmax(layers.regions["demand_mw"])) if len(regions) else 0,
    }


def _regions(layers: Layers, lang: Lang) -> list[dict[str, Any]]:
    table = layers.regions
    columns = ["demand_mw", "served_mw", "usd_per_mwh", "unserved_share", "away_share",
               "foreign_share", "estimate"]  # fmt: skip
    return [
        {
            **_place(row, label, short),
            **{column: _value(row[column]) for column in columns},
            "utc_offset_hours": _value(row.get("utc_offset_hours")),
            **({"shape": shapely.geometry.mapping(row["shape"])} if row["shape"] is not None else {}),
        }
        for (_, row), label, short in zip(
            table.iterrows(), names(table, lang), _short(table, lang), strict=True
        )
    ]


def _sites(layers: Layers, lang: Lang) -> list[dict[str, Any]]:
    table = layers.sites
    numbers = ["capacity_mw", "used_mw", "rent_usd_per_mwh", "energy_usd_per_mwh", "pue"]
    texts = ["control", "group", "chip", "status"]
    operator = "operator_name" if "operator_name" in table else "operator"
    return [
        {
            **_place(row, label, short),
            **{column: _value(row.get(column)) for column in numbers},
            **{column: _text(row.get(column)) for column in texts},
            "operator": _text(row.get(operator)),
            "estimate": bool(row["estimate"]),
        }
        for (_, row), label, short in zip(
            table.iterrows(), names(table, lang), _short(table, lang), strict=True
        )
    ]


def _flows(layers: Layers, flows: pd.DataFrame) -> list[dict[str, Any]]:
    region = layers.regions.index.get_indexer(flows["region"])
    site = layers.sites.index.get_indexer(flows["site"])
    kinds = {name: k for k, name in enumerate(sorted(set(layers.by_workload["workload"])))}
    work: dict[tuple[Any, Any], list[float]] = {}
    for row in layers.by_workload.sort_values("mw", ascending=False).itertuples(index=False):
        work.setdefault((row.region, row.site), []).extend((kinds[row.workload], _value(row.mw)))
    return [
        {
            "region": int(r),
            "site": int(s),
            "mw": _value(row.mw),
            "usd_per_mwh": _value(row.usd_per_mwh),
            "rtt_ms": _value(row.rtt_ms),
            "control": str(row.control),
            "group": row.group,
            "work": work[row.region, row.site],
            "arc": [_wind(part) for part in row.geometry.geoms],
        }
        for row, r, s in zip(flows.itertuples(index=False), region, site, strict=True)
    ]


def _wind(part: shapely.LineString) -> list[int]:
    """Steps of 0.01 degrees from point to point: a fifth of the characters of GeoJSON."""
    steps = np.rint(np.asarray(part.coords) * 100).astype(int)
    return [int(step) for step in np.diff(steps, axis=0, prepend=[[0, 0]]).ravel()]


def _flow_rule(flows: pd.DataFrame, kept: int) -> dict[str, Any]:
    mw = flows["mw"].to_numpy(dtype=float)
    steps = sorted({0.0, *(float(f"{v:.2g}") for v in np.quantile(mw, np.linspace(0.05, 0.95, 19)))}
                   ) if len(mw) > 20 else [0.0]  # fmt: skip
    least = 0.0
    if len(mw) > MANY_FLOWS:
        carried = np.cumsum(mw) / mw.sum()
        smallest = mw[min(int(np.searchsorted(carried, FLOWS_KEPT_SHARE)), len(mw) - 1)]
        least = max(step for step in steps if step <= smallest)
    cut = float(f"{mw[kept]:.3g}") if kept < len(mw) else 0.0
    return {"least_mw": least, "steps": steps, "count": len(mw), "mw": _value(mw.sum()), "cut_mw": cut}


def _scale(layers: Layers) -> dict[str, float]:
    many = len(layers.sites) + len(layers.regions)
    largest = max(layers.sites["capacity_mw"].max(), layers.regions["demand_mw"].max(), 1e-6)
    flow = layers.flows["mw"].max() if len(layers.flows) else 1.0
    return {
        "flow_px": 9.0 if len(layers.flows) < 120 else 7.5,
        "flow_mw": float(flow),
        "flow_opacity": 0.85 if len(layers.flows) < 120 else 0.7,
        "site_px": 24.0 if many < 90 else 20.0 if many < 250 else 16.0,
        "site_mw": float(largest),
    }


def _price_domain(regions: pd.DataFrame) -> dict[str, Any]:
    prices = regions.loc[regions["demand_mw"] > 0, "usd_per_mwh"].to_numpy(dtype=float)
    if not len(prices):
        return {"price_domain": [0.0, 1.0], "price_clipped": [False, False]}
    low, high = np.quantile(prices, [0.03, 0.97])
    if high - low < 1e-6 * max(1.0, abs(high)):
        low, high = prices.min(), prices.max()
    clipped = [bool(prices.min() < low - 1e-9), bool(prices.max() > high + 1e-9)]
    return {"price_domain": [float(low), float(high)], "price_clipped": clipped}


def _shades(regions: pd.DataFrame) -> list[str]:
    shades = ["price", "unserved"]
    shades += ["foreign"] if (regions["foreign_share"] > 1e-9).any() or "country" in regions else []
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
    """What is written on the map itself: one language, and no more than 26 characters."""
    labels = names(table, "zh" if lang == "zh" else "en")
    return [label if len(label) <= 26 else label[:25].rstrip() + "…" for label in labels]


def _value(value: Any) -> Any:
    """A number with seven digits, or None where there is none."""
    if value is None or value is pd.NA or value != value:
        return None
    return bool(value) if isinstance(value, bool | np.bool_) else float(f"{float(value):.7g}")


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)
