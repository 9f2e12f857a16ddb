"""Demand balance and its variables: flow, unserved, backlog with its deadline window."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program import deadlines
from golden.scenarios import flow_of, two_sites


def hours(n, weight=1.0):
    return pd.DataFrame({"hour": pd.date_range("2025-01-15", periods=n, freq="h", tz="UTC"),
                         "weight_hours": weight})


def demand(mw):
    table = hours(len(mw))
    return pd.DataFrame({"region": "home", "workload": "batch", "hour": table["hour"], "mw": mw})


def workload(defer_hours, unserved=1000.0):
    return pd.DataFrame({"defer_hours": [defer_hours], "unserved_usd_per_mwh": [unserved]},
                        index=pd.Index(["batch"], name="workload"))


def prices(*by_hour):
    time = hours(len(by_hour))["hour"]
    return pd.DataFrame({"site": "far", "hour": time, "energy_usd_per_mwh": by_hour})


def test_demand_balance_serves_what_is_wanted():
    dispatch = cg.solve(two_sites())
    served = dispatch.flows["mw"].sum() + dispatch.unserved["mw"].sum()
    assert served == pytest.approx(8.0)


def test_flow_is_zero_where_nothing_is_cheap_enough():
    cheap = two_sites(workloads=pd.DataFrame({"unserved_usd_per_mwh": [20.0]},
                                             index=pd.Index(["work"], name="workload")))
    dispatch = cg.solve(cheap)
    assert dispatch.flows.empty
    assert dispatch.prices["usd_per_mwh"].tolist() == [20.0]


def test_unserved_is_what_the_sites_cannot_do():
    """far does 20 MW of work, near 10 / 2 = 5; of 40 wanted, 15 go unserved at 10 000."""
    dispatch = cg.solve(two_sites(demand=pd.DataFrame({"region": ["home"], "mw": [40.0]})))
    assert dispatch.unserved["mw"].tolist() == pytest.approx([15.0])
    assert dispatch.cost_usd == pytest.approx(20 * 21 + 5 * 94 + 15 * 10_000)
    assert dispatch.prices["usd_per_mwh"].tolist() == pytest.approx([10_000.0])


def test_unserved_may_be_ruled_out():
    must = two_sites(demand=pd.DataFrame({"region": ["home"], "mw": [40.0]}),
                     workloads=pd.DataFrame({"unserved_usd_per_mwh": [np.inf]},
                                            index=pd.Index(["work"], name="workload")))
    with pytest.raises(cg.InfeasibleError):
        cg.solve(must)


def test_backlog_moves_work_to_the_cheap_hour():
    """Energy at far costs 100, 50, 10 per MWh; work of hour 0 may wait one hour, no longer."""
    dispatch = cg.solve(two_sites(
        hours=hours(3), demand=demand([4.0, 0.0, 0.0]), workloads=workload(1.0),
        site_hours=prices(100.0, 50.0, 10.0)))
    time = hours(3)["hour"]
    assert [flow_of(dispatch, "far", t) for t in time] == pytest.approx([0.0, 4.0, 0.0])
    assert dispatch.cost_usd == pytest.approx(4 * (1.2 * 50 + 4 + 5))
    by_hour = dispatch.prices.set_index("hour")["usd_per_mwh"]
    assert by_hour[time[0]] == pytest.approx(1.2 * 50 + 9)  # one more MWh would wait too
    assert by_hour[time[1]] == pytest.approx(1.2 * 10 + 9)


def test_backlog_reaches_further_with_a_longer_deadline():
    dispatch = cg.solve(two_sites(
        hours=hours(3), demand=demand([4.0, 0.0, 0.0]), workloads=workload(2.0),
        site_hours=prices(100.0, 50.0, 10.0)))
    assert flow_of(dispatch, "far", hours(3)["hour"][2]) == pytest.approx(4.0)


def late_work(**day):
    """4 MW wanted in the hour before midnight, which costs 100 a MWh; the hour after costs 10."""
    late = pd.DataFrame({"hour": pd.date_range("2025-01-15T23:00", periods=2, freq="h", tz="UTC"),
                         "weight_hours": 1.0, **day})
    dispatch = cg.solve(two_sites(
        hours=late, workloads=workload(5.0),
        demand=pd.DataFrame({"region": "home", "workload": "batch", "hour": late["hour"],
                             "mw": [4.0, 0.0]}),
        site_hours=pd.DataFrame({"site": "far", "hour": late["hour"],
                                 "energy_usd_per_mwh": [100.0, 10.0]})))
    return [sum(flow_of(dispatch, site, t) for site in ("near", "far")) for t in late["hour"]]


def test_backlog_waits_past_midnight_where_hours_follow_one_another():
    assert late_work() == pytest.approx([0.0, 4.0])
    assert late_work(day="all") == pytest.approx([0.0, 4.0])
    assert late_work(day=["Wed", "Thu"]) == pytest.approx([0.0, 4.0])  # real hours all the same


def test_backlog_does_not_wait_from_one_representative_day_to_another():
    assert late_work(day=["winter", "spring"], weight_hours=[90.0, 90.0]) == pytest.approx(
        [4.0, 0.0])


def test_backlog_does_not_wait_over_a_gap():
    """Three hours and, an hour left out, three more: what arrives last before the gap is done."""
    time = hours(7)["hour"].drop(3)
    steps = pd.DataFrame({"hour": time, "weight_hours": 1.0})
    dispatch = cg.solve(two_sites(
        hours=steps, workloads=workload(5.0),
        demand=pd.DataFrame({"region": "home", "workload": "batch", "hour": time,
                             "mw": [0.0, 0.0, 4.0, 0.0, 0.0, 0.0]}),
        site_hours=pd.DataFrame({"site": "far", "hour": time,
                                 "energy_usd_per_mwh": [100.0] * 3 + [10.0] * 3})))
    assert flow_of(dispatch, "near", time.iloc[2]) == pytest.approx(4.0)


def test_backlog_keeps_energy_when_hours_weigh_differently():
    """4 MW for a step of 1 h wait for a step that stands for 2 h: 2 MW there."""
    steps = hours(2).assign(weight_hours=[1.0, 2.0])
    dispatch = cg.solve(two_sites(
        hours=steps, demand=demand([4.0, 0.0]), workloads=workload(1.0),
        site_hours=prices(100.0, 10.0)))
    assert flow_of(dispatch, "far", steps["hour"][1]) == pytest.approx(2.0)
    assert dispatch.cost_usd == pytest.approx(4 * (1.2 * 10 + 9))


def test_window_counts_arrivals_that_may_still_be_served():
    first, last = deadlines.window(np.array([0.0, 1.0, 2.0, 3.0]), 2.0)
    assert [list(range(a, b + 1)) for a, b in zip(first, last, strict=True)] == [
        [0], [0, 1], [1, 2], []]


@pytest.mark.parametrize("defer_hours", [0.0, 0.5, 1.0, 2.5, 100.0])
def test_window_and_last_wait_say_the_same_pairs(defer_hours):
    elapsed = np.array([0.0, 0.25, 0.5, 1.5, 2.0, 4.0])
    first, last = deadlines.window(elapsed, defer_hours)
    by_hour = {(k, t) for t in range(6) for k in range(first[t], last[t] + 1)}
    until = deadlines.last_wait(elapsed, defer_hours)
    assert by_hour == {(k, t) for k in range(6) for t in range(k, until[k] + 1)}
    assert by_hour == {(k, t) for t in range(5) for k in range(t + 1)
                       if elapsed[t + 1] - elapsed[k] <= defer_hours}
