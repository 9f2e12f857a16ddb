"""Maps of studies: one page with a view per regime, or per switch that may be thrown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from computegrid.errors import ScenarioError
from computegrid.maps.base import BaseMap, Land, ground
from computegrid.maps.figures import horizon_hours
from computegrid.maps.header import large, money, share
from computegrid.maps.page import OfflineMap, draw_views
from computegrid.maps.shapes import Shapes
from computegrid.maps.values import text, value
from computegrid.maps.views import View
from computegrid.maps.words import Lang, check_lang, pick, words
from computegrid.units import told

if TYPE_CHECKING:
    from computegrid.studies.compare import Comparison
    from computegrid.studies.freezetable import Freeze
    from computegrid.studies.outcome import Outcome

_NAMED = 24  # a title longer than this stands in one language where both are asked for


def draw_comparison(
    comparison: Comparison,
    *,
    lang: Lang = "both",
    max_flows: int = 3000,
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
    region_shapes: Shapes = None,
) -> OfflineMap:
    """Draw a comparison as one page: a radio between regimes, and what moved against the base.

    Parameters
    ----------
    comparison : Comparison
        What :func:`computegrid.studies.compare.compare` returned.
    lang, max_flows, land, worldview, base_map, base_map_note, region_shapes
        As :func:`computegrid.maps.page.draw_dispatch` takes them; ``max_flows`` holds per regime.

    Returns
    -------
    folium.Map
    """
    check_lang(lang)
    below = ground(land, worldview, base_map, base_map_note)
    says, table = words(lang), comparison.table
    names = list(comparison.dispatches)
    views = [View(dispatch) for dispatch in comparison.dispatches.values()]
    base = names.index(comparison.base)
    figures = table.to_dict("index")
    rows = [
        _row(_title(comparison, name, lang), names.index(name) if name in names else -1,
             regime_cells(figures[name], figures[comparison.base]) if name in names
             else [[says["infeasible"], ""]])
        for name in table.index
    ]  # fmt: skip
    others = [*range(base + 1, len(names)), *range(base)]
    study = {
        "kind": "compare", "base": base, "opening": others[0] if others else base,
        "moved": bool(others), "shade": "price", "title": says["views_regime"],
        "columns": [f"{says['cost'].capitalize()} USD", says["unserved_share"],
                    says["own_control"], "CO₂"],
        "rows": rows, "table": _whole(table), "note": "",
    }  # fmt: skip
    return draw_views(
        views, below, region_shapes, lang=lang, max_flows=max_flows, study=study
    )


def draw_freeze(
    freeze: Freeze,
    *,
    lang: Lang = "both",
    max_flows: int = 3000,
    max_views: int = 12,
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
    region_shapes: Shapes = None,
) -> OfflineMap:
    """Draw a freeze desk as one page: pick a switch, see who goes dark.

    Parameters
    ----------
    freeze : Freeze
        What :func:`computegrid.studies.freeze.freeze` returned.
    lang, max_flows, land, worldview, base_map, base_map_note, region_shapes
        As :func:`computegrid.maps.page.draw_dispatch` takes them; ``max_flows`` holds per switch.
    max_views : int
        The most switches drawn, the worst first; all others are listed with their figures.

    Returns
    -------
    folium.Map
    """
    check_lang(lang)
    if max_views < 1:
        raise ScenarioError(f"max_views must be at least 1; got {max_views!r}")
    below = ground(land, worldview, base_map, base_map_note)
    says, table = words(lang), freeze.table
    outcomes = {outcome.switch.label: outcome for outcome in freeze.outcomes}
    drawn = [name for name in table.index if outcomes[name].dispatch is not None]
    kept = drawn[:max_views]
    views = [View(freeze.before, says["nothing_frozen"])]
    views += [_frozen_view(freeze, outcomes[name], says) for name in kept]
    total = horizon_hours(freeze.before)
    figures = table.to_dict("index")
    rows = [_row(says["nothing_frozen"], 0, [["–", ""]] * 4)]
    rows += [
        _row(name, 1 + kept.index(name) if name in kept else -1,
             switch_cells(figures[name], total, says))
        for name in table.index
    ]  # fmt: skip
    note = says["worst_shown"].replace("%n", str(len(kept))).replace("%t", str(len(table)))
    study = {
        "kind": "freeze", "base": 0, "opening": 1 if kept else 0, "moved": False,
        "shade": "unserved", "title": f"{says['views_switch']} ({freeze.by})",
        "columns": [says["unserved_share"], says["given_up"], f"{says['added_cost']} USD",
                    says["reserve"]],
        "rows": rows, "table": _whole(table),
        "note": " ".join([*([note] if len(kept) < len(table) else []),
                          *([] if freeze.tied.empty else [says["tied_note"]])]),
    }  # fmt: skip
    return draw_views(
        views, below, region_shapes, lang=lang, max_flows=max_flows, study=study
    )


def _title(comparison: Comparison, name: str, lang: Lang) -> str:
    found = comparison.dispatches.get(name)
    regime = found.regime if found is not None else comparison.scenario.regimes.get(name)
    if regime is None:
        return name
    return pick(regime.title or name, getattr(regime, "title_zh", ""), lang, _NAMED)


def _row(name: str, view: int, cells: list[list[str]]) -> dict[str, Any]:
    return {"name": name, "view": view, "cells": cells}


def regime_cells(row: dict[Any, Any], start: dict[Any, Any]) -> list[list[str]]:
    """Cost, unserved work, own control and carbon of a regime, each with its change."""
    own = float(row["own_control_share"])
    unserved, before = (r["unserved_mwh"] / (r["served_mwh"] + r["unserved_mwh"])
                        for r in (row, start))  # fmt: skip
    same = row is start
    return [
        [money(float(row["cost_usd"])).removesuffix(" USD"),
         "" if same else _by(row["cost_usd"], start["cost_usd"])],
        [share(unserved, 1.0), "" if same else _points(unserved - before)],
        [share(own, 1.0) if own == own else "–",
         "" if same or own != own else _points(own - float(start["own_control_share"]))],
        [f"{large(float(row['carbon_t']))}t",
         "" if same else _by(row["carbon_t"], start["carbon_t"])],
    ]  # fmt: skip


def switch_cells(row: dict[Any, Any], total: float, says: dict[str, str]) -> list[list[str]]:
    """Unserved work, the hour it is given up, added cost and reserve of one switch."""
    if row["status"] != "optimal":
        return [[says["infeasible"], ""]]
    hours = float(row["breach_hours"])
    reserve = float(row["reserve_mw"])
    return [
        [_ends(row, "unserved_share", lambda value: share(value, 1.0)), _lost(row, total, says)],
        [f"{hours:,.0f} h" if np.isfinite(hours) else "–", ""],
        [money(float(row["added_cost_usd"])).removesuffix(" USD"), ""],
        [_ends(row, "reserve_mw", lambda value: f"{told(value)} MW")
         if reserve == reserve else "–", ""],
    ]


def _lost(row: dict[Any, Any], total: float, says: dict[str, str]) -> str:
    """Mean work lost, and the critical share of it where that hangs on a tie."""
    parts = [f"{told(row['unserved_mwh'] / total)} MW"] if row["unserved_share"] > 0 else []
    held, least, most = (share(float(row[f"critical_unserved_share{end}"]), 1.0)
                         for end in ("", "_least", "_most"))
    if least != most:
        parts.append(says["tied"].replace("%x", held).replace("%l", least).replace("%m", most))
    return ", ".join(parts)


def _ends(row: dict[Any, Any], name: str, said: Callable[[float], str]) -> str:
    """A figure, and from least to most where it hangs on which equal optimum is held."""
    held, least, most = (said(float(row[f"{name}{end}"])) for end in ("", "_least", "_most"))
    return held if least == most else f"{held} ({least} – {most})"


def _frozen_view(freeze: Freeze, outcome: Outcome, says: dict[str, str]) -> View:
    assert outcome.dispatch is not None  # noqa: S101 - the caller looked
    scenario = freeze.scenario
    site, lanes = scenario.arrays.lane_site, outcome.switch.lanes(scenario)
    closed = np.unique(site[lanes])
    if outcome.switch.by == "corridor":  # a cut reaches lanes; a site is closed when none is left
        closed = np.setdiff1d(closed, np.delete(site, lanes))
    closed = scenario.sites.index.take(closed)
    held = {} if outcome.reserve is None else outcome.reserve.sites["reserve_mw"].to_dict()
    return View(
        outcome.dispatch, f"{says['frozen']}: {outcome.switch.label}", frozenset(closed), held
    )


def _whole(table: pd.DataFrame) -> dict[str, Any]:
    """Every figure of a study's table, as numbers and texts."""
    rows = [
        [str(key), *(value(cell) if isinstance(cell, int | float) else text(cell) for cell in row)]
        for key, row in zip(table.index, table.itertuples(index=False), strict=True)
    ]
    rows = [["∞" if cell == float("inf") else cell for cell in row] for row in rows]
    return {"columns": [str(table.index.name), *map(str, table.columns)], "rows": rows}


def _by(now: float, before: float) -> str:
    change = now / before - 1 if before else 0.0
    return f"{100 * change:+.1f} %" if abs(change) >= 0.0005 else ""


def _points(change: float) -> str:
    return f"{100 * change:+.1f}" if abs(change) >= 0.0005 else ""
