"""Equal costs: one answer, whatever the solver, its seed, the order of rows or the run."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import replace

import highspy
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from worlds import World, worlds

import computegrid as cg
from computegrid.program.build import build_program
from computegrid.program.tiebreak import preference
from computegrid.solvers import highs, network_oracle, sift, split
from computegrid.solvers.canonical import canonical
from computegrid.solvers.highs import solve_highs


def print_of(flows: pd.DataFrame) -> str:
    """Fingerprint of flows rounded to 1e-6 MW, whatever their order."""
    flat = flows.sort_values(["region", "workload", "site", "hour"])
    flat = flat.assign(mw=flat["mw"].round(6) + 0.0)
    return hashlib.sha256(flat[flat["mw"] > 0].to_csv(index=False).encode()).hexdigest()


def tied(n: int = 6, **sites: object) -> cg.Scenario:
    """A ring of equal costs: every site is as good as any other for every region."""
    names = [f"p{i}" for i in range(n)]
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"lon_deg": np.arange(n) * 10.0, "lat_deg": 0.0}, index=names),
        sites=pd.DataFrame({"capacity_mw": 7.0, "lon_deg": np.arange(n) * 10.0 + 5,
                            "lat_deg": 0.0, **sites}, index=[f"s{i}" for i in range(n)]),
        demand=pd.DataFrame({"region": np.repeat(names, 3), "hour": list(range(3)) * n,
                             "mw": 5.0}),
        workloads=pd.DataFrame({"defer_hours": [2.0]}, index=["work"]))


@pytest.mark.parametrize("solver", ["highs-simplex", "highs-ipx", "network", None])
def test_solvers_agree_on_the_flows(solver: str | None) -> None:
    scenario = tied()
    assert print_of(cg.solve(scenario, solver=solver).flows) == print_of(
        cg.solve(scenario).flows)


@pytest.mark.parametrize("solver", ["highs-simplex", "highs-ipx", "network"])
def test_seeds_threads_and_runs_agree_on_the_flows(
    solver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hash-equal to 1e-6 MW over seeds and threads of HiGHS, workers of the engine, and runs."""
    scenario, found = tied(), set()
    monkeypatch.setattr(network_oracle, "WORTH_THREADS", 0)
    for seed, threads in ((0, 1), (0, 1), (7, 2), (123, 1), (99, 4)):
        class Seeded(highspy.Highs):
            def __init__(self, seed: int = seed, threads: int = threads) -> None:
                highspy.Highs.resetGlobalScheduler(True)
                super().__init__()
                self.setOptionValue("random_seed", seed)
                self.setOptionValue("threads", threads)

        monkeypatch.setattr(highs.highspy, "Highs", Seeded)
        for module in (network_oracle, sift, split):
            monkeypatch.setattr(module, "workers", lambda threads=threads: threads)
        found.add(print_of(cg.solve(scenario, solver=solver).flows))
        monkeypatch.undo()
        monkeypatch.setattr(network_oracle, "WORTH_THREADS", 0)
    highspy.Highs.resetGlobalScheduler(True)
    assert len(found) == 1
    assert found == {print_of(cg.solve(scenario).flows)}


def test_other_optimal_vertices_give_the_same_flows() -> None:
    """The same program with its columns and rows shuffled ends elsewhere, and then here."""
    scenario = tied(energy_usd_per_mwh=40.0)
    lp = build_program(scenario, cg.Regime("none"))
    weights = preference(scenario, lp)
    matrix = sp.csr_array((lp.value, lp.index, lp.start), shape=(lp.n_rows, lp.n_columns))
    rng = np.random.default_rng(7)
    found, answers = [], []
    for _ in range(8):
        rows, columns = rng.permutation(lp.n_rows), rng.permutation(lp.n_columns)
        turned = matrix[rows][:, columns].tocsr()
        turned.sort_indices()
        answer = solve_highs(replace(
            lp, cost=lp.cost[columns], col_lower=lp.col_lower[columns],
            col_upper=lp.col_upper[columns], row_lower=lp.row_lower[rows],
            row_upper=lp.row_upper[rows], start=turned.indptr, index=turned.indices,
            value=turned.data))
        x, y = np.empty(lp.n_columns), np.empty(lp.n_rows)
        x[columns], y[rows] = answer.x, answer.row_dual
        found.append(x)
        answers.append(canonical(lp, replace(answer, x=x, row_dual=y), weights).x)
    assert max(np.abs(x - found[0]).max() for x in found) > 1
    assert max(np.abs(x - answers[0]).max() for x in answers) < 1e-6
    costs = [float(lp.cost @ x) for x in (*found, *answers)]
    assert max(costs) - min(costs) < 1e-7 * min(costs), "breaking ties costs nothing"


def test_the_nearest_of_equal_sites_serves() -> None:
    flows = cg.solve(tied(carbon_kg_per_mwh=1.0)).flows
    near = {("p0", "s0"), ("p1", "s0"), ("p1", "s1"), ("p2", "s1"), ("p2", "s2"), ("p3", "s2"),
            ("p3", "s3"), ("p4", "s3"), ("p4", "s4"), ("p5", "s4"), ("p5", "s5")}
    assert {(r, s) for r, s in zip(flows["region"], flows["site"], strict=True)} <= near


def test_work_that_may_wait_for_nothing_does_not_wait() -> None:
    d = cg.solve(tied())
    served = d.flows.groupby(["region", "hour"])["mw"].sum()
    assert served.to_numpy() == pytest.approx(np.full(18, 5.0))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_order_of_rows_does_not_matter(world: World) -> None:
    turned = world.with_(
        regions=world.regions[::-1], sites=world.sites[::-1], workloads=world.workloads[::-1],
        lanes=world.lanes[::-1], site_hours=world.site_hours[::-1], demand=world.demand[::-1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        try:
            first = cg.solve(world.scenario(), world.rules)
        except cg.InfeasibleError:
            return
        second = cg.solve(turned.scenario(), world.rules)
    assert second.cost_usd == pytest.approx(first.cost_usd, rel=1e-9, abs=1e-7)
    assert print_of(first.flows) == print_of(second.flows)


def test_breaking_ties_costs_nothing(trnsport: cg.Scenario) -> None:
    d = cg.solve(trnsport)
    assert d.cost_usd == pytest.approx(153.675, rel=1e-12)
    assert list(d.prices["usd_per_mwh"]) == pytest.approx([0.225, 0.153, 0.126], abs=1e-9)
