"""Scenarios made from tables of one's own."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import computegrid as cg
from golden.scenarios import two_sites

REGIONS = pd.DataFrame({"lon_deg": [116.4, 121.5], "lat_deg": [39.9, 31.2]},
                       index=pd.Index(["Beijing", "Shanghai"], name="region"))
SITES = pd.DataFrame({"capacity_mw": [50.0], "lon_deg": [106.5], "lat_deg": [26.4]},
                     index=pd.Index(["Gui'an"], name="site"))
DEMAND = pd.DataFrame({"region": ["Beijing", "Shanghai"], "mw": [4.0, 6.0]})


def test_latency_decides_which_lanes_exist():
    slow = pd.DataFrame({"max_rtt_ms": [40.0]}, index=pd.Index(["work"], name="workload"))
    scenario = cg.Scenario.from_tables(REGIONS, SITES, DEMAND, workloads=slow)
    assert scenario.lanes["region"].tolist() == ["Shanghai"]
    assert "too slow by" in str(scenario.explain("Beijing", "work", "Gui'an"))
    dispatch = cg.solve(scenario)
    assert dispatch.unserved.set_index("region")["mw"].to_dict() == {"Beijing": 4.0,
                                                                     "Shanghai": 0.0}


def test_no_limit_and_blank_limit_are_the_same():
    for limit in (None, np.nan, np.inf):
        workloads = pd.DataFrame({"max_rtt_ms": pd.Series([limit], dtype="float64")},
                                 index=pd.Index(["work"], name="workload"))
        assert len(cg.Scenario.from_tables(REGIONS, SITES, DEMAND, workloads).lanes) == 2


def test_shapes_and_points_both_say_where():
    boxes = gpd.GeoDataFrame({"name": ["B", "S"]}, index=REGIONS.index, crs="EPSG:4326",
                             geometry=[shapely.box(116, 39, 117, 41),
                                       shapely.box(121, 31, 122, 32)])
    points = gpd.GeoDataFrame({"capacity_mw": [50.0]}, index=SITES.index, crs="EPSG:4326",
                              geometry=[shapely.Point(106.5, 26.4)]).to_crs("EPSG:3857")
    scenario = cg.Scenario.from_tables(boxes, points, DEMAND)
    assert scenario.sites["lon_deg"].iloc[0] == pytest.approx(106.5)
    assert scenario.regions.geometry.iloc[0].equals(boxes.geometry.iloc[0])


def test_extra_columns_are_kept_for_rules():
    scenario = two_sites(sites={"tier": [3, 4]})
    dispatch = cg.solve(scenario, [cg.Forbid(label="t", supply={"tier": {"min": 4}})])
    assert set(dispatch.flows["site"]) == {"near"}


def test_what_comes_out_is_a_copy():
    scenario = two_sites()
    sites = scenario.sites
    sites["capacity_mw"] = 0.0
    dispatch = cg.solve(scenario)
    totals = dispatch.summary
    totals["cost_usd"] = 0.0
    assert dispatch.cost_usd == pytest.approx(168.0)
    with pytest.raises(ValueError, match="read-only"):
        scenario.arrays.demand_mw[0, 0] = 9.0


def test_every_fault_is_told_at_once():
    with pytest.raises(cg.DataError) as caught:
        cg.Scenario.from_tables(
            regions=REGIONS.assign(lat_deg=[139.9, 31.2]),
            sites=pd.DataFrame({"site": ["a", "a"], "capacity_kw": [1.0, 2.0],
                                "lon_deg": 1.0, "lat_deg": 1.0}),
            demand=pd.DataFrame({"region": ["Beijing", "Shanghai"], "mw": [-4.0, np.nan]}),
        )
    text = str(caught.value)
    for word in ("lat_deg", "swapped", "capacity_mw", "capacity_kw", "convert to MW",
                 "stands twice", "Beijing", "-4.0", "blank or NaN"):
        assert word in text, word
    assert 5 <= len(caught.value.faults) <= 6


def test_names_that_do_not_exist_get_a_hint():
    with pytest.raises(cg.DataError, match=r"'Bejing'.*did you mean 'Beijing'"):
        cg.Scenario.from_tables(REGIONS, SITES, DEMAND.assign(region=["Bejing", "Shanghai"]))


def test_explain_names_rules_and_sources():
    regime = cg.Regime("r", [cg.Forbid(label="no-us", supply={"control": "US"}, source="law 1")])
    said = two_sites().explain("home", "work", "far", regime)
    assert not said.open
    assert "no-us" in str(said) and "law 1" in str(said)
    assert two_sites().explain("home", "work", "near", regime).open


def test_summary_shares_and_exchange_agree():
    scenario = two_sites(sites={"country": ["FR", "US"]})
    dispatch = cg.solve(scenario, [cg.Share(label="own", supply={"site": "near"}, min=0.25)])
    assert dispatch.control_shares.to_dict() == pytest.approx({"US": 0.75, "FR": 0.25})
    assert dispatch.summary["dependence"] == pytest.approx(0.75)
    assert dispatch.exchange().to_numpy().sum() == pytest.approx(dispatch.summary["served_mwh"])
    assert dispatch.by_workload.loc["work", "home_share"] == pytest.approx(0.25)


def test_steps_of_a_quarter_of_an_hour_weigh_a_quarter():
    quarters = pd.date_range("2025-01-15", periods=4, freq="15min", tz="UTC")
    assert cg.solve(two_sites(hours=quarters)).summary["demand_mwh"] == pytest.approx(8.0)
    hourly = pd.date_range("2025-01-15", periods=4, freq="h", tz="UTC")
    assert cg.solve(two_sites(hours=hourly)).summary["demand_mwh"] == pytest.approx(32.0)


def test_nothing_wanted_costs_nothing():
    dispatch = cg.solve(two_sites(demand=pd.DataFrame({"region": ["home"], "mw": [0.0]})))
    assert dispatch.cost_usd == 0.0
    assert dispatch.flows.empty and dispatch.certificate.holds


@pytest.mark.parametrize("share", [{"damaged": 5.0}, {"damaged": -0.1}, {"wrecked": 0.5},
                                   {"damaged": float("nan")}])
def test_shares_by_status_are_checked(share):
    with pytest.raises(cg.DataError, match="available"):
        cg.Scenario.from_tables(REGIONS, SITES, DEMAND, available_share=share)


@pytest.mark.parametrize("regimes", [
    [cg.Forbid(label="x")], "abc", [cg.Regime("a"), cg.Regime("a")], {"a": 5},
])
def test_regimes_that_are_none_are_refused(regimes):
    with pytest.raises(cg.ScenarioError):
        cg.Scenario.from_tables(REGIONS, SITES, DEMAND, regimes=regimes)


def test_unknown_is_not_zero():
    by = cg.solve(two_sites()).by_workload.loc["work"]
    assert np.isnan(by["mean_distance_km"]) and np.isnan(by["home_share"])


def test_names_that_were_whole_numbers_can_be_selected():
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame({"region": [1]}),
        sites=pd.DataFrame({"site": [10, 20], "capacity_mw": [5.0, 5.0]}),
        demand=pd.DataFrame({"region": [1], "mw": [3.0]}),
        lanes=pd.DataFrame({"region": [1, 1], "site": [10, 20],
                            "network_usd_per_mwh": [1.0, 2.0]}))
    dispatch = cg.solve(scenario, [cg.Forbid(label="x", supply={"site": 10})])
    assert dispatch.flows["site"].tolist() == ["20"]
