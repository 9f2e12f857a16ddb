"""The efficient trade-off between two figures, by the epsilon-constraint method."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from computegrid.accounts import own_control
from computegrid.dispatch import Dispatch, dispatch_of
from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program import objective
from computegrid.program.algebra import Block, Floats, LinearProgram, Term
from computegrid.program.build import assemble, build_program
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.studies.envelope import Point, next_bound, widest_gap
from computegrid.studies.measures import measures
from computegrid.studies.solving import Progress, report
from computegrid.units import KG_PER_T

XS = {"foreign_share": "1", "mean_rtt_ms": "ms", "carbon_t": "t", "energy_mwh": "MWh"}
"""Figures that can be held down, and their units."""
MEANS = frozenset({"foreign_share", "mean_rtt_ms"})
"""Figures that are means over the work served; the others are sums over the horizon."""
YS: dict[str, Minimise] = {"cost_usd": "cost", "carbon_t": "carbon"}
"""Figures that can be minimised."""
SHORT = {"latency": "mean_rtt_ms", "carbon": "carbon_t", "energy": "energy_mwh", "cost": "cost_usd"}
"""Short names of figures."""
NOTHING = 1e-9
"""Of the worst lane's x, or of its price: less than this is none."""
FLOOR, SITES = "(nothing: x is 0)", "(capacity, and lanes that exist)"
ASKED = "(the bound asked for)"
"""What stops a curve where no rule does."""
UNSERVED_OVER_WORST = 10.0
"""At the low end of x, dropping a MWh weighs this many times the worst lane's x."""


@dataclass(frozen=True, eq=False)
class Frontier:
    """Least y for every bound on x.

    Attributes
    ----------
    scenario : Scenario
    x, y : str
    regime : Regime
    dispatches : tuple of Dispatch
        One per point, from the loosest bound to the tightest.
    bounds : float array
        Bound on x at each point; the first is where it does not bind.
    gap : float
        Most by which the curve may lie below the straight line between two points [USD, or kg].
    stopped_by : tuple of str
        Rules that keep x from being lower than at the last point, the one that does most first;
        in brackets where it is no rule: capacity, ``lowest``, or x being 0.
    """

    scenario: Scenario
    x: str
    y: str
    regime: Regime
    dispatches: tuple[Dispatch, ...] = field(repr=False)
    bounds: Floats = field(repr=False)
    gap: float = float("nan")
    stopped_by: tuple[str, ...] = ()

    plot: ClassVar[Callable[..., Any]]
    """Draw the curve; bound where the package is put together."""
    _repr_html_: ClassVar[Callable[..., str]]
    """A small table, for notebooks; bound there too."""

    @property
    def table(self) -> pd.DataFrame:
        """A row per point, from the loosest bound on x to the tightest.

        Columns: ``<x>_max`` (the bound), x and y reached, ``shadow_price`` (what one more unit of
        the bound adds to the objective, so 0 or negative [USD, or kg, per unit of x]), ``step_y``
        (y added since the point before), and cost, carbon, unserved work and latency;
        ``stopped_by`` of the last point: what keeps x from being lower.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        rows = []
        for bound, dispatch in zip(self.bounds, self.dispatches, strict=True):
            figures = measures(dispatch)
            figures["foreign_share"] = dispatch.dependence
            others = ("cost_usd", "carbon_t", "unserved_mwh", "mean_rtt_ms")
            rows.append({
                f"{self.x}_max": bound, self.x: figures[self.x], self.y: figures[self.y],
                "shadow_price": (_shadow_price(dispatch, self.x)
                                 if dispatch is not self.dispatches[0] else 0.0),
                **{name: figures[name] for name in others if name not in (self.x, self.y)},
            })
        table = pd.DataFrame(rows).rename_axis("point")
        at = list(table.columns).index("shadow_price") + 1
        table.insert(at, f"step_{self.y}", table[self.y].diff().fillna(0.0))
        table["stopped_by"] = [*[""] * (len(table) - 1), "; ".join(self.stopped_by)]
        return table

    def __repr__(self) -> str:
        return (f"Frontier of {self.scenario.name!r} under {self.regime.name!r}: "
                f"{self.y} against {self.x}\n"
                + self._table.to_string(float_format=lambda v: f"{v:,.6g}"))


def frontier(
    scenario: Scenario,
    x: str = "foreign_share",
    y: str = "cost_usd",
    points: int = 20,
    regime: str | Regime | Iterable[Rule] | None = None,
    *,
    lowest: float | None = None,
    progress: Progress | None = None,
) -> Frontier:
    r"""Find the least y at bounds on x, set where the curve bends.

    .. math:: \min y(f) \quad\text{s.t.}\quad x(f) \le \varepsilon_k

    from the x of the unbounded optimum down to the least x at which as much work is served as can
    be. A mean is bounded as :math:`\sum (q_\ell - \varepsilon) h_t f_{\ell,t} \le 0`.

    The least objective is a convex curve of the bound with the shadow price as its slope, so it
    lies between its chords and its tangents. Each point after the two ends is set where the
    tangents of the two neighbours meet that leave the widest gap, and ``gap`` is what remains of
    it. Where x cannot be lowered at all the curve is one point.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    x : {"foreign_share", "mean_rtt_ms", "carbon_t", "energy_mwh"}
        What is held down: the share of work at sites not controlled from home (unknown control is
        not home), the mean round trip, emissions, electricity. ``latency``, ``carbon``,
        ``energy`` are short for the last three.
    y : {"cost_usd", "carbon_t"}
        What is minimised; ``cost``, ``carbon`` for short.
    points : int
        Number of points, at least 2, the ends among them.
    regime : str, Regime, list of rules, or None
        Rules that hold throughout; None is the model's default regime, ``[]`` is no rules.
    lowest : float, optional
        Tightest bound, instead of the least x.
    progress : callable, optional
        Called as ``progress(done, total, bound)``.

    Raises
    ------
    ScenarioError
        If x or y is not known, is the same, or the scenario cannot say it.

    Examples
    --------
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame({"country": ["FR"]}, index=["Paris"]),
    ...     sites=pd.DataFrame({"capacity_mw": [9.0, 9.0], "control": ["US", "FR"]},
    ...                        index=["cloud", "local"]),
    ...     demand=pd.DataFrame({"region": ["Paris"], "mw": [8.0]}),
    ...     lanes=pd.DataFrame({"region": "Paris", "site": ["cloud", "local"],
    ...                         "network_usd_per_mwh": [1.0, 3.0]}))
    >>> frontier(s, points=3).table["shadow_price"].tolist()
    [0.0, -16.0, -16.0]
    """
    x, y = SHORT.get(x, x), SHORT.get(y, y)
    for name, value, known in (("x", x, list(XS)), ("y", y, list(YS))):
        if value not in known:
            raise ScenarioError(f"no {name} {value!r}; {did_you_mean(value, known)}")
    if x == y:
        raise ScenarioError(f"x and y are both {x!r}")
    if points < 2:
        raise ScenarioError(f"a frontier has at least 2 points; got {points}")
    chosen = scenario.regime(regime)
    amount = _amount(scenario, x)
    program = build_program(scenario, chosen, YS[y])
    report(progress, 0, points, "no bound")
    loosest = dispatch_of(scenario, chosen, program, YS[y])
    most = _value(loosest, amount, x)
    if lowest is None:
        least, stopped_by = _least(scenario, chosen, program, amount, x)
    else:
        least, stopped_by = float(lowest), (ASKED,)
    found = {most: loosest}
    for done in range(1, points):
        bound = min(least, most) if done == 1 else next_bound(_points(found, loosest, x))
        report(progress, done, points, f"{x} at most {bound:,.6g}")
        if bound in found:  # the curve is one point
            break
        near = found[min(found, key=lambda known: abs(known - bound))]
        held = _bounded(program, amount, float(bound), x, scenario)
        found[bound] = dispatch_of(scenario, chosen, held, YS[y], warm_start=near)
    report(progress, points, points, "")
    bounds = sorted(found, reverse=True)
    return Frontier(scenario, x, y, chosen, tuple(found[b] for b in bounds), np.array(bounds),
                    widest_gap(_points(found, loosest, x)), stopped_by)


def _amount(scenario: Scenario, x: str) -> Floats:
    """What one MWh of work adds to x, or its value of a mean, shape (L, 1) or (L, T)."""
    a = scenario.arrays
    if x == "carbon_t":
        return objective.carbon_kg(a) / KG_PER_T
    if x == "energy_mwh":
        return objective.energy_mwh(a)
    if x == "mean_rtt_ms":
        if np.isnan(a.rtt_ms).any():
            raise ScenarioError("not every lane has rtt_ms, so its mean cannot be bounded")
        return a.rtt_ms[:, None]
    own = own_control(scenario)
    if own is None:
        raise ScenarioError("foreign_share is not known: regions have neither country nor bloc")
    foreign: Floats = (1.0 - own)[:, None]
    return foreign


def _bounded(
    program: LinearProgram, amount: Floats, bound: float, x: str, scenario: Scenario
) -> LinearProgram:
    """Return the program with one row more: x at most ``bound``."""
    a = scenario.arrays
    mean = x in MEANS
    coefficient = (amount - bound if mean else amount) * a.weight_hours
    term = Term("flow", np.arange(a.n_lanes), np.zeros(a.n_lanes, dtype=np.int64), coefficient)
    row = Block(_free_name(program), "horizon", pd.DataFrame({"group": [""]}), (term,),
                np.array([[-np.inf]]), np.array([[0.0 if mean else bound * (1 + 1e-12)]]))
    return assemble(program.families, (*program.blocks, row))


def _free_name(program: LinearProgram) -> str:
    """Name of the study's row: one that no rule of the planner carries."""
    taken = {block.name for block in program.blocks}
    name = "bound of the frontier"
    while name in taken:
        name += "'"
    return name


def _least(
    scenario: Scenario, regime: Regime, program: LinearProgram, amount: Floats, x: str
) -> tuple[float, tuple[str, ...]]:
    """Least x at which no work is dropped that can be served, and what keeps it from less."""
    a = scenario.arrays
    worst = float(amount.max(initial=0.0)) or 1.0
    parts = []
    for family in program.families:
        cost = family.cost
        if family.name == "flow":
            cost = amount * np.ones_like(cost) * a.weight_hours
        elif family.name == "unserved":
            cost = UNSERVED_OVER_WORST * worst * np.ones_like(cost) * a.weight_hours
        parts.append(replace(family, cost=cost))
    found = dispatch_of(scenario, regime, assemble(tuple(parts), program.blocks))
    least = _value(found, amount, x)
    return least, ((FLOOR,) if least <= NOTHING * worst else _holders(found, worst))


def _holders(found: Dispatch, worst: float) -> tuple[str, ...]:
    """Rules without which x could be lower, the one that moves most first; else what sites hold."""
    table = found.rule_prices
    table = table[(table["kind"] != "Charge") & (table["shadow_price"].abs() > NOTHING * worst)]
    amount = table[["activity", "lower", "upper"]].abs().replace(np.inf, 0.0).max(axis=1)
    weight = (table["shadow_price"].abs() * amount.clip(lower=1.0)).groupby(table["rule"]).sum()
    names = weight.sort_values(ascending=False, kind="stable").index
    return tuple(map(str, names)) or (SITES,)


def _points(found: Mapping[float, Dispatch], loosest: Dispatch, x: str) -> list[Point]:
    """The bound, the objective and its slope at every point found."""
    return [(bound, d.certificate.objective, 0.0 if d is loosest else _shadow_price(d, x))
            for bound, d in found.items()]


def _value(dispatch: Dispatch, amount: Floats, x: str) -> float:
    work = dispatch.flow_mw * dispatch.scenario.arrays.weight_hours
    total, served = float((amount * work).sum()), float(work.sum())
    if x not in MEANS:
        return total
    return total / served if served > 0 else 0.0


def _shadow_price(dispatch: Dispatch, x: str) -> float:
    """What one more unit of the bound adds to the objective; its row is the program's last."""
    dual = float(dispatch._row_dual[-1])
    if x not in MEANS:
        return dual
    return dual * float(dispatch.flow_mw.sum(axis=0) @ dispatch.scenario.arrays.weight_hours)
