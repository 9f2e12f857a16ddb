"""The equations of one window of hours, and how its rows over the horizon add up to the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from computegrid.program import rules
from computegrid.program.algebra import Equations, Floats
from computegrid.program.build import write_equations
from computegrid.scenario.regime import RATES, Limit, Regime, Share
from computegrid.scenario.rulemask import hour_mask
from computegrid.scenario.scenario import Scenario


@dataclass(frozen=True)
class Window:
    """A run of whole days.

    Attributes
    ----------
    hours : slice
        Of the scenario's hours.
    share : dict of str to float
        Part of the horizon's weight the window has, by label of the rules whose rows over the
        horizon are means; their rows count by it. Rows of other rules add up as they are.
    listed : dict of str to list
        Hours of the window in which a rule holds, by label of the rules that list their hours.
    """

    hours: slice
    share: dict[str, float]
    listed: dict[str, list[Any]] = field(default_factory=dict)


def windows_of(scenario: Scenario, regime: Regime, days: int = 1) -> list[Window]:
    """Cut the horizon into windows of ``days`` days, shape (W,)."""
    a = scenario.arrays
    first = np.flatnonzero(np.diff(a.day, prepend=a.day[0] - 1))[::days]
    ends = [*first[1:], a.n_hours]
    hours = scenario.tables["hours"]
    holds = {rule.label: hour_mask(hours, rule) for rule in regime.rules}
    weights = {
        rule.label: np.where(holds[rule.label], a.weight_hours, 0.0)
        for rule in regime.rules
        if isinstance(rule, Limit) and rule.per == "horizon" and rule.quantity in RATES
    }
    listed = [rule.label for rule in regime.rules
              if rule.hours is not None and not isinstance(rule.hours, Mapping)]
    return [
        Window(slice(int(low), int(high)),
               {label: float(w[low:high].sum() / max(w.sum(), 1e-300))
                for label, w in weights.items()},
               {label: list(hours.index[low:high][holds[label][low:high]]) for label in listed})
        for low, high in zip(first, ends, strict=True)
    ]


def part_of(scenario: Scenario, window: Window) -> Scenario:
    """The scenario of a window's hours alone."""
    a, n_hours = scenario.arrays, scenario.arrays.n_hours
    cut = {
        one.name: value[..., window.hours] for one in fields(a)
        if (value := getattr(a, one.name)).shape[-1] == n_hours
        and one.name in HOURLY
    }
    tables = {**scenario.tables, "hours": scenario.tables["hours"].iloc[window.hours]}
    return replace(scenario, _arrays=replace(a, **cut), _tables=tables)


HOURLY = ("demand_mw", "weight_hours", "elapsed_hours", "day", "energy_usd_per_mwh",
          "carbon_kg_per_mwh", "pue", "available_mw")
"""Arrays of a scenario whose last axis are the hours."""


def equations_of(scenario: Scenario, regime: Regime, window: Window) -> Equations:
    """The equations of a window; rules that touch none of its hours stay silent."""
    own = tuple(replace(rule, hours=window.listed[rule.label]) if rule.label in window.listed
                else rule for rule in regime.rules)
    return write_equations(part_of(scenario, window), replace(regime, rules=own))


def factors(window: Window, keys: tuple[tuple[str, int], ...]) -> Floats:
    """By how much each side row of the window counts in the horizon's, shape (K,)."""
    return np.array([window.share.get(label, 1.0) for label, _ in keys])


def bounds_of_whole(
    scenario: Scenario, regime: Regime, keys: tuple[tuple[str, int], ...]
) -> tuple[Floats, Floats]:
    """Bounds of the side rows over the whole horizon, shape (K,) each."""
    a, tables = scenario.arrays, scenario.tables
    found: dict[str, tuple[Floats, Floats]] = {}
    for rule in regime.rules:
        if isinstance(rule, Limit) and rule.per == "horizon":
            found[rule.label] = rules.limit_bounds(rule, a, tables)
        elif isinstance(rule, Share):
            block = rules.share(rule, a, tables)
            found[rule.label] = block.lower, block.upper
    lower, upper = (np.array([found[label][side].ravel()[row] for label, row in keys])
                    for side in (0, 1))
    return lower, upper
