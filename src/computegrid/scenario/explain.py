"""Why a lane is open, too slow, forbidden, limited or charged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.rulemask import lane_mask

_VERBS = {"Forbid": "forbidden by", "Limit": "limited by", "Share": "counted by",
          "Charge": "charged by"}


@dataclass(frozen=True)
class Explanation:
    """What a regime says of one lane.

    Attributes
    ----------
    region, workload, site, regime : str
    exists : bool
        The lane is among the links at all (a planner's ``lanes`` table may leave it out).
    too_slow_ms : float
        How far the round trip exceeds the workload's limit; 0 when it does not [ms].
    rules : tuple of Rule
        Rules that select the lane, in the regime's order.
    """

    region: str
    workload: str
    site: str
    regime: str
    exists: bool
    too_slow_ms: float
    rules: tuple[Rule, ...]

    @property
    def open(self) -> bool:
        """Nothing keeps work off the lane in every hour."""
        return self.exists and self.too_slow_ms <= 0 and not any(
            rule.kind == "Forbid" and rule.hours is None for rule in self.rules
        )

    def __str__(self) -> str:
        lane = f"{self.workload} of {self.region} at {self.site}, regime {self.regime}:"
        lines = []
        if not self.exists:
            lines.append("no such lane: the lanes table does not hold it")
        if self.too_slow_ms > 0:
            lines.append(f"too slow by {self.too_slow_ms:.1f} ms")
        for rule in self.rules:
            when = "" if rule.hours is None else f" in the hours {rule.hours}"
            lines.append(f"{_VERBS[rule.kind]} {rule.label!r}{when}"
                         f" (source: {rule.source or 'none given'})")
        if self.open and not lines:
            lines.append("open")
        elif self.open:
            lines.insert(0, "open, with rules that touch it")
        return "\n  ".join([lane, *lines])


def explain(
    tables: Mapping[str, pd.DataFrame], links: pd.DataFrame, region: str, workload: str,
    site: str, regime: Regime,
) -> Explanation:
    """Explain one lane; the names are known to exist."""
    here = (links["region"] == region) & (links["workload"] == workload) & (links["site"] == site)
    link = links[here.to_numpy()].reset_index(drop=True)
    if link.empty:
        return Explanation(region, workload, site, regime.name, False, 0.0, ())
    limit = float(tables["workloads"].loc[workload, "max_rtt_ms"])
    slow = float(np.nan_to_num(max(0.0, float(link["rtt_ms"].iloc[0]) - limit)))
    one = {**tables, "lanes": link}
    rules = tuple(rule for rule in regime.rules if lane_mask(one, rule)[0])
    return Explanation(region, workload, site, regime.name, True, slow, rules)
