"""Nothing wrong comes out: every part of the certificate catches what it is for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.algebra import PLANNER, Family, LinearProgram, Term
from computegrid.program.build import build_program
from computegrid.solvers import certificate as certificate_module
from computegrid.solvers.certificate import Certificate, certify
from computegrid.solvers.highs import solve_highs
from computegrid.solvers.ranges import check_ranges
from computegrid.solvers.solution import Solution, Status


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
    sites = trnsport.sites.assign(carbon_kg_per_mwh=[1e-9, 500.0])
    lanes = trnsport.lanes[["region", "site", "network_usd_per_mwh"]]
    scenario = cg.Scenario.from_tables(trnsport.regions, sites, trnsport.demand, lanes=lanes)
    with pytest.raises(cg.SolverError, match=r"'cap' has a coefficient 4\.0e-12 times its mean"):
        cg.solve(scenario, [cg.Limit(label="cap", quantity="carbon_t", max=1.0)])


def by_hand() -> LinearProgram:
    """Minimise 2 x0 + 3 x1 + 100 u where x0 + x1 + u = 10 and x0 is from 1 to 6.

    Optimum x = (6, 4, 0); prices 3 of the balance and -1 of the side row: cost 24.
    """
    def family(name: str, cost: list[float]) -> Family:
        shape = (len(cost), 1)
        return Family(name, pd.DataFrame(index=range(len(cost))), np.zeros(shape),
                      np.full(shape, np.inf), np.array(cost)[:, None])

    return LinearProgram(
        cost=np.array([2.0, 3.0, 100.0]), col_lower=np.zeros(3), col_upper=np.full(3, np.inf),
        row_lower=np.array([10.0, 1.0]), row_upper=np.array([10.0, 6.0]),
        start=np.array([0, 3, 4], dtype=np.int32), index=np.array([0, 1, 2, 0], dtype=np.int32),
        value=np.ones(4), families=(family("flow", [2.0, 3.0]), family("unserved", [100.0])),
        blocks=())


def answer(x: list[float], y: list[float]) -> Solution:
    return Solution(Status.OPTIMAL, np.array(x), np.array(y), "by hand", 0.0)


def figures(lp: LinearProgram, solution: Solution) -> Certificate:
    """The certificate, also of an answer that fails it."""
    before = {name: getattr(certificate_module, name) for name in ("FEASIBILITY", "OPTIMALITY",
                                                                   "GAP")}
    try:
        for name in before:
            setattr(certificate_module, name, np.inf)
        return certify(lp, solution)[0]
    finally:
        for name, value in before.items():
            setattr(certificate_module, name, value)


def test_the_figures_by_hand() -> None:
    lp = by_hand()
    certificate, reduced = certify(lp, answer([6, 4, 0], [3, -1]))
    assert certificate == Certificate(0.0, 0.0, 0.0, 0.0, 0.0, 24.0, 24.0)
    assert reduced.tolist() == [0.0, 0.0, 97.0]
    assert certificate.holds
    assert str(certificate) == ("primal residual 0.0e+00, dual residual 0.0e+00, slackness "
                                "0.0e+00, gap 0.0e+00, conservation 0.0e+00")
    short = figures(lp, answer([6, 3, 0], [3, -1]))  # one too few of 10; 3 paid less
    assert short.primal_residual == pytest.approx(1 / 10)
    assert (short.objective, short.bound) == (21.0, 24.0)
    assert short.gap == pytest.approx(-3 / 21)
    assert short.slackness == pytest.approx(3 * 1 / 21)
    over = figures(lp, answer([8, 2, 0], [3, -1]))  # the side row by 2 of the 8 there
    assert over.primal_residual == pytest.approx(2 / 8)
    below = figures(lp, answer([0.5, 9.5, 0], [3, -1]))  # the side row by 0.5 of 1
    assert below.primal_residual == pytest.approx(0.5 / 1)
    assert below.slackness == pytest.approx(5.5 / 29.5)
    negative = figures(lp, answer([6, 5, -1], [3, -1]))  # -1 beside 6 in the balance
    assert negative.primal_residual == pytest.approx(1 / 6)
    assert negative.slackness == pytest.approx(97 / 27)
    dear = figures(lp, answer([6, 4, 0], [4, -1]))  # the balance too dear: 1 of 4
    assert dear.dual_residual == pytest.approx(1 / 4)
    assert dear.bound == pytest.approx(40 - 6)
    most = figures(lp, answer([6, 4, 0], [-4, 1]))
    assert most.bound == pytest.approx(-40 + 1)
    assert most.slackness == pytest.approx((5 + 5 * 6 + 7 * 4) / 24)
    given_up = figures(lp, answer([0.1, 0, 9.9], [0, 0]))  # 990 USD of penalties, 0.2 of work
    assert given_up.gap == pytest.approx(990.2 / 0.2)


def test_a_variables_own_bound_counts_as_a_row_does() -> None:
    lp = replace(by_hand(), col_upper=np.array([6.0, np.inf, np.inf]),
                 row_upper=np.array([10.0, 8.0]))
    certificate, reduced = certify(lp, answer([6, 4, 0], [3, 0]))
    assert reduced.tolist() == [-1.0, 0.0, 97.0]
    assert (certificate.objective, certificate.bound, certificate.gap) == (24.0, 24.0, 0.0)
    slack = figures(lp, answer([5, 5, 0], [3, 0]))  # 1 from the bound that is worth 1
    assert slack.slackness == pytest.approx(1 / 25)
    assert slack.gap == pytest.approx((25 - 24) / 25)
    assert figures(lp, answer([8, 2, 0], [3, 0])).primal_residual == pytest.approx(2 / 8)


def test_many_figures_are_looked_at_to_the_last() -> None:
    n = 2 * certificate_module.PIECE + 5
    families = (Family("flow", pd.DataFrame(index=range(n)), *(np.zeros((n, 1)),) * 3),)
    none = np.zeros(0, dtype=np.int32)
    lp = LinearProgram(
        families, (), cost=np.ones(n), col_lower=np.full(n, 2.0), col_upper=np.full(n, 5.0),
        row_lower=np.zeros(0), row_upper=np.zeros(0), start=np.zeros(1, dtype=np.int32),
        index=none, value=np.zeros(0))
    x = np.full(n, 2.0)
    assert certify(lp, answer(x, []))[0].bound == 2.0 * n
    for at in (0, certificate_module.PIECE, n - 1):
        wrong = x.copy()
        wrong[at] = 8.0
        assert figures(lp, answer(wrong, [])).primal_residual == pytest.approx(3 / 8)
        assert figures(lp, answer(wrong, [])).slackness == pytest.approx(6 / (2 * n + 6))


def test_the_price_of_a_bound_that_is_not_there() -> None:
    lp = replace(by_hand(), row_upper=np.array([10.0, np.inf]))
    wrong = figures(lp, answer([6, 4, 0], [3, -5]))  # reduced cost of x0 is 2 - 3 + 5 = 4
    assert wrong.dual_residual == pytest.approx(5 / 5)
    both = figures(lp, answer([6, 4, 0], [9, -5]))  # x0: -2, x1: -6 is the worst
    assert both.dual_residual == pytest.approx(6 / 9)


def test_a_price_where_nothing_costs_is_wrong_by_all_of_it() -> None:
    for cost in ([0.0, 0.0, 100.0], [0.0, 0.0, 0.01], [0.0, 0.0, 0.0]):
        free = replace(by_hand(), cost=np.array(cost))
        assert figures(free, answer([6, 4, 0], [5, 0])).dual_residual == 1.0
        assert certify(free, answer([6, 4, 0], [0, 0]))[0].gap == 0.0


def test_residuals_do_not_hide_behind_larger_rows() -> None:
    """A row of 1e-6 beside one of 1e2: half of the small one left out is half, not 5e-7."""
    lp = replace(by_hand(), cost=np.array([2.0, 3.0, 100.0]), start=np.array([0, 1, 3], np.int32),
                 index=np.array([0, 1, 2], np.int32), value=np.ones(3),
                 row_lower=np.array([1e2, 1e-6]), row_upper=np.array([1e2, 1e-6]))
    certify(lp, answer([1e2, 1e-6, 0], [2, 3]))
    assert figures(lp, answer([1e2, 5e-7, 0], [2, 3])).primal_residual == pytest.approx(0.5)
    below = figures(lp, answer([1e2, 2e-6, -1e-6], [2, 3]))
    assert below.primal_residual == pytest.approx(0.5)
    cheap = replace(lp, cost=np.array([2.0, 3e-6, 100.0]))
    certify(cheap, answer([1e2, 1e-6, 0], [2, 3e-6]))
    dear = figures(cheap, answer([1e2, 1e-6, 0], [2, 6e-6]))  # 3e-6 of 6e-6 too much
    assert dear.dual_residual == pytest.approx(0.5)
    two = replace(lp, start=np.array([0, 1, 4], np.int32), index=np.array([0, 0, 1, 2], np.int32),
                  value=np.ones(4), row_lower=np.array([1e2, -np.inf]),
                  row_upper=np.array([1e2, 2e2]))
    low = figures(two, answer([1e2, 0, 0], [1, 1e-3]))  # a price of a bound that is not there
    assert low.dual_residual == pytest.approx(1e-3 / 2)


@pytest.mark.parametrize("size", [2.0**-30, 1.0, 2.0**30])
@pytest.mark.parametrize("cost", [2.0**-25, 2.0**25])
def test_an_answer_is_as_wrong_at_every_size(size: float, cost: float) -> None:
    lp = by_hand()
    other = replace(lp, cost=lp.cost * cost, row_lower=lp.row_lower * size,
                    row_upper=lp.row_upper * size)
    for x, y in (([6, 4, 0], [3, -1]), ([6, 3, 0], [3, -1]), ([8, 2, 0], [3, -1]),
                 ([6, 5, -1], [3, -1]), ([6, 4, 0], [4, -1]), ([6, 4, 0], [-4, 1]),
                 ([0.1, 0, 9.9], [0, 0])):
        here = figures(lp, answer(x, y))
        there = figures(other, answer([v * size for v in x], [v * cost for v in y]))
        assert (there.primal_residual, there.dual_residual, there.slackness, there.gap) == (
            here.primal_residual, here.dual_residual, here.slackness, here.gap)


@pytest.mark.parametrize("name", ["primal_residual", "dual_residual", "slackness", "gap",
                                  "conservation"])
def test_each_figure_has_its_tolerance(name: str) -> None:
    sound = Certificate(0.0, 0.0, 0.0, 0.0, 0.0, 24.0, 24.0)
    assert replace(sound, **{name: 1e-6}).holds
    assert not replace(sound, **{name: 1.01e-6}).holds
    assert not replace(sound, **{name: np.nan}).holds
    assert replace(sound, gap=-1e-6).holds
    assert not replace(sound, gap=-1.01e-6).holds


def test_the_refusal_in_words() -> None:
    with pytest.raises(cg.SolverError) as caught:
        certify(by_hand(), answer([6, 3, 0], [3, -1]))
    assert str(caught.value) == (
        "the answer of by hand could not be certified: primal residual 1.0e-01, dual residual "
        "0.0e+00, slackness 1.4e-01, gap -1.4e-01, conservation 0.0e+00; check the ranges of the "
        "figures, or try solver='highs'")
    for wrong in (answer([6, 4], [3, -1]), answer([6, 4, 0], [3]), answer([6, 4, np.nan], [3, -1]),
                  answer([6, 4, 0], [3, np.inf])):
        with pytest.raises(cg.SolverError) as caught:
            certify(by_hand(), wrong)
        assert str(caught.value) == ("the answer of by hand is not complete: NaN or missing "
                                     "values")


def two_days() -> cg.Scenario:
    """Two regions, two sites of which one draws twice the power, two days of two hours."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["a", "b"]),
        sites=pd.DataFrame({"capacity_mw": [8.0, 20.0, 1.0], "power_ratio": [2.0, 1.0, 1.0],
                            "energy_usd_per_mwh": [10.0, 20.0, 9.0]}, index=["x", "y", "lone"]),
        demand=pd.DataFrame({"region": np.repeat(["a", "b"], 4), "hour": [0, 1, 2, 3] * 2,
                             "mw": [4.0, 6.0, 5.0, 7.0, 3.0, 2.0, 4.0, 1.0]}),
        workloads=pd.DataFrame({"defer_hours": [1.0]}, index=["work"]),
        hours=pd.DataFrame({"hour": [0, 1, 2, 3], "weight_hours": [1.0, 2.0, 1.0, 3.0],
                            "day": ["d", "d", "e", "e"]}),
        lanes=pd.DataFrame([(r, s) for r in "ab" for s in "xy"], columns=["region", "site"]))


def sums(lp: LinearProgram, x: np.ndarray, scenario: cg.Scenario) -> float:
    return certificate_module.imbalance(lp, x, scenario.arrays)


def test_the_sums_by_hand() -> None:
    scenario = two_days()
    lp = build_program(scenario, cg.Regime("none"))
    x = solve_highs(lp).x
    assert sums(lp, x, scenario) == pytest.approx(0.0, abs=1e-9)
    flow, unserved = lp.columns_of("flow").start, lp.columns_of("unserved").start
    for at in (flow + 4, unserved):  # a at y, or a given up, in the first hour; day d wants 16
        more = x.copy()
        more[at] += 1.0
        assert sums(lp, more, scenario) == pytest.approx(1.0 / 16)
    given_up = x.copy()
    given_up[[flow + 4, unserved]] += [-1.0, 1.0]
    assert sums(lp, given_up, scenario) == pytest.approx(0.0, abs=1e-9)
    later = x.copy()
    later[flow + 4 + 3] += 1.0  # the last hour stands for 3 of 26
    assert sums(lp, later, scenario) == pytest.approx(3.0 / 26)
    moved = x.copy()
    moved[flow + 4] -= 2.0  # done an hour later, which weighs 2
    moved[flow + 5] += 1.0
    assert sums(lp, moved, scenario) == pytest.approx(0.0, abs=1e-9)
    full = x.copy()
    full[[flow, flow + 4]] += [10.0, -10.0]
    drawn = 2 * (full[flow] + full[flow + 8])
    assert sums(lp, full, scenario) == pytest.approx((drawn - 8) / 8)


def test_the_sums_are_not_asked_of_equations_that_are_not_the_scenarios() -> None:
    scenario = two_days()
    lp = build_program(scenario, cg.Regime("none"))
    wrong = solve_highs(lp).x + 10.0
    assert sums(lp, wrong, scenario) > 0.1
    own = Family(PLANNER, pd.DataFrame(index=[0]), np.zeros((1, 1)), np.ones((1, 1)),
                 np.zeros((1, 1)))
    assert sums(replace(lp, families=(*lp.families, own)), wrong, scenario) == 0.0
    assert sums(replace(lp, blocks=()), wrong, scenario) > 0.1
    extra = Term("spare", np.array([0]), np.array([0]), np.ones(1))
    widened = tuple(replace(b, terms=(*b.terms, extra)) for b in lp.blocks)
    assert sums(replace(lp, blocks=widened), wrong, scenario) == 0.0
    assert sums(replace(lp, blocks=(lp.blocks[0], widened[1])), wrong, scenario) > 0.1
    assert sums(replace(lp, blocks=(widened[0], lp.blocks[1])), wrong, scenario) > 0.1


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
