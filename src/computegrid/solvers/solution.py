"""The answer of a solver to a linear program, before it is labelled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Status(StrEnum):
    """How a solve ended; only an optimal one becomes a dispatch."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    TIME_LIMIT = "time limit"
    INTERRUPTED = "interrupted"
    ERROR = "error"


@dataclass(frozen=True)
class Solution:
    """Primal and dual values of one program.

    Attributes
    ----------
    status : Status
    x : float array, shape (n,)
        Columns; empty unless optimal.
    row_dual : float array, shape (m,)
        What one more unit of the row's binding bound adds to the objective.
    solver : str
        What solved it and why it was chosen, for people.
    seconds : float
        Wall time of the solver.
    """

    status: Status
    x: Floats
    row_dual: Floats
    solver: str
    seconds: float
    handover_seconds: float = 0.0
