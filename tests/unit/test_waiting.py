"""What waits: arrivals and runs matched first in, first out; delays; backlog."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import computegrid as cg

HOURS = pd.date_range("2025-10-20", periods=48, freq="h", tz="UTC")


def days(**more) -> cg.Scenario:
    """20 MWh arrive in the evening of a dear day; the next day is cheap."""
    tables = {
        "regions": pd.DataFrame(index=["A"]),
        "sites": pd.DataFrame({"capacity_mw": [50.0]}, index=["A"]),
        "demand": pd.DataFrame({"region": "A", "hour": HOURS,
                                "mw": [0.0] * 20 + [5.0] * 4 + [0.0] * 24}),
        "workloads": pd.DataFrame({"defer_hours": [24.0]}, index=["work"]),
        "lanes": pd.DataFrame({"region": ["A"], "site": ["A"]}),
        "site_hours": pd.DataFrame({"site": "A", "hour": HOURS,
                                    "energy_usd_per_mwh": [100.0] * 24 + [1.0] * 24}),
    }
    return cg.Scenario.from_tables(**(tables | more))


def test_the_evening_waits_for_the_cheap_day():
    d = cg.solve(days())
    assert d.cost_usd == pytest.approx(20.0)
    w = d.waiting
    assert list(w.columns) == ["region", "workload", "arrived", "run", "mwh", "delay_hours"]
    assert w["mwh"].sum() == pytest.approx(20.0)
    assert w["arrived"].unique().tolist() == HOURS[20:24].tolist()
    assert (w["run"] == HOURS[24]).all()  # of equally cheap hours the soonest
    assert w["delay_hours"].tolist() == [4.0, 3.0, 2.0, 1.0]
    row = d.delays.loc["work"]
    assert row.round(9).to_dict() == {"demand_mwh": 20.0, "waited_mwh": 20.0, "defer_hours": 24.0,
                             "mean_delay_hours": 2.5, "longest_delay_hours": 4.0}
    held = d.backlog.set_index("hour")["mwh"]
    assert held[HOURS[19:26]].tolist() == pytest.approx([0, 5, 10, 15, 20, 0, 0])


def test_nothing_waits_where_nothing_may():
    d = cg.solve(days(workloads=None))
    assert d.waiting.empty and d.backlog.empty
    assert d.delays.loc["work"].drop("demand_mwh").tolist() == [0] * 4


def random_world(seed: int) -> cg.Scenario:
    """Uneven lengths of steps, several pairs, prices at random, too little capacity at times."""
    draw = np.random.default_rng(seed)
    n = 30
    hours = pd.DataFrame({"hour": range(n), "weight_hours": draw.uniform(0.5, 3.0, n),
                          "day": np.repeat(["x", "y", "z"], n // 3)})
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["A", "B"]),
        sites=pd.DataFrame({"capacity_mw": [9.0, 7.0]}, index=["s", "t"]),
        demand=pd.DataFrame([(r, w, h, draw.uniform(0, 5)) for r in "AB" for w in "uvw"
                             for h in range(n)], columns=["region", "workload", "hour", "mw"]),
        workloads=pd.DataFrame({"defer_hours": [0.0, 2.0, 5.0],
                                "unserved_usd_per_mwh": [500.0, 80.0, 60.0]}, index=list("uvw")),
        lanes=pd.DataFrame([(r, s) for r in "AB" for s in "st"], columns=["region", "site"]),
        site_hours=pd.DataFrame([(s, h, draw.uniform(1, 100)) for s in "st" for h in range(n)],
                                columns=["site", "hour", "energy_usd_per_mwh"]),
        hours=hours)


@pytest.mark.parametrize("seed", range(6))
def test_what_arrives_and_what_runs_add_up(seed):
    """Demand, less what waits, plus what comes from waiting, is what is done; deadlines hold."""
    s = random_world(seed)
    d = cg.solve(s, [])
    w, keys = d.waiting, ["region", "workload"]
    assert len(w) and not w.duplicated([*keys, "arrived", "run"]).any()
    weight = s.hours["weight_hours"]
    flows = d.flows.assign(mwh=lambda t: t["mw"] * weight[t["hour"]].to_numpy())
    done = flows.groupby([*keys, "hour"])["mwh"].sum()
    came = w.rename(columns={"run": "hour"}).groupby([*keys, "hour"])["mwh"].sum()
    assert (came <= done.reindex(came.index).fillna(0) + 1e-6).all()
    limit = s.workloads["defer_hours"][w["workload"]].to_numpy()
    assert (w["delay_hours"].to_numpy() <= limit + 1e-9).all()
    assert (s.hours["day"][w["arrived"]].to_numpy() == s.hours["day"][w["run"]].to_numpy()).all()
    # hours of waiting counted by runs are those counted by the backlog, where none is given up
    given_up = d.unserved.groupby(keys)["mw"].sum()
    ends = s.hours.index[1:].to_numpy() - s.hours.index[:-1].to_numpy()
    for pair in given_up.index[given_up < 1e-9]:
        mine = w[(w["region"] == pair[0]) & (w["workload"] == pair[1])]
        b = d.backlog
        held = b[(b["region"] == pair[0]) & (b["workload"] == pair[1])]["mwh"].to_numpy()
        if len(held):
            assert (mine["mwh"] * mine["delay_hours"]).sum() == pytest.approx(
                float(held[:-1] @ ends), abs=1e-6)
    total = w.groupby("workload").apply(lambda t: (t["mwh"] * t["delay_hours"]).sum())
    said = d.delays.loc[total.index]
    assert (said["waited_mwh"] * said["mean_delay_hours"]).tolist() == pytest.approx(total.tolist())


def test_a_saved_run_says_what_waited(tmp_path):
    cg.solve(days()).save(tmp_path / "run")
    assert pd.read_csv(tmp_path / "run" / "waiting.csv")["mwh"].sum() == pytest.approx(20.0)
    assert cg.read(tmp_path / "run").delays.loc["work", "mean_delay_hours"] == pytest.approx(2.5)
