"""Which solver takes a program, chosen by what its rows couple."""

from __future__ import annotations

from computegrid.errors import ScenarioError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.solution import Solution
from computegrid.solvers.split import solve_split
from computegrid.solvers.structure import find_units

METHODS = {"highs": None, "highs-simplex": "simplex", "highs-ipx": "ipx", "highs-hipo": "hipo"}
"""Names that force HiGHS on the whole program, and the method each one means."""
ENGINES = (*METHODS, "split")
"""Every name a caller may ask for."""
SMALL = 2_000
"""Columns below which HiGHS takes the whole program: nothing is to be won."""


def solve_program(
    lp: LinearProgram, *, solver: str | None = None, time_limit_s: float | None = None
) -> Solution:
    """Solve a program with the solver asked for, or with the one its structure suits.

    Raises
    ------
    ScenarioError
        If there is no solver of that name, or it cannot take this program.
    """
    if solver is not None and solver not in ENGINES:
        raise ScenarioError(f"no solver {solver!r}; known: {', '.join(ENGINES)}")
    if solver in METHODS or (solver is None and lp.n_columns < SMALL):
        return solve_highs(lp, method=METHODS[solver or "highs"], time_limit_s=time_limit_s)
    units = find_units(lp)
    if units.separate:
        return solve_split(lp, units, time_limit_s=time_limit_s)
    if solver == "split":
        raise ScenarioError("the program does not fall apart: a row joins its hours; "
                            "use solver='highs'")
    return solve_highs(lp, time_limit_s=time_limit_s)
