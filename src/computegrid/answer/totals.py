"""What an answer adds up to: sums that add over the windows of a horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from computegrid import prices
from computegrid.accounts import by_site
from computegrid.program import objective, rules
from computegrid.program.algebra import PLANNER, Equations, Floats, LinearProgram
from computegrid.program.build import Selections
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.regime import Charge, Limit

Sums = Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class Totals:
    """Sums over hours, by lane, by pair of region and workload, by site and by rule.

    All of them are additive: those of two windows of a horizon, added, are those of both. Every
    share and mean is formed from them at the end.

    Attributes
    ----------
    hours : float
        Real hours the answer stands for.
    lanes : mapping of str to float array, shape (L,)
        ``work_mwh``, ``energy_mwh``, ``carbon_kg``, ``energy_usd``.
    pairs : mapping of str to float array, shape (A,)
        ``demand_mwh``, ``unserved_mwh``.
    sites : mapping of str to float array, shape (S,)
        ``power_mwh`` (drawn by IT), ``available_mwh``, ``rent`` (worth of the capacity [USD, or kg
        where carbon was minimised]).
    charged : mapping of str to float
        By label of a ``Charge``: how much of its quantity was done [its unit].
    penalties_usd : mapping of str to float
        By label of a soft ``Limit`` [USD].
    planner_usd : float or None
        Cost of the variables that a planner added to a Pyomo model; None where there are none.
    """

    hours: float
    lanes: Sums
    pairs: Sums
    sites: Sums
    charged: Mapping[str, float] = field(default_factory=dict)
    penalties_usd: Mapping[str, float] = field(default_factory=dict)
    planner_usd: float | None = None

    def __add__(self, other: Totals) -> Totals:
        """Return the totals of two runs of hours that do not overlap."""
        added: dict[str, Any] = {}
        for one in fields(self):
            a, b = getattr(self, one.name), getattr(other, one.name)
            if isinstance(a, Mapping):
                added[one.name] = {key: a.get(key, 0.0) + b.get(key, 0.0) for key in {**a, **b}}
            else:
                added[one.name] = b if a is None else a if b is None else a + b
        return Totals(**added)


def totals_of(
    a: Arrays, chosen: Selections, lp: Equations, x: Floats, row_dual: Floats
) -> Totals:
    """Add an answer up.

    Parameters
    ----------
    a : Arrays
        Figures of the hours of the answer.
    chosen : sequence of (Rule, Selection)
        Its rules, with what they select among those hours.
    lp : Equations
        Of those figures and rules.
    x, row_dual : float array, shape (n,), (m,)
        Variables and row prices.
    """
    return replace(
        sums_of(a, chosen, x[lp.columns_of("flow")].reshape(-1, a.n_hours),
                x[lp.columns_of("unserved")].reshape(a.demand_mw.shape),
                prices.rents(a, lp, row_dual)),
        penalties_usd=_penalties(a, chosen, lp, x), planner_usd=_planner_usd(lp, x))


def sums_of(
    a: Arrays, chosen: Selections, flow: Floats, unserved: Floats, rents: Floats
) -> Totals:
    """Add up flows (L, T) and unserved work (A, T) [MW], and rents (S, T); no penalties."""
    work = flow * a.weight_hours
    return Totals(
        hours=float(a.weight_hours.sum()),
        lanes={
            "work_mwh": work.sum(axis=1),
            "energy_mwh": (objective.energy_mwh(a) * work).sum(axis=1),
            "carbon_kg": (objective.carbon_kg(a) * work).sum(axis=1),
            "energy_usd": (objective.energy_usd(a) * work).sum(axis=1),
        },
        pairs={"demand_mwh": a.demand_mw @ a.weight_hours,
               "unserved_mwh": unserved @ a.weight_hours},
        sites={
            "power_mwh": (by_site(a, flow) * a.power_ratio[:, None]) @ a.weight_hours,
            "available_mwh": a.available_mw @ a.weight_hours,
            "rent": (rents * a.available_mw) @ a.weight_hours,
        },
        charged={rule.label: prices.charged(rule, a, found, flow)
                 for rule, found in chosen if isinstance(rule, Charge)},
    )


def _penalties(a: Arrays, chosen: Selections, lp: Equations, x: Floats) -> dict[str, float]:
    """Penalty of every soft limit, in USD whatever was minimised."""
    found = {}
    for rule, own in chosen:
        name = f"excess:{rule.label}"
        if isinstance(rule, Limit) and lp.has_family(name):
            _, excess = rules.limit(rule, a, own)
            if excess is not None:
                found[rule.label] = float(excess.cost.ravel() @ x[lp.columns_of(name)])
    return found


def _planner_usd(lp: Equations, x: Floats) -> float | None:
    if not isinstance(lp, LinearProgram) or not lp.has_family(PLANNER):
        return None
    columns = lp.columns_of(PLANNER)
    return float(lp.cost[columns] @ x[columns])
