"""The engine for what dispatch programs are made of: networks, and a few rows that join them."""

from __future__ import annotations

import time

from computegrid.program.algebra import LinearProgram
from computegrid.solvers.network import Network, bounds_of, build_network
from computegrid.solvers.network_oracle import NetworkFailure, Oracle
from computegrid.solvers.sift import sift
from computegrid.solvers.solution import Solution, Status


def solve_network_program(lp: LinearProgram, *, time_limit_s: float | None = None) -> Solution:
    """Solve a program whose hours or days are networks but for some rows.

    Parameters
    ----------
    lp : LinearProgram
        Any program; it is refused where it has no networks.
    time_limit_s : float, optional
        Give up after this long [s].

    Raises
    ------
    NetworkFailure
        If demand and capacity are no network, numba is missing, a unit is infeasible, or the
        finish fails; the message says which.
    """
    begin = time.perf_counter()
    deadline = None if time_limit_s is None else begin + time_limit_s
    network = build_network(lp)
    if network is None:
        raise NetworkFailure("the demand and capacity rows are no network")
    bounds = bounds_of(network)
    if bounds is None:
        raise NetworkFailure("bounds that no network keeps")
    oracle = Oracle(network, bounds)
    oracle.run(deadline=deadline)
    units = f"{len(network.units.hours)} units"
    if not network.side_blocks:
        x, row_dual = oracle.x(), oracle.row_dual()
        how = f"network simplex on {units} (every row fits a network)"
    else:
        x, row_dual, used = sift(network, oracle, oracle.row_dual(), deadline=deadline)
        how = (f"network simplex on {units}, then HiGHS on {used} of {lp.n_columns} columns, the "
               f"others priced out ({_names(network)})")
    return Solution(Status.OPTIMAL, x, row_dual, how, time.perf_counter() - begin)


def _names(network: Network) -> str:
    names = [network.lp.blocks[b].name for b in network.side_blocks]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"rows of {', '.join(names[:3])}{more} fit no network"
