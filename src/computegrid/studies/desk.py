"""The freeze desk: the regime before anything is frozen, and one switch after another thrown."""

from __future__ import annotations

import warnings
from copy import copy
from dataclasses import replace

from computegrid.accounts import by_site
from computegrid.dispatch import Dispatch
from computegrid.errors import InfeasibleError, RuleWarning
from computegrid.program.algebra import Codes, Floats
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import noise_mw
from computegrid.studies.holding import held_flow, solve_holding
from computegrid.studies.outcome import Outcome, outcome_of
from computegrid.studies.reserve import Mask, Reserve, cheapest_reserve
from computegrid.studies.solving import solve_near
from computegrid.studies.switches import Switch, minima_out_of_reach, without_minima
from computegrid.studies.ties import displaced, ranges_of


class Desk:
    """The regime before anything is frozen, with and without its hard minima."""

    def __init__(
        self, scenario: Scenario, regime: Regime, give_way: bool, critical: Mask,
        usd_per_mw_year: float | None, reserve_most: float | None,
    ) -> None:
        self.critical, self.usd_per_mw_year = critical, usd_per_mw_year
        self.reserve_most, self.scenario = reserve_most, scenario
        self.give_way = give_way
        self.regime = regime
        self.before = solve_near(scenario, regime)
        self.nothing = outcome_of(Switch("site", (), False), self.before, self.before)
        self.without, self.lapsed = without_minima(regime)
        self._before_without: Dispatch | None = None

    def throw(self, switch: Switch, known: list[Outcome]) -> Outcome:
        """Return what the switch does; ``known`` are outcomes of throwing less than it.

        With the least and most of its figures over equally cheap dispatches.
        """
        outcome = self.once(switch, known)
        lanes, others = switch.lanes(self.scenario), []
        if not self.give_way:
            desks = [self.other(x) for x in displaced(self.before, lanes, self.critical)]
            others = [desk.once(switch, [desk.nothing]) for desk in desks]
        return replace(outcome, ranges=ranges_of(
            outcome, others, self._unfrozen(outcome) if self.give_way else None,
            self.critical, lanes))

    def once(self, switch: Switch, known: list[Outcome]) -> Outcome:
        """What the switch does to the one dispatch held, with the reserve against it."""
        outcome = self._throw(switch, known)
        return replace(outcome, reserve=self._reserve(outcome))

    def _unfrozen(self, outcome: Outcome) -> Dispatch:
        """What the outcome is measured against."""
        without = self._before_without
        return without if outcome.lapsed and without is not None else self.before

    def _throw(self, switch: Switch, known: list[Outcome]) -> Outcome:
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

    def other(self, x: Floats) -> Desk:
        """The desk with another of the equally cheap dispatches held before the freeze."""
        desk = copy(self)
        desk.before = replace(self.before, _x=x, _warm=None)
        desk.nothing = outcome_of(Switch("site", (), False), desk.before, desk.before)
        return desk

    def _reserve(self, outcome: Outcome) -> Reserve | None:
        """The cheapest reserve; None where none is needed, or none is asked for."""
        if self.usd_per_mw_year is None or (
                outcome.feasible and outcome.added_mwh(self.critical) <= 0):
            return None
        return cheapest_reserve(
            self.scenario, outcome.switch, self.without, self.critical, self.usd_per_mw_year,
            None if self.give_way else self._taken_mw(outcome), self.reserve_most)

    def _taken_mw(self, outcome: Outcome) -> Floats:
        """Power that work other than critical keeps at each site, shape (S, T) [MW]."""
        a = self.scenario.arrays
        kept = held_flow(self.before, outcome.switch.lanes(self.scenario))
        kept[self.critical[a.lane_ask]] = 0.0
        power: Floats = by_site(a, kept) * a.power_ratio[:, None]
        return power

    def _solve(self, during: Regime, closed: Codes, near: Dispatch) -> Dispatch:
        with warnings.catch_warnings():  # a freeze shuts what rules speak of: that is its purpose
            warnings.simplefilter("ignore", RuleWarning)
            if self.give_way:
                return solve_near(self.scenario, during, near=near)
            return solve_holding(self.scenario, during, held_flow(self.before, closed))
