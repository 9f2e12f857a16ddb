"""What throwing one switch does, measured against the dispatch before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from computegrid.dispatch import Dispatch
from computegrid.losses import without_noise
from computegrid.program.algebra import Floats
from computegrid.program.deadlines import waits_of
from computegrid.scenario.arrays import Arrays
from computegrid.studies.measures import unserved_mw
from computegrid.studies.reserve import Mask, Reserve
from computegrid.studies.switches import Switch


@dataclass(frozen=True, eq=False)
class Outcome:
    """One switch thrown.

    Attributes
    ----------
    switch : Switch
    arrays : Arrays
    before_mw, during_mw : float array, shape (A, T)
        Unserved demand before and during the freeze [MW].
    added_cost_usd, added_operating_usd : float
        Over the horizon, unserved work at its value included, or not [USD].
    peak_usd_per_mwh : float
        Highest price of a MWh of work anywhere during the freeze.
    feasible : bool
        False: work that must be served cannot be.
    lapsed : tuple of str
        Rules dropped, because a hard minimum could not be kept.
    dispatch : Dispatch or None
        During the freeze, where it was kept.
    reserve : Reserve or None
    """

    switch: Switch
    arrays: Arrays
    before_mw: Floats
    during_mw: Floats
    added_cost_usd: float
    added_operating_usd: float
    peak_usd_per_mwh: float
    feasible: bool = True
    lapsed: tuple[str, ...] = ()
    dispatch: Dispatch | None = None
    reserve: Reserve | None = None
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def added_mw(self) -> Floats:
        """Unserved work the freeze adds in each hour, shape (A, T) [MW]; without noise."""
        return without_noise(self.during_mw - self.before_mw, self.arrays.demand_mw)

    @property
    def added_by_ask_mwh(self) -> Floats:
        """Unserved work the freeze adds, shape (A,) [MWh]."""
        added: Floats = self.added_mw @ self.arrays.weight_hours
        return added

    def added_mwh(self, asks: Mask | slice = slice(None)) -> float:
        """Unserved work the freeze adds among ``asks`` [MWh]."""
        return float(self.added_by_ask_mwh[asks].sum())

    @property
    def breach_hours(self) -> float:
        """Hours from throwing the switch, at the start of its worst day, until work is given up.

        Work that may wait is given up when its deferral window ends; inf when none is.
        """
        a = self.arrays
        first = np.searchsorted(a.day, a.day)
        since = a.elapsed_hours - a.elapsed_hours[first]
        ask, hour = np.nonzero(self.added_mw > 0)
        if not len(ask):
            return float("inf")
        return float((since[hour] + a.defer_hours[ask]).min())


def outcome_of(
    switch: Switch, before: Dispatch, after: Dispatch | None, lapsed: tuple[str, ...] = ()
) -> Outcome:
    """Measure a dispatch under a freeze against the one before it."""
    a = before.scenario.arrays
    nan = float("nan")
    if after is None:
        unknown = np.full(a.demand_mw.shape, np.nan)
        return Outcome(switch, a, unserved_mw(before), unknown, nan, nan, nan, False, lapsed)
    defer_hours = np.zeros(a.n_asks)
    asks, limit = waits_of(after._lp)  # as its rules say
    defer_hours[asks] = limit
    a = replace(a, defer_hours=defer_hours)
    price = after.prices["usd_per_mwh"]
    return Outcome(
        switch, a, unserved_mw(before), unserved_mw(after), after.cost_usd - before.cost_usd,
        after.operating_cost_usd - before.operating_cost_usd,
        float(price.max()) if len(price) else nan, True, lapsed, after,
    )
