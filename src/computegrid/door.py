"""The Pyomo door: a scenario as a model a planner can extend, and its answer as a dispatch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from computegrid.dispatch import Dispatch, dispatch_of, require_optimal
from computegrid.errors import ScenarioError
from computegrid.program.algebra import LinearProgram
from computegrid.program.build import build_program
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.solvers import pyomo
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.scaling import scaled

if TYPE_CHECKING:
    from pyomo.environ import ConcreteModel

Keys = list[tuple[Hashable, ...]]


@dataclass(frozen=True, eq=False)
class Origin:
    """What a model was made from; carried by the model."""

    scenario: Scenario
    regime: Regime
    minimise: Minimise
    link: pyomo.Link

    def __deepcopy__(self, memo: dict[int, object]) -> None:
        """A clone has components of its own, which the link would not know."""


def to_pyomo(
    scenario: Scenario, regime: str | Regime | Iterable[Rule] | None = None,
    minimise: Minimise = "cost",
) -> ConcreteModel:
    """Return the linear program of a scenario under a regime as a Pyomo model.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    regime : str, Regime, list of rules, or None
        Name of one of ``scenario.regimes``, or rules of one's own; None is the model's default
        regime, ``[]`` is no rules.
    minimise : {"cost", "carbon"}
        What ``model.cost`` measures.

    Returns
    -------
    ConcreteModel
        ``flow[region, workload, site, hour]``, ``unserved[region, workload, hour]``,
        ``backlog[region, workload, hour]`` (where work can wait) [MW];
        ``demand_balance[region, workload, hour]``, ``site_capacity[site, hour]``, and for every
        ``Limit`` and ``Share`` a constraint of its label (characters that Python names cannot
        hold become ``_``), by group and hour; ``cost`` [USD, or kg]. Coefficients of an hour
        carry its weight. Add what you need and give it to :func:`solve_pyomo`.

    Raises
    ------
    ScenarioError
        If the regime or one of its rules cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> import pyomo.environ as pyo
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame(index=["home"]),
    ...     sites=pd.DataFrame({"capacity_mw": [5.0, 9.0]}, index=["near", "far"]),
    ...     demand=pd.DataFrame({"region": ["home"], "mw": [8.0]}),
    ...     lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
    ...                         "network_usd_per_mwh": [1.0, 3.0]}))
    >>> m = to_pyomo(s)
    >>> m.contract = pyo.Constraint(expr=m.flow["home", "work", "far", 0] >= 6)
    >>> d = solve_pyomo(m)
    >>> d.cost_usd
    20.0
    >>> d.rule_prices[["rule", "kind", "shadow_price"]].values.tolist()
    [['contract', 'Constraint', 2.0]]
    """
    if minimise not in ("cost", "carbon"):
        raise ScenarioError(f"minimise must be 'cost' or 'carbon'; got {minimise!r}")
    chosen = scenario.regime(regime)
    lp = build_program(scenario, chosen, minimise)
    model, link = pyomo.model_of(lp, _keys(scenario, lp), scenario.name)
    model._computegrid = Origin(scenario, chosen, minimise, link)
    return model


def solve_pyomo(model: ConcreteModel, *, time_limit_s: float | None = None) -> Dispatch:
    """Solve a model of :func:`to_pyomo`, with whatever was added to it, with HiGHS.

    Parameters
    ----------
    model : ConcreteModel
        Constraints and variables may be added, fixed, deactivated; it must stay linear and
        minimise one objective. Its variables are given their values.
    time_limit_s : float, optional
        Give up after this long [s].

    Returns
    -------
    Dispatch
        Added constraints stand among ``rule_prices`` with the kind ``Constraint``; what added
        variables cost is ``planner_cost_usd`` in ``summary``. With whole-number variables all
        prices are those of the linear program in which these are fixed at their best values, and
        ``solver`` says so.

    Raises
    ------
    ScenarioError
        If the model is not one of :func:`to_pyomo`, or not linear.
    InfeasibleError, SolverError
        As :func:`computegrid.solve`.
    """
    origin = getattr(model, "_computegrid", None)
    if not isinstance(origin, Origin):
        raise ScenarioError("solve_pyomo takes a model made by to_pyomo, itself and not a clone")
    lp, whole, columns = pyomo.program_of(model, origin.link)
    said = ""
    if whole.any():
        own = scaled(lp, whole)
        best = own.back(solve_highs(own.lp, whole=whole, time_limit_s=time_limit_s))
        require_optimal(best, origin.scenario, origin.regime, lp)
        at = np.where(whole, np.round(best.x), 0.0)
        lp = replace(lp, col_lower=np.where(whole, at, lp.col_lower),
                     col_upper=np.where(whole, at, lp.col_upper))
        said = f"; prices of the program with its {int(whole.sum())} whole numbers fixed"
    dispatch = dispatch_of(origin.scenario, origin.regime, lp, origin.minimise, solver="highs",
                           time_limit_s=time_limit_s)
    pyomo.load_values(columns, dispatch._x)
    return replace(dispatch, solver=dispatch.solver + said)


def _keys(scenario: Scenario, lp: LinearProgram) -> dict[str, pyomo.Keys]:
    """Index of every column and row, by family and block."""
    hours = list(scenario.tables["hours"].index)
    keys: dict[str, pyomo.Keys] = {}
    for family in lp.families:
        keys[family.name] = _product(_names(scenario, family.entities), hours)
    for block in lp.blocks:
        when = None if block.hours is None else [hours[t] for t in block.hours]
        keys[block.name] = _product(_names(scenario, block.labels), when)
    return keys


def _names(scenario: Scenario, table: pd.DataFrame) -> Keys:
    """Rows of an entity table by the names people know."""
    if "group" in table.columns:
        return [(label,) for label in table["group"]]
    parts = [
        scenario.tables[f"{column}s"].index.take(np.asarray(table[column]))
        for column in ("region", "workload", "site") if column in table.columns
    ]
    return list(zip(*parts, strict=True))


def _product(names: Keys, hours: list[Hashable] | None) -> Keys:
    return names if hours is None else [(*name, hour) for name in names for hour in hours]
