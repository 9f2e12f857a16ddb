"""Which solver takes a program, chosen by what its rows couple."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from computegrid.errors import ScenarioError, SolverError
from computegrid.program.algebra import LinearProgram
from computegrid.solvers.engine import solve_network_program
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.infeasibility import LONGEST_S, find_conflict
from computegrid.solvers.network_oracle import InfeasibleNetworkError, NetworkError
from computegrid.solvers.ranges import check_ranges
from computegrid.solvers.scaling import scaled
from computegrid.solvers.solution import Solution, Status, WarmStart
from computegrid.solvers.split import solve_split
from computegrid.solvers.structure import find_units

METHODS = {"highs": None, "highs-simplex": "simplex", "highs-ipx": "ipx", "highs-hipo": "hipo"}
"""Names that force HiGHS on the whole program, and the method each one means."""
ENGINES = (*METHODS, "split", "network")
"""Every name a caller may ask for."""
SMALL = 2_000
"""Columns below which HiGHS takes the whole program: nothing is to be won."""


def solve_program(
    lp: LinearProgram, *, solver: str | None = None, time_limit_s: float | None = None,
    warm_start: WarmStart | None = None,
) -> Solution:
    """Solve a program with the solver asked for, or with the one its structure suits.

    A program whose rows fit networks of hours or days goes to the network simplex; one that falls
    apart otherwise, to HiGHS unit by unit; the others, and small ones, to HiGHS whole. Where the
    networks cannot be kept, a proof that nothing can be is looked for before HiGHS is. All of them
    are given the program in units of its own size (:func:`computegrid.solvers.scaling.scaled`).

    Parameters
    ----------
    lp : LinearProgram
        What to solve.
    solver : str, optional
        One of ``ENGINES``. ``"network"`` and ``"split"`` refuse what does not suit them.
    time_limit_s : float, optional
        Give up after this long [s].
    warm_start : WarmStart, optional
        From the solution of a like program.

    Raises
    ------
    ScenarioError
        If there is no solver of that name, or it cannot take this program.
    SolverError
        If figures of the program are no numbers, or too far apart to compute with.
    """
    if solver is not None and solver not in ENGINES:
        raise ScenarioError(f"no solver {solver!r}; known: {', '.join(ENGINES)}")
    own = scaled(lp)
    check_ranges(own.lp)
    return own.back(_solve(own.lp, solver, time_limit_s, own.start(warm_start)))


def _solve(
    lp: LinearProgram, solver: str | None, time_limit_s: float | None,
    warm_start: WarmStart | None,
) -> Solution:
    if solver in METHODS or (solver is None and lp.n_columns < SMALL):
        return solve_highs(lp, method=METHODS[solver or "highs"], time_limit_s=time_limit_s)
    if solver != "split":
        begin = time.perf_counter()
        try:
            found = solve_network_program(lp, time_limit_s=time_limit_s, warm_start=warm_start)
            if found.status is not Status.INFEASIBLE:
                return found
            why, unkept = found.solver, True
        except NetworkError as failure:
            if solver == "network":
                raise SolverError(f"the network engine cannot take this: {failure}; use "
                                  "solver='highs'") from failure
            why, unkept = str(failure), isinstance(failure, InfeasibleNetworkError)
        if unkept:
            conflict = find_conflict(lp, time_limit_s=min(
                LONGEST_S, LONGEST_S if time_limit_s is None else time_limit_s))
            if conflict is not None:
                return Solution(Status.INFEASIBLE, np.zeros(0), np.zeros(0),
                                f"network simplex: {why}", time.perf_counter() - begin,
                                conflict=conflict)
            if solver == "network":
                raise SolverError(f"the network engine finds neither an answer nor a proof that "
                                  f"there is none: {why}; use solver='highs'")
        left = None if time_limit_s is None else max(
            0.0, time_limit_s - (time.perf_counter() - begin))
        found = _without_network(lp, left)
        return replace(found, solver=f"{found.solver}; no network: {why}")
    if not find_units(lp).separate:
        raise SolverError("the program does not fall apart: a row joins its hours; "
                          "use solver='highs'")
    return _without_network(lp, time_limit_s)


def _without_network(lp: LinearProgram, time_limit_s: float | None) -> Solution:
    units = find_units(lp)
    if units.separate:
        return solve_split(lp, units, time_limit_s=time_limit_s)
    return solve_highs(lp, time_limit_s=time_limit_s)
