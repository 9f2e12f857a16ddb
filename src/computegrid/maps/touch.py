"""Which rules touch a region or a site: counted over pairs of both, not over lanes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from computegrid.maps.values import rough
from computegrid.scenario.regime import Defer
from computegrid.scenario.rulemask import lane_mask
from computegrid.tables.labels import BLANK, label

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch
    from computegrid.scenario.regime import Rule
    from computegrid.scenario.scenario import Scenario

SLIGHT = 1e-10
"""A shadow price below this part of what a MWh costs in the mean is a solver's rounding."""


@dataclass(frozen=True)
class RuleBook:
    """Every rule of some regimes, written once however many of them hold it.

    Attributes
    ----------
    listed : list of dict
        Per rule ``label, kind, note, source, hours`` and how many sites it touches for each
        region (``regions``), how many regions for each site (``sites``).
    reach : dict
        How many sites are within reach of each region, and regions of each site.
    """

    listed: list[dict[str, Any]]
    reach: dict[str, list[int]]
    _at: dict[str, int]

    def prices(self, dispatch: Dispatch) -> list[list[Any]]:
        """Rules of a dispatch: place in ``listed``, largest shadow price, its unit, does it bind.

        Unit and price are those of :attr:`Dispatch.rule_prices`; the largest over hours and groups.
        """
        table, least = dispatch.rule_prices, slight(dispatch)
        out = []
        for rule in dispatch.regime.rules:
            rows = table[table["rule"] == rule.label]
            price = rows["shadow_price"].to_numpy(dtype=float)
            most = int(np.argmax(np.abs(np.nan_to_num(price)))) if len(price) else -1
            worth = rough(price[most]) if most >= 0 else None
            unit = str(rows["unit"].iloc[most]) if most >= 0 else ""
            binds = worth is not None and abs(worth) > least
            out.append([self._at[repr(rule)], worth if binds or worth is None else 0, unit, binds])
        return out


def slight(dispatch: Dispatch) -> float:
    """Shadow price up to which a rule is said not to bind [USD, or kg, per unit]."""
    asked = float(dispatch.summary["demand_mwh"])
    return SLIGHT * abs(dispatch.objective) / asked if asked > 0 else 0.0


def rule_book(dispatches: Sequence[Dispatch]) -> RuleBook:
    """The rules of dispatches of one scenario, and whom they touch."""
    scenario = dispatches[0].scenario
    a = scenario.arrays
    rules = {repr(rule): rule for d in dispatches for rule in d.regime.rules}
    pair = a.lane_region.astype(np.int64) * a.n_sites + a.lane_site
    listed = [
        {**_says(scenario, rule), **_touched(scenario, pair[lane_mask(scenario.tables, rule)])}
        for rule in rules.values()
    ]
    return RuleBook(listed, _touched(scenario, pair), {key: k for k, key in enumerate(rules)})


def _touched(scenario: Scenario, pair: Any) -> dict[str, list[int]]:
    once, n = np.unique(pair), scenario.arrays.n_sites
    regions = np.bincount(once // n, minlength=len(scenario.regions))
    return {"regions": regions.tolist(), "sites": np.bincount(once % n, minlength=n).tolist()}


def _says(scenario: Scenario, rule: Rule) -> dict[str, Any]:
    return {
        "label": rule.label,
        "kind": rule.kind,
        "note": rule.note,
        "source": "; ".join(source_titles(scenario, rule.source)),
        "hours": rule.when is not None,
        "waits": rule.hours if isinstance(rule, Defer) else None,
    }


def source_titles(scenario: Scenario, listed: object) -> list[str]:
    """Titles of the sources in a list of ``source_id`` parted by semicolons; the id if unknown."""
    sources: pd.DataFrame = scenario.sources
    found = []
    for key in map(label, label(listed).split(";")):
        title = sources.loc[key].get("title") if key and key in sources.index else None
        if key != BLANK:
            found.append(str(title or key))
    return found
