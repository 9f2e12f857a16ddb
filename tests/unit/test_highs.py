"""HiGHS is not believed at once: what presolve calls infeasible is looked at again without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.solvers import highs as module
from computegrid.solvers.highs import TOLERANCE, solve_highs
from computegrid.solvers.solution import Status


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How presolve stood in each run of HiGHS."""
    seen, run = [], module._run

    def noted(highs):
        seen.append(highs.getOptionValue("presolve")[1])
        return run(highs)

    monkeypatch.setattr(module, "_run", noted)
    return seen


def test_infeasible_is_looked_at_twice_and_optimal_once(trnsport, looks) -> None:
    lp = build_program(trnsport, cg.Regime("none"))
    assert solve_highs(lp).status is Status.OPTIMAL
    assert looks == ["on"]
    nothing = replace(lp, col_upper=np.where(np.arange(lp.n_columns) < 9, 0.0, lp.col_upper))
    assert solve_highs(nothing).status is Status.INFEASIBLE
    assert looks == ["on", "on", "off"]
    assert solve_highs(nothing, presolve=False).status is Status.INFEASIBLE
    assert looks == ["on", "on", "off", "off"]


def test_what_presolve_calls_infeasible_and_is_not_is_solved(trnsport, monkeypatch) -> None:
    """A second look that finds an answer is the answer."""
    lp = build_program(trnsport, cg.Regime("none"))
    real = module.highspy.Highs.getModelStatus

    def doubtful(highs):
        on = highs.getOptionValue("presolve")[1] == "on"
        return module.highspy.HighsModelStatus.kInfeasible if on else real(highs)

    monkeypatch.setattr(module.highspy.Highs, "getModelStatus", doubtful)
    found = solve_highs(lp)
    assert found.status is Status.OPTIMAL
    assert lp.cost @ found.x == pytest.approx(153.675)


def test_its_tolerances_suit_a_program_in_units_of_its_own(trnsport, monkeypatch) -> None:
    asked, run = {}, module._run

    def noted(highs):
        for name in ("primal", "dual"):
            asked[name] = highs.getOptionValue(f"{name}_feasibility_tolerance")[1]
        return run(highs)

    monkeypatch.setattr(module, "_run", noted)
    cg.solve(trnsport, solver="highs")
    assert asked == {"primal": TOLERANCE, "dual": TOLERANCE}
