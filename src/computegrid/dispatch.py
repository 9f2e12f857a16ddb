"""The answer: solve a scenario under a regime, certify it, label it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from computegrid import accounts, prices, runs, saving, waiting
from computegrid.answer.base import Answer
from computegrid.answer.totals import Totals, totals_of
from computegrid.deprecated import renamed
from computegrid.errors import InfeasibleError, ScenarioError, SolverError
from computegrid.optima import Optima, dependence_range
from computegrid.program.algebra import Floats, LinearProgram
from computegrid.program.build import build_program, selections
from computegrid.program.deadlines import waits_of
from computegrid.program.objective import Minimise
from computegrid.program.tiebreak import preference
from computegrid.scenario.regime import Forbid, Regime, Rule
from computegrid.scenario.rulemask import lane_mask
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import require_span
from computegrid.solvers.canonical import canonical
from computegrid.solvers.certificate import Certificate, certify
from computegrid.solvers.choose import solve_program
from computegrid.solvers.conflict import conflict_table, in_words, relaxation_table
from computegrid.solvers.infeasibility import find_conflict
from computegrid.solvers.solution import Solution, Status, WarmStart
from computegrid.units import told


@dataclass(frozen=True, eq=False)
class Dispatch(Answer):
    """The least-cost (or least-carbon) way to serve a scenario under a regime.

    Every table is a copy in tidy form; units are the last suffix of each name.

    Attributes
    ----------
    scenario : Scenario
    regime : Regime
    minimise : {"cost", "carbon"}
    status : str
        Always ``"optimal"``: nothing else becomes a dispatch.
    solver : str
        What solved it and why it was chosen.
    certificate : Certificate
        Residuals and duality gap, computed from the arrays and not taken from the solver.
    """

    scenario: Scenario
    regime: Regime
    minimise: Minimise
    status: str
    solver: str
    certificate: Certificate
    explore: ClassVar[Callable[..., Any]]
    """Draw the dispatch as one offline page; bound where the package is put together."""
    plot: ClassVar[Callable[..., Any]]
    """Draw a plot of the dispatch; bound where the package is put together."""
    _repr_html_: ClassVar[Callable[..., str]]

    _lp: LinearProgram = field(repr=False)
    _x: Floats = field(repr=False)
    _row_dual: Floats = field(repr=False)
    _reduced: Floats = field(repr=False)
    _warm: WarmStart | None = field(default=None, repr=False)

    @property
    def flow_mw(self) -> Floats:
        """Work on every lane and hour, shape (L, T) [MW], in the order of ``scenario.lanes``."""
        return self._x[self._lp.columns_of("flow")].reshape(-1, self.scenario.arrays.n_hours)

    @property
    def flows(self) -> pd.DataFrame:
        """Tidy ``region, workload, site, hour, mw``; lanes that carry nothing are left out."""
        return accounts.flow_table(self.scenario, self.flow_mw)

    @property
    def unserved(self) -> pd.DataFrame:
        """Tidy ``region, workload, hour, mw`` of every ask and hour."""
        a = self.scenario.arrays
        values = self._x[self._lp.columns_of("unserved")].reshape(a.demand_mw.shape)
        return accounts.ask_table(self.scenario, values.clip(min=0.0), "mw")

    @property
    def utilisation(self) -> pd.DataFrame:
        """Tidy ``site, hour, mw`` (work), ``power_mw``, ``available_mw``, ``utilisation``."""
        return accounts.utilisation_table(self.scenario, self.flow_mw)

    @property
    def prices(self) -> pd.DataFrame:
        """Tidy ``region, workload, hour, usd_per_mwh``: what one more MWh of demand adds to cost.

        Per real hour: the weights of the hours are divided out. When carbon is minimised the
        column is ``kg_per_mwh``.
        """
        name = "usd_per_mwh" if self.minimise == "cost" else "kg_per_mwh"
        values = prices.marginal_prices(
            self.scenario.arrays, self._lp, self._row_dual, self._reduced
        )
        return accounts.ask_table(self.scenario, values, name)

    @property
    def rents(self) -> pd.DataFrame:
        """Tidy ``site, hour, usd_per_mwh``: what one more MW of capacity there would save."""
        name = "usd_per_mwh" if self.minimise == "cost" else "kg_per_mwh"
        values = prices.rents(self.scenario.arrays, self._lp, self._row_dual)
        return accounts.site_table(self.scenario, **{name: values})

    @property
    def rule_prices(self) -> pd.DataFrame:
        """What each rule does and costs at the margin, by rule, group and hour.

        Columns ``rule, kind, group, hour, activity, lower, upper, shadow_price, unit``: the
        shadow price is what one more unit of the bound adds to cost [USD per unit] (negative for
        a cap that binds); for a ``Forbid``, what one MWh on its best lane would add; for a
        ``Charge``, its rate.
        """
        return prices.rule_table(
            self.scenario, self.regime, self._lp, self._x, self._row_dual, self._reduced
        )

    @property
    def dependence_range(self) -> tuple[float, float]:
        """Least and most dependence over the dispatches that cost the same; NaN if not known.

        ``summary["dependence"]`` is that of the one held. Two programs are solved on the optimal
        face, in which costs a ten-thousandth apart count as equal.
        """
        return dependence_range(self.scenario, self._optima)

    def range(
        self, demand: Mapping[str, Any] | None = None, supply: Mapping[str, Any] | None = None
    ) -> pd.Series:
        """Find the work that selected lanes carry, here and in dispatches that cost the same.

        Ties are the rule where sites share a price, and a figure that adds up the flows of some
        lanes then hangs on which of the equally cheap dispatches is held.

        Parameters
        ----------
        demand, supply : mapping, optional
            Selectors as of a rule; all where left out.

        Returns
        -------
        Series
            ``mwh``, ``least_mwh``, ``most_mwh`` over the horizon. A lane may carry work that costs
            no more than a ten-thousandth of the mean operating cost of a MWh beyond the best.

        Raises
        ------
        ScenarioError
            If a selector names a column that does not exist.

        Examples
        --------
        >>> s = Scenario.from_tables(
        ...     regions=pd.DataFrame(index=["home"]),
        ...     sites=pd.DataFrame({"capacity_mw": [6.0, 9.0]}, index=["east", "west"]),
        ...     demand=pd.DataFrame({"region": ["home"], "mw": [8.0]}),
        ...     lanes=pd.DataFrame({"region": "home", "site": ["east", "west"],
        ...                         "network_usd_per_mwh": [2.0, 2.0]}))
        >>> solve(s).range(supply={"site": "west"})[["least_mwh", "most_mwh"]].tolist()
        [2.0, 8.0]
        """
        rule = Forbid(label="range", demand=demand or {}, supply=supply or {})
        weights = self._optima.weights(
            lanes=lane_mask(self.scenario.tables, rule).astype(float))
        least, most = self._optima.range(weights)
        return pd.Series({"mwh": float(weights @ self._x), "least_mwh": least, "most_mwh": most},
                         name=self.regime.name)

    @cached_property
    def _optima(self) -> Optima:
        return Optima(self.scenario, self._lp, self._x, self._row_dual)

    @property
    def waiting(self) -> pd.DataFrame:
        """Work that waited, tidy ``region, workload, arrived, run, mwh, delay_hours``.

        Of a region and workload what arrived first is done first; work done in the hour it
        arrived is left out.
        """
        return waiting.waiting_table(self.scenario, self._lp, self._x)

    @property
    def delays(self) -> pd.DataFrame:
        """How long work waited, indexed by ``workload``.

        ``demand_mwh``, ``waited_mwh``, the mean delay of the work that waited and the longest
        (``mean_delay_hours``, ``longest_delay_hours``), and ``defer_hours``, the longest that
        some of it may wait.
        """
        return waiting.delay_table(self.scenario, waits_of(self._lp), self.waiting)

    @property
    def backlog(self) -> pd.DataFrame:
        """Work that waits at the end of each hour, tidy ``region, workload, hour, mwh``.

        Of the regions and workloads whose work may wait.
        """
        return waiting.backlog_table(self.scenario, self._lp, self._x)

    @property
    def objective(self) -> float:
        """What was minimised: cost [USD], or emissions and what weighs beside them [kg]."""
        return self.certificate.objective

    @cached_property
    def _totals(self) -> Totals:
        chosen = selections(self.scenario, self.regime)
        return totals_of(self.scenario.arrays, chosen, self._lp, self._x, self._row_dual)

    def save(self, path: str | Path) -> Path:
        """Write all tables (CSV and Parquet), the inputs and ``run.json`` into the folder ``path``.

        The folder appears whole or not at all; :func:`computegrid.read` reads it back.

        Raises
        ------
        DataError
            If ``path`` holds something that is not an earlier run of the same model.
        """
        inputs, arrays = runs.inputs_of(self.scenario)
        return saving.save_run(
            Path(path), self._contents(), self._metadata(), inputs,
            {"scenario": arrays, "answer": {"x": self._x, "row_dual": self._row_dual}},
        )

    def _contents(self) -> dict[str, pd.DataFrame]:
        return {
            "flows": self.flows, "unserved": self.unserved, "utilisation": self.utilisation,
            "prices": self.prices, "rents": self.rents, "rule_prices": self.rule_prices,
            "control_shares": self.control_shares.reset_index(),
            "by_workload": self.by_workload.reset_index(),
            "waiting": self.waiting, "delays": self.delays.reset_index(),
            "summary": self._summary.rename_axis("quantity").rename("value").reset_index(),
        }

    def _metadata(self) -> dict[str, Any]:
        return {
            "model": self.scenario.name, "title": self.scenario.title,
            "regime": self.regime.name, "minimise": self.minimise, "status": self.status,
            "solver": self.solver,
            "certificate": asdict(self.certificate),
            **runs.described(self.scenario, self.regime),
        }

    def __repr__(self) -> str:
        s = self._summary
        return (
            f"Dispatch of {self.scenario.name!r} under {self.regime.name!r}: {self.status}, "
            f"cost {told(s['cost_usd'])} USD, {told(s['served_mwh'])} MWh served, "
            f"{told(s['unserved_mwh'])} MWh unserved, {told(s['carbon_t'])} t CO2"
        )


@renamed(near="warm_start")
def solve(
    scenario: Scenario,
    regime: str | Regime | Iterable[Rule] | None = None,
    minimise: Minimise = "cost",
    *,
    solver: str | None = None,
    time_limit_s: float | None = None,
    warm_start: Dispatch | None = None,
) -> Dispatch:
    """Find the dispatch of least cost (or carbon).

    Parameters
    ----------
    scenario : Scenario
    regime : str, Regime, list of rules, or None
        Name of one of ``scenario.regimes``, or rules of one's own; None is the model's default
        regime, ``[]`` is no rules.
    minimise : {"cost", "carbon"}
        Under ``"carbon"`` charges do not count, and no work is dropped to save carbon.
    solver : {"highs", "highs-simplex", "highs-ipx", "highs-hipo"}, optional
        Chosen by what the program's rows couple when None. ``"highs-hipo"`` comes with the extra
        ``hipo``.
    time_limit_s : float, optional
        Give up after this long [s].
    warm_start : Dispatch, optional
        A dispatch of a like problem to start from. The optimum is the same and comes sooner;
        where several are equally good, another of them may come.

    Returns
    -------
    Dispatch

    Raises
    ------
    ScenarioError
        If the regime or one of its rules cannot be read.
    DataError
        If some demand is too small to be told beside the largest.
    InfeasibleError
        If the hard rules cannot hold together.
    SolverError
        If no certified optimum was found.

    Examples
    --------
    >>> import pandas as pd
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame(index=["home"]),
    ...     sites=pd.DataFrame({"capacity_mw": [5.0, 9.0]}, index=["near", "far"]),
    ...     demand=pd.DataFrame({"region": ["home"], "mw": [8.0]}),
    ...     lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
    ...                         "network_usd_per_mwh": [1.0, 3.0]}))
    >>> solve(s).cost_usd
    14.0
    """
    if minimise not in ("cost", "carbon"):
        raise ScenarioError(f"minimise must be 'cost' or 'carbon'; got {minimise!r}")
    chosen = scenario.regime(regime)
    lp = build_program(scenario, chosen, minimise)
    return dispatch_of(scenario, chosen, lp, minimise, solver=solver, time_limit_s=time_limit_s,
                       warm_start=warm_start)


def dispatch_of(
    scenario: Scenario, regime: Regime, lp: LinearProgram, minimise: Minimise = "cost", *,
    solver: str | None = None, time_limit_s: float | None = None,
    warm_start: Dispatch | None = None,
) -> Dispatch:
    """Solve a program already built, certify and label it.

    ``lp`` is that of ``build_program(scenario, regime, minimise)``, possibly with rows and
    variables of a study's own behind those.

    Raises
    ------
    DataError, InfeasibleError, SolverError
        As :func:`solve`.
    """
    require_span(scenario.tables, scenario.arrays)
    solution = solve_program(lp, solver=solver, time_limit_s=time_limit_s,
                             warm_start=None if warm_start is None else warm_start._warm)
    require_optimal(solution, scenario, regime, lp)
    chosen = canonical(lp, solution, preference(scenario, lp))
    try:
        certificate, reduced = certify(lp, chosen, scenario.arrays)
    except SolverError:  # among equals one was taken that is not quite equal: keep the first
        chosen = solution
        certificate, reduced = certify(lp, chosen, scenario.arrays)
    return Dispatch(
        scenario=scenario, regime=regime, minimise=minimise, status=str(solution.status),
        solver=solution.solver, certificate=certificate, _lp=lp, _x=chosen.x,
        _row_dual=chosen.row_dual, _reduced=reduced, _warm=solution.warm,
    )


def require_optimal(
    solution: Solution, scenario: Scenario, regime: Regime, lp: LinearProgram
) -> None:
    """Raise unless the solution is optimal.

    Raises
    ------
    InfeasibleError
        If a proof, checked on the arrays, shows that nothing can satisfy all hard rules.
    SolverError
        If the solver stopped for another reason, or called infeasible what no proof shows to be.
    """
    if solution.status is Status.OPTIMAL:
        return
    if solution.status is Status.INFEASIBLE:
        conflict = solution.conflict or find_conflict(lp)
        if conflict is None:
            raise SolverError(
                f"{solution.solver} finds no dispatch of {scenario.name!r} under {regime.name!r}, "
                "but no proof of it was found within 30 s; check the ranges of the figures, or try "
                "solver='highs-simplex'"
            )
        who = conflict_table(scenario, regime, lp, conflict)
        gives = relaxation_table(scenario, regime, lp, conflict)
        raise InfeasibleError(in_words(scenario, regime, who, gives), who, gives)
    raise SolverError(
        f"{solution.solver} ended with {solution.status}: no answer for {scenario.name!r} under "
        f"{regime.name!r}"
    )
