"""The freeze desk: every switch thrown in turn, and what it does to whom."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal

from computegrid.accounts import by_site
from computegrid.dispatch import Dispatch
from computegrid.errors import InfeasibleError, RuleWarning, ScenarioError
from computegrid.losses import critical_work
from computegrid.program.algebra import Codes, Floats
from computegrid.scenario.regime import Forbid, Regime, Rule
from computegrid.scenario.rulemask import ask_mask
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import noise_mw
from computegrid.studies.freezetable import Freeze
from computegrid.studies.holding import held_flow, solve_holding
from computegrid.studies.outcome import Outcome, outcome_of
from computegrid.studies.reserve import (
    RESERVE_MOST,
    RESERVE_USD_PER_MW_YEAR,
    Mask,
    cheapest_reserve,
)
from computegrid.studies.solving import Progress, report, solve_near
from computegrid.studies.switches import (
    By,
    Switch,
    find_switches,
    minima_out_of_reach,
    together,
    without_minima,
)


def freeze(
    scenario: Scenario,
    by: By = "control",
    depth: Literal[1, 2] = 1,
    regime: str | Regime | Iterable[Rule] | None = None,
    exempt_own: bool = True,
    *,
    give_way: bool = True,
    only: Iterable[str] | None = None,
    critical: Mapping[str, Any] | None = None,
    reserve_usd_per_mw_year: float | None = RESERVE_USD_PER_MW_YEAR,
    reserve_most: float | None = RESERVE_MOST,
    progress: Progress | None = None,
) -> Freeze:
    """Throw every switch in turn and rank them by the work they leave unserved.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    by : {"control", "operator", "technology", "chip_origin", "site", "corridor"}
        Who holds the switch: a jurisdiction over the sites it controls, over those that run on
        its technology or its chips; an operator; a site; a corridor (where lanes name one).
    depth : {1, 2}
        2 also throws every pair.
    regime : str, Regime, list of rules, or None
        What holds besides; None is the model's default regime, ``[]`` is no rules.
    exempt_own : bool
        A jurisdiction's freeze spares demand of its own country or bloc. Operators, sites and
        corridors spare nobody.
    give_way : bool
        Ordinary work makes room for more valuable work wherever it runs. False: work at sites the
        freeze does not reach keeps its place, and only what is free takes in what lost its own.
    only : list of str, optional
        Throw these switches alone.
    critical : mapping, optional
        Selector of the work a reserve has to keep served; ``{"data_class": "critical"}`` where
        workloads say so, otherwise all work.
    reserve_usd_per_mw_year : float or None
        Price of holding reserve [USD per MW and year]; None: no reserve is looked for.
    reserve_most : float or None
        Most reserve at a site, as a multiple of its capacity; None or inf: no bound.
    progress : callable, optional
        Called as ``progress(done, total, switch)``.

    Returns
    -------
    Freeze

    Raises
    ------
    ScenarioError
        If there is no such kind of switch, column or holder.

    Notes
    -----
    Where the hard minima of the regime cannot be kept during a freeze (a contract that promises
    the frozen party a share), the rules that hold one lapse: the row says which, and is measured
    against the same regime without them. A switch
    whose lanes carry nothing changes nothing and needs no solve.

    Examples
    --------
    >>> import pandas as pd
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame({"country": ["FR"]}, index=["Paris"]),
    ...     sites=pd.DataFrame({"capacity_mw": [9.0, 5.0], "control": ["US", "FR"]},
    ...                        index=["cloud", "local"]),
    ...     demand=pd.DataFrame({"region": ["Paris"], "mw": [8.0]}),
    ...     lanes=pd.DataFrame({"region": "Paris", "site": ["cloud", "local"],
    ...                         "network_usd_per_mwh": [1.0, 3.0]}))
    >>> freeze(s).table.loc["US", ["unserved_mwh", "reserve_mw"]].tolist()
    [3.0, 3.0]
    """
    if depth not in (1, 2):
        raise ScenarioError(f"depth must be 1 or 2; got {depth!r}")
    switches = find_switches(scenario, by, only, exempt_own=exempt_own)
    chosen = scenario.regime(regime)
    wanted = critical_asks(scenario, critical)
    pairs = list(combinations(switches, 2)) if depth == 2 else []
    total = 1 + len(switches) + len(pairs)
    report(progress, 0, total, f"{chosen.name}, nothing frozen")
    desk = _Desk(scenario, chosen, give_way)
    outcomes: list[Outcome] = []
    for done, switch in enumerate(switches, start=1):
        report(progress, done, total, switch.label)
        outcomes.append(desk.throw(switch, [desk.nothing]))
    singles = {outcome.switch.label: outcome for outcome in outcomes}
    for done, (a, b) in enumerate(pairs, start=1 + len(switches)):
        both = together(a, b)
        report(progress, done, total, both.label)
        known = [desk.nothing, singles[a.label], singles[b.label]]
        outcomes.append(replace(desk.throw(both, known), dispatch=None))
    if reserve_usd_per_mw_year is not None:
        during = without_minima(chosen)[0]
        outcomes = [
            outcome if outcome.feasible and outcome.added_mwh(wanted) <= 0
            else replace(outcome, reserve=cheapest_reserve(
                scenario, outcome.switch, during, wanted, reserve_usd_per_mw_year,
                None if give_way else desk.taken_mw(outcome, wanted), reserve_most))
            for outcome in outcomes
        ]
    report(progress, total, total, "")
    return Freeze(
        scenario=scenario, by=by, regime=chosen, exempt_own=exempt_own, before=desk.before,
        outcomes=tuple(outcomes), critical=wanted,
        reserve_usd_per_mw_year=reserve_usd_per_mw_year,
    )


def critical_asks(scenario: Scenario, critical: Mapping[str, Any] | None) -> Mask:
    """Which asks are critical work, shape (A,).

    Raises
    ------
    ScenarioError
        If the selector names an unknown column, or takes no work.
    """
    if critical is None:
        return critical_work(scenario)
    a, rule = scenario.arrays, Forbid(label="critical work", demand=critical)
    mask = ask_mask(scenario.tables, rule, a.ask_region, a.ask_workload)
    if not mask.any():
        raise ScenarioError(f"critical = {dict(critical)!r} selects no work that is asked for")
    return mask


class _Desk:
    """The regime before anything is frozen, with and without its hard minima."""

    def __init__(self, scenario: Scenario, regime: Regime, give_way: bool) -> None:
        self.scenario = scenario
        self.give_way = give_way
        self.regime = regime
        self.before = solve_near(scenario, regime)
        self.nothing = outcome_of(Switch("site", (), False), self.before, self.before)
        self.without, self.lapsed = without_minima(regime)
        self._before_without: Dispatch | None = None

    def throw(self, switch: Switch, known: list[Outcome]) -> Outcome:
        """Return what the switch does; ``known`` are outcomes of throwing less than it."""
        lanes = switch.lanes(self.scenario)
        none_mw = noise_mw(self.scenario.arrays)
        for outcome in known:
            found = outcome.dispatch
            if found is not None and (found.flow_mw[lanes] <= none_mw[lanes, None]).all():
                return replace(outcome, switch=switch)
        near = known[-1].dispatch or self.before
        if not minima_out_of_reach(self.scenario, self.regime, lanes):
            try:
                during = switch.regime(self.scenario, self.regime)
                return outcome_of(switch, self.before, self._solve(during, lanes, near))
            except InfeasibleError:
                pass
        if self._before_without is None:
            self._before_without = solve_near(self.scenario, self.without, near=self.before)
        try:
            during = switch.regime(self.scenario, self.without)
            after = self._solve(during, lanes, near)
        except InfeasibleError:
            return outcome_of(switch, self._before_without, None, self.lapsed)
        return outcome_of(switch, self._before_without, after, self.lapsed)

    def taken_mw(self, outcome: Outcome, critical: Mask) -> Floats:
        """Power that work other than critical keeps at each site, shape (S, T) [MW]."""
        a = self.scenario.arrays
        kept = held_flow(self.before, outcome.switch.lanes(self.scenario))
        kept[critical[a.lane_ask]] = 0.0
        power: Floats = by_site(a, kept) * a.power_ratio[:, None]
        return power

    def _solve(self, during: Regime, closed: Codes, near: Dispatch) -> Dispatch:
        with warnings.catch_warnings():  # a freeze shuts what rules speak of: that is its purpose
            warnings.simplefilter("ignore", RuleWarning)
            if self.give_way:
                return solve_near(self.scenario, during, near=near)
            return solve_holding(self.scenario, during, held_flow(self.before, closed))
