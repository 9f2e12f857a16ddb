"""Rows outside the networks: what their prices take off the cost of lanes, what flows add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from computegrid.program.algebra import Block, Codes, Equations, Family, Floats, Term


@dataclass(frozen=True)
class Reading:
    """The flows of one block, read by lane.

    Attributes
    ----------
    first, size : int
        Where the block's rows begin among the side rows, and how many there are.
    entity, row : int array, shape (k,)
        Lanes, and the label row of the block each one enters.
    coefficient : float array, shape (k, T) or (1, T)
    place : int array, shape (L,)
        Where a lane stands in ``entity``; -1 if nowhere.
    hours : int array or None
        Hours that have rows; None where one row sums over all.
    """

    first: int
    size: int
    entity: Codes
    row: Codes
    coefficient: Floats
    place: Codes
    hours: Codes | None

    def relieve(self, cost: Floats, price: Floats) -> None:
        """Take what the rows' prices are worth off the cost of lanes, shape (L, T), in place.

        Prices have shape (K, 1), or (K, T) where every hour has its own.
        """
        own = price[self.first:self.first + self.size]
        if self.hours is not None:
            by_hour = np.broadcast_to(own, (len(own), self.coefficient.shape[1]))[:, self.hours]
            n = len(self.hours)
            worth = by_hour.reshape(-1, n, n)[:, np.arange(n), np.arange(n)][self.row]
            cost[np.ix_(self.entity, self.hours)] -= worth * self.coefficient[:, self.hours]
            return
        worth = own[self.row]
        used = np.flatnonzero(worth.any(axis=1))
        if len(used):
            one = self.coefficient if len(self.coefficient) == 1 else self.coefficient[used]
            cost[self.entity[used]] -= one * worth[used]

    def add_up(
        self, total: Floats, lane: Codes, hour: Codes, mw: Floats, group: Codes
    ) -> None:
        """Add what flows are in each row to ``total``, shape (G, K), in place."""
        at = self.place[lane]
        here = at >= 0
        step = np.zeros(0, dtype=np.int64)
        if self.hours is not None:
            step = np.full(self.coefficient.shape[1], -1)
            step[self.hours] = np.arange(len(self.hours))
            here &= step[hour] >= 0
        at, when = at[here], hour[here]
        row = self.row[at]
        if self.hours is not None:
            row = row * len(self.hours) + step[when]
        amount = self.coefficient[0 if len(self.coefficient) == 1 else at, when] * mw[here]
        n = total.shape[1]
        at_row = group[here] * n + self.first + row
        total += np.bincount(at_row, amount, total.size).reshape(total.shape)


@dataclass(frozen=True)
class Sides:
    """Rows that fit no network (K of them).

    Attributes
    ----------
    keys : tuple of (str, int), length K
        Block of each row, and its place in the block.
    rows : int array, shape (K,)
        Rows of the program.
    lower, upper : float array, shape (K,)
    least, most : float array, shape (K,)
        Range of each row's price: its sign, and the penalty where the row is soft.
    scale : float array, shape (K,)
        The price at which a row doubles the mean cost of its lanes.
    readings : tuple of Reading
    """

    keys: tuple[tuple[str, int], ...]
    rows: Codes
    lower: Floats
    upper: Floats
    least: Floats
    most: Floats
    scale: Floats
    readings: tuple[Reading, ...]

    def relieved(self, cost: Floats, price: Floats) -> Floats:
        r"""Cost of lanes less their worth to the rows, :math:`c - A^\top \lambda`, shape (L, T).

        Prices have shape (K,), or (K, T) where every hour has its own.
        """
        out = cost.copy()
        for one in self.readings:
            one.relieve(out, price.reshape(len(self.keys), -1))
        return out

    def activity(
        self, lane: Codes, hour: Codes, mw: Floats, group: Codes, n_groups: int
    ) -> Floats:
        """What flows add up to in every row, by group of hours, shape (G, K)."""
        total = np.zeros((n_groups, len(self.keys)))
        for one in self.readings:
            one.add_up(total, lane, hour, mw, group)
        return total

    def at_bounds(self, price: Floats) -> float:
        r"""What the bounds are worth, :math:`\sum_k (\lambda_k^+ l_k - \lambda_k^- u_k)`."""
        bound = np.where(price > 0, self.lower, self.upper)
        used = price != 0
        return float(price[used] @ bound[used])


def read_sides(lp: Equations, which: Iterable[int]) -> Sides:
    """Read the blocks that fit no network."""
    blocks = [lp.blocks[b] for b in which]
    flow = lp.families[0]
    keys = [(block.name, k) for block in blocks for k in range(block.size)]
    rows = [np.arange(r.start, r.stop) for r in (lp.rows_of(block.name) for block in blocks)]
    lower, upper = (
        np.concatenate([np.zeros(0), *(getattr(block, name).ravel() for block in blocks)])
        for name in ("lower", "upper")
    )
    least = np.where(np.isfinite(upper), -np.inf, 0.0)
    most = np.where(np.isfinite(lower), np.inf, 0.0)
    scale, readings, first = np.ones(len(keys)), [], 0
    mean = _mean(flow.cost) or 1.0
    for block in blocks:
        at = slice(first, first + block.size)
        for term in block.terms:
            if term.family == "flow":
                readings.append(_reading(block, term, first, flow))
                weight = _mean(readings[-1].coefficient)
                scale[at] = mean / weight if weight > 0 else 1.0
            elif term.family.startswith("excess:"):
                excess = next(f for f in lp.families if f.name == term.family)
                _soften(block, term, excess, least[at], most[at])
        first += block.size
    return Sides(tuple(keys), np.concatenate([np.zeros(0, dtype=np.int64), *rows]), lower, upper,
                 least, most, scale, tuple(readings))


def _mean(values: Floats) -> float:
    """Mean size of figures; 0 where there are none."""
    return float(np.abs(values).sum()) / max(values.size, 1)


def priceable(lp: Equations, which: Iterable[int]) -> bool:
    """Whether the rows speak of flows and their own excess alone, so that a price says all."""
    return all(
        not term.lag and (term.family == "flow" or term.family.startswith("excess:"))
        for b in which for term in lp.blocks[b].terms
    )


def _reading(block: Block, term: Term, first: int, flow: Family) -> Reading:
    n_lanes, n_hours = flow.shape
    place = np.full(n_lanes, -1, dtype=np.int64)
    place[term.entity] = np.arange(len(term.entity))
    given = term.coefficient[:, None] if term.coefficient.ndim == 1 else term.coefficient
    coefficient = np.broadcast_to(given, (len(given), n_hours))
    return Reading(first, block.size, term.entity, term.row, coefficient, place, block.hours)


def _soften(block: Block, term: Term, excess: Family, least: Floats, most: Floats) -> None:
    """Bound the prices of soft rows by their penalties, in place."""
    sign = np.broadcast_to(term.coefficient, excess.shape)
    usable = (excess.upper > 0) & (sign != 0)
    worth = np.divide(excess.cost, sign, out=np.zeros(excess.shape), where=usable)
    if block.hours is None:
        at = np.arange(len(worth)), usable.argmax(axis=1)
        bound, usable, sign = worth[at], usable[at], sign[at]
    else:
        bound, usable, sign = (
            part[:, block.hours].ravel() for part in (worth, usable, sign))
    up, down = usable & (sign > 0), usable & (sign < 0)
    most[up] = np.minimum(most[up], bound[up])
    least[down] = np.maximum(least[down], bound[down])
