"""Switches: who can turn which lanes off, and whose own demand is spared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program.algebra import Codes
from computegrid.scenario.home import UNKNOWN
from computegrid.scenario.regime import Forbid, Limit, Regime, Share
from computegrid.scenario.routes import CORRIDOR, corridors_named
from computegrid.scenario.rulemask import ask_mask, lane_mask
from computegrid.scenario.scenario import Scenario
from computegrid.tables.labels import BLANK, as_labels

By = Literal["control", "operator", "technology", "chip_origin", "site", "corridor"]
KINDS: tuple[By, ...] = ("control", "operator", "technology", "chip_origin", "site", "corridor")
JURISDICTIONS = frozenset({"control", "technology", "chip_origin"})
"""Kinds whose switches are thrown by a jurisdiction, which may spare its own demand."""
NOBODY = frozenset({BLANK, UNKNOWN})
"""Values that name nobody: no one is known to hold that switch."""


@dataclass(frozen=True)
class Switch:
    """One switch, or several thrown at once.

    Attributes
    ----------
    by : str
        Kind of switch: the column that says who holds it.
    holders : tuple of str
        Who throws it: a jurisdiction, an operator, a site, a corridor.
    exempt_own : bool
        Whether demand of the jurisdiction itself goes on being served.
    """

    by: By
    holders: tuple[str, ...]
    exempt_own: bool

    @property
    def label(self) -> str:
        """Name for tables, e.g. ``"US"`` or ``"CN + US"``."""
        return " + ".join(self.holders)

    def rules(self, scenario: Scenario) -> list[Forbid]:
        """What throwing it forbids, one rule for each value."""
        return [
            Forbid(label=f"freeze by {self.by}: {value}",
                   supply={self.by: {"has": value} if self.by == CORRIDOR else value},
                   demand=_others(scenario, value) if self.exempt_own else {},
                   source="assumption of the study",
                   note="demand of its own is spared" if self.exempt_own else "")
            for value in self.holders
        ]

    def regime(self, scenario: Scenario, during: Regime) -> Regime:
        """Return the regime ``during`` with the switch thrown; values without lanes add no rule."""
        rules = [r for r in self.rules(scenario) if lane_mask(scenario.tables, r).any()]
        return Regime(f"{during.name}, {self.by} {self.label} frozen", tuple(rules), extends=during)

    def lanes(self, scenario: Scenario) -> Codes:
        """Positions of the lanes it closes."""
        closed = np.zeros(scenario.arrays.n_lanes, dtype=bool)
        for rule in self.rules(scenario):
            closed |= lane_mask(scenario.tables, rule)
        return np.flatnonzero(closed)


def find_switches(
    scenario: Scenario, by: By, only: Iterable[str] | None = None, *, exempt_own: bool = True
) -> list[Switch]:
    """Return every switch of a kind, in sorted order; ``unknown`` holds none.

    Raises
    ------
    ScenarioError
        If there is no such kind, or the scenario has no such column or no such holder.
    """
    if by not in KINDS:
        raise ScenarioError(f"no switches by {by!r}; {did_you_mean(by, KINDS)}")
    known = sorted(set(_holders(scenario, by)) - NOBODY)
    if only is None:
        chosen = known
    else:
        chosen = [only] if isinstance(only, str) else list(only)
        for value in chosen:
            if value not in known:
                raise ScenarioError(f"nobody holds a switch by {by} named {value!r}; "
                                    f"{did_you_mean(value, known)}")
    if not chosen:
        why = "no lane goes through one" if by == CORRIDOR else f"every {by} is unknown"
        raise ScenarioError(f"no switch by {by}: {why}")
    spared = exempt_own and by in JURISDICTIONS
    return [Switch(by, (value,), spared) for value in chosen]


def together(a: Switch, b: Switch) -> Switch:
    """Return the switch that throws both."""
    return Switch(a.by, tuple(sorted({*a.holders, *b.holders})), a.exempt_own)


def without_minima(regime: Regime) -> tuple[Regime, tuple[str, ...]]:
    """Return the regime without the rules that hold a hard minimum, and their labels.

    A contract that gives a frozen party a minimum cannot be kept, and then lapses whole: its
    maximum, if it has one, goes with it.

    Examples
    --------
    >>> contract = Regime("r", (Share(label="half", supply={"control": "US"}, min=0.5),))
    >>> without_minima(contract)[1]
    ('half',)
    """
    lapsed = [
        rule for rule in regime.rules
        if isinstance(rule, (Share, Limit)) and rule.min is not None
        and getattr(rule, "penalty_usd", None) is None
    ]
    kept = tuple(rule for rule in regime.rules if rule not in lapsed)
    plain = Regime(regime.name, kept, title=regime.title, source=regime.source)
    return plain, tuple(rule.label for rule in lapsed)


def minima_out_of_reach(scenario: Scenario, regime: Regime, closed: Codes) -> bool:
    """Whether a hard minimum of a share cannot be kept once ``closed`` lanes are shut.

    Only what capacity and demand show at once; other conflicts are for the solver to find.
    """
    a = scenario.arrays
    open_ = np.ones(a.n_lanes, dtype=bool)
    open_[closed] = False
    work = a.demand_mw @ a.weight_hours
    room = (a.available_mw @ a.weight_hours) / a.power_ratio
    for rule in regime.rules:
        if isinstance(rule, Share) and rule.min and rule.hours is None:
            left = open_ & lane_mask(scenario.tables, rule)
            asked = work[ask_mask(scenario.tables, rule, a.ask_region, a.ask_workload)].sum()
            most = min(float(work[np.unique(a.lane_ask[left])].sum()),
                       float(room[np.unique(a.lane_site[left])].sum()))
            if most < rule.min * float(asked) * (1 - 1e-9):
                return True
    return False


def _others(scenario: Scenario, value: str) -> Mapping[str, Any]:
    """Selector of demand outside a jurisdiction, be it a country or a bloc."""
    columns = [c for c in ("country", "bloc") if c in scenario.tables["regions"].columns]
    return {column: {"not": value} for column in columns}


def _holders(scenario: Scenario, by: By) -> list[str]:
    sites, lanes = scenario.tables["sites"], scenario.tables["lanes"]
    if by == "site":
        return [str(site) for site in sites.index]
    if by == "corridor":
        if CORRIDOR not in lanes.columns:
            raise ScenarioError(
                "no switches by corridor: lanes have no column 'corridor'; give routes between "
                "areas, or a lanes table that says which corridor each lane runs through"
            )
        return corridors_named(lanes)
    if by not in sites.columns:
        raise ScenarioError(f"no switches by {by}: sites have no column {by!r}")
    return list(dict.fromkeys(as_labels(sites[by])))
