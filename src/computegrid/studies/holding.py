"""A dispatch in which work already placed keeps its place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from computegrid.dispatch import Dispatch, require_optimal
from computegrid.program.algebra import Block, Codes, Floats, LinearProgram
from computegrid.program.build import assemble, build_program
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.certificate import certify
from computegrid.solvers.choose import solve_program

KEPT = 1.0 - 1e-7
"""Part of the work placed that is held: a hair less than all, so that rounding breaks no bound."""


def held_flow(before: Dispatch, closed: Codes) -> Floats:
    """Flow of ``before`` that keeps its place when ``closed`` lanes are shut, shape (L, T) [MW]."""
    floor: Floats = before.flow_mw.clip(min=0.0) * KEPT
    floor[closed] = 0.0
    return floor


def solve_holding(scenario: Scenario, regime: Regime, floor: Floats) -> Dispatch:
    r"""Dispatch at least cost with :math:`f_{\ell,t} \ge \underline f_{\ell,t}`.

    Solved in :math:`g = f - \underline f`, so that the program keeps its shape.

    Raises
    ------
    InfeasibleError
        If work that must be served cannot be.
    """
    lp = build_program(scenario, regime)
    flow = lp.families[0]
    start = np.zeros(lp.n_columns)
    start[lp.columns_of("flow")] = floor.ravel()
    activity = lp.matrix() @ start
    blocks = tuple(_less(lp, block, activity) for block in lp.blocks)
    moved = replace(flow, upper=np.maximum(flow.upper - floor, 0.0))
    rest = assemble((moved, *lp.families[1:]), blocks)
    solution = solve_program(rest)
    require_optimal(solution, scenario, regime, rest)
    whole = replace(solution, x=solution.x + start)
    held = replace(lp, col_lower=np.maximum(lp.col_lower, start))
    certificate, reduced = certify(held, whole, scenario.arrays)
    return Dispatch(
        scenario=scenario, regime=regime, minimise="cost", status=str(solution.status),
        solver=solution.solver, certificate=certificate, _lp=held, _x=whole.x,
        _row_dual=whole.row_dual, _reduced=reduced,
    )


def _less(lp: LinearProgram, block: Block, activity: Floats) -> Block:
    """Return the block with what is held taken off its bounds."""
    done = activity[lp.rows_of(block.name)].reshape(block.shape)
    upper = block.upper - done
    if block.name == "site_capacity":
        upper = np.maximum(upper, 0.0)
    return replace(block, lower=block.lower - done, upper=upper)
