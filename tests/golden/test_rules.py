"""The four kinds of rule, each by hand on the two sites (94 near, 21 far; 5 and 20 MW of work)."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.rules import limit_bounds
from computegrid.program.selection import selection_of
from golden.scenarios import flow_of, two_sites


def shadow(dispatch, rule):
    return dispatch.rule_prices.set_index("rule").loc[rule, "shadow_price"]


def test_forbid_closes_the_lane_and_prices_it():
    dispatch = cg.solve(two_sites(demand=pd.DataFrame({"region": ["home"], "mw": [4.0]})),
                        [cg.Forbid(label="no-us", supply={"control": "US"})])
    assert flow_of(dispatch, "far") == 0.0
    assert dispatch.cost_usd == pytest.approx(4 * 94)
    assert shadow(dispatch, "no-us") == pytest.approx(21 - 94)


def test_forbid_in_some_hours_only():
    hours = pd.date_range("2025-01-15", periods=2, freq="h", tz="UTC")
    for when in ([hours[1]], {"hour_utc": 1}, {"min": "2025-01-15T01:00Z"}):
        dispatch = cg.solve(two_sites(hours=hours), [
            cg.Forbid(label="night", supply={"site": "far"}, hours=when)])
        assert flow_of(dispatch, "far", hours[0]) == pytest.approx(8.0)
        assert flow_of(dispatch, "far", hours[1]) == 0.0


def test_forbid_by_relation_of_region_and_site():
    sites = {"country": ["FR", "US"]}
    dispatch = cg.solve(two_sites(sites=sites), [
        cg.Forbid(label="at-home", supply={"same_country": False})])
    assert flow_of(dispatch, "near") == pytest.approx(5.0)
    assert flow_of(dispatch, "far") == 0.0


def test_limit_caps_carbon_and_prices_it():
    """8 MWh at 600 kg are 4.8 t; at 3.6 t, x near: 0.3 x + 0.6 (8 - x) = 3.6, x = 4."""
    dispatch = cg.solve(two_sites(), [
        cg.Limit(label="cap", quantity="carbon_t", max=3.6, per="horizon")])
    assert flow_of(dispatch, "near") == pytest.approx(4.0)
    assert shadow(dispatch, "cap") == pytest.approx((21 - 94) / 0.3)


def test_limit_floor_on_utilisation():
    """At least 60 % of near's 10 MW of power: 3 MW of work."""
    dispatch = cg.solve(two_sites(), [
        cg.Limit(label="floor", quantity="utilisation", min=0.6, supply={"site": "near"})])
    assert flow_of(dispatch, "near") == pytest.approx(3.0)
    assert shadow(dispatch, "floor") == pytest.approx((94 - 21) / 2)


@pytest.mark.parametrize(("quantity", "per_mw_far"), [
    ("it_mw", 1.0), ("power_mw", 1.0), ("energy_mwh", 1.2), ("carbon_t", 0.6), ("spend_usd", 21.0),
    ("gbps", 0.5),
])
@pytest.mark.parametrize("per", ["hour", "horizon"])
def test_limit_counts_each_quantity(quantity, per_mw_far, per):
    scenario = two_sites(workloads=pd.DataFrame({"gbps_per_mw": [0.5]},
                                                index=pd.Index(["work"], name="workload")))
    dispatch = cg.solve(scenario, [
        cg.Limit(label="cap", quantity=quantity, max=6.0 * per_mw_far, per=per,
                 supply={"site": "far"})])
    assert flow_of(dispatch, "far") == pytest.approx(6.0)


def test_limit_each_makes_a_row_of_every_group():
    dispatch = cg.solve(two_sites(), [
        cg.Limit(label="cap", quantity="it_mw", max=4.5, each="control")])
    assert flow_of(dispatch, "near") == pytest.approx(3.5)
    assert dispatch.rule_prices["group"].tolist() == ["FR", "US"]
    assert dispatch.rule_prices.set_index("group").loc["US", "shadow_price"] == pytest.approx(
        21 - 94)


def test_limit_rate_over_the_horizon_is_a_weighted_mean():
    hours = pd.DataFrame({"hour": [0, 1], "weight_hours": [1.0, 3.0]})
    dispatch = cg.solve(two_sites(hours=hours), [
        cg.Limit(label="mean", quantity="it_mw", max=5.0, per="horizon", supply={"site": "far"})])
    flows = dispatch.flows.query("site == 'far'").set_index("hour")["mw"]
    assert (flows.get(0, 0.0) * 1 + flows.get(1, 0.0) * 3) / 4 == pytest.approx(5.0)


def test_limit_bounds_weigh_what_is_available_over_the_horizon():
    """Near has 10 MW for one hour and 2 MW for three: on average 4 MW, 60 % of it is 2.4."""
    scenario = two_sites(
        hours=pd.DataFrame({"hour": [0, 1], "weight_hours": [1.0, 3.0]}),
        site_hours=pd.DataFrame({"site": "near", "hour": [0, 1], "available_mw": [10.0, 2.0]}))
    rule = cg.Limit(label="floor", quantity="utilisation", min=0.6, supply={"site": "near"},
                    per="horizon")
    found = selection_of(rule, scenario.arrays, scenario.tables)
    lower, upper = limit_bounds(rule, scenario.arrays, found)
    assert lower == pytest.approx(2.4) and lower.shape == (1, 1)
    assert upper[0, 0] == float("inf")


def test_limit_may_be_broken_at_a_price():
    """Breaking costs 10 per MW and hour, moving to near 73: it is broken."""
    dispatch = cg.solve(two_sites(), [
        cg.Limit(label="soft", quantity="it_mw", max=2.0, supply={"site": "far"},
                 penalty_usd=10.0)])
    assert flow_of(dispatch, "far") == pytest.approx(8.0)
    assert dispatch.summary["penalties_usd"] == pytest.approx(60.0)
    assert dispatch.cost_usd == pytest.approx(8 * 21 + 60)
    assert shadow(dispatch, "soft") == pytest.approx(-10.0)
    assert dispatch.rule_prices["activity"].tolist() == pytest.approx([8.0])
    assert dispatch.rule_prices["hour"].tolist() == [0]


def test_share_at_least():
    """A quarter of 8 MWh on FR-controlled sites: 2 near."""
    dispatch = cg.solve(two_sites(), [
        cg.Share(label="own", supply={"control": "FR"}, min=0.25)])
    assert flow_of(dispatch, "near") == pytest.approx(2.0)
    assert shadow(dispatch, "own") == pytest.approx(94 - 21)
    assert dispatch.prices["usd_per_mwh"].tolist() == pytest.approx([0.75 * 21 + 0.25 * 94])


def test_share_at_most_each_controller():
    dispatch = cg.solve(two_sites(), [cg.Share(label="spread", max=0.6, each="control")])
    assert flow_of(dispatch, "far") == pytest.approx(4.8)


def test_share_of_each_demand_group_and_hour():
    demand = pd.DataFrame({"region": "home", "workload": ["a", "b", "a", "b"],
                           "hour": [0, 0, 1, 1], "mw": [4.0, 4.0, 2.0, 0.0]})
    by_workload = cg.solve(two_sites(demand=demand), [
        cg.Share(label="own", supply={"site": "near"}, min=0.5, each="workload")])
    near = by_workload.flows.query("site == 'near'").groupby("workload")["mw"].sum()
    assert near.to_dict() == pytest.approx({"a": 3.0, "b": 2.0})
    by_hour = cg.solve(two_sites(demand=demand), [
        cg.Share(label="own", supply={"site": "near"}, min=0.5, each="hour")])
    near = by_hour.flows.query("site == 'near'").groupby("hour")["mw"].sum()
    assert near.to_dict() == pytest.approx({0: 4.0, 1: 1.0})


def test_charge_moves_work_when_it_is_dear_enough():
    """far emits 0.3 t more per MWh and is 73 cheaper: 243.3 USD/t is where it turns."""
    below = cg.solve(two_sites(), [cg.Charge(label="tax", quantity="carbon_t", usd=240.0)])
    above = cg.solve(two_sites(), [cg.Charge(label="tax", quantity="carbon_t", usd=250.0)])
    assert flow_of(below, "far") == pytest.approx(8.0)
    assert flow_of(above, "near") == pytest.approx(5.0)
    assert below.summary["charges_usd"] == pytest.approx(240 * 8 * 0.6)


def test_trnsport_is_the_published_optimum(trnsport):
    dispatch = cg.solve(trnsport)
    assert dispatch.cost_usd == pytest.approx(153.675, abs=1e-6)
    prices = dispatch.prices.set_index("region")["usd_per_mwh"]
    assert prices.to_dict() == pytest.approx(
        {"New York": 0.225, "Chicago": 0.153, "Topeka": 0.126}, abs=1e-6)
    assert dispatch.rents["usd_per_mwh"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
