"""Whether a program's figures are such that a solver in double precision can be believed."""

from __future__ import annotations

import numpy as np

from computegrid.errors import SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.solution import Floats

SMALLEST_COEFFICIENT = 1e-9
"""HiGHS silently drops entries of the matrix up to this."""
LARGEST_COEFFICIENT = 1e10
LARGEST_COST = 1e14
WIDEST = 1e13
"""Most by which the largest entry of the matrix may exceed the smallest."""

SPAN = 1e9
"""Most by which figures of one kind may differ in size and still be told beside each other. Doubles
carry 16 digits: flows of the largest asks leave errors of 1e-16 of it in rows they share with the
least one, which a thousand sums make 1e-13; the certificate allows 1e-6 of each row, or 1e-15 of
the largest."""

FLOOR = 1.0 / SPAN
"""Least size of a term beside the largest of its kind: what is smaller is lost in its rounding."""


def check_ranges(lp: LinearProgram) -> None:
    """Raise unless all figures are numbers in a range that can be computed with.

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
        raise SolverError(f"a cost of {np.abs(lp.cost).max():.1e} is too large to compute with; "
                          "check the units of prices and the weights of hours")


def _out_of_range(lp: LinearProgram, size: Floats, entry: int, what: str) -> SolverError:
    row = int(np.searchsorted(lp.start, entry, side="right")) - 1
    first = 0
    for block in lp.blocks:
        if row < first + block.size:
            return SolverError(
                f"{block.name!r} has a coefficient of {size[entry]:.1e}, {what} to compute with; "
                "check the units of the figures it is made of")
        first += block.size
    return SolverError(f"a coefficient of {size[entry]:.1e} is {what} to compute with")
