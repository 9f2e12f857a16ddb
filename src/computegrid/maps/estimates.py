"""What a scenario rests on: how much of it is estimated, which rows, and by whose word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from computegrid.maps.values import text
from computegrid.maps.words import Lang, names
from computegrid.tables.labels import as_text

if TYPE_CHECKING:
    from computegrid.scenario.scenario import Scenario

SOFT = frozenset({"estimate", "synthetic", "target", "derived", "low"})
"""Kinds and confidences that are not a published figure."""


@dataclass(frozen=True)
class Estimates:
    """Estimated rows of one table.

    Attributes
    ----------
    table : str
        ``regions`` (weighed by demand) or ``sites`` (by capacity).
    rows, estimated : int
        All rows, and those that are estimates.
    share : float
        Share of the MW that rests on them, 0 to 1.
    listed : DataFrame
        The estimated rows, the largest first: name, mw, kind, confidence, source ids.
    """

    table: str
    rows: int
    estimated: int
    share: float
    listed: pd.DataFrame


def estimates(scenario: Scenario, lang: Lang = "en") -> list[Estimates]:
    """Estimated rows of regions and sites; tables that do not say what they are are left out."""
    a = scenario.arrays
    demand = pd.Series(a.demand_mw @ a.weight_hours / a.weight_hours.sum())
    wanted = demand.groupby(a.ask_region).sum().reindex(range(len(scenario.regions)), fill_value=0)
    weights = {
        "regions": wanted.to_numpy(dtype=float),
        "sites": scenario.sites["capacity_mw"].to_numpy(dtype=float),
    }
    tables = {"regions": scenario.regions, "sites": scenario.sites}
    found = [_of(name, tables[name], mw, lang) for name, mw in weights.items()]
    return [one for one in found if one is not None]


def _of(name: str, table: Any, mw: Any, lang: Lang) -> Estimates | None:
    marks = [c for c in ("kind", "capacity_kind", "confidence") if c in table.columns]
    if not marks:
        return None
    says = table[marks].apply(lambda column: as_text(column).str.lower())
    soft = says.isin(SOFT).any(axis=1).to_numpy()
    kind = "capacity_kind" if "capacity_kind" in marks else "kind"
    listed = pd.DataFrame(
        {
            "name": names(table, lang),
            "mw": mw,
            "kind": [text(value) for value in table.get(kind, pd.Series("", table.index))],
            "confidence": [text(v) for v in table.get("confidence", pd.Series("", table.index))],
            "source": [text(v) for v in table.get("source_id", pd.Series("", table.index))],
        }
    )[soft].sort_values("mw", ascending=False, kind="stable")
    total = float(mw.sum())
    share = float(mw[soft].sum()) / total if total > 0 else 0.0
    return Estimates(name, len(table), int(soft.sum()), share, listed.reset_index(drop=True))
