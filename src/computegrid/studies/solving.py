"""Solving many programs of one scenario, each started from the last where the engine can."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from computegrid.dispatch import Dispatch, solve
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario

Progress = Callable[[int, int, str], None]
"""Called before each solve with how many are done, how many there are, and what comes next."""


def solve_near(
    scenario: Scenario, regime: Regime, minimise: Minimise = "cost", near: Dispatch | None = None
) -> Dispatch:
    """Solve, starting from a dispatch of the same scenario under a like regime.

    The optimum is the same as without ``near``; it only comes sooner.
    """
    return solve(scenario, regime, minimise, warm_start=near)


def nearest(regime: Regime, solved: Iterable[Dispatch]) -> Dispatch | None:
    """Return the dispatch whose rules over the horizon, and then whose other rules, are most alike.

    Rules over the horizon join the hours and take the most time, so what is known of them counts.
    """
    def unlike(dispatch: Dispatch) -> tuple[int, int]:
        other = dispatch.regime.rules
        differ = [r for r in (*regime.rules, *other) if r not in regime.rules or r not in other]
        joined = [r for r in differ if r.kind == "Share" or r.kind == "Defer"
                  or getattr(r, "per", "") == "horizon"]
        return len(joined), len(differ)

    return min(solved, key=unlike, default=None)


def report(progress: Progress | None, done: int, total: int, what: str) -> None:
    """Tell ``progress``, if there is one."""
    if progress is not None:
        progress(done, total, what)
