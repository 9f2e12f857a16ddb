"""Where a search of prices looks next: a box around the best so far, and points on its sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from computegrid.program.algebra import Floats


@dataclass(frozen=True)
class Box:
    """How far around the best prices each row's is sought.

    Attributes
    ----------
    reach : float array, shape (K,)
        In the rows' own scale.
    last : float array, shape (K,)
        Which edge each price went to in the last step taken: -1, 1, or 0.
    """

    reach: Floats
    last: Floats

    def times(self, factor: float, widest: float) -> Box:
        """The box made wider."""
        return Box(np.minimum(self.reach * factor, widest), self.last)

    def after(self, move: Floats, told: float, widest: float) -> Box:
        """The box after a step by ``move`` that won ``told`` of what was promised.

        A price that leans on its edge gets more room where the cuts told the truth or it went that
        way before, and less where the step lost or it turned round.
        """
        edge = np.where(np.abs(move) >= 0.999 * self.reach, np.sign(move), 0.0)
        factor = np.ones(len(move))
        if told < 0.0:
            factor = np.where(edge != 0, 0.5, 1.0) if edge.any() else np.full(len(move), 0.5)
            return Box(self.reach * factor, self.last)
        factor[(edge != 0) & ((told > 0.5) | (edge == self.last))] = 2.0
        factor[edge * self.last < 0] = 0.5
        return Box(np.minimum(self.reach * factor, widest), edge)


def around(price: Floats, reach: Floats, parts: int, turn: int = 0) -> Floats | None:
    """Prices of every part, shape (parts, K): each a step of ``reach`` aside in one row's price.

    Rows take turns, and sides, another way each ``turn``; only rows that have a price do. None
    where there are fewer parts than such rows.
    """
    rows = np.flatnonzero(price)
    if not len(rows) or parts < len(rows):
        return None
    part = np.arange(parts)
    step = part + turn
    row = rows[step % len(rows)]
    side = np.where(step // len(rows) % 2, -1.0, 1.0)
    out = np.tile(price, (parts, 1))
    out[part, row] += side * reach[row]
    return out
