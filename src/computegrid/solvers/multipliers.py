r"""Prices for the rows that join units: cutting planes on the dual function, near the best so far.

For prices :math:`\lambda` of the side rows each unit is a network of its own, and

.. math:: \theta(\lambda) = \sum_u \min_{x \in X_u} (c - A_s^\top \lambda)^\top x
          + \sum_k (\lambda_k^+ l_k - \lambda_k^- u_k)

bounds the optimum from below. Each answer of the networks is a cut; the master program over the
cuts proposes the next prices and bounds the optimum from above, since its own dual mixes the
answers into a feasible plan. The search keeps to a box around the best prices, whose side for each
row grows where the cuts told the truth and shrinks where they did not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.master import Master
from computegrid.solvers.sides import Sides

WIDEST = 1e4
"""Farthest a price is sought, in the price at which the row doubles the cost of its lanes."""


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
        Cost of the flows [USD]; gaps are measured against it.
    """

    cost: Floats
    activity: Floats
    operating: float


class Networks(Protocol):
    """Whatever can answer at given prices."""

    @property
    def sides(self) -> Sides:
        """The rows that are priced."""

    def answer(self, price: Floats) -> Answer:
        """Solve every unit at these prices."""


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
        Their difference, relative to the operating cost.
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
    max_rounds: int = 80, heard: Callable[[int, float, float], None] | None = None,
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
    heard : callable, optional
        Told after every answer: rounds, bound, and the width of the gap there (the true one only
        where the search leans on no edge).
    """
    sides = networks.sides
    centre = np.clip(np.zeros(len(sides.keys)) if start is None else start, sides.least, sides.most)
    first = networks.answer(centre)
    if not len(centre):
        total = float(first.cost.sum())
        return Prices(centre, total, total, np.ones((1, len(first.cost))), 0.0, 1, False)
    master = Master(sides, len(first.cost), max(1.0, abs(float(first.cost.sum()))))
    master.add(first.cost, first.activity)
    best, rounds, operating = _bound(sides, first, centre), 1, max(1.0, first.operating)
    box = Box(np.full(len(centre), reach), np.zeros(len(centre)))
    while True:
        found = master.best(centre, box.reach)
        width = (found.value - best) / operating
        narrow = bool((found.leaning & (box.reach < WIDEST)).any())
        if width <= gap and narrow:
            box = box.times(10.0)
            continue
        if width <= gap or rounds >= max_rounds:
            if narrow:
                found = master.best(centre, np.full(len(centre), WIDEST))
                width = (found.value - best) / operating
            return Prices(centre, best, found.value, found.weights, width, rounds,
                          bool(found.leaning.any()))
        answer = networks.answer(found.price)
        rounds += 1
        master.add(answer.cost, answer.activity)
        bound = _bound(sides, answer, found.price)
        told = (bound - best) / (found.value - best)
        if told > 0.5 and (found.leaning & (box.reach >= WIDEST)).any():
            return Prices(centre, best, np.inf, found.weights, np.inf, rounds, True)
        box = box.after((found.price - centre) / sides.scale, told)
        if bound > best:
            best, centre, operating = bound, found.price, max(1.0, answer.operating)
        if heard is not None:
            heard(rounds, best, width)


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

    def times(self, factor: float) -> Box:
        """The box made wider."""
        return Box(np.minimum(self.reach * factor, WIDEST), self.last)

    def after(self, move: Floats, told: float) -> Box:
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
        return Box(np.minimum(self.reach * factor, WIDEST), edge)


def _bound(sides: Sides, answer: Answer, price: Floats) -> float:
    total = answer.activity.sum(axis=0)
    return float(answer.cost.sum() - total @ price + sides.at_bounds(price))
