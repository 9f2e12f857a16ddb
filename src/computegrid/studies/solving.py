"""Solving many programs of one scenario, each started from the last where the engine can."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from computegrid.dispatch import Dispatch, solve
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario

Progress = Callable[[int, int, str], None]
"""Called before each solve with how many are done, how many there are, and what comes next."""

_WARM = "near" in inspect.signature(solve).parameters


def solve_near(
    scenario: Scenario, regime: Regime, minimise: Minimise = "cost", near: Dispatch | None = None
) -> Dispatch:
    """Solve, starting from a dispatch of the same scenario under a like regime.

    The answer is the same as without ``near``; it only comes sooner.
    """
    if _WARM and near is not None:
        return solve(scenario, regime, minimise, **{"near": near})  # type: ignore[arg-type]
    return solve(scenario, regime, minimise)


def report(progress: Progress | None, done: int, total: int, what: str) -> None:
    """Tell ``progress``, if there is one."""
    if progress is not None:
        progress(done, total, what)
