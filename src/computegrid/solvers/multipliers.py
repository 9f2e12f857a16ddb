r"""Prices for the rows that join units: cutting planes on the dual function, near the best so far.

For prices :math:`\lambda` of the side rows each unit is a network of its own, and

.. math:: \theta(\lambda) = \sum_u \min_{x \in X_u} (c - A_s^\top \lambda)^\top x
          + \sum_k (\lambda_k^+ l_k - \lambda_k^- u_k)

bounds the optimum from below. Each answer of the networks is a cut; the master program over the
cuts proposes the next prices and bounds the optimum from above, since its own dual mixes the
answers into a feasible plan. The search keeps to a box around the best prices, which grows where
the cuts told the truth and shrinks where they did not.
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
        How far around the best prices to search at first, in the rows' own scale.
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
    while True:
        found = master.best(centre, reach)
        width = (found.value - best) / operating
        if width <= gap and found.leaning and reach < WIDEST:
            reach *= 10.0
            continue
        if width <= gap or rounds >= max_rounds:
            if found.leaning and reach < WIDEST:
                found = master.best(centre, WIDEST)
                width = (found.value - best) / operating
            return Prices(centre, best, found.value, found.weights, width, rounds, found.leaning)
        answer = networks.answer(found.price)
        rounds += 1
        master.add(answer.cost, answer.activity)
        bound = _bound(sides, answer, found.price)
        told = (bound - best) / (found.value - best)
        if bound > best:
            best, centre, operating = bound, found.price, max(1.0, answer.operating)
        if told > 0.5 and found.leaning:
            if reach >= WIDEST:
                return Prices(centre, best, np.inf, found.weights, np.inf, rounds, True)
            reach = min(2.0 * reach, WIDEST)
        elif told < 0.0:
            reach *= 0.5
        if heard is not None:
            heard(rounds, best, width)


def _bound(sides: Sides, answer: Answer, price: Floats) -> float:
    total = answer.activity.sum(axis=0)
    return float(answer.cost.sum() - total @ price + sides.at_bounds(price))
