"""The freeze desk: every switch thrown in turn, and what it does to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal

from computegrid.errors import ScenarioError
from computegrid.losses import critical_work
from computegrid.scenario.regime import Forbid, Regime, Rule
from computegrid.scenario.rulemask import ask_mask
from computegrid.scenario.scenario import Scenario
from computegrid.studies.desk import Desk
from computegrid.studies.freezetable import Freeze
from computegrid.studies.outcome import Outcome
from computegrid.studies.reserve import (
    RESERVE_MOST,
    RESERVE_USD_PER_MW_YEAR,
    Mask,
)
from computegrid.studies.solving import Progress, report
from computegrid.studies.switches import (
    By,
    find_switches,
    together,
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
        freeze does not reach keeps its place, and only what is free takes in what lost its own;
        figures then hang on which of equally cheap dispatches is held before the freeze, and the
        table has the least and the most of each.
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

    Which of equally cheap dispatches is held decides nothing with ``give_way=True``, unless work of
    one value competes for what is left. With ``give_way=False`` the dispatches before the freeze
    are found in which the least and the most critical work, and work of all kinds, loses its
    place; each is thrown too, and over these (and the one held) ``<figure>_least`` and
    ``<figure>_most`` are taken. Every one of them is attained; a wider one is not ruled out where
    the room at single sites matters more than how much loses its place.

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
    desk = Desk(scenario, chosen, give_way, wanted,
                reserve_usd_per_mw_year, reserve_most)
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
