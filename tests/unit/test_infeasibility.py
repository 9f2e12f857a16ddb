"""Infeasible models: the right culprit is named, with figures, and the proof is checked."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid import dispatch as dispatch_module
from computegrid.program.build import build_program
from computegrid.solvers.choose import SMALL, solve_program
from computegrid.solvers.infeasibility import find_conflict
from computegrid.solvers.solution import Solution, Status

pytestmark = pytest.mark.filterwarnings("ignore::computegrid.RuleWarning")


def world(*, must: bool = True, wanted: float = 412.0) -> cg.Scenario:
    asks = [("France", "critical", wanted), ("France", "batch", 50), ("Germany", "critical", 20)]
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "DE"]}, index=["France", "Germany"]),
        sites=pd.DataFrame({"capacity_mw": [300.0, 77, 900], "control": ["FR", "FR", "US"],
                            "carbon_kg_per_mwh": [50.0, 50, 400]},
                           index=["Paris", "Lyon", "Dublin"]),
        demand=pd.DataFrame([(r, w, h, m if h else m / 2) for r, w, m in asks for h in (0, 1)],
                            columns=["region", "workload", "hour", "mw"]),
        workloads=pd.DataFrame(
            {"unserved_usd_per_mwh": [math.inf if must else 1e4, 1000.0],
             "gbps_per_mw": 2.0}, index=["critical", "batch"]),
        lanes=pd.DataFrame([(r, s, 10.0, 5.0) for r in ("France", "Germany")
                            for s in ("Paris", "Lyon", "Dublin")],
                           columns=["region", "site", "rtt_ms", "network_usd_per_mwh"]))


FRENCH = {"control": {"not": "FR"}}
US = {"control": "US"}
CASES: dict[str, tuple[bool, list[object], list[str], str]] = {
    # name: critical work must be served, rules, culprits, what the message must say
    "residency": (True, [cg.Forbid(label="secnumcloud", demand={"country": "FR"}, supply=FRENCH)],
                  ["secnumcloud"], "hold 377 MW"),
    "freeze in one hour": (True, [cg.Forbid(label="freeze", supply=US, hours=[1])],
                           ["freeze"], "at 1"),
    "work cap": (True, [cg.Limit(label="power-cap", quantity="it_mw", max=400)],
                 ["power-cap"], "raise it by 32 MW"),
    "carbon cap": (True, [cg.Limit(label="carbon", quantity="carbon_t", max=10, per="horizon")],
                   ["carbon"], "raise it by 41.65 t"),
    "spend cap": (True, [cg.Limit(label="budget", quantity="spend_usd", max=100, per="horizon")],
                  ["budget"], "'budget' allows at most 100 USD over the horizon"),
    "bandwidth": (True, [cg.Limit(label="cable", quantity="gbps", max=800)],
                  ["cable"], "raise it by 64 Gbit/s"),
    "cap by region": (True, [cg.Limit(label="each", quantity="it_mw", max=200, each="region")],
                      ["each"], "'each' (France)"),
    "share above cap": (False, [cg.Share(label="us-min", supply=US, min=0.9),
                                cg.Limit(label="us-cap", quantity="it_mw", max=100, supply=US)],
                        ["us-min", "us-cap"], "lower it by 450.7 MWh"),
    "two shares": (False, [cg.Share(label="us-half", supply=US, min=0.6),
                           cg.Share(label="fr-half", supply={"control": "FR"}, min=0.5)],
                   ["us-half", "fr-half"], "cannot hold together"),
    "floor of a closed site": (False, [
        cg.Limit(label="floor", quantity="utilisation", min=0.5, supply={"site": "Lyon"}),
        cg.Forbid(label="no-lyon", supply={"site": "Lyon"})],
        ["floor", "no-lyon"], "'floor' asks for at least 38.5 MW"),
    "share of nobody": (False, [cg.Share(label="cn-min", supply={"control": "CN"}, min=0.1)],
                        ["cn-min"], "'cn-min' cannot be met"),
    "floor above demand": (False, [cg.Limit(label="much", quantity="it_mw", min=500)],
                           ["much"], "lower it by"),
    "minimum spend": (False, [cg.Limit(label="spend", quantity="spend_usd", min=1e6,
                                       per="horizon")],
                      ["spend"], "'spend' asks for at least 1e+06 USD"),
    "share of a closed lane": (False, [
        cg.Share(label="home", demand={"region": "Germany"}, supply={"control": "FR"}, min=0.5),
        cg.Forbid(label="embargo", demand={"country": "DE"}, supply={"control": "FR"})],
        ["home", "embargo"], "cannot hold together"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_right_culprit_is_named(name: str) -> None:
    must, rules, culprits, said = CASES[name]
    idle = cg.Limit(label="bystander", quantity="it_mw", max=1e6)
    with pytest.raises(cg.InfeasibleError) as caught:
        cg.solve(world(must=must), [idle, *rules])
    error = caught.value
    for culprit in culprits:
        assert f"'{culprit}'" in str(error)
    assert said in str(error)
    assert "bystander" not in str(error)
    blamed = set(error.conflict["name"]) | set(error.relaxation["name"])
    assert set(culprits) <= blamed
    assert "bystander" not in blamed


def test_too_little_capacity_names_sites_and_region() -> None:
    with pytest.raises(cg.InfeasibleError) as caught:
        cg.solve(world(wanted=1300.0))
    assert "critical of France needs 1,300 MW at 1" in str(caught.value)
    assert "let 43 MW go unserved" in str(caught.value)
    assert set(caught.value.conflict["site"]) >= {"Paris", "Lyon", "Dublin"}


@pytest.mark.parametrize("name", CASES)
def test_the_relaxation_is_enough(name: str) -> None:
    """Giving way by what the error says makes the model feasible; by less, it does not."""
    must, rules, _, _ = CASES[name]
    scenario = world(must=must)
    lp = build_program(scenario, cg.Regime("all", tuple(rules)))
    conflict = find_conflict(lp)
    assert conflict is not None
    assert conflict.proof > 0

    def relaxed(share: float) -> bool:
        opened = np.where(conflict.column_gives > 0, conflict.column_gives * share, lp.col_upper)
        easier = replace(
            lp, col_upper=np.maximum(lp.col_upper, opened),
            row_lower=lp.row_lower + share * np.minimum(conflict.row_gives, 0),
            row_upper=lp.row_upper + share * np.maximum(conflict.row_gives, 0))
        return find_conflict(easier) is None

    assert relaxed(1.0 + 1e-6)
    assert not relaxed(0.99)


def test_a_feasible_program_has_no_conflict(trnsport: cg.Scenario) -> None:
    assert find_conflict(build_program(trnsport, cg.Regime("none"))) is None


def test_infeasible_without_a_proof_is_not_believed(
    trnsport: cg.Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = np.zeros(0)
    monkeypatch.setattr(dispatch_module, "solve_program", lambda *a, **k: Solution(
        Status.INFEASIBLE, nothing, nothing, "a liar", 0.0))
    with pytest.raises(cg.SolverError, match="no proof"):
        cg.solve(trnsport)


@pytest.mark.parametrize("status", [Status.UNBOUNDED, Status.TIME_LIMIT, Status.INTERRUPTED,
                                    Status.ERROR])
def test_only_an_optimum_becomes_a_dispatch(
    trnsport: cg.Scenario, monkeypatch: pytest.MonkeyPatch, status: Status
) -> None:
    nothing = np.zeros(0)
    monkeypatch.setattr(dispatch_module, "solve_program", lambda *a, **k: Solution(
        status, nothing, nothing, "a solver", 0.0))
    with pytest.raises(cg.SolverError, match=str(status)):
        cg.solve(trnsport)


def test_a_large_program_is_explained_on_the_way(small_model: Path) -> None:
    """The network engine meets rules that cannot be kept: the proof is found at once."""
    scenario = cg.load(small_model)
    shares = [cg.Share(label="west", supply={"side": "west"}, min=0.3),
              cg.Share(label="rest", supply={"side": {"not": "west"}}, min=0.8)]
    lp = build_program(scenario, cg.Regime("own", tuple(shares)))
    assert lp.n_columns > SMALL
    found = solve_program(lp)
    assert found.status is Status.INFEASIBLE
    assert found.conflict is not None
    assert "HiGHS" not in found.solver
    with pytest.raises(cg.InfeasibleError, match=r"'west' and 'rest' .* cannot hold together"):
        cg.solve(scenario, shares)


def test_hours_are_said_as_people_write_them() -> None:
    hours = pd.date_range("2025-01-15T17:00Z", periods=2, freq="h")
    scenario = cg.Scenario.from_tables(
        pd.DataFrame(index=["a"]), pd.DataFrame({"capacity_mw": [5.0]}, index=["x"]),
        pd.DataFrame({"region": "a", "hour": hours, "mw": [4.0, 7.0]}),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [math.inf]}, index=["work"]),
        lanes=pd.DataFrame({"region": ["a"], "site": ["x"]}))
    with pytest.raises(cg.InfeasibleError, match="work of a needs 7 MW at 2025-01-15 18:00 UTC; "):
        cg.solve(scenario)


def test_the_least_in_all_where_ways_are_equal() -> None:
    """Twenty asks share a site that is 10 MW short: one of the largest is named, not all."""
    names = [f"r{i:02}" for i in range(20)]
    scenario = cg.Scenario.from_tables(
        pd.DataFrame(index=names), pd.DataFrame({"capacity_mw": [230.0]}, index=["x"]),
        pd.DataFrame({"region": names, "mw": [11.0] * 19 + [31.0]}),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [math.inf]}, index=["work"]),
        lanes=pd.DataFrame({"region": names, "site": "x"}))
    with pytest.raises(cg.InfeasibleError) as caught:
        cg.solve(scenario)
    assert caught.value.relaxation[["region", "gives"]].to_numpy().tolist() == [
        ["r19", pytest.approx(10.0)]]


def test_columns_highs_would_change_are_refused(trnsport: cg.Scenario) -> None:
    lp = build_program(trnsport, cg.Regime("none"))
    with pytest.raises(cg.SolverError, match="does not take the columns"):
        find_conflict(replace(lp, value=lp.value * 1e-12))


def test_demands_that_differ_by_little_have_a_proof_too() -> None:
    names = [f"r{i:02}" for i in range(20)]
    scenario = cg.Scenario.from_tables(
        pd.DataFrame(index=names), pd.DataFrame({"capacity_mw": [100.0, 90.0]}, index=["x", "y"]),
        pd.DataFrame({"region": names, "mw": [11.0 + i * 1e-5 for i in range(20)]}),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [math.inf]}, index=["work"]),
        lanes=pd.DataFrame([(r, s) for r in names for s in "xy"], columns=["region", "site"]))
    with pytest.raises(cg.InfeasibleError) as caught:
        cg.solve(scenario)
    assert caught.value.relaxation["gives"].sum() == pytest.approx(30.0019)
