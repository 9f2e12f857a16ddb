"""Horizons solved window by window: the optimum of the whole, gone on with after a stop."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.dispatch import solve
from computegrid.errors import DataError, InfeasibleError, ScenarioError
from computegrid.program.build import selections, write_equations
from computegrid.scenario.regime import Charge, Forbid, Limit, Share
from computegrid.solvers import narrow
from computegrid.solvers.network_oracle import NetworkError
from computegrid.streaming import lock, networks, search
from computegrid.streaming.finish import hourly_residual
from computegrid.streaming.window import part_of, windows_of

N_REGIONS, N_SITES, N_DAYS = 4, 5, 6
SHARE = Share(label="own", demand={"bloc": "a"}, supply={"control": "x"}, min=0.5)
CAP = Limit(label="cap", quantity="carbon_t", max=350.0, per="horizon", penalty_usd=900.0)
MEAN = Limit(label="mean", supply={"site": "s1"}, quantity="it_mw", max=6.0, per="horizon")
FLOOR = Limit(label="floor", supply={"site": "s2"}, quantity="utilisation", min=0.7, per="horizon",
              penalty_usd=20.0)
SPARE = Limit(label="spare", demand={"bloc": "b"}, supply={"site": "s0"}, quantity="it_mw", max=3.0)
NIGHT = Forbid(label="night", supply={"site": "s3"}, hours={"min": 30, "max": 50})
BASE = Limit(label="base", supply={"site": "s3"}, quantity="it_mw", min=9.0, penalty_usd=50.0)
LISTED = Forbid(label="listed", supply={"site": "s3"}, hours=[14, 15, 16, 17])
LATE = Limit(label="late", supply={"control": "x"}, quantity="carbon_t", max=10.0, per="horizon",
             penalty_usd=20.0, hours={"min": 20})
LATE_MEAN = Limit(label="late mean", supply={"site": "s1"}, quantity="it_mw", max=0.5,
                  per="horizon", penalty_usd=3.0, hours={"min": 20})
LEVY = Charge(label="levy", supply={"control": "y"}, quantity="energy_mwh", usd=7.0)


def world(defer_hours=0.0, peak=1.0, unserved=2000.0):
    rng = np.random.default_rng(3)
    hours = pd.DataFrame({"hour": range(8 * N_DAYS), "weight_hours": 3.0,
                          "day": np.arange(8 * N_DAYS) // 8})
    regions = [f"r{i}" for i in range(N_REGIONS)]
    sites = [f"s{i}" for i in range(N_SITES)]

    def every(names, name):
        index = pd.MultiIndex.from_product([names, hours["hour"]], names=[name, "hour"])
        return index.to_frame(index=False)

    asks, at = every(regions, "region"), every(sites, "site")
    lanes = pd.MultiIndex.from_product([regions, sites], names=["region", "site"])
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"bloc": ["a", "b"] * 2}, index=regions),
        sites=pd.DataFrame({"capacity_mw": 12.0, "power_ratio": [1.0, 1.5, 1.0, 1.2, 1.0],
                            "control": ["x", "y", "x", "y", "y"],
                            "carbon_kg_per_mwh": rng.uniform(10, 500, N_SITES)}, index=sites),
        demand=asks.assign(mw=rng.uniform(2, 12, len(asks)) * np.where(
            asks["hour"] % 8 == 0, peak, 1.0), workload="work"),
        workloads=pd.DataFrame({"defer_hours": [defer_hours], "unserved_usd_per_mwh": unserved},
                               index=["work"]),
        lanes=lanes.to_frame(index=False).assign(
            network_usd_per_mwh=rng.uniform(1, 20, len(lanes))),
        site_hours=at.assign(energy_usd_per_mwh=rng.uniform(20, 120, len(at))), hours=hours)


@pytest.mark.parametrize(("defer_hours", "rules"), [
    (0.0, []),
    (7.0, [LEVY]),
    (0.0, [SHARE, CAP, NIGHT]),
    (7.0, [SHARE, CAP, SPARE]),
    (0.0, [MEAN, FLOOR]),
    (7.0, [SHARE, MEAN, FLOOR, CAP]),
    (0.0, [BASE]),
    (7.0, [LISTED]),
    (0.0, [LATE, LATE_MEAN]),
])
def test_a_streamed_run_is_the_optimum_of_the_whole(tmp_path, defer_hours, rules):
    scenario = world(defer_hours)
    whole = solve(scenario, rules, solver="highs")
    found = cg.solve_streamed(scenario, tmp_path / "run", rules, gap=1e-6)
    operating = whole.operating_cost_usd
    assert found.summary["cost_usd"] == pytest.approx(whole.cost_usd, abs=1.1e-6 * operating)
    assert found.proof.bound <= whole.cost_usd + 1e-7 * operating
    assert found.proof.holds and found.proof.gap <= 1e-6
    assert found.summary["unserved_mwh"] == pytest.approx(
        whole.summary["unserved_mwh"], abs=1e-3 * whole.summary["demand_mwh"])
    served = found.flows["mw"].sum() + found.unserved["mw"].sum()
    assert served == pytest.approx(scenario.demand["mw"].sum())
    assert len(found.prices) == N_REGIONS * 8 * N_DAYS
    assert not (tmp_path / "run" / "work").exists()


def test_prices_are_those_of_the_whole(tmp_path):
    scenario = world()
    whole = solve(scenario, [SHARE])
    found = cg.solve_streamed(scenario, tmp_path / "run", [SHARE], gap=1e-8)
    both = found.prices.merge(whole.prices, on=["region", "workload", "hour"])
    assert np.median(np.abs(both["usd_per_mwh_x"] - both["usd_per_mwh_y"])) < 1e-6
    shadow = whole.rule_prices.set_index("rule")["shadow_price"]
    assert found.rule_prices.set_index("rule")["shadow_price"]["own"] == pytest.approx(
        shadow["own"], rel=1e-4)


def test_a_sample_of_the_windows_only_finds_the_first_prices(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "SAMPLES", (1, 2))
    heard = []
    scenario = world(7.0)
    found = cg.solve_streamed(scenario, tmp_path / "run", [SHARE, CAP], gap=1e-6,
                              progress=lambda *what: heard.append(what))
    assert {total for _, total, what in heard if what == "round 1"} == {1, 2, N_DAYS}
    whole = solve(scenario, [SHARE, CAP])
    assert found.summary["cost_usd"] == pytest.approx(whole.cost_usd, rel=1e-6)


def test_work_that_must_wait_to_be_served_has_a_sample(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "SAMPLES", (1, 2))
    scenario, heard = world(7.0, peak=3.0, unserved=np.inf), []
    with pytest.raises(InfeasibleError):
        solve(world(0.0, peak=3.0, unserved=np.inf), [SHARE])
    found = cg.solve_streamed(scenario, tmp_path / "run", [SHARE, CAP], gap=1e-6,
                              progress=lambda *what: heard.append(what))
    assert {total for _, total, what in heard if what == "round 1"} == {1, 2, N_DAYS}
    assert found.summary["cost_usd"] == pytest.approx(
        solve(scenario, [SHARE, CAP], solver="highs").cost_usd, rel=2e-6)


@pytest.mark.parametrize("defer_hours", [0.0, 7.0])
def test_rounds_of_few_lanes_end_at_the_optimum_of_all(tmp_path, monkeypatch, defer_hours):
    scenario = world(defer_hours)
    whole = solve(scenario, [SHARE, CAP, BASE], solver="highs")
    passes = []
    for width, reach in ((0.02, 0.02), (-1e9, 1e9)):  # and nothing but the first lane of a row
        monkeypatch.setattr(networks, "WIDTH", width)
        monkeypatch.setattr(narrow, "REACH", reach)
        heard = []
        found = cg.solve_streamed(scenario, tmp_path / str(width), [SHARE, CAP, BASE], gap=1e-6,
                                  progress=lambda *what, heard=heard: heard.append(what))
        assert found.summary["cost_usd"] == pytest.approx(
            whole.cost_usd, abs=1.1e-6 * whole.operating_cost_usd)
        passes.append(sum(what == "writing" for _, _, what in heard) // N_DAYS)
    assert passes[0] == 1 and passes[1] == 2


def test_a_stopped_run_goes_on_where_it_stopped_and_ends_the_same(tmp_path):
    scenario, rules = world(), [SHARE, CAP]
    straight = cg.solve_streamed(scenario, tmp_path / "straight", rules, gap=1e-6)

    def stop(_done, _total, what):
        if what.startswith("round 4"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cg.solve_streamed(scenario, tmp_path / "stopped", rules, gap=1e-6, progress=stop)
    solved = []
    again = cg.solve_streamed(scenario, tmp_path / "stopped", rules, gap=1e-6,
                              progress=lambda *what: solved.append(what[2]))
    assert {what.split(",")[0] for what in solved}.isdisjoint({"round 1", "round 2", "round 3"})
    assert "round 4" in {what.split(",")[0] for what in solved}
    assert again.rounds == straight.rounds
    assert again.summary["cost_usd"] == pytest.approx(straight.summary["cost_usd"], rel=1e-9)


def test_a_gap_that_was_not_reached_may_be_asked_larger(tmp_path, monkeypatch):
    monkeypatch.setattr(search, "ROUNDS", 3)
    with pytest.raises(cg.SolverError, match="ask for a larger one"):
        cg.solve_streamed(world(), tmp_path / "run", [SHARE, CAP], gap=1e-9)
    solved = []
    found = cg.solve_streamed(world(), tmp_path / "run", [SHARE, CAP], gap=0.5,
                              progress=lambda *what: solved.append(what[2]))
    assert found.proof.gap <= 0.5 and set(solved) == {"writing"}


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="name another folder"):
        cg.solve_streamed(world(), tmp_path, [SHARE])
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_stopped_run_of_other_rules_is_refused(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cg.solve_streamed(world(), tmp_path / "run", [SHARE], progress=stop)
    with pytest.raises(DataError, match="other figures, rules"):
        cg.solve_streamed(world(), tmp_path / "run", [CAP])


def test_rules_that_cross_are_refused_by_name(tmp_path):
    crossing = Limit(label="corridor", demand={"bloc": "b"}, supply={"control": "y"},
                     quantity="it_mw", max=9.0)
    with pytest.raises(ScenarioError, match="'corridor'"):
        cg.solve_streamed(world(), tmp_path / "run", [crossing])


def test_a_share_that_cannot_be_kept_is_infeasible(tmp_path):
    rules = [Share(label="all", supply={"control": "x"}, min=1.0)]
    with pytest.raises(InfeasibleError):
        cg.solve_streamed(world(), tmp_path / "run", rules)


def test_a_stopped_run_is_not_gone_on_with_where_a_column_has_changed(tmp_path):
    """Rules select by columns that are in no array of figures."""
    def stop(*_):
        raise KeyboardInterrupt

    scenario = world()
    with pytest.raises(KeyboardInterrupt):
        cg.solve_streamed(scenario, tmp_path / "run", [SHARE], progress=stop)
    sites = scenario.tables["sites"].assign(control="x")
    other = replace(scenario, _tables={**scenario.tables, "sites": sites})
    with pytest.raises(DataError, match="other figures, rules"):
        cg.solve_streamed(other, tmp_path / "run", [SHARE])


def test_networks_that_stall_are_not_called_infeasible(tmp_path, monkeypatch):
    def stall(*_, **__):
        raise NetworkError("stalled")

    monkeypatch.setattr(search, "Search", stall)
    with pytest.raises(cg.SolverError, match="could not be solved: stalled"):
        cg.solve_streamed(world(), tmp_path / "run", [SHARE])


def test_rules_by_the_hour_are_checked_in_the_last_pass():
    """What breaks a cap, a floor or a closed lane is found; what just keeps them is not."""
    scenario = world()
    lp = write_equations(scenario, cg.Regime("r", (SPARE, BASE, NIGHT)))
    x = np.zeros(lp.n_columns)
    flow = x[lp.columns_of("flow")].reshape(lp.families[0].shape)
    x[lp.columns_of("excess:base")] = BASE.min
    lanes = scenario.lanes.reset_index(drop=True)
    into = {site: lanes.query("region == 'r1' and site == @site").index[0] for site in ("s0", "s3")}
    flow[into["s0"], 5] = SPARE.max
    assert hourly_residual(lp, x) == 0.0
    flow[into["s0"], 5] += 1.0
    assert hourly_residual(lp, x) == pytest.approx(1.0 / (1.0 + SPARE.max))
    flow[into["s0"], 5] = 0.0
    x[lp.columns_of("excess:base").start] -= 1.0
    assert hourly_residual(lp, x) == pytest.approx(1.0 / BASE.min)
    x[lp.columns_of("excess:base").start] += 1.0
    flow[into["s3"], 40] = 0.5
    wanted = scenario.demand.query("region == 'r1' and hour == 40")["mw"].item()
    assert hourly_residual(lp, x) == pytest.approx(0.5 / wanted)


@pytest.mark.parametrize("given", [{"days": 0}, {"gap": 0.0}])
def test_windows_of_no_days_and_no_gap_are_refused(tmp_path, given):
    with pytest.raises(ScenarioError, match="days is at least 1"):
        cg.solve_streamed(world(), tmp_path / "run", **given)
    assert not (tmp_path / "run").exists()


def test_a_bound_that_is_not_proven_is_not_returned(tmp_path, monkeypatch):
    """Potentials that prove less than the answer costs are found out."""
    from computegrid.streaming import finish

    monkeypatch.setattr(finish, "proven_bound", lambda oracle: 0.0)
    with pytest.raises(cg.SolverError, match="could not be certified"):
        cg.solve_streamed(world(), tmp_path / "run", [SHARE])
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["work"]


def test_a_bound_that_is_not_proven_is_not_returned_at_any_size(tmp_path, monkeypatch):
    """The gap is relative to the operating cost, though all of it is less than a cent."""
    from computegrid.streaming import finish

    small = world().scaled(demand=1e-14, capacity_mw=1e-14)
    found = cg.solve_streamed(small, tmp_path / "right", [])
    assert 0 < found.summary["cost_usd"] < 1e-6 and found.proof.gap <= 1e-5
    monkeypatch.setattr(finish, "proven_bound", lambda oracle: 0.0)
    with pytest.raises(cg.SolverError, match="could not be certified"):
        cg.solve_streamed(small, tmp_path / "run", [])


def test_how_far_a_row_over_the_horizon_is_broken_is_relative_to_it():
    from computegrid.solvers.sides import Sides
    from computegrid.streaming.finish import _rest

    def broken(upper, activity, operating, scale):
        one = [np.array([v]) for v in (-np.inf, upper, -np.inf, 0.0, scale)]
        penalties, residual = _rest(
            Sides((("cap", 0),), np.array([0]), *one, ()), np.array([activity]), operating)
        return sum(penalties.values()), residual

    assert broken(1e-6, 1.5e-6, 1e-5, 1.0) == pytest.approx((0.0, 1 / 3))
    assert broken(1e9, 1e9 + 1e3, 1e12, 1.0) == pytest.approx((0.0, 1e-6))
    assert broken(0.0, 1e-15, 10.0, 2.0) == pytest.approx((0.0, 1e-15 / 5e-9))
    assert broken(0.0, 0.0, 0.0, 2.0) == (0.0, 0.0)


def test_windows_are_whole_days_and_cover_the_horizon():
    scenario = world()
    windows = windows_of(scenario.arrays, selections(scenario, scenario.regime([MEAN])), days=4)
    assert [(w.hours.start, w.hours.stop) for w in windows] == [(0, 32), (32, 48)]
    assert sum(w.share["mean"] for w in windows) == pytest.approx(1.0)
    part = part_of(scenario, windows[1])
    assert part.arrays.demand_mw.shape == (N_REGIONS, 16)
    assert list(part.hours.index) == list(range(32, 48))


def test_workers_do_not_change_the_answer(tmp_path, monkeypatch):
    costs = []
    for n in (1, 3):
        monkeypatch.setattr(networks, "workers", lambda n=n: n)
        costs.append(cg.solve_streamed(
            world(7.0), tmp_path / str(n), [SHARE, CAP], gap=1e-6).summary["cost_usd"])
    assert costs[0] == costs[1]


def test_a_finished_run_is_returned_and_another_is_refused_by_name(tmp_path):
    first = cg.solve_streamed(world(), tmp_path / "run", [SHARE], gap=1e-6)
    solved = []
    again = cg.solve_streamed(world(), tmp_path / "run", [SHARE], gap=1e-5,
                              progress=lambda *what: solved.append(what))
    assert not solved and again.proof == first.proof
    pd.testing.assert_series_equal(again.summary, first.summary)
    pd.testing.assert_frame_equal(again.rule_prices, first.rule_prices)
    for given, what in (({"regime": [CAP]}, "other figures, rules|other rules"),
                        ({"regime": [SHARE], "days": 2}, "other days to a window")):
        with pytest.raises(DataError, match=f"holds a finished run of .*{what}"):
            cg.solve_streamed(world(), tmp_path / "run", **given)
    with pytest.raises(DataError, match="other figures"):
        cg.solve_streamed(world(peak=1.5), tmp_path / "run", [SHARE])
    with pytest.raises(DataError, match=r"to a gap of .*, not 1e-30"):
        cg.solve_streamed(world(), tmp_path / "run", [SHARE], gap=1e-30)


def test_a_folder_read_back_is_the_run_that_was_written(tmp_path):
    run = cg.solve_streamed(world(7.0), tmp_path / "run", [SHARE, LEVY], gap=1e-6)
    again = cg.read(tmp_path / "run")
    assert isinstance(again, cg.StreamedRun) and again.proof == run.proof
    assert again.cost_usd == run.cost_usd and again.rounds == run.rounds
    for name in ("flows", "prices", "rents", "waiting", "rule_prices"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(run, name))
    pd.testing.assert_frame_equal(again.by_workload, run.by_workload)
    cut = tmp_path / "run" / "prices.parquet"
    whole = cut.read_bytes()
    cut.write_bytes(whole[:-1] + b"x")
    with pytest.raises(DataError, match=r"prices\.parquet: was changed"):
        cg.read(tmp_path / "run")
    cut.unlink()
    with pytest.raises(DataError, match=r"prices\.parquet: is missing"):
        cg.read(tmp_path / "run")


def test_a_run_that_is_not_finished_is_said_to_be_so(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cg.solve_streamed(world(), tmp_path / "run", [SHARE], progress=stop)
    with pytest.raises(DataError, match="not finished; solve_streamed"):
        cg.read(tmp_path / "run")


def test_one_process_at_a_time_works_in_a_folder(tmp_path):
    """The second is told who holds it; the first ends as if nobody had knocked."""
    told = []

    def knock(*_):
        if not told:
            with pytest.raises(DataError) as refused:
                cg.solve_streamed(world(), tmp_path / "run", [SHARE])
            told.append(str(refused.value))

    cg.solve_streamed(world(), tmp_path / "run", [SHARE], progress=knock)
    assert f"being solved by process {os.getpid()} on" in told[0]
    assert not (tmp_path / "run" / "work").exists()


def test_a_lock_of_a_process_that_was_killed_is_no_lock(tmp_path):
    code = ("import os, sys; from pathlib import Path; "
            "from computegrid.streaming.lock import locked; place = Path(sys.argv[1]); "
            "held = locked(place, place / 'work' / 'lock'); held.__enter__(); "
            "os.kill(os.getpid(), 9)")
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=False,
                   capture_output=True)
    assert (tmp_path / "run" / "work" / "lock").exists()
    cg.solve_streamed(world(), tmp_path / "run", [SHARE])


def test_where_files_cannot_be_locked_the_owner_is_written_down(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "LOCKS", False)
    file = tmp_path / "work" / "lock"
    owner = tmp_path / "work" / "lock.owner"
    with lock.locked(tmp_path, file):
        with pytest.raises(DataError, match=f"process {os.getpid()} on .* or remove"), \
                lock.locked(tmp_path, file):
            pass
        assert owner.exists()
    assert not owner.exists()
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], check=True,
                           capture_output=True, text=True).stdout
    gone = {"process": int(ended), "machine": lock.platform.node(), "since": "2025-01-01"}
    owner.write_text(json.dumps(gone))
    with lock.locked(tmp_path, file):
        assert json.loads(owner.read_text())["process"] == os.getpid()
    owner.write_text(json.dumps(gone | {"machine": "elsewhere"}))
    with pytest.raises(DataError, match="on elsewhere since 2025-01-01"), \
            lock.locked(tmp_path, file):
        pass
