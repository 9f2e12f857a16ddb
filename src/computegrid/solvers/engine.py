"""The engine for what dispatch programs are made of: networks, and a few rows that join them."""

from __future__ import annotations

import time

import numpy as np

from computegrid.errors import SolverError
from computegrid.program.algebra import Floats, LinearProgram
from computegrid.solvers.answers import Answers
from computegrid.solvers.certificate import certify
from computegrid.solvers.multipliers import WIDEST, Prices, Search
from computegrid.solvers.narrow import NarrowAnswers
from computegrid.solvers.network import Network, build_network
from computegrid.solvers.network_costs import bounds_of
from computegrid.solvers.network_oracle import NetworkError, Oracle
from computegrid.solvers.sample import first_prices
from computegrid.solvers.sides import priceable, read_sides
from computegrid.solvers.sift import sift
from computegrid.solvers.solution import Solution, Status, WarmStart

MOST_PRICED = 64
"""Most rows over the horizon that are priced by decomposition; more are left to sifting."""
NEAR, SAMPLED = 0.005, 0.005
"""How far to search at first around the prices of a like program, and around those of a sample of
the hours, in the rows' own scale."""
MOST_ROUNDS = 80
"""Most answers a search asks for."""
WORTH_NARROWING = 50_000
"""Flow columns from which it is worth while to look at few lanes."""
GAP = 1e-9
"""Gap at which the mixture of the networks' answers is the optimum, of the operating cost."""


class UnkeptError(Exception):
    """Hard rows over the horizon that no price makes the networks keep."""


def solve_network_program(
    lp: LinearProgram, *, time_limit_s: float | None = None, warm_start: WarmStart | None = None
) -> Solution:
    """Solve a program whose hours or days are networks but for some rows.

    Parameters
    ----------
    lp : LinearProgram
        Any program; it is refused where it has no networks.
    time_limit_s : float, optional
        Give up after this long [s].
    warm_start : WarmStart, optional
        From a like program.

    Raises
    ------
    NetworkError
        If demand and capacity are no network, numba is missing, a unit is infeasible, or the
        finish fails; the message says which.
    """
    begin = time.perf_counter()
    deadline = None if time_limit_s is None else begin + time_limit_s
    network = build_network(lp)
    if network is None:
        raise NetworkError("the demand and capacity rows are no network")
    bounds = bounds_of(network)
    if bounds is None:
        raise NetworkError("bounds that no network keeps")
    oracle = Oracle(network, bounds, warm_start)
    prices: dict[tuple[str, int], float] = {}
    units = f"{len(network.units.hours)} units"
    if not network.side_blocks:
        oracle.run(deadline=deadline)
        x, row_dual = oracle.x(), oracle.row_dual()
        how = f"network simplex on {units} (every row fits a network)"
    else:
        try:
            x, row_dual, how, prices = _with_side_rows(lp, network, oracle, deadline)
        except UnkeptError as failure:
            return Solution(Status.INFEASIBLE, np.zeros(0), np.zeros(0),
                            f"network simplex on {units}: {failure}", time.perf_counter() - begin)
        how = f"network simplex on {units}, {how} ({_names(network)})"
    found = Solution(Status.OPTIMAL, x, row_dual, how, time.perf_counter() - begin,
                     warm=oracle.keep(prices),
                     among_equals=None if network.side_blocks else oracle.among_equals)
    return _proven(lp, found)


def _proven(lp: LinearProgram, found: Solution) -> Solution:
    """The solution, if its certificate holds; potentials may fail as duals where nothing flows."""
    try:
        certify(lp, found)
    except SolverError as doubt:
        raise NetworkError(f"the potentials are no duals: {doubt}") from doubt
    return found


def _holds(lp: LinearProgram, x: Floats, row_dual: Floats) -> bool:
    try:
        certify(lp, Solution(Status.OPTIMAL, x, row_dual, "mixture", 0.0))
    except SolverError:
        return False
    return True


def _with_side_rows(
    lp: LinearProgram, network: Network, oracle: Oracle, deadline: float | None
) -> tuple[Floats, Floats, str, dict[tuple[str, int], float]]:
    """Few rows over the horizon are priced by decomposition; others, or a rest, are sifted.

    Raises
    ------
    UnkeptError
        If the search finds no price at which hard rows are kept.
    """
    prices: dict[tuple[str, int], float] = {}
    few = sum(lp.blocks[b].size for b in network.side_blocks) <= MOST_PRICED
    if few and priceable(lp, network.side_blocks) and not network.units.separate:
        sides = read_sides(lp, network.side_blocks)
        known = {} if oracle.warm_start is None else oracle.warm_start.prices
        start = np.array([known.get(key, 0.0) for key in sides.keys]) if known else None
        reach = NEAR
        if start is None:
            start, reach = first_prices(lp, sides, deadline), SAMPLED
        answers = Answers(network, oracle, sides, deadline)
        found = _search(answers, start, reach if start is not None else 1.0)
        prices = dict(zip(sides.keys, found.price.tolist(), strict=True))
        if found.at_edge:
            raise UnkeptError("the prices of rows over the horizon grow without end")
        answers.run(found.price)
        row_dual = oracle.row_dual()
        row_dual[sides.rows] = found.price
        if found.gap <= GAP:
            x = answers.mixture(found.weights)
            how = f"{found.rounds} rounds of Dantzig-Wolfe prices"
            if _holds(lp, x, row_dual):  # small rows may be lost in a mixture beside large ones
                return x, row_dual, how, prices
    else:
        oracle.run(deadline=deadline)
        row_dual = oracle.row_dual()
    x, row_dual, used = sift(lp, network, oracle, row_dual, warm=not prices, deadline=deadline)
    how = f"then HiGHS on {used} of {lp.n_columns} columns, the others priced out"
    return x, row_dual, how, prices


def _search(answers: Answers, start: Floats | None, reach: float) -> Prices:
    """Search among few lanes where there are many, and prove the end over all of them."""
    if answers.network.lp.families[0].size < WORTH_NARROWING:
        return Search(answers, start).run(reach, GAP, MOST_ROUNDS)
    narrow = NarrowAnswers(answers)
    search = Search(narrow, start)
    found = search.run(reach, GAP, MOST_ROUNDS)
    narrow.close()
    search.go_on_with(answers)
    return search.run(WIDEST if found.at_edge else NEAR, GAP, search.rounds + MOST_ROUNDS)


def _names(network: Network) -> str:
    names = [network.lp.blocks[b].name for b in network.side_blocks]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"rows of {', '.join(names[:3])}{more} fit no network"
