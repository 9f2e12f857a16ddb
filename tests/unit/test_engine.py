"""The engine: what it takes, what it says, and that it depends on nothing but the problem."""

import sys
import time

import numpy as np
import pandas as pd
import pytest

from computegrid.dispatch import solve
from computegrid.errors import InfeasibleError, SolverError
from computegrid.program.build import build_program
from computegrid.scenario.regime import Forbid, Limit, Regime, Share
from computegrid.scenario.scenario import Scenario
from computegrid.solvers import choose, engine, network_oracle, network_start
from computegrid.solvers.certificate import certify
from computegrid.solvers.choose import solve_program
from computegrid.solvers.network_oracle import NetworkError
from computegrid.solvers.solution import Solution, Status
from computegrid.solvers.structure import find_units


def world(n_regions=6, n_sites=8, n_hours=48, defer_hours=0.0):
    rng = np.random.default_rng(7)
    lanes = pd.MultiIndex.from_product(
        [[f"r{i}" for i in range(n_regions)], [f"s{i}" for i in range(n_sites)]],
        names=["region", "site"]).to_frame(index=False)
    asks = pd.MultiIndex.from_product(
        [[f"r{i}" for i in range(n_regions)], range(n_hours)], names=["region", "hour"],
    ).to_frame(index=False)
    site_hours = pd.MultiIndex.from_product(
        [[f"s{i}" for i in range(n_sites)], range(n_hours)], names=["site", "hour"],
    ).to_frame(index=False)
    return Scenario.from_tables(
        regions=pd.DataFrame({"bloc": ["a", "b"] * (n_regions // 2)},
                             index=[f"r{i}" for i in range(n_regions)]),
        sites=pd.DataFrame({"capacity_mw": 10.0, "power_ratio": rng.choice([1.0, 1.5], n_sites),
                            "control": ["x", "y"] * (n_sites // 2),
                            "carbon_kg_per_mwh": rng.uniform(10, 500, n_sites)},
                           index=[f"s{i}" for i in range(n_sites)]),
        demand=asks.assign(mw=rng.uniform(2, 12, len(asks)), workload="work"),
        workloads=pd.DataFrame({"defer_hours": [defer_hours]}, index=["work"]),
        lanes=lanes.assign(network_usd_per_mwh=rng.uniform(1, 20, len(lanes))),
        site_hours=site_hours.assign(energy_usd_per_mwh=rng.uniform(20, 120, len(site_hours))),
        hours=pd.DataFrame({"hour": range(n_hours), "weight_hours": 1.0,
                            "day": np.arange(n_hours) // 12}),
    )


SHARE = Share(label="own", demand={"bloc": "a"}, supply={"control": "x"}, min=0.6)
CAP = Limit(label="cap", quantity="carbon_t", max=300.0, per="horizon", penalty_usd=500.0)
CROSSING = Limit(label="corridor", demand={"bloc": "b"}, supply={"control": "y"},
                 quantity="it_mw", max=9.0)
INSIDE = Limit(label="spare", demand={"bloc": "b"}, supply={"site": "s0"}, quantity="it_mw",
               max=3.0)


@pytest.mark.parametrize(("defer_hours", "rules", "says"), [
    (0.0, [], "every row fits"),
    (6.0, [], "network simplex on 4 units"),
    (0.0, [INSIDE], "every row fits"),
    (0.0, [CROSSING], "priced out"),
    (6.0, [SHARE, CAP], "Dantzig-Wolfe"),
])
def test_the_engine_finds_the_optimum_of_the_reference_and_says_how(defer_hours, rules, says):
    s = world(defer_hours=defer_hours)
    ours, reference = solve(s, rules), solve(s, rules, solver="highs")
    assert says in ours.solver
    assert ours.cost_usd == pytest.approx(reference.cost_usd, rel=1e-8)


def test_hours_are_units_and_days_are_where_work_waits():
    assert len(find_units(build_program(world(), Regime("none"))).hours) == 48
    assert len(find_units(build_program(world(defer_hours=3.0), Regime("none"))).hours) == 4


def test_the_answer_does_not_depend_on_the_number_of_workers(monkeypatch):
    s = world(defer_hours=6.0)
    found = []
    for n in (1, 3):
        monkeypatch.setattr(network_oracle, "workers", lambda n=n: n)
        lp = build_program(s, Regime("own", (SHARE, CAP)))
        found.append(solve_program(lp, solver="network"))
    assert np.array_equal(found[0].x, found[1].x)
    assert np.array_equal(found[0].row_dual, found[1].row_dual)


def test_a_near_dispatch_gives_the_same_optimum():
    s = world(defer_hours=6.0)
    freeze = [Forbid(label="freeze", supply={"control": "y"}), CAP]
    near = solve(s, [CAP])
    warm, cold = solve(s, freeze, warm_start=near), solve(s, freeze)
    assert warm.cost_usd == pytest.approx(cold.cost_usd, rel=1e-8)


def test_without_numba_highs_takes_the_units(monkeypatch):
    monkeypatch.setitem(sys.modules, "computegrid.solvers.network_kernel", None)
    monkeypatch.delattr("computegrid.solvers.network_kernel", raising=False)
    s = world()
    assert "numba is missing" in (found := solve(s)).solver
    assert found.cost_usd == pytest.approx(solve(s, solver="highs").cost_usd, rel=1e-8)


def test_hard_rules_that_cannot_hold_are_infeasible_not_wrong():
    rules = [Share(label="all", supply={"control": "x"}, min=1.0),
             Forbid(label="none", supply={"control": "x"})]
    with pytest.raises(InfeasibleError):
        solve(world(), rules)


def test_what_no_engine_takes_is_refused_by_name():
    lp = build_program(world(defer_hours=6.0), Regime("own", (SHARE,)))
    with pytest.raises(SolverError, match="fall apart"):
        solve_program(lp, solver="split")
    certify(lp, solve_program(lp, solver="network"))


def test_a_forced_network_engine_does_not_hand_over(monkeypatch):
    """Where prices grow without end and no proof is found, HiGHS decides only if it may."""
    lp = build_program(world(), Regime("own", (SHARE,)))
    unkept = Solution(Status.INFEASIBLE, np.zeros(0), np.zeros(0), "grows without end", 0.0)
    monkeypatch.setattr(choose, "solve_network_program", lambda *_, **__: unkept)
    monkeypatch.setattr(choose, "find_conflict", lambda *_, **__: None)
    with pytest.raises(SolverError, match="neither an answer nor a proof"):
        solve_program(lp, solver="network")
    assert solve_program(lp).status is Status.OPTIMAL


def test_what_the_network_spent_of_the_time_is_not_given_again(monkeypatch):
    def late(*_, **__):
        time.sleep(0.05)
        raise NetworkError("time limit")

    monkeypatch.setattr(choose, "solve_network_program", late)
    left = []
    monkeypatch.setattr(choose, "_without_network", lambda _, limit: left.append(limit) or Solution(
        Status.TIME_LIMIT, np.zeros(0), np.zeros(0), "HiGHS", 0.0))
    lp = build_program(world(), Regime("none"))
    for limit in (10.0, 0.01, None):
        solve_program(lp, time_limit_s=limit)
    assert 0.0 < left[0] <= 9.95 and left[1:] == [0.0, None]


def test_a_soft_minimum_where_nothing_can_flow_is_worth_its_penalty():
    """A site of no capacity: its floor is missed at the penalty, the rest is the site's rent."""
    scenario = Scenario.from_tables(
        regions=pd.DataFrame(index=["r0"]),
        sites=pd.DataFrame({"capacity_mw": [2.0, 0.0], "pue": 1.2,
                            "energy_usd_per_mwh": [20.0, 33.3]}, index=["s0", "s1"]),
        demand=pd.DataFrame({"region": "r0", "workload": "w", "hour": [0, 1, 2],
                             "mw": [1.0, 1.5, 0.0]}),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [200.0]}, index=["w"]),
        hours=pd.DataFrame({"hour": [0, 1, 2], "weight_hours": [3.0, 2.0, 1.0]}),
        lanes=pd.DataFrame({"region": "r0", "site": ["s0", "s1"],
                            "network_usd_per_mwh": [1.0, 0.0]}),
    )
    rules = (Forbid(label="shut", hours=[0]),
             Limit(label="floor", quantity="it_mw", min=1.0, each="site", penalty_usd=3.0))
    lp = build_program(scenario, Regime("own", rules))
    found = solve_program(lp, solver="network")
    certificate, _ = certify(lp, found)
    reference = solve_program(lp, solver="highs")
    assert certificate.objective == pytest.approx(float(lp.cost @ reference.x))
    floor = found.row_dual[lp.rows_of("floor")].reshape(2, 3) / scenario.arrays.weight_hours
    assert (floor <= 3.0 + 1e-9).all()


def test_an_answer_that_cannot_be_certified_is_solved_again_by_highs(monkeypatch):
    scenario = world(n_regions=20, n_sites=20)
    true_dual = network_oracle.Oracle.row_dual
    monkeypatch.setattr(network_oracle.Oracle, "row_dual", lambda self: true_dual(self) + 5.0)
    dispatch = solve(scenario)
    assert dispatch.certificate.holds
    assert dispatch.solver.startswith("HiGHS") and "could not be certified" in dispatch.solver
    with pytest.raises(SolverError, match="certified"):
        solve(scenario, solver="network")


@pytest.mark.parametrize("unserved", [100.0, np.inf])
@pytest.mark.parametrize("hours", [25, 30])
def test_a_long_chain_starts_from_its_parts(monkeypatch, unserved, hours):
    """Its optimum is that from its hours; where a part cannot be served alone it is that too."""
    draw = np.random.default_rng(hours)
    demand = draw.uniform(0, 2, hours)
    demand[13:15] = 9.0  # more than the hour can do: it has to wait, also past the end of a part
    scenario = Scenario.from_tables(
        regions=pd.DataFrame(index=["A"]),
        sites=pd.DataFrame({"capacity_mw": [4.0, 3.0]}, index=["s", "t"]),
        demand=pd.DataFrame({"region": "A", "hour": range(hours), "mw": demand}),
        workloads=pd.DataFrame({"defer_hours": [5.0], "unserved_usd_per_mwh": [unserved]},
                               index=["work"]),
        lanes=pd.DataFrame({"region": "A", "site": ["s", "t"]}),
        site_hours=pd.DataFrame({"site": np.repeat(["s", "t"], hours),
                                 "hour": np.tile(np.arange(hours), 2),
                                 "energy_usd_per_mwh": draw.uniform(1, 50, 2 * hours)}))
    lp = build_program(scenario, scenario.regime([]))
    from_hours = engine.solve_network_program(lp)
    tried = []
    parts = network_start._tree_of_parts
    monkeypatch.setattr(network_start, "SHORTEST", 3)
    monkeypatch.setattr(network_start, "_tree_of_parts",
                        lambda *given: tried.append(parts(*given)) or tried[-1])
    from_parts = engine.solve_network_program(lp)
    assert len(tried) == 1 and (tried[0] is None) == (unserved == np.inf)
    assert lp.cost @ from_parts.x == pytest.approx(lp.cost @ from_hours.x, rel=1e-12)
    certify(lp, from_parts, scenario.arrays)


def test_small_rows_lost_in_a_mixture_are_found_by_sifting(monkeypatch) -> None:
    """Shares by region over 1e8 of span: what holds to the large rows' digits is not enough."""
    rng = np.random.default_rng(161)
    regions, sites, hours = [f"r{i}" for i in range(12)], [f"s{i}" for i in range(5)], range(6)
    size = 10.0 ** -np.linspace(0, 8, 12)
    scenario = Scenario.from_tables(
        pd.DataFrame(index=regions), pd.DataFrame({"capacity_mw": rng.uniform(0.3, 0.8, 5)},
                                                  index=sites),
        pd.DataFrame([(r, h, m * rng.uniform(1, 1.3)) for r, m in zip(regions, size, strict=True)
                      for h in hours], columns=["region", "hour", "mw"]),
        lanes=pd.DataFrame([(r, s, rng.uniform(1, 90)) for r in regions for s in sites],
                           columns=["region", "site", "network_usd_per_mwh"]))
    rules = (Share(label="s", supply={"site": ["s1", "s2"]}, max=0.4, each="region"),)
    lp = build_program(scenario, Regime("own", rules))
    assert "HiGHS on" not in solve_program(lp, solver="network").solver
    mixture = engine.Answers.mixture
    monkeypatch.setattr(engine.Answers, "mixture", lambda *given: mixture(*given) + 1e-9)
    found = solve_program(lp, solver="network")
    certify(lp, found, scenario.arrays)
    assert "HiGHS on" in found.solver
    assert certify(lp, solve_program(lp, solver="highs"))[0].objective == pytest.approx(
        certify(lp, found)[0].objective, rel=1e-9)
