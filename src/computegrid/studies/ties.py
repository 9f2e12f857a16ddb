"""What a freeze's figures hang on: which of equally cheap dispatches is held."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from computegrid.dispatch import Dispatch
from computegrid.losses import SMALLEST_LOSS
from computegrid.optima import Optima
from computegrid.program.algebra import Codes, Floats
from computegrid.studies.outcome import Outcome
from computegrid.studies.reserve import Mask

UNSERVED, CRITICAL = "unserved_mwh", "critical_unserved_mwh"
TIED = (UNSERVED, CRITICAL, "added_cost_usd", "reserve_mw", "reserve_usd_per_year")
"""Figures of a freeze that may hang on which of equally cheap dispatches is held."""
SAME = 1e-6
"""A range narrower than this part of its figure, or of what is asked for, is none."""


def displaced(before: Dispatch, closed: Codes, critical: Mask) -> list[Floats]:
    """Dispatches as cheap as the one before, in which the least and most work loses its place.

    Critical work, and work of all kinds; those that differ from what is held, shape (n,) each.
    """
    a = before.scenario.arrays
    lost = np.zeros(a.n_lanes)
    lost[closed] = 1.0
    asked = float((a.demand_mw @ a.weight_hours).sum())
    found = []
    kinds = [lost * critical[a.lane_ask]] + ([] if critical.all() else [lost])
    for lanes in kinds:
        weights = before._optima.weights(lanes=lanes)
        for x in (before._optima.at_least(weights), before._optima.at_least(-weights)):
            if abs(float(weights @ (x - before._x))) > SAME * asked:
                found.append(x)
    return found


def ranges_of(
    outcome: Outcome, others: Iterable[Outcome], before: Dispatch | None, critical: Mask,
    closed: Codes,
) -> dict[str, tuple[float, float]]:
    """Least and most of the figures of ``TIED`` that differ between equally cheap dispatches.

    Parameters
    ----------
    outcome : Outcome
        Of the dispatch held.
    others : iterable of Outcome
        Of other dispatches before the freeze that cost the same.
    before : Dispatch, optional
        What is held before where that does not bind the dispatch during the freeze: unserved work
        is then that of any pair of equally good dispatches. None: each outcome is of its own.
    critical : bool array, shape (A,)
    closed : int array
        Lanes of the switch.
    """
    all_of = [_figures(one, before, critical, closed) for one in (outcome, *others)]
    a = outcome.arrays
    asked = float((a.demand_mw @ a.weight_hours).sum())
    found = {}
    for name in TIED:
        ends = [end for figures in all_of for end in figures[name]]
        if not outcome.feasible or not np.isfinite(ends[0]):
            continue
        least, most = float(np.nanmin(ends)), float(np.max(ends))  # NaN: it cannot be served
        least_size = asked if name in (UNSERVED, CRITICAL) else max(abs(least), abs(most))
        if not most - least <= SAME * least_size:
            found[name] = least, most
    return found


def _figures(
    outcome: Outcome, before: Dispatch | None, critical: Mask, closed: Codes
) -> dict[str, tuple[float, float]]:
    """Least and most of each figure of one outcome."""
    reserve = outcome.reserve
    cost = outcome.added_cost_usd
    once = {"added_cost_usd": cost,
            "reserve_mw": 0.0 if reserve is None else reserve.reserve_mw,
            "reserve_usd_per_year": 0.0 if reserve is None else reserve.usd_per_year}
    found = {name: (value, value) for name, value in once.items()}
    for name, asks in ((UNSERVED, np.ones_like(critical)), (CRITICAL, critical)):
        found[name] = _unserved(outcome, before, asks, closed)
    return found


def _unserved(
    outcome: Outcome, before: Dispatch | None, asks: Mask, closed: Codes
) -> tuple[float, float]:
    """Least and most unserved work the freeze adds among ``asks`` [MWh]."""
    held = outcome.added_mwh(asks)
    during = outcome.dispatch
    if during is None or during is before:
        return held, held
    after = Optima(during.scenario, during._lp, during._x, during._row_dual, closed)
    least, most = _spread(after, asks)
    if before is not None:
        low, high = _spread(before._optima, asks)
        least, most = least - high, most - low
    a = outcome.arrays
    noise = SMALLEST_LOSS * float((a.demand_mw[asks] @ a.weight_hours).sum())
    return (held + least if least < -noise else held), (held + most if most > noise else held)


def _spread(optima: Optima, asks: Mask) -> tuple[float, float]:
    """How far unserved work among ``asks`` may lie below and above what is held [MWh]."""
    weights = optima.weights(asks=asks.astype(float))
    held = float(weights @ optima.x)
    least, most = optima.range(weights)
    return min(least - held, 0.0), max(most - held, 0.0)
