"""The engine for what dispatch programs are made of: networks, and a few rows that join them."""

from __future__ import annotations

import time

from computegrid.program.algebra import LinearProgram
from computegrid.solvers.network import bounds_of, build_network
from computegrid.solvers.network_oracle import NetworkFailure, Oracle
from computegrid.solvers.solution import Solution, Status


def solve_network_program(lp: LinearProgram, *, time_limit_s: float | None = None) -> Solution:
    """Solve a program whose hours or days are networks.

    Raises
    ------
    NetworkFailure
        If a row does not fit, numba is missing, a unit is infeasible, or time runs out; the
        message says which.
    """
    begin = time.perf_counter()
    network = build_network(lp)
    if network is None:
        raise NetworkFailure("the demand and capacity rows are no network")
    if network.side_blocks:
        names = ", ".join(lp.blocks[b].name for b in network.side_blocks)
        raise NetworkFailure(f"rows that fit no network: {names}")
    bounds = bounds_of(network)
    if bounds is None:
        raise NetworkFailure("bounds that no network keeps")
    oracle = Oracle(network, bounds)
    oracle.run(deadline=None if time_limit_s is None else begin + time_limit_s)
    return Solution(
        Status.OPTIMAL, oracle.x(), oracle.row_dual(),
        f"network simplex on {len(network.units.hours)} units (every row fits a network)",
        time.perf_counter() - begin,
    )
