"""The equations of one window of hours, and how its rows over the horizon add up to the whole."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from computegrid.program import rules
from computegrid.program.algebra import Codes, Equations, Floats
from computegrid.program.build import Selections, equations_from
from computegrid.program.deadlines import deferred
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import RATES, Defer, Limit, Share
from computegrid.scenario.scenario import Scenario

HOURLY = ("demand_mw", "weight_hours", "elapsed_hours", "chain", "day", "energy_usd_per_mwh",
          "carbon_kg_per_mwh", "pue", "available_mw")
"""Arrays of a scenario whose last axis are the hours."""
BY_LANE = ("lane_region", "lane_workload", "lane_site", "lane_ask", "rtt_ms",
           "network_usd_per_mwh")
"""Arrays of a scenario by lane."""


@dataclass(frozen=True)
class Window:
    """A run of whole days; work waits within it.

    Attributes
    ----------
    hours : slice
        Of the scenario's hours.
    share : dict of str to float
        Part of the horizon's weight the window has, by label of the rules whose rows over the
        horizon are means; their rows count by it. Rows of other rules add up as they are.
    """

    hours: slice
    share: dict[str, float]


def windows_of(a: Arrays, chosen: Selections, days: int = 1) -> list[Window]:
    """Cut the horizon into windows of ``days`` days, shape (W,)."""
    first = np.flatnonzero(np.diff(a.day, prepend=a.day[0] - 1))[::days]
    ends = [*first[1:], a.n_hours]
    weights = {}
    for rule, found in chosen:
        if isinstance(rule, Limit) and rule.per == "horizon" and rule.quantity in RATES:
            weights[rule.label] = np.zeros(a.n_hours)
            weights[rule.label][found.hours] = a.weight_hours[found.hours]
    return [
        Window(slice(int(low), int(high)),
               {label: float(w[low:high].sum() / max(w.sum(), 1e-300))
                for label, w in weights.items()})
        for low, high in zip(first, ends, strict=True)
    ]


def cut_chains(a: Arrays, chosen: Selections, windows: list[Window]) -> int:
    """How many times a window ends where work could wait longer if the horizon were one."""
    if not (deferred(a, chosen).defer_hours > 0).any():
        return 0
    ends = np.array([window.hours.stop for window in windows[:-1]], dtype=np.int64)
    return int((a.chain[ends] == a.chain[ends - 1]).sum())


def part_of(scenario: Scenario, window: Window) -> Scenario:
    """The scenario of a window's hours alone."""
    tables = scenario.tables
    return replace(scenario, _arrays=_cut(scenario.arrays, window.hours),
                   _tables={**tables, "hours": tables["hours"].iloc[window.hours]})


def without_waiting(scenario: Scenario, chosen: Selections) -> tuple[Scenario, Selections]:
    """Scenario and rules as if no work could wait: its hours stand alone, and are sooner solved."""
    a = scenario.arrays
    return (replace(scenario, _arrays=replace(a, defer_hours=np.zeros_like(a.defer_hours))),
            [(rule, found) for rule, found in chosen if not isinstance(rule, Defer)])


def equations_of(
    a: Arrays, chosen: Selections, window: Window, lanes: Codes | None = None
) -> Equations:
    """The equations of a window, and of some of its lanes if given.

    Rules that touch none of its hours stay silent.
    """
    return equations_from(
        _cut(a, window.hours, lanes),
        [(rule, found.within(window.hours, lanes)) for rule, found in chosen])


def factors(window: Window, keys: tuple[tuple[str, int], ...]) -> Floats:
    """By how much each side row of the window counts in the horizon's, shape (K,)."""
    return np.array([window.share.get(label, 1.0) for label, _ in keys])


def bounds_of_whole(
    a: Arrays, chosen: Selections, keys: tuple[tuple[str, int], ...]
) -> tuple[Floats, Floats]:
    """Bounds of the side rows over the whole horizon, shape (K,) each."""
    found: dict[str, tuple[Floats, Floats]] = {}
    for rule, own in chosen:
        if isinstance(rule, Limit) and rule.per == "horizon":
            found[rule.label] = rules.limit_bounds(rule, a, own)
        elif isinstance(rule, Share):
            block = rules.share(rule, a, own)
            found[rule.label] = block.lower, block.upper
    lower, upper = (np.array([found[label][side].ravel()[row] for label, row in keys])
                    for side in (0, 1))
    return lower, upper


def _cut(a: Arrays, hours: slice, lanes: Codes | None = None) -> Arrays:
    cut = {name: getattr(a, name)[..., hours] for name in HOURLY}
    if lanes is not None:
        cut |= {name: getattr(a, name)[lanes] for name in BY_LANE}
    return replace(a, **cut)
