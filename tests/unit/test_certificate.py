"""Nothing wrong comes out: every part of the certificate catches what it is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.solvers.certificate import certify
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.ranges import check_ranges
from computegrid.solvers.solution import Solution


@pytest.fixture
def solved(trnsport: cg.Scenario):
    lp = build_program(trnsport, cg.Regime("none"))
    return lp, solve_highs(lp), trnsport.arrays


def tampered(solution: Solution, name: str, j: int, by: float) -> Solution:
    values = getattr(solution, name).copy()
    values[j] += by
    return replace(solution, **{name: values})


def test_a_right_answer_is_certified(solved) -> None:
    lp, solution, arrays = solved
    certificate, reduced = certify(lp, solution, arrays)
    assert certificate.holds
    assert certificate.objective == pytest.approx(153.675)
    assert certificate.bound == pytest.approx(153.675)
    assert len(reduced) == lp.n_columns


@pytest.mark.parametrize("j", range(6))
@pytest.mark.parametrize("by", [1.0, -1.0, 0.01])
def test_any_other_flow_is_refused(solved, j: int, by: float) -> None:
    lp, solution, arrays = solved
    with pytest.raises(cg.SolverError, match="could not be certified"):
        certify(lp, tampered(solution, "x", j, by), arrays)


@pytest.mark.parametrize("i", range(3))
@pytest.mark.parametrize("by", [0.01, -0.01, 5.0])
def test_any_other_price_is_refused(solved, i: int, by: float) -> None:
    lp, solution, arrays = solved
    with pytest.raises(cg.SolverError, match="could not be certified"):
        certify(lp, tampered(solution, "row_dual", i, by), arrays)


def test_a_costlier_feasible_answer_is_refused(solved) -> None:
    """Feasible to the last digit, but not the best: the gap and the slackness show it."""
    lp, solution, arrays = solved
    x = solution.x.copy()
    x[:6] = [50, 0, 275, 275, 300, 0]
    with pytest.raises(cg.SolverError) as caught:
        certify(lp, replace(solution, x=x), arrays)
    assert "primal residual 0.0e+00" in str(caught.value)
    assert "conservation 0.0e+00" in str(caught.value)


def test_a_large_penalty_hides_no_operating_cost(solved) -> None:
    """The gap is measured against the operating cost, not against 10 000 USD/MWh of penalties."""
    lp, _, _ = solved
    short = replace(lp, row_lower=lp.row_lower.copy(), row_upper=lp.row_upper.copy())
    short.row_lower[0] = short.row_upper[0] = 5e6
    found = solve_highs(short)
    x = found.x.copy()
    at = np.flatnonzero(x[:6] > 0)[0]
    x[at] -= 1e-3
    x[6] += 1e-3
    with pytest.raises(cg.SolverError, match="could not be certified"):
        certify(short, replace(found, x=x))


def test_a_wrong_matrix_is_caught_by_the_sums(solved) -> None:
    """The program itself is wrong (a lane left out of its balance); only conservation knows."""
    lp, _, arrays = solved
    value = lp.value.copy()
    value[0] = 2.0
    wrong = replace(lp, value=value)
    solution = solve_highs(wrong)
    certify(wrong, solution)
    with pytest.raises(cg.SolverError, match="conservation"):
        certify(wrong, solution, arrays)


def test_overfull_sites_are_caught_by_the_sums(solved) -> None:
    lp, _, arrays = solved
    roomy = replace(lp, row_upper=np.where(lp.row_upper == 350, 1e6, lp.row_upper))
    solution = solve_highs(roomy)
    certify(roomy, solution)
    with pytest.raises(cg.SolverError, match="could not be certified"):
        certify(roomy, solution, arrays)


def test_missing_or_nan_values_are_refused(solved) -> None:
    lp, solution, _ = solved
    with pytest.raises(cg.SolverError, match="not complete"):
        certify(lp, replace(solution, x=solution.x[:-1]))
    with pytest.raises(cg.SolverError, match="not complete"):
        certify(lp, tampered(solution, "row_dual", 0, np.nan))


@pytest.mark.parametrize(("name", "value", "said"), [
    ("cost", np.nan, "cost holds NaN"), ("value", np.inf, "value holds NaN"),
    ("row_lower", np.nan, "row_lower holds NaN"), ("value", 1e-10, "too small"),
    ("value", 1e12, "too large"), ("cost", 1e15, "too large"),
])
def test_figures_out_of_range_are_refused_before_the_solve(solved, name, value, said) -> None:
    lp, _, _ = solved
    figures = getattr(lp, name).copy()
    figures[0] = value
    with pytest.raises(cg.SolverError, match=said):
        check_ranges(replace(lp, **{name: figures}))


def test_a_coefficient_out_of_range_names_its_rule(trnsport: cg.Scenario) -> None:
    sites = trnsport.sites.assign(carbon_kg_per_mwh=1e-9)
    lanes = trnsport.lanes[["region", "site", "network_usd_per_mwh"]]
    scenario = cg.Scenario.from_tables(trnsport.regions, sites, trnsport.demand, lanes=lanes)
    with pytest.raises(cg.SolverError, match=r"'cap' has a coefficient of 1\.0e-12"):
        cg.solve(scenario, [cg.Limit(label="cap", quantity="carbon_t", max=1.0)])


def test_where_nothing_is_served_the_rounding_of_the_whole_is_no_gap():
    """Operating cost is nil, the value of unserved work is 1e11 USD: a gap of 1e-5 is rounding."""
    wanted = np.linspace(0.1, 977.7, 400)
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame(index=[f"r{i}" for i in range(400)]),
        sites=pd.DataFrame({"capacity_mw": [1.0]}, index=["s"]),
        demand=pd.DataFrame({"region": [f"r{i}" for i in range(400)], "mw": wanted}),
        hours=pd.DataFrame({"hour": [0], "weight_hours": [4380.7]}),
        lanes=pd.DataFrame({"region": [f"r{i}" for i in range(400)], "site": "s",
                            "network_usd_per_mwh": 1.0}))
    dispatch = cg.solve(scenario, [cg.Forbid(label="all")])
    assert dispatch.operating_cost_usd == 0
    assert abs(dispatch.certificate.gap) < 1e-6


def test_a_choice_among_equals_that_is_not_equal_is_not_taken(
    trnsport: cg.Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canonical answer is certified too; where it fails, the solver's own stays."""
    monkeypatch.setattr("computegrid.dispatch.canonical",
                        lambda lp, found, weights: replace(found, x=found.x * 0.99))
    assert cg.solve(trnsport).cost_usd == pytest.approx(153.675)
