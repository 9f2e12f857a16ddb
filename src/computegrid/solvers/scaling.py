"""A program in units of its own size: megawatts by a typical demand, money by a typical cost.

Solvers judge by absolute tolerances (HiGHS: 1e-7), which suit figures near 1. All factors are
powers of two, so that nothing is rounded on the way in or out, and a scenario in which all
megawatts or all costs are a power of two times those of another is the same program to the last
bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from computegrid.program.algebra import Block, Family, Floats, LinearProgram
from computegrid.scenario.span import SPAN
from computegrid.solvers.solution import Conflict, Solution, WarmStart

AmongEquals = Callable[[Floats, float], Floats | None]
EXCESS = "excess:"
"""What the names of families begin with that are in the unit of a rule, not in MW."""


@dataclass(frozen=True)
class Scaled:
    r"""A program in other units, and the way back.

    .. math:: x = D x', \quad A' = R A D, \quad c' = D c / m, \quad y = m R y'

    Attributes
    ----------
    lp : LinearProgram
        The program in its own units, :math:`A', c'`.
    column : float array, shape (n,)
        The diagonal of D: what 1 of each scaled variable is.
    row : float array, shape (m,)
        The diagonal of R: what 1 of each row is in the scaled program.
    block : dict from str to float
        The same by name of the block.
    mw, money : float
        What 1 is in MW, and in the unit of the objective.
    """

    lp: LinearProgram
    column: Floats
    row: Floats
    block: dict[str, float]
    mw: float
    money: float

    def start(self, warm: WarmStart | None) -> WarmStart | None:
        """What another program's solution leaves to start from, in this program's units."""
        return None if warm is None else replace(warm, prices={
            key: price / (self.money * self.block.get(key[0], 1.0))
            for key, price in warm.prices.items()})

    def back(self, found: Solution) -> Solution:
        """The solution in the units of the program as it was."""
        if len(found.x):
            found = replace(found, x=found.x * self.column,
                            row_dual=found.row_dual * self.row * self.money if len(
                                found.row_dual) else found.row_dual)
        warm, conflict = found.warm, found.conflict
        if warm is not None:
            warm = replace(warm, prices={
                key: price * self.money * self.block.get(key[0], 1.0)
                for key, price in warm.prices.items()})

        return replace(found, warm=warm, among_equals=self._among_equals(found.among_equals),
                       conflict=None if conflict is None else self.unscaled(conflict))

    def _among_equals(self, among: AmongEquals | None) -> AmongEquals | None:
        if among is None:
            return None

        def unscaled(weights: Floats, tie: float) -> Floats | None:
            least = among(weights * self.column / self.mw, tie * self.mw / self.money)
            return None if least is None else least * self.column

        return unscaled

    def unscaled(self, conflict: Conflict) -> Conflict:
        """The conflict in the units of the program as it was."""
        return Conflict(
            conflict.row * self.row, conflict.column / self.column, conflict.proof,
            conflict.row_gives / self.row, conflict.column_gives * self.column)


def scaled(lp: LinearProgram, whole: npt.NDArray[np.bool_] | None = None) -> Scaled:
    """Count a program in units of its own size.

    Parameters
    ----------
    lp : LinearProgram
    whole : bool array, shape (n,), optional
        Columns that take whole numbers only: they stay as they are.

    Examples
    --------
    >>> import pandas as pd
    >>> from computegrid import Scenario
    >>> from computegrid.program.build import build_program
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame(index=["home"]),
    ...     sites=pd.DataFrame({"capacity_mw": [96.0]}, index=["near"]),
    ...     demand=pd.DataFrame({"region": ["home"], "mw": [80.0]}),
    ...     lanes=pd.DataFrame({"region": ["home"], "site": ["near"],
    ...                         "network_usd_per_mwh": [3.0]}))
    >>> small = scaled(build_program(s, s.regime([])))
    >>> small.mw, small.money, small.lp.row_upper.tolist(), small.lp.cost.tolist()
    (64.0, 128.0, [1.25, 1.5], [1.5, 5000.0])
    """
    mw = _typical_mw(lp)
    money = mw * _typical_cost(lp)
    where = _slices(lp.families)
    column = np.full(lp.n_columns, mw)
    if whole is not None:
        column[whole] = 1.0
    factors, row = _row_factors(lp, mw, column, where)
    by_family = {f.name: 1.0 / factors.get(f.name.removeprefix(EXCESS), 1.0 / mw)
                 if f.name.startswith(EXCESS) else mw for f in lp.families}
    for name, at in where.items():
        if name.startswith(EXCESS):
            column[at] = by_family[name]
    cost = lp.cost * column
    cost /= money
    lower, upper = lp.col_lower / column, lp.col_upper / column
    row_lower, row_upper = lp.row_lower * row, lp.row_upper * row
    families = tuple(replace(
        f, cost=cost[where[f.name]].reshape(f.shape), lower=lower[where[f.name]].reshape(f.shape),
        upper=upper[where[f.name]].reshape(f.shape)) for f in lp.families)
    blocks, first = [], 0
    for block in lp.blocks:
        at = slice(first, first + block.size)
        blocks.append(_scaled_block(block, factors[block.name], by_family, row_lower[at],
                                    row_upper[at]))
        first += block.size
    return Scaled(
        replace(lp, cost=cost, col_lower=lower, col_upper=upper, row_lower=row_lower,
                row_upper=row_upper, value=_values(lp, factors, mw, row, column),
                families=families, blocks=tuple(blocks)),
        column, row, factors, mw, money)


def _typical_mw(lp: LinearProgram) -> float:
    """A power of two midway between the least and the most that is wanted [MW].

    What is less than the largest by more than can be told beside it does not count. Where nothing
    is wanted, the largest bound of a row or variable stands for it.
    """
    wanted = next((np.abs(b.lower.ravel()) for b in lp.blocks if b.name == "demand_balance"),
                  np.zeros(0))
    most = float(wanted.max(initial=0.0))
    if not most > 0:
        return _power(_largest(lp.row_lower, lp.row_upper, lp.col_upper))
    least = float(wanted.min(initial=most, where=wanted > most / SPAN))
    return float(np.exp2((_exponent(least) + _exponent(most)) // 2))


def _typical_cost(lp: LinearProgram) -> float:
    """A power of two near the mean cost of a MW on a lane, or else of any variable."""
    flow = next((f.size for f in lp.families if f.name == "flow"), lp.n_columns)
    for n in (flow, lp.n_columns):
        total = float(np.abs(lp.cost[:n]).sum())
        if total > 0:
            return _power(total / n)
    return 1.0


def _row_factors(
    lp: LinearProgram, mw: float, column: Floats, where: dict[str, slice]
) -> tuple[dict[str, float], Floats]:
    """Factor of each block's rows, at which coefficients are near 1; by row too, shape (m,).

    An excess does not count: it is in the unit of its row.
    """
    factors, row, first = {}, np.full(lp.n_rows, 1.0 / mw), 0
    work = np.ones(lp.n_columns, dtype=bool)
    for name, at in where.items():
        work[at] = not name.startswith(EXCESS)
    for block in lp.blocks:
        factor = 1.0 / mw
        if block.name not in ("demand_balance", "site_capacity"):
            entries = slice(int(lp.start[first]), int(lp.start[first + block.size]))
            index = lp.index[entries]
            size = np.abs(lp.value[entries] * column[index])[work[index]]
            if size.any():
                factor = 1.0 / _power(float(size.mean()))
            elif bound := _largest(block.lower, block.upper):  # nothing can flow there
                factor = 1.0 / _power(bound)
        factors[block.name] = factor
        row[first:first + block.size] = factor
        first += block.size
    return factors, row


def _values(
    lp: LinearProgram, factors: dict[str, float], mw: float, row: Floats, column: Floats
) -> Floats:
    """Entries of the matrix; the same array where all of them stay as they are."""
    if (column == mw).all() and all(factor * mw == 1.0 for factor in factors.values()):
        return lp.value
    value = lp.value * column[lp.index]
    value *= np.repeat(row, np.diff(lp.start))
    return value


def _scaled_block(
    block: Block, factor: float, by_family: dict[str, float], lower: Floats, upper: Floats
) -> Block:
    terms = []
    for term in block.terms:
        times = factor * by_family.get(term.family, 1.0 / factor)
        terms.append(term if times == 1.0 else replace(term, coefficient=term.coefficient * times))
    return replace(block, lower=lower.reshape(block.shape), upper=upper.reshape(block.shape),
                   terms=tuple(terms))


def _slices(families: tuple[Family, ...]) -> dict[str, slice]:
    ends = np.cumsum([0, *(f.size for f in families)]).tolist()
    return {f.name: slice(*at) for f, at in zip(
        families, pairwise(ends), strict=True)}


def _largest(*bounds: Floats) -> float:
    """Size of the largest bound that there is; 0 where there is none."""
    return max(float(np.abs(b).max(initial=0.0, where=np.isfinite(b))) for b in bounds)


def _exponent(size: float) -> int:
    """The e of the power of two with 2^e <= size < 2^(e + 1)."""
    return int(np.frexp(size)[1]) - 1


def _power(size: float) -> float:
    """The power of two at or below a size; 1 for 0."""
    return float(np.exp2(_exponent(size))) if size > 0 else 1.0
