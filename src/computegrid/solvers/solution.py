"""The answer of a solver to a linear program, before it is labelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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
class WarmStart:
    """What a solve of a like program may start from.

    It changes how long a solve takes, and which of several equal optima it finds.

    Attributes
    ----------
    trees : tuple
        Optimal tree of each unit's network.
    ends : dict from int to (int array, int array)
        Ends of the arcs of a unit by its number of hours: trees are used where these are the same.
    prices : dict from (block, row of the block) to float
        Prices of the rows that join units.
    """

    trees: tuple[Any, ...]
    ends: dict[int, tuple[Any, Any]]
    prices: dict[tuple[str, int], float]


@dataclass(frozen=True)
class Conflict:
    """A proof that a program has no answer, and the least relaxation that gives it one.

    Attributes
    ----------
    row : float array, shape (m,)
        Multipliers of the rows: added up with them, the rows contradict each other.
    column : float array, shape (n,)
        Multipliers of the variables' bounds.
    proof : float
        What the contradiction amounts to; above 0 it is one.
    row_gives : float array, shape (m,)
        How much each row's bound would have to give: positive above its upper, negative below
        its lower [the row's unit].
    column_gives : float array, shape (n,)
        How far each closed variable would have to open [MW].
    """

    row: Floats
    column: Floats
    proof: float
    row_gives: Floats
    column_gives: Floats


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
        Wall time of the solver [s].
    handover_seconds : float
        Wall time of handing the arrays over [s].
    warm : WarmStart, optional
        What a like program may start from.
    conflict : Conflict, optional
        Why there is no answer, where that was found on the way.
    among_equals : callable, optional
        Of all optimal answers the one of least weights, from those and from the reduced cost below
        which costs are equal; None where it finds none.
    """

    status: Status
    x: Floats
    row_dual: Floats
    solver: str
    seconds: float
    handover_seconds: float = 0.0
    warm: WarmStart | None = field(default=None, repr=False)
    conflict: Conflict | None = field(default=None, repr=False)
    among_equals: Callable[[Floats, float], Floats | None] | None = field(
        default=None, repr=False)
