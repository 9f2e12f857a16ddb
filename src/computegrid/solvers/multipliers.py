r"""Prices for the rows that join units: cutting planes on the dual function, near the best so far.

For prices :math:`\lambda` of the side rows each unit is a network of its own, and

.. math:: \theta(\lambda) = \sum_u \min_{x \in X_u} (c - A_s^\top \lambda)^\top x
          + \sum_k (\lambda_k^+ l_k - \lambda_k^- u_k)

bounds the optimum from below. Each answer of the networks is a cut; the master program over the
cuts proposes the next prices and bounds the optimum from above, since its own dual mixes the
answers into a feasible plan. The search keeps to a box around the best prices, whose side for each
row grows where the cuts told the truth and shrinks where they did not. After a step that lost, it
looks around: every part of the networks is asked at prices of its own, a little to one side of the
best, so that one round shows what lies on all sides.

A search may follow one of fewer networks that are alike: the small one is searched again with the
bounds of its rows shifted by what the large one does otherwise at the same prices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.box import Box, around
from computegrid.solvers.certificate import measure, relative
from computegrid.solvers.master import Master, Promise
from computegrid.solvers.sides import Sides

WIDEST = 1e4
"""Farthest a price is sought, in the price at which the row doubles the cost of its lanes."""
FOLLOWED, FIRST, NEAREST = 5, 0.02, 1e-3
"""Most times a like search is followed, how far it looks at first, and a move of it too small to
follow again."""
ASIDE = 5e-3
"""How far to look around prices that were followed, at least."""
LIKE_ROUNDS = 25
"""Most answers asked of the like networks each time, and one more for each row."""


@dataclass(frozen=True)
class Answer:
    """What the networks do at some prices.

    Attributes
    ----------
    cost : float array, shape (G,)
        What each group of units costs, without the prices [USD].
    activity : float array, shape (G, K)
        What its flows add up to in each side row.
    operating : float
        Cost of the flows, earnings counted as costs [USD]; gaps are measured against it.
    """

    cost: Floats
    activity: Floats
    operating: float


class Networks(Protocol):
    """Whatever can answer at given prices."""

    @property
    def sides(self) -> Sides:
        """The rows that are priced."""

    @property
    def parts(self) -> int:
        """Parts that may be asked at prices of their own."""

    def answer(self, price: Floats) -> Answer:
        """Solve every unit at these prices, shape (K,), or at those of its part, (parts, K)."""


@dataclass(frozen=True)
class Prices:
    """What the search ended with.

    Attributes
    ----------
    price : float array, shape (K,)
        Prices of the best bound.
    bound, value : float
        The bound, and the cost of the best mixture of answers.
    weights : float array, shape (rounds, G)
        That mixture: how much of each answer, in order; meaningful unless ``at_edge``.
    gap : float
        Their difference, relative to the operating cost; below 0 where lanes were left aside and
        the bound is too high.
    rounds : int
        Answers asked for.
    at_edge : bool
        Whether a hard row's price grew without end: it may not be possible to keep it.
    """

    price: Floats
    bound: float
    value: float
    weights: Floats
    gap: float
    rounds: int
    at_edge: bool


def find_prices(
    networks: Networks, start: Floats | None = None, *, reach: float = 1.0, gap: float = 1e-6,
    max_rounds: int = 80, progress: Callable[[int, float, float], None] | None = None,
) -> Prices:
    """Search for the prices of the side rows that make the bound largest.

    Parameters
    ----------
    networks : Networks
    start : float array, shape (K,), optional
        Where to begin; zero when None.
    reach : float
        How far around the best prices to search each row's at first, in the rows' own scale.
    gap : float
        Stop when bound and value are this near, relative to the operating cost.
    max_rounds : int
        Most answers asked for.
    progress : callable, optional
        Told after every answer: rounds, bound, and the width of the gap there (the true one only
        where the search leans on no edge).
    """
    return Search(networks, start, progress).run(reach, gap, max_rounds)


class Search:
    """The cuts so far, and the best prices; the arguments are those of :func:`find_prices`."""

    def __init__(
        self, networks: Networks, start: Floats | None = None,
        progress: Callable[[int, float, float], None] | None = None,
    ) -> None:
        self.networks, self.sides, self.progress = networks, networks.sides, progress
        k = len(self.sides.keys)
        self.centre = np.clip(np.zeros(k) if start is None else start, self.sides.least,
                              self.sides.most)
        self.answer = networks.answer(self.centre)
        self.best, self.rounds = _bound(self.sides, self.answer, self.centre), 1
        self.master = Master(self.sides, len(self.answer.cost),
                             float(np.abs(self.answer.cost).sum()) or 1.0)
        self.master.add(self.answer.cost, self.answer.activity)

    def follow(self, like: Search, gap: float) -> float:
        """Ask at the prices a like search finds; return how far to look around the best of them.

        The like search stands at the best prices of this one when it is handed over.
        """
        moved = FIRST
        for _ in range(FOLLOWED):
            other = self.answer.activity.sum(axis=0) - like.answer.activity.sum(axis=0)
            like.shift(other)
            if like.run(moved, gap, like.rounds + LIKE_ROUNDS + len(self.centre)).at_edge:
                break  # a few may not keep what all can
            moved = float(np.max(np.abs(like.centre - self.centre) / self.sides.scale))
            if moved > 0.0:
                self._ask(like.centre, np.inf)
            if moved < NEAREST or self.centre is not like.centre:
                break
        return min(max(moved, ASIDE), FIRST)

    def shift(self, activity: Floats) -> None:
        """Search for what is best if every row held this much more."""
        sides = self.networks.sides
        self.sides = replace(sides, lower=sides.lower - activity, upper=sides.upper - activity)
        self.master.rebound(self.sides)
        self.best = _bound(self.sides, self.answer, self.centre)

    def go_on_with(self, networks: Networks) -> None:
        """Ask other networks of the same program at the best prices; trust their bound alone."""
        self.networks = networks
        self.best = -np.inf
        self._ask(self.centre, np.inf)

    def look_around(self, reach: float) -> bool:
        """Ask every part a little to one side of the best prices; False if parts are too few."""
        prices = around(self.centre, reach * self.sides.scale, self.networks.parts, self.rounds)
        if prices is not None:
            self._ask(np.clip(prices, self.sides.least, self.sides.most), np.inf)
        return prices is not None

    def run(self, reach: float, gap: float, max_rounds: int) -> Prices:
        """Search until bound and value are near."""
        if not len(self.centre):
            weights = np.ones((1, len(self.answer.cost)))
            return Prices(self.centre, self.best, self.best, weights, 0.0, 1, False)
        box = Box(np.full(len(self.centre), reach), np.zeros(len(self.centre)))
        aside = min(reach, FIRST)
        while True:
            found = self._promise(box.reach)
            width = self._width(found)
            near, spent = width <= gap, self.rounds >= max_rounds
            if (near or spent) and (found.leaning & (box.reach < WIDEST)).any():
                wide = self._promise(WIDEST)
                if not spent and self._width(wide) > gap:  # the bound is there, the mixture is not
                    self.look_around(aside)
                    box, aside = box.times(10.0, WIDEST), 0.6 * aside
                    continue
                found, near = wide, self._width(wide) <= gap
            if near or spent:
                return self._prices(found, near and bool(found.leaning.any()))
            best, centre, answer = self.best, self.centre, self.answer
            bound = self._ask(found.price, width)
            told = (bound - best) / (found.value - best)
            outwards = np.abs(found.price) > np.abs(centre)
            if told > 0.5 and (found.leaning & outwards & (box.reach >= WIDEST)).any():
                self.best, self.centre, self.answer = best, centre, answer
                return replace(self._prices(found, True), value=np.inf, gap=np.inf)
            box = box.after((found.price - centre) / self.sides.scale, told, WIDEST)
            if told < 0.0 and self.rounds < max_rounds and self.look_around(aside):
                aside *= 0.6

    def _promise(self, reach: Floats | float) -> Promise:
        return self.master.best(self.centre, np.broadcast_to(reach, self.centre.shape))

    def _width(self, found: Promise) -> float:
        everything = float(np.abs(self.answer.cost).sum())
        return relative(found.value - self.best, measure(self.answer.operating, everything))

    def _ask(self, price: Floats, width: float) -> float:
        answer = self.networks.answer(price)
        self.rounds += 1
        self.master.add(answer.cost, answer.activity)
        bound = -np.inf if price.ndim > 1 else _bound(self.sides, answer, price)
        if bound > self.best:
            self.best, self.centre, self.answer = bound, price, answer
        if self.progress is not None:
            self.progress(self.rounds, self.best, width)
        return bound

    def _prices(self, found: Promise, at_edge: bool) -> Prices:
        return Prices(self.centre, self.best, found.value, found.weights, self._width(found),
                      self.rounds, at_edge)


def _bound(sides: Sides, answer: Answer, price: Floats) -> float:
    total = answer.activity.sum(axis=0)
    return float(answer.cost.sum() - total @ price + sides.at_bounds(price))
