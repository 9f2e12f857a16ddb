"""One scenario under many regimes, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from computegrid.dispatch import Dispatch
from computegrid.errors import InfeasibleError, ScenarioError, did_you_mean
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import noise_mw
from computegrid.studies.measures import measures
from computegrid.studies.solving import Progress, nearest, report, solve_near

_SHOWN = ("cost_usd", "unserved_mwh", "carbon_t", "mean_rtt_ms", "own_control_share")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Dispatches of one scenario under several regimes.

    Attributes
    ----------
    scenario : Scenario
    base : str
        Regime that differences are taken from.
    minimise : {"cost", "carbon"}
    dispatches : dict of str to Dispatch
        By regime, in the order asked for; a regime that cannot hold is not among them.
    infeasible : dict of str to str
        Regimes whose hard rules cannot hold together, and why.
    """

    scenario: Scenario
    base: str
    minimise: Minimise
    dispatches: Mapping[str, Dispatch] = field(repr=False)
    infeasible: Mapping[str, str] = field(default_factory=dict, repr=False)

    explore: ClassVar[Callable[..., Any]]
    """Draw one view per regime; bound where the package is put together."""
    _repr_html_: ClassVar[Callable[..., str]]
    """A small table, for notebooks; bound there too."""

    @property
    def table(self) -> pd.DataFrame:
        """A row per regime, a column per figure; see :func:`measures` for what each one is.

        Infeasible regimes have ``status`` "infeasible" and no figures.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        rows = {name: measures(dispatch) for name, dispatch in self.dispatches.items()}
        table = pd.DataFrame.from_dict(rows, orient="index")
        controls = [c for c in table.columns if c.startswith("control_")]
        table[controls] = table[controls].fillna(0.0)
        table = table.reindex([*table.index, *self.infeasible])
        solved = table.index.isin(list(self.dispatches))
        table.insert(0, "status", np.where(solved, "optimal", "infeasible"))
        table.index.name = "regime"
        return table

    def delta(self, base: str | None = None) -> pd.DataFrame:
        """Every figure less that of the base regime (``self.base`` when None).

        Raises
        ------
        ScenarioError
            If there is no dispatch of that regime here.
        """
        figures = self._table.drop(columns="status")
        return figures - figures.loc[self._known(base or self.base)]

    def flows_delta(self, regime: str, base: str | None = None) -> pd.DataFrame:
        """What moves between a base regime and another, over the horizon.

        Returns
        -------
        DataFrame
            Tidy ``region, workload, site, base_mwh, mwh, delta_mwh``; lanes that carry the same
            are left out; largest change first. Of equally cheap dispatches the one held is compared
        (that nearest to demand): ``dispatches[regime].range(...)`` says how far work of given lanes
        may lie elsewhere at the same cost.
        """
        before = _by_lane(self.dispatches[self._known(base or self.base)])
        after = _by_lane(self.dispatches[self._known(regime)])
        both = pd.concat({"base_mwh": before, "mwh": after}, axis=1).fillna(0.0)
        both["delta_mwh"] = both["mwh"] - both["base_mwh"]
        a = self.scenario.arrays
        asked = pd.Series((a.demand_mw @ a.weight_hours)[a.lane_ask], index=_lanes(self.scenario))
        moved = both[both["delta_mwh"].abs() > MOVED * asked.reindex(both.index)]
        order = moved["delta_mwh"].abs().sort_values(ascending=False, kind="stable").index
        return moved.loc[order].reset_index()

    @property
    def ladder(self) -> pd.DataFrame:
        """Differences from each regime to the next, in order; the steps add up to the whole.

        Columns are the figures that add up: cost, operating cost, energy, carbon, unserved work,
        mean round trip.
        """
        return steps_of(self._table.loc[list(self.dispatches)])

    def _known(self, name: str) -> str:
        if name in self.infeasible:
            raise ScenarioError(f"regime {name!r} has no dispatch: {self.infeasible[name]}")
        if name not in self.dispatches:
            raise ScenarioError(
                f"no regime {name!r} in this comparison; {did_you_mean(name, self.dispatches)}"
            )
        return name

    def _shown(self) -> pd.DataFrame:
        return self._table[[c for c in ("status", *_SHOWN) if c in self._table.columns]]

    def __repr__(self) -> str:
        return (f"Comparison of {self.scenario.name!r}, base {self.base!r}\n"
                + self._shown().to_string(float_format=lambda v: f"{v:,.3g}"
                                          if abs(v) < 1000 else f"{v:,.0f}"))


MOVED = 1e-8
"""Work has moved when a lane differs by this part of all that is asked there: solvers agree to 1e-8
of it on which of equal answers to take."""
STEPS = ("cost_usd", "operating_cost_usd", "energy_mwh", "carbon_t", "unserved_mwh",
         "mean_rtt_ms")
"""Figures whose differences are taken step by step."""


def steps_of(table: pd.DataFrame) -> pd.DataFrame:
    """Difference of each row to the one before it; the first row is the start itself."""
    figures = table[list(STEPS)]
    steps = figures.diff().iloc[1:]
    steps.columns = [f"added_{c}" for c in steps.columns]
    steps.index.name = "step"
    return steps


Regimes = (
    Iterable[str | Regime | Iterable[Rule] | None] | Mapping[str, Iterable[Rule]] | None
)
"""Regimes to compare: names, Regimes and lists of rules; rules by name; None is all."""


def compare(
    scenario: Scenario,
    regimes: Regimes = None,
    base: str | None = None,
    minimise: Minimise = "cost",
    *,
    progress: Progress | None = None,
) -> Comparison:
    """Solve a scenario under several regimes and set the answers side by side.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    regimes : list of names or Regimes, mapping of name to rules, or None
        None: all of ``scenario.regimes``. In a list, None is the model's default regime and
        ``[]`` is no rules.
    base : str, optional
        Regime differences are taken from; the scenario's default regime if it is among them, or
        the first.
    minimise : {"cost", "carbon"}
        As in :func:`computegrid.solve`.
    progress : callable, optional
        Called as ``progress(done, total, regime)`` before each solve.

    Raises
    ------
    ScenarioError
        If a regime is not known, two carry one name, or there are none.
    InfeasibleError
        If the base regime cannot hold; other infeasible regimes become rows without figures.

    Examples
    --------
    >>> from computegrid.scenario.regime import Forbid
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame(index=["home"]),
    ...     sites=pd.DataFrame({"capacity_mw": [5.0, 9.0]}, index=["near", "far"]),
    ...     demand=pd.DataFrame({"region": ["home"], "mw": [8.0]}),
    ...     lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
    ...                         "network_usd_per_mwh": [1.0, 3.0]}),
    ...     regimes={"open": [], "no-near": [Forbid(label="x", supply={"site": "near"})]})
    >>> compare(s).table["cost_usd"].to_dict()
    {'open': 14.0, 'no-near': 24.0}
    """
    chosen = _chosen(scenario, regimes)
    start = base or (scenario.default_regime if scenario.default_regime in chosen
                     else next(iter(chosen)))
    if start not in chosen:
        raise ScenarioError(f"base {start!r} is not compared; {did_you_mean(start, chosen)}")
    dispatches: dict[str, Dispatch] = {}
    infeasible: dict[str, str] = {}
    for done, (name, regime) in enumerate(chosen.items()):
        report(progress, done, len(chosen), name)
        try:
            near = nearest(regime, dispatches.values())
            dispatches[name] = solve_near(scenario, regime, minimise, near)
        except InfeasibleError as error:
            if name == start:
                raise
            infeasible[name] = str(error)
    report(progress, len(chosen), len(chosen), "")
    return Comparison(scenario, start, minimise, dispatches, infeasible)


def _chosen(
    scenario: Scenario, regimes: Regimes
) -> dict[str, Regime]:
    if isinstance(regimes, (str, Regime)):
        regimes = [regimes]
    if regimes is None:
        found = list(scenario.regimes.values())
    elif isinstance(regimes, Mapping):
        found = [r if isinstance(r, Regime) else Regime(n, tuple(r)) for n, r in regimes.items()]
    else:
        found = [scenario.regime(regime) for regime in regimes]
    names = [regime.name for regime in found]
    if not found:
        raise ScenarioError("there are no regimes to compare; name some, or give the model some")
    for name in names:
        if names.count(name) > 1:
            raise ScenarioError(f"two regimes are named {name!r}; give each its own name")
    return dict(zip(names, found, strict=True))


def _by_lane(dispatch: Dispatch) -> pd.Series:
    """Work of each lane over the horizon [MWh], without a solver's noise."""
    a, flow = dispatch.scenario.arrays, dispatch.flow_mw
    flow = np.where(flow > noise_mw(a)[:, None], flow, 0.0)
    work = pd.Series(flow @ a.weight_hours, name="mwh", index=_lanes(dispatch.scenario))
    return work[work > 0]


def _lanes(scenario: Scenario) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(scenario.tables["lanes"][["region", "workload", "site"]])
