"""The price of sovereignty: rung by rung, and what each rung costs whatever the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from computegrid.dispatch import Dispatch
from computegrid.errors import InfeasibleError, ScenarioError, did_you_mean
from computegrid.program.objective import Minimise
from computegrid.scenario.home import is_named
from computegrid.scenario.regime import Forbid, Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.studies.attribution import shapley
from computegrid.studies.compare import Comparison, compare, steps_of
from computegrid.studies.solving import Progress
from computegrid.tables.labels import as_labels

RUNGS = {"residency": "", "operator": "hq", "control": "control", "chip": "chip_origin"}
"""Rungs of the price of sovereignty, and the column of sites that must be of home at each."""


@dataclass(frozen=True, eq=False)
class Ladder:
    """Regimes each stricter than the one before, from a base to the whole.

    Attributes
    ----------
    comparison : Comparison
        Of every rung, the base first.
    parts : mapping of str to tuple of Rule
        What each rung adds.
    base : Regime
        Where the ladder starts.
    """

    comparison: Comparison
    parts: Mapping[str, tuple[Rule, ...]] = field(repr=False)
    base: Regime = field(repr=False)

    _repr_html_: ClassVar[Callable[..., str]]
    """A small table, for notebooks; bound where the package is put together."""

    @property
    def dispatches(self) -> Mapping[str, Dispatch]:
        """Dispatch at every rung, the base first."""
        return self.comparison.dispatches

    @property
    def table(self) -> pd.DataFrame:
        """What each rung adds: cost, operating cost, energy, carbon, unserved, mean round trip.

        The last row, ``whole``, is the difference between the last rung and the base; the steps
        add up to it. ``usd_per_mwh`` is the step's cost over all work asked for.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        table = steps_of(self.comparison.table)
        table.loc["whole"] = table.sum(skipna=False)
        a = self.comparison.scenario.arrays
        demand = float((a.demand_mw @ a.weight_hours).sum())
        table["usd_per_mwh"] = table["added_cost_usd"] / demand
        return table

    def shapley(self, progress: Progress | None = None) -> pd.DataFrame:
        """Return what each rung costs whatever the order in which they come; adds up to the whole.

        Solves every subset of the rungs: 2 to the power of their number, at most 8.
        """
        return shapley(self.comparison.scenario, self.parts, self.base,
                       self.comparison.minimise, progress=progress)

    def __repr__(self) -> str:
        return (f"Ladder of {self.comparison.scenario.name!r} from {self.base.name!r}\n"
                + self._table.to_string(float_format=lambda v: f"{v:,.4g}"))


def ladder(
    scenario: Scenario,
    steps: str | Regime | Sequence[str | Regime] | Mapping[str, Iterable[Rule]] | None = None,
    base: str | Regime | Iterable[Rule] | None = None,
    *,
    home: str | None = None,
    demand: Mapping[str, Any] | None = None,
    minimise: Minimise = "cost",
    progress: Progress | None = None,
) -> Ladder:
    """Tighten step by step and price each step.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    steps : optional
        None: the price of sovereignty, residency → operator (its seat) → ultimate parent
        (``control``) → chip, each as far as sites have the column. A regime: one step per rule
        of its own. A list of regimes: one step per regime, each adding its rules to the last. A
        mapping of name to rules.
    base : str, Regime, list of rules, or None
        Where it starts. None: the model's open market (``scenario.open_market``); for a regime,
        the one it extends, and no rules where it extends none. ``[]`` is no rules.
    home : {"bloc", "country", ...}, optional
        What home is, for ``steps=None``: a column of regions and sites; ``bloc`` if there is one,
        then ``country``.
    demand : mapping, optional
        Selector of the work the rungs are about, for ``steps=None``; all when None.
    minimise : {"cost", "carbon"}
        As in :func:`computegrid.solve`.
    progress : callable, optional
        Called as ``progress(done, total, step)``.

    Raises
    ------
    ScenarioError
        If a name or column is unknown, or nothing can be tightened.
    InfeasibleError
        If a step cannot hold.

    Examples
    --------
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame({"country": ["FR"]}, index=["Paris"]),
    ...     sites=pd.DataFrame({"capacity_mw": [9.0, 9.0, 9.0], "country": ["US", "FR", "FR"],
    ...                         "control": ["US", "US", "FR"]}, index=["far", "cloud", "local"]),
    ...     demand=pd.DataFrame({"region": ["Paris"], "mw": [8.0]}),
    ...     lanes=pd.DataFrame({"region": "Paris", "site": ["far", "cloud", "local"],
    ...                         "network_usd_per_mwh": [1.0, 2.0, 5.0]}))
    >>> ladder(s).table["added_cost_usd"].to_dict()
    {'residency': 8.0, 'control': 24.0, 'whole': 32.0}
    """
    start, parts = _parts(scenario, steps, base, home, demand or {})
    regimes: list[str | Regime] = [start]
    rules: tuple[Rule, ...] = ()
    for name, added in parts.items():
        rules = (*rules, *added)
        regimes.append(Regime(name, rules, extends=start))
    found = compare(scenario, regimes, start.name, minimise, progress=progress)
    if found.infeasible:
        name, why = next(iter(found.infeasible.items()))
        raise InfeasibleError(f"step {name!r}: {why}")
    return Ladder(found, parts, start)


def home_rules(
    scenario: Scenario, rung: str, home: str, demand: Mapping[str, Any]
) -> tuple[Forbid, ...]:
    """Rules that keep work of every home at sites of that home, by the rung's column.

    A jurisdiction is of a home when it is its name, or the country of one of its regions; unknown
    is of none.
    """
    regions, sites = scenario.tables["regions"], scenario.tables["sites"]
    column = RUNGS[rung] or home
    homes, rules = as_labels(regions[home]), []
    for name in sorted(set(homes[is_named(homes)])):
        members = {name}
        if column != home and "country" in regions.columns:
            members |= set(as_labels(regions.loc[homes == name, "country"]))
            if home in sites.columns and "country" in sites.columns:
                members |= set(as_labels(sites.loc[as_labels(sites[home]) == name, "country"]))
        rules.append(
            Forbid(
                label=f"{rung}: {name}",
                demand={**demand, home: name},
                supply={column: {"not": [one for one in sorted(members)
                                         if is_named(as_labels([one]))[0]]}},
                source="assumption of the study",
            )
        )
    return tuple(rules)


def _parts(
    scenario: Scenario, steps: Any, base: str | Regime | Iterable[Rule] | None, home: str | None,
    demand: Mapping[str, Any],
) -> tuple[Regime, dict[str, tuple[Rule, ...]]]:
    start = scenario.open_market if base is None else scenario.regime(base)
    if steps is None:
        return start, _rungs(scenario, home or _home(scenario), demand)
    if isinstance(steps, (str, Regime)):
        regime = scenario.regime(steps)
        if base is None:
            start = regime.extends or scenario.regime([])
        inherited = {rule.label: rule for rule in start.rules}
        own = [rule for rule in regime.rules if inherited.get(rule.label) != rule]
        return start, {rule.label: (rule,) for rule in own}
    if isinstance(steps, Mapping):
        return start, {name: tuple(rules) for name, rules in steps.items()}
    parts: dict[str, tuple[Rule, ...]] = {}
    held = {rule.label: rule for rule in start.rules}
    for step in steps:
        regime = scenario.regime(step)
        parts[regime.name] = tuple(r for r in regime.rules if held.get(r.label) != r)
        held |= {rule.label: rule for rule in regime.rules}
    return start, parts


def _rungs(
    scenario: Scenario, home: str, demand: Mapping[str, Any]
) -> dict[str, tuple[Rule, ...]]:
    regions, sites = scenario.tables["regions"], scenario.tables["sites"]
    if home not in regions.columns:
        raise ScenarioError(f"no home {home!r}: no such column of regions; "
                            f"{did_you_mean(home, [str(c) for c in regions.columns])}")
    parts: dict[str, tuple[Rule, ...]] = {
        rung: home_rules(scenario, rung, home, demand)
        for rung, column in RUNGS.items() if (column or home) in sites.columns
    }
    if not parts:
        raise ScenarioError(f"no rung: sites have none of {home}, hq, control, chip_origin")
    return parts


def _home(scenario: Scenario) -> str:
    regions, sites = scenario.tables["regions"], scenario.tables["sites"]
    for column in ("bloc", "country", scenario.group_by):
        if column and column in regions.columns and column in sites.columns:
            return column
    raise ScenarioError("what is home? regions and sites share neither bloc nor country; "
                        "give home = a column of both")
