"""Which solver takes a program, chosen by what its rows couple."""

from __future__ import annotations

from computegrid.errors import ScenarioError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.solution import Solution

METHODS = {"highs": None, "highs-simplex": "simplex", "highs-ipx": "ipx", "highs-hipo": "hipo"}
"""Names a caller may ask for, and the HiGHS method each one forces."""


def solve_program(
    lp: LinearProgram, *, solver: str | None = None, time_limit_s: float | None = None
) -> Solution:
    """Solve a program with the solver asked for, or with the one its structure suits.

    Raises
    ------
    ScenarioError
        If there is no solver of that name.
    """
    if solver is not None and solver not in METHODS:
        raise ScenarioError(f"no solver {solver!r}; known: {', '.join(METHODS)}")
    return solve_highs(lp, method=METHODS[solver or "highs"], time_limit_s=time_limit_s)
