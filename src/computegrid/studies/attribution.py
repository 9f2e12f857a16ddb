"""What each rule costs whatever the order: Shapley values over re-solves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import pandas as pd

from computegrid.dispatch import Dispatch
from computegrid.errors import ScenarioError
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.studies.compare import STEPS
from computegrid.studies.measures import measures
from computegrid.studies.solving import Progress, report, solve_near

MOST_PLAYERS = 8
"""Exact attribution needs 2 to the power of this many solves."""


def shapley(
    scenario: Scenario,
    parts: Mapping[str, Sequence[Rule]],
    base: Regime,
    minimise: Minimise = "cost",
    *,
    progress: Progress | None = None,
) -> pd.DataFrame:
    r"""Attribute the difference between ``base`` and ``base`` with all parts, free of order.

    .. math:: \varphi_i = \sum_{S \not\ni i} \frac{|S|!\,(n - |S| - 1)!}{n!}
              \left(v(S \cup i) - v(S)\right)

    Every figure :math:`v` is that of an optimal dispatch under the base rules and those of the
    parts in S. The values add up to the whole.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    parts : mapping of str to list of Rule
        Rules that come and go together, by name; at most ``MOST_PLAYERS``.
    base : Regime
        Rules that always hold.
    minimise : {"cost", "carbon"}
        As in :func:`computegrid.solve`.
    progress : callable, optional
        Called as ``progress(done, total, parts)``.

    Returns
    -------
    DataFrame
        Indexed by ``part``; a column per figure, as ``added_cost_usd``.

    Raises
    ------
    ScenarioError
        If there are more than ``MOST_PLAYERS`` parts, or none.
    InfeasibleError
        If some of the parts cannot hold without the others.
    """
    names = list(parts)
    if not 1 <= len(names) <= MOST_PLAYERS:
        raise ScenarioError(
            f"exact attribution takes 1 to {MOST_PLAYERS} parts, not {len(names)}; group rules"
        )
    value: dict[frozenset[str], pd.Series] = {}
    total, last = 2 ** len(names), None
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            report(progress, len(value), total, " + ".join(chosen) or base.name)
            last, value[frozenset(chosen)] = _figures(scenario, parts, chosen, base, minimise, last)
    report(progress, total, total, "")
    n = len(names)
    shares = {}
    for name in names:
        share = pd.Series(0.0, index=list(STEPS))
        for subset, figures in value.items():
            if name not in subset:
                k = len(subset)
                weight = factorial(k) * factorial(n - k - 1) / factorial(n)
                share = share + weight * (value[subset | {name}] - figures)
        shares[name] = share
    table = pd.DataFrame(shares).T.rename_axis("part")
    table.columns = pd.Index([f"added_{c}" for c in table.columns])
    return table


def _figures(
    scenario: Scenario, parts: Mapping[str, Sequence[Rule]], chosen: tuple[str, ...],
    base: Regime, minimise: Minimise, near: Dispatch | None,
) -> tuple[Dispatch, pd.Series]:
    rules = tuple(rule for name in chosen for rule in parts[name])
    regime = Regime(" + ".join([base.name, *chosen]), rules, extends=base)
    dispatch = solve_near(scenario, regime, minimise, near)
    return dispatch, pd.Series(measures(dispatch))[list(STEPS)]
