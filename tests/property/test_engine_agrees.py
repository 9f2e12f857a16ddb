"""The engine and HiGHS on the whole program find the same optimum, and both are certified."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from computegrid.errors import InfeasibleError, ScenarioError, SolverError
from computegrid.program.build import build_program
from computegrid.scenario.regime import Charge, Forbid, Limit, Regime, Share
from computegrid.scenario.scenario import Scenario
from computegrid.solvers import engine, narrow
from computegrid.solvers.certificate import certify
from computegrid.solvers.choose import solve_program
from computegrid.solvers.solution import Status
from computegrid.streaming import search
from computegrid.streaming.run import solve_streamed

QUANTITIES = ("it_mw", "power_mw", "energy_mwh", "carbon_t", "spend_usd", "gbps", "utilisation")


@st.composite
def scenarios(draw):
    """Small worlds: few figures, so that ties and degenerate vertices are common."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n_regions, n_sites = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    n_hours, n_days = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    n_workloads = draw(st.integers(1, 3))
    unequal = draw(st.booleans())
    hours = pd.DataFrame({
        "hour": np.arange(n_hours * n_days),
        "weight_hours": rng.choice([1.0, 2.0, 3.0], n_hours * n_days) if unequal else 1.0,
        "day": np.repeat(np.arange(n_days), n_hours),
    })
    regions = pd.DataFrame({"bloc": rng.choice(["a", "b"], n_regions)},
                           index=[f"r{i}" for i in range(n_regions)])
    sites = pd.DataFrame({
        "capacity_mw": rng.choice([0.0, 1.0, 2.0, 5.0], n_sites),
        "power_ratio": rng.choice([1.0, 1.0, 2.0, 0.5], n_sites),
        "energy_usd_per_mwh": rng.choice([10.0, 20.0, 20.0, 33.3], n_sites),
        "carbon_kg_per_mwh": rng.choice([0.0, 100.0, 400.0], n_sites),
        "pue": rng.choice([1.0, 1.2], n_sites),
        "control": rng.choice(["x", "y"], n_sites),
        "bloc": rng.choice(["a", "b"], n_sites),
    }, index=[f"s{i}" for i in range(n_sites)])
    workloads = pd.DataFrame({
        "defer_hours": rng.choice([0.0, 0.0, 1.0, 3.0, 24.0], n_workloads),
        "unserved_usd_per_mwh": rng.choice([50.0, 200.0, np.inf], n_workloads, p=[0.5, 0.45, 0.05]),
        "gbps_per_mw": rng.choice([0.0, 1.0, 2.0], n_workloads),
    }, index=[f"w{i}" for i in range(n_workloads)])
    asks = pd.MultiIndex.from_product([regions.index, workloads.index, hours["hour"]],
                                      names=["region", "workload", "hour"])
    demand = asks.to_frame(index=False).assign(mw=rng.choice([0.0, 1.0, 1.5, 3.0], len(asks)))
    demand.loc[0, "mw"] = 1.0
    lanes = pd.MultiIndex.from_product([regions.index, workloads.index, sites.index],
                                       names=["region", "workload", "site"]).to_frame(index=False)
    lanes = lanes[rng.random(len(lanes)) < draw(st.sampled_from([0.4, 0.8, 1.0]))]
    if lanes.empty:
        lanes = pd.DataFrame({"region": ["r0"], "workload": ["w0"], "site": ["s0"]})
    lanes = lanes.assign(network_usd_per_mwh=rng.choice([0.0, 1.0, 5.0], len(lanes)))
    site_hours = pd.MultiIndex.from_product([sites.index, hours["hour"]],
                                            names=["site", "hour"]).to_frame(index=False)
    site_hours["energy_usd_per_mwh"] = rng.choice([10.0, 20.0, 40.0], len(site_hours))
    scenario = Scenario.from_tables(
        regions=regions, sites=sites, demand=demand, workloads=workloads, lanes=lanes,
        hours=hours, site_hours=site_hours if draw(st.booleans()) else None,
    )
    return scenario, [_rule(draw, rng, k) for k in range(draw(st.integers(0, 3)))]


def _rule(draw, rng, k):
    where = {
        "label": f"rule{k}",
        "demand": draw(st.sampled_from([{}, {"bloc": "a"}, {"workload": "w0"}])),
        "supply": draw(st.sampled_from([{}, {"control": "x"}, {"site": "s0"}, {"bloc": "b"}])),
    }
    hours = draw(st.sampled_from([None, [0], {"min": 1}]))
    kind = draw(st.sampled_from(["Forbid", "Limit", "Limit", "Limit", "Share", "Charge"]))
    if kind == "Forbid":
        return Forbid(hours=hours, **where)
    if kind == "Charge":
        return Charge(quantity=draw(st.sampled_from(QUANTITIES[:-1])),
                      usd=draw(st.sampled_from([-3.0, 2.0, 10.0])), hours=hours, **where)
    bound = draw(st.sampled_from(
        [{"max": 0.3}, {"max": 0.7}, {"min": 0.2}, {"min": 0.1, "max": 0.8}]))
    if kind == "Share":
        return Share(each=draw(st.sampled_from([None, "region", "hour", "site"])), **bound, **where)
    soft = draw(st.sampled_from([None, 3.0, 1000.0])) if len(bound) == 1 else None
    size = float(rng.choice([1.0, 5.0]))
    quantity = draw(st.sampled_from(QUANTITIES))
    each = draw(st.sampled_from([None, "site", "control"]))
    return Limit(
        quantity=quantity, per=draw(st.sampled_from(["hour", "hour", "horizon"])), each=each,
        penalty_usd=soft, hours=hours,
        **{name: value * (1.0 if quantity == "utilisation" else size)
           for name, value in bound.items()}, **where,
    )


@pytest.mark.parametrize(("narrowing", "examples"), [(50_000, 320), (0, 200)])
def test_engine_and_highs_agree(monkeypatch, narrowing, examples):
    """Also where most rounds look at few lanes."""
    monkeypatch.setattr(engine, "WORTH_NARROWING", narrowing)
    for name, value in (("MOST_KEPT", 1.0), ("WIDTH", 0.0), ("REACH", 1e9)):
        monkeypatch.setattr(narrow, name, value)
    looked, taken = [], []
    answer = narrow._Few.answer
    monkeypatch.setattr(narrow._Few, "answer", lambda *a: looked.append(1) or answer(*a))

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))
    @given(scenarios())
    def agree(case):
        scenario, rules = case
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lp = build_program(scenario, Regime("own", tuple(rules)))
        reference = solve_program(lp, solver="highs")
        try:
            found = solve_program(lp, solver="network")
        except SolverError as refused:
            taken.append(str(refused))
            assert "infeasible" in str(refused) or "cannot be kept" in str(refused)
            assert reference.status is Status.INFEASIBLE
            return
        if found.status is Status.INFEASIBLE:
            taken.append(found.solver)
            assert reference.status is Status.INFEASIBLE
            return
        assert reference.status is Status.OPTIMAL
        taken.append("")
        ours, _ = certify(lp, found)
        theirs, _ = certify(lp, reference)
        assert abs(ours.objective - theirs.objective) <= 1e-7 * max(1.0, abs(theirs.objective))

    agree()
    assert sum(not reason for reason in taken) >= 0.75 * examples, Counter(taken)
    assert len(looked) >= 50 if narrowing == 0 else not looked


@pytest.mark.parametrize("samples", [(24,), (1,)])
def test_streamed_and_highs_agree(tmp_path, monkeypatch, samples):
    """Also where a day of each scenario is the sample that all its days follow."""
    monkeypatch.setattr(search, "SAMPLES", samples)
    taken = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))
    @given(scenarios())
    def agree(case):
        scenario, rules = case
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            lp = build_program(scenario, Regime("own", tuple(rules)))
            try:
                found = solve_streamed(scenario, tmp_path / f"run{len(taken)}", rules, gap=1e-6)
            except ScenarioError as refused:  # a rule that crosses others, and nothing else
                assert "network" in str(refused)
                taken.append("refused")
                return
            except InfeasibleError:
                taken.append("infeasible")
                assert solve_program(lp, solver="highs").status is Status.INFEASIBLE
                return
        taken.append("solved")
        best, _ = certify(lp, solve_program(lp, solver="highs"))
        allowed = 1e-6 * max(1.0, abs(found.summary["operating_cost_usd"]))
        assert found.proof.bound <= best.objective + 0.1 * allowed
        assert best.objective - 0.1 * allowed <= found.summary["cost_usd"]
        assert found.summary["cost_usd"] <= best.objective + allowed

    agree()
    assert taken.count("solved") >= 25 and "infeasible" in taken, Counter(taken)
