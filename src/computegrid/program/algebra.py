"""Variables and equations as values: families, terms, blocks, and the linear program they make.

A variable *family* is a table of entities × hours; a *block* is a group of rows. Neither knows a
solver: HiGHS and Pyomo are two readers of the same value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Couples = Literal["hour", "day", "horizon", "corridor"]
PLANNER = "planner"
"""Name of the family of variables that a planner added to a Pyomo model."""
PLANNER_ROWS = "planner:"
"""What the names of blocks that a planner added to a Pyomo model begin with."""


@dataclass(frozen=True)
class Family:
    """Variables of one kind, one per entity and hour.

    Attributes
    ----------
    name : str
        ``"flow"``, ``"unserved"``, ``"backlog"`` or ``"excess:<rule>"``.
    entities : DataFrame
        One row per entity: what each variable is about.
    lower, upper, cost : float array, shape (n, T)
        Bounds [MW, or the rule's unit] and cost [USD per unit of the variable].
    """

    name: str
    entities: pd.DataFrame
    lower: Floats
    upper: Floats
    cost: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Entities, hours."""
        return self.upper.shape

    @property
    def size(self) -> int:
        """Number of variables."""
        return int(self.upper.size)


@dataclass(frozen=True)
class Term:
    """Coefficients of one family in the rows of a block.

    Attributes
    ----------
    family : str
    entity : int array, shape (k,)
        Rows of the family's entity table that take part.
    row : int array, shape (k,)
        Row of the block's label table each one enters.
    coefficient : float array, shape (k,), (k, T) or (1, T)
    lag : int
        The variable of hour ``t`` enters the row of hour ``t + lag`` (blocks with hours only).
    """

    family: str
    entity: Codes
    row: Codes
    coefficient: Floats
    lag: int = 0


@dataclass(frozen=True)
class Block:
    r"""Rows of one kind: :math:`l \le \sum_{terms} a\,x \le u`.

    Attributes
    ----------
    name : str
        Name of the constraint family, or of the rule.
    couples : {"hour", "day", "horizon", "corridor"}
        What its rows tie together; engines choose by it.
    labels : DataFrame, shape (n, ...)
        What each row is about.
    terms : tuple of Term
    lower, upper : float array, shape (n, K) or (n, 1)
        Bounds, by hour of ``hours`` or, for rows over the horizon, one column.
    hours : int array, shape (K,), or None
        Positions of the hours that have rows; None: one row sums over all hours.
    demand : Term or None
        How the bounds follow demand (entities are asks): one more MW of demand in an hour raises
        ``lower`` by ``min_share`` and ``upper`` by ``max_share`` times the coefficient.
    min_share, max_share : float
    """

    name: str
    couples: Couples
    labels: pd.DataFrame
    terms: tuple[Term, ...]
    lower: Floats
    upper: Floats
    hours: Codes | None = None
    demand: Term | None = None
    min_share: float = 0.0
    max_share: float = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows of the label table, hours (1 for rows over the horizon)."""
        return self.lower.shape

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.lower.size)


@dataclass(frozen=True)
class Equations:
    """The variables and rows of a program, before they are laid out as one matrix.

    Attributes
    ----------
    families : tuple of Family
        Variables in column order: family by family, entity by entity, hour by hour.
    blocks : tuple of Block
        Rows in row order: block by block, label by label, hour by hour.
    """

    families: tuple[Family, ...] = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)

    @property
    def n_columns(self) -> int:
        """Number of variables."""
        return sum(family.size for family in self.families)

    @property
    def n_rows(self) -> int:
        """Number of constraints."""
        return sum(block.size for block in self.blocks)

    def columns_of(self, family: str) -> slice:
        """Columns of a family."""
        return _slice_of(self.families, family)

    def rows_of(self, block: str) -> slice:
        """Rows of a block."""
        return _slice_of(self.blocks, block)

    def family(self, name: str) -> Family:
        """Return the family of that name."""
        return next(family for family in self.families if family.name == name)

    def has_family(self, family: str) -> bool:
        """Whether the program holds such variables."""
        return any(f.name == family for f in self.families)

    def reduced_cost_of(self, name: str, row_dual: Floats) -> Floats:
        r"""Reduced cost of a family, :math:`c - A^\top y`, shape (n, T), without the matrix."""
        family = self.family(name)
        out = np.array(family.cost, dtype=np.float64)
        n_hours = out.shape[1]
        for block in self.blocks:
            dual = row_dual[self.rows_of(block.name)].reshape(block.shape)
            for term in (t for t in block.terms if t.family == name):
                given = term.coefficient[:, None] if term.coefficient.ndim == 1 else (
                    term.coefficient)
                coefficient = np.broadcast_to(given, (len(term.entity), n_hours))
                if block.hours is None:
                    np.subtract.at(out, term.entity, dual[term.row] * coefficient)
                    continue
                hours = block.hours - term.lag
                here = (hours >= 0) & (hours < n_hours)
                at = hours[here]
                worth = dual[term.row][:, here] * coefficient[:, at]
                np.subtract.at(out, np.ix_(term.entity, at), worth)
        return out

    @property
    def couples(self) -> frozenset[str]:
        """Everything its rows tie together."""
        return frozenset(block.couples for block in self.blocks if block.size)


@dataclass(frozen=True)
class LinearProgram(Equations):
    r"""Minimise a linear cost under linear rows.

    .. math:: \min c^\top x \quad \text{s.t.} \quad l \le A x \le u, \quad
              \underline x \le x \le \overline x

    Attributes
    ----------
    families, blocks
        Of which its columns and rows are made.
    cost, col_lower, col_upper : float array, shape (n,)
    row_lower, row_upper : float array, shape (m,)
    start : int array, shape (m + 1,)
        Where each row of A begins in ``index`` and ``value`` (compressed rows).
    index : int array, shape (nnz,)
        Columns.
    value : float array, shape (nnz,)
    """

    cost: Floats
    col_lower: Floats
    col_upper: Floats
    row_lower: Floats
    row_upper: Floats
    start: npt.NDArray[np.int32]
    index: npt.NDArray[np.int32]
    value: Floats

    @property
    def n_columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def n_rows(self) -> int:
        """Number of constraints."""
        return len(self.row_lower)

    def activity(self, x: Floats) -> Floats:
        """Value of each row, :math:`A x`, shape (m,)."""
        return np.asarray(self.matrix() @ x, dtype=np.float64)

    def reduced_cost(self, row_dual: Floats) -> Floats:
        r"""Reduced cost of each column, :math:`c - A^\top y`, shape (n,)."""
        return np.asarray(self.cost - self.matrix().T @ row_dual, dtype=np.float64)

    def matrix(self) -> sp.csr_array:
        """The constraint matrix, shape (m, n); shares its arrays."""
        return sp.csr_array((self.value, self.index, self.start),
                            shape=(self.n_rows, self.n_columns))


def _slice_of(parts: tuple[Family, ...] | tuple[Block, ...], name: str) -> slice:
    start = 0
    for part in parts:
        if part.name == name:
            return slice(start, start + part.size)
        start += part.size
    raise KeyError(name)
