"""The search for prices of rows that join units: its gap, and how it follows a smaller one."""

import numpy as np
import pytest

from computegrid.solvers import multipliers
from computegrid.solvers.sides import Sides

N_ROWS = 3


def rows(bounds):
    """Rows that ask for at least so much."""
    n = len(bounds)
    nothing, one = np.zeros(n), np.ones(n)
    return Sides(tuple(("row", k) for k in range(n)), np.arange(n), bounds, one * np.inf,
                 nothing, one * np.inf, one, ())


class Line:
    """One group, one row x >= 1, cost 2 up to 3."""

    sides, parts = rows(np.ones(1)), 1

    def answer(self, price):
        x = 0.0 if price[0] <= 2.0 else 3.0
        return multipliers.Answer(np.array([2.0 * x]), np.array([[x]]), 2.0)


class Curves:
    """Groups that do x = price / slope of each thing, at a cost of slope x² / 2."""

    def __init__(self, slope, wanted, factor=1.0):
        self.slope, self.factor, self.parts = slope, factor, len(slope)
        self.sides = rows(np.full(N_ROWS, float(wanted)))

    def answer(self, price):
        x = price / self.slope
        cost = (self.slope * x**2).sum(axis=1) / 2
        return multipliers.Answer(cost * self.factor, x * self.factor,
                                  float(cost.sum() * self.factor))


def test_the_search_reports_its_gap():
    heard = []
    found = multipliers.find_prices(Line(), progress=lambda *what: heard.append(what))
    assert found.price[0] == pytest.approx(2.0) and found.bound == pytest.approx(2.0)
    assert found.gap <= 1e-6 and not found.at_edge
    assert [k for k, *_ in heard] == list(range(2, found.rounds + 1))


def test_a_search_that_follows_a_smaller_one_asks_for_few_answers():
    rng = np.random.default_rng(4)
    slope = rng.uniform(1.0, 3.0, (240, N_ROWS))
    best = 100.0 / (1.0 / slope).sum(axis=0)
    like = multipliers.Search(Curves(slope[::10] * 1.1, 100.0, 10.0))
    like.run(1.0, 1e-3, 60)
    search = multipliers.Search(Curves(slope, 100.0), like.centre)
    search.look_around(search.follow(like, 1e-6))
    assert search.rounds <= 6
    assert search.centre == pytest.approx(best, rel=2e-3)
    found = search.run(multipliers.ASIDE, 1e-4, 60)
    value = (best * 100.0 / 2).sum()
    assert found.gap <= 1e-4 and found.rounds <= 8
    assert found.bound == pytest.approx(value, rel=1e-4)
    alone = multipliers.find_prices(Curves(slope, 100.0), gap=1e-4)
    assert alone.rounds > found.rounds


def test_the_mixture_keeps_the_rows():
    networks = Curves(np.random.default_rng(4).uniform(1.0, 3.0, (240, N_ROWS)), 100.0)
    asked = []

    class Noted(Curves):
        def answer(self, price):
            asked.append(networks.answer(price))
            return asked[-1]

    found = multipliers.find_prices(Noted(networks.slope, 100.0), gap=1e-4)
    mixed = sum(w @ one.activity for w, one in zip(found.weights, asked, strict=True))
    assert mixed == pytest.approx(np.full(N_ROWS, 100.0))
    assert found.value == pytest.approx(
        sum(w @ one.cost for w, one in zip(found.weights, asked, strict=True)))


def test_a_search_cut_short_does_not_say_that_a_row_cannot_be_kept():
    for most in (1, 2, 4):
        found = multipliers.find_prices(Line(), np.array([1.99]), reach=1e-7, max_rounds=most)
        assert not found.at_edge and found.rounds <= most


def test_a_price_that_walks_back_from_far_does_not_grow_without_end():
    networks = Curves(np.random.default_rng(4).uniform(1.0, 3.0, (240, N_ROWS)), 100.0)
    far = np.full(N_ROWS, 2.0 * multipliers.WIDEST)
    found = multipliers.find_prices(networks, far, reach=multipliers.WIDEST, gap=1e-3)
    assert not found.at_edge and found.price.max() < 10.0


def test_a_row_that_cannot_be_kept_is_found_at_the_edge():
    class Short(Line):
        sides = rows(np.full(1, 4.0))

    assert multipliers.find_prices(Short()).at_edge
