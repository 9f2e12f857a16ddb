"""Whether a program's figures are such that a solver in double precision can be believed."""

from __future__ import annotations

import numpy as np

from computegrid.errors import SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.solution import Floats

SMALLEST_COEFFICIENT = 1e-9
"""HiGHS silently drops entries of the matrix up to this. All figures here are of a program in units
of its own size, in which the mean coefficient of a rule is near 1, and so is the mean cost."""
LARGEST_COEFFICIENT = 1e10
LARGEST_COST = 1e14
"""Beside a mean cost of 1: more leaves nothing of it in sixteen digits."""
WIDEST = 1e13
"""Most by which the largest entry of the matrix may exceed the smallest."""


def check_ranges(lp: LinearProgram) -> None:
    """Raise unless all figures are numbers in a range that can be computed with.

    The program is that of :func:`computegrid.solvers.scaling.scaled`.

    Raises
    ------
    SolverError
        Naming the equation or rule whose coefficients are out of range.
    """
    for name in ("cost", "value"):
        if not np.isfinite(getattr(lp, name)).all():
            raise SolverError(f"the program's {name} holds NaN or infinity")
    for name in ("col_lower", "col_upper", "row_lower", "row_upper"):
        if np.isnan(getattr(lp, name)).any():
            raise SolverError(f"the program's {name} holds NaN")
    size = np.abs(lp.value)
    for wrong, what in ((size <= SMALLEST_COEFFICIENT, "too small"),
                        (size > LARGEST_COEFFICIENT, "too large")):
        if wrong.any():
            raise _out_of_range(lp, size, int(np.argmax(wrong)), what)
    if len(size) and size.max() / size.min() > WIDEST:
        raise _out_of_range(lp, size, int(size.argmin()), "too small beside the largest")
    if np.abs(lp.cost).max(initial=0.0) > LARGEST_COST:
        raise SolverError(f"a cost {np.abs(lp.cost).max():.1e} times the mean cost of a lane is "
                          "too large to compute with; check the units of prices and the weights of "
                          "hours")


def _out_of_range(lp: LinearProgram, size: Floats, entry: int, what: str) -> SolverError:
    row = int(np.searchsorted(lp.start, entry, side="right")) - 1
    first = 0
    for block in lp.blocks:
        if row < first + block.size:
            return SolverError(
                f"{block.name!r} has a coefficient {size[entry]:.1e} times its mean one, {what} to "
                "compute with; check the units of the figures it is made of")
        first += block.size
    return SolverError(f"a coefficient {size[entry]:.1e} times the mean one is {what} to compute "
                       "with")
