"""All windows of a horizon at given prices: two cores, one window of equations at a time each."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from computegrid.errors import ScenarioError
from computegrid.program.algebra import Codes, Equations, Floats
from computegrid.program.build import Selections
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.answers import Answers
from computegrid.solvers.multipliers import Answer
from computegrid.solvers.narrow import WIDTH, columns_of_whole, is_near, near_lanes
from computegrid.solvers.network import Network, build_network
from computegrid.solvers.network_costs import bounds_of
from computegrid.solvers.network_oracle import Oracle
from computegrid.solvers.network_pack import PackedTree, pack, unpack
from computegrid.solvers.sides import Sides, priceable, read_sides
from computegrid.solvers.split import workers
from computegrid.streaming.lanes import Near
from computegrid.streaming.rounds import Plan, Rounds
from computegrid.streaming.window import Window, bounds_of_whole, equations_of, factors

GROUPS = 400
"""Most groups of hours that have cuts of their own; a window has one at least."""
AHEAD = 4
"""Windows under way or done whose results wait their turn."""
T = TypeVar("T")
Progress = Callable[[int, int, str], None]
"""Told how many windows are done, of how many, and of what."""


@dataclass(frozen=True)
class Solved:
    """A window at given prices: its networks with their trees, flows and potentials."""

    answers: Answers
    oracle: Oracle
    answer: Answer
    plan: Plan


class WindowNetworks:
    """Answers for a search of prices over many windows (W of them).

    The first round solves them with all their lanes; the next ones, while prices stay near, with
    the lanes that cost little more than what was used. Such answers can be mixed like others, but
    prove no bound: only a pass over all lanes does.

    Parameters
    ----------
    scenario
    chosen : sequence of (Rule, Selection)
        The rules of the regime, with what they select.
    windows : sequence of Window
    sides : Sides
        The rows over the horizon, of the whole.
    rounds : Rounds
        Where answers are kept.
    factor : float
        By which the windows count, where they are a sample.
    progress : callable, optional
    """

    def __init__(
        self, scenario: Scenario, chosen: Selections, windows: Sequence[Window], sides: Sides,
        rounds: Rounds, factor: float = 1.0, progress: Progress | None = None,
    ) -> None:
        self.scenario, self.chosen, self.windows = scenario, chosen, windows
        self._sides, self.rounds, self.factor, self.progress = sides, rounds, factor, progress
        self.trees: list[tuple[PackedTree, ...] | None] = [None] * len(windows)
        self.near: Near | None = None
        self.sifting = True
        self.asked, self.width = 0, float("inf")

    def keep_all_lanes(self) -> None:
        """From now on leave no lane aside."""
        self.near, self.sifting = None, False

    @property
    def sides(self) -> Sides:
        """The rows that are priced."""
        return self._sides

    @property
    def parts(self) -> int:
        """Parts that may be asked at prices of their own: the windows."""
        return len(self.windows)

    def answer(self, price: Floats) -> Answer:
        """Solve every window at these prices, or find that it was done before."""
        k, self.asked = self.asked, self.asked + 1
        found = self.rounds.find(k, price)
        if found is not None:
            kept = self.rounds.lanes(k)
            self.near = self.near if kept is None else Near(price, kept)
            return found
        one = price.ndim == 1
        near = self.near if self.near and is_near(price, self.near.price, self.sides) else None
        costs, activities, plans, operating = [], [], [], 0.0  # by window
        lanes: list[Codes] = []
        gap = f", gap {self.width:.0e} so far" if np.isfinite(self.width) else ""

        def work(w: int) -> tuple[Answer, Plan, Codes | None]:
            solved = self.solve(w, price if one else price[w], near)
            choose = near is None and one and self.sifting
            own = near_lanes(solved.oracle, WIDTH) if choose else None
            return solved.answer, solved.plan, own

        for answer, plan, own in self.each(work, f"round {k + 1}{gap}"):
            costs.append(answer.cost * self.factor)
            activities.append(answer.activity * self.factor)
            operating += answer.operating * self.factor
            plans.append(plan)
            lanes += [] if own is None else [own]
        found = Answer(np.concatenate(costs), np.concatenate(activities), operating)
        if lanes:
            self.near = Near(price, lanes)
        self.rounds.keep(k, price, found, plans, [len(cost) for cost in costs], lanes)
        return found

    def hear(self, _rounds: int, _bound: float, width: float) -> None:
        """Keep the gap of the last round, to be told with the next."""
        self.width = width

    def solve(self, w: int, price: Floats, near: Near | None = None) -> Solved:
        """Solve one window from its last trees, with all lanes or those near some prices."""
        window, trees = self.windows[w], self.trees if near is None else near.trees
        lanes = None if near is None else near.lanes[w]
        network = networks_of(equations_of(self.scenario.arrays, self.chosen, window, lanes))
        bounds = bounds_of(network)
        if bounds is None:
            raise ScenarioError("the rules have bounds that no network keeps; use solve()")
        oracle = Oracle(network, bounds)
        kept = trees[w]
        if kept is not None:
            oracle.trees = [unpack(tree, network.shapes[len(hours)])
                            for tree, hours in zip(kept, network.units.hours, strict=True)]
        own = read_sides(network.lp, network.side_blocks)
        share = factors(window, own.keys)
        answers = Answers(network, oracle, own, most_groups=max(1, GROUPS // len(self.windows)))
        one = answers.answer(price * share)
        trees[w] = tuple(pack(tree) for tree in oracle.trees)
        total = Answer(one.cost, one.activity * share, one.operating)
        columns, values = answers.plans.pop()
        if lanes is not None:
            columns = columns_of_whole(columns, lanes, self.scenario.arrays.n_lanes,
                                       len(network.scale))
        return Solved(answers, oracle, total, (columns, values))

    def each(self, work: Callable[[int], T], what: str) -> Iterator[T]:
        """Do some work for every window on all cores; results come in order."""
        with ThreadPoolExecutor(workers()) as pool:
            waiting: deque[Future[T]] = deque()
            for w in range(len(self.windows) + AHEAD):
                if w < len(self.windows):
                    waiting.append(pool.submit(work, w))
                if w >= AHEAD:
                    result = waiting.popleft().result()
                    if self.progress is not None:
                        self.progress(w - AHEAD + 1, len(self.windows), what)
                    yield result


def networks_of(equations: Equations) -> Network:
    """The networks of a window.

    Raises
    ------
    ScenarioError
        If a rule fits no network, naming it.
    """
    network = build_network(equations)
    if network is None:
        raise ScenarioError("the demand and capacity rows are no network; use solve()")
    for b in network.side_blocks:
        block = equations.blocks[b]
        if block.hours is not None or not priceable(equations, [b]):
            raise ScenarioError(
                f"rule {block.name!r} bounds lanes by the hour that cross other rules, which no "
                "network takes; leave it out, or use solve() on fewer hours")
    return network


def sides_of(a: Arrays, chosen: Selections, windows: Sequence[Window]) -> Sides:
    """The rows over the horizon, with the bounds of the whole.

    Penalties and scales are those of the first window in which the row's rule holds.
    """
    first = {}
    for rule, found in chosen:
        begin = found.hours[0] if len(found.hours) else 0
        first[rule.label] = next(w for w, one in enumerate(windows) if begin < one.hours.stop)
    read = {w: _sides_in(a, chosen, windows[w]) for w in sorted({0, *first.values()})}
    keys = read[0].keys
    of_row = [read[first[label]] for label, _ in keys]
    least, most, scale = (
        np.array([getattr(one, name)[k] for k, one in enumerate(of_row)])
        for name in ("least", "most", "scale"))
    lower, upper = bounds_of_whole(a, chosen, keys)
    return replace(read[0], lower=lower, upper=upper, least=least, most=most, scale=scale,
                   readings=())


def _sides_in(a: Arrays, chosen: Selections, window: Window) -> Sides:
    """The rows over the horizon as a window knows them, prices in those of the horizon."""
    network = networks_of(equations_of(a, chosen, window))
    one = read_sides(network.lp, network.side_blocks)
    share = factors(window, one.keys)
    share[share <= 0] = 1.0
    return replace(one, least=one.least / share, most=one.most / share, scale=one.scale / share)
