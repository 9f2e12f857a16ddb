"""A scenario says all it holds, and others are made from it: replaced, scaled, with a site more."""

from __future__ import annotations

import time
from dataclasses import fields

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import computegrid as cg
from computegrid.scenario.arrays import Arrays


def same(one: cg.Scenario, other: cg.Scenario) -> None:
    """Arrays, tables and what is said of them agree to 1e-9."""
    for field in fields(Arrays):
        ours, theirs = getattr(one.arrays, field.name), getattr(other.arrays, field.name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0, err_msg=field.name)
    for name in ("regions", "sites", "workloads", "demand", "hours", "lanes", "site_hours"):
        pd.testing.assert_frame_equal(
            pd.DataFrame(getattr(one, name)), pd.DataFrame(getattr(other, name)), rtol=1e-9,
            check_dtype=False, obj=name)
    for name in ("name", "title", "title_zh", "as_of", "default_regime", "group_by", "regimes"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.sites.geometry.geom_equals(other.sites.geometry, align=False).all()
    assert [str(note) for note in one.remarks] == [str(note) for note in other.remarks]


@pytest.fixture(scope="module")
def europe() -> cg.Scenario:
    return cg.load("europe")


@pytest.mark.parametrize("name", cg.models())
def test_every_bundled_model_goes_round(name):
    s = cg.load(name)
    same(s, cg.Scenario.from_tables(**s.to_tables()))


def own(**more) -> cg.Scenario:
    """Two regions, two sites, hourly figures, lanes of the planner's, a status half usable."""
    hours = pd.date_range("2025-03-01", periods=3, freq="3h", tz="UTC")
    tables = {
        "regions": pd.DataFrame({"country": ["DE", "FR"]}, index=["Berlin", "Paris"]),
        "sites": gpd.GeoDataFrame({
            "country": ["DE", "FR"], "capacity_mw": [10.0, 20.0],
            "status": ["planned", "operational"], "pue": [1.2, 1.3],
            "energy_usd_per_mwh": [50.0, 60.0], "carbon_kg_per_mwh": [300.0, 50.0],
            "rent_usd_per_mwh": [1.0, 2.0], "flag": [True, False],
        }, index=["a", "b"], crs=4326,
            geometry=[shapely.box(10, 50, 11, 51), shapely.Point(2, 48)]),
        "workloads": pd.DataFrame({"defer_hours": [0.0, 6.0]}, index=["chat", "train"]),
        "demand": pd.DataFrame([
            (region, workload, hour, 1.0 + i) for region in ("Berlin", "Paris")
            for workload in ("chat", "train") for i, hour in enumerate(hours)],
            columns=["region", "workload", "hour", "mw"]),
        "lanes": pd.DataFrame({"region": ["Berlin", "Paris", "Paris"], "site": ["a", "a", "b"],
                               "network_usd_per_mwh": [1.0, 2.0, 0.5], "cable": ["x", "y", "z"]}),
        "site_hours": pd.DataFrame({
            "site": np.repeat(["a", "b"], 3), "hour": [*hours, *hours],
            "available_mw": [8.0, 9.0, 10.0, 20.0, 10.0, 20.0],
            "energy_usd_per_mwh": [40.0, 50.0, 60.0, 10.0, 60.0, 70.0]}),
        "hours": pd.DataFrame({"hour": hours, "weight_hours": 3.0}),
        "available_share": {"planned": 0.5}, "name": "own",
        "network": cg.Network(usd_per_gb=0.1), "unusual": ["capacity_mw"],
        "regimes": {"cap": [cg.Limit(label="cap", quantity="carbon_t", max=1.0, per="horizon",
                                     penalty_usd=500.0)]},
    }
    return cg.Scenario.from_tables(**(tables | more))


def test_what_was_given_goes_round():
    s = own()
    held = s.to_tables()
    assert held["available_share"] == {"planned": 0.5}
    assert held["site_hours"]["available_mw"].tolist() == [8.0, 9.0, 10.0, 20.0, 10.0, 20.0]
    assert held["lanes"]["cable"].tolist() == ["x", "y", "z"]
    assert held["sites"].geometry["a"].area == pytest.approx(1.0)
    again = cg.Scenario.from_tables(**held)
    assert again.arrays.available_mw[0].tolist() == [4.0, 4.5, 5.0]
    for name in ("regions", "sites", "demand", "lanes", "site_hours"):  # copies, all of them
        held[name].iloc[:, 0] = held[name].iloc[0, 0]
    same(own(hours=s.hours), again)


def test_routes_and_places_go_round():
    s = cg.Scenario.from_tables(
        pd.DataFrame({"area": ["n", "s"], "lon_deg": [10.0, 11.0], "lat_deg": [50.0, 40.0]},
                     index=["N", "S"]),
        pd.DataFrame({"area": ["s"], "lon_deg": [11.0], "lat_deg": [41.0], "capacity_mw": [5.0]},
                     index=["a"]),
        pd.DataFrame({"region": ["N", "S"], "mw": [1.0, 1.0]}),
        routes=pd.DataFrame({"from_area": ["n"], "to_area": ["s"], "corridor": ["Alps"]}))
    again = cg.Scenario.from_tables(**s.to_tables())
    same(s, again)
    assert again.lanes["corridor"].tolist() == ["Alps", ""]
    moved = s.replace(sites=s.sites.drop(columns="geometry").assign(lat_deg=45.0))
    assert moved.lanes["distance_km"].iloc[0] < s.lanes["distance_km"].iloc[0]


def test_a_saved_run_keeps_what_was_given(tmp_path):
    for s in (own(), cg.load("gulf")):
        cg.solve(s, []).save(tmp_path / s.name)
        kept = cg.read(tmp_path / s.name).scenario
        same(s, kept)
        same(s, cg.Scenario.from_tables(**kept.to_tables()))


def test_replace_is_from_tables_with_others():
    s = own()
    sites = s.sites.assign(capacity_mw=[7.0, 9.0])
    same(s.replace(sites=sites, title="new"),
         cg.Scenario.from_tables(**(s.to_tables() | {"sites": sites, "title": "new"})))
    with pytest.raises(cg.ScenarioError, match="holds no 'site'; did you mean 'sites'"):
        s.replace(site=sites)
    with pytest.raises(cg.DataError, match="no such site"):
        s.replace(sites=sites.iloc[:1])


FACTORS = [
    {"demand": 1.9},
    {"demand": {"Berlin": 1.5, "FR": 0.5}},
    {"demand": {"train": 2.0, "DE": 3.0}},
    {"demand": {"train": 0.0}},
    {"demand": {"Berlin": 0}},
    {"capacity_mw": 1.1, "energy_usd_per_mwh": {"DE": 1.2, "b": 0.5}},
    {"capacity_mw": {"a": 0.0}},
    {"carbon_kg_per_mwh": 0.0, "rent_usd_per_mwh": 3, "power_ratio": 1.5, "pue": {"FR": 1.1}},
    {"demand": 1.2, "pue": pd.Series({"a": 1.5}), "capacity_mw": np.float64(2.0)},
]


def slowly(s: cg.Scenario, factors: dict) -> cg.Scenario:
    """Scaled by hand in the tables, and all made anew from them."""
    t = s.to_tables()
    sites, demand, hourly = t["sites"], t["demand"], t["site_hours"]

    def of(factor, *names):
        if not isinstance(factor, (dict, pd.Series)):
            return factor
        return next((factor[n] for n in names if n in factor), 1.0)

    for figure, factor in factors.items():
        if figure == "demand":
            country = t["regions"]["country"]
            demand["mw"] = [
                mw * of(factor, r, country[r]) * (of(factor, w) if isinstance(factor, dict) else 1)
                for r, w, mw in demand[["region", "workload", "mw"]].itertuples(index=False)]
            continue
        by_site = {name: of(factor, name, sites["country"][name]) for name in sites.index}
        sites[figure] *= pd.Series(by_site)
        named = "available_mw" if figure == "capacity_mw" else figure
        if named in hourly:
            hourly[named] *= hourly["site"].map(by_site)
    return cg.Scenario.from_tables(**t)


@pytest.mark.parametrize("factors", FACTORS, ids=str)
def test_scaled_is_what_the_tables_say(factors):
    s = own()
    quick, slow = s.scaled(**factors), slowly(s, factors)
    same(quick, slow)
    same(quick, cg.Scenario.from_tables(**quick.to_tables()))
    for regime in ([], "cap"):
        assert cg.solve(quick, regime).cost_usd == pytest.approx(
            cg.solve(slow, regime).cost_usd, rel=1e-9)
    assert s.scaled().arrays.demand_mw.tolist() == s.arrays.demand_mw.tolist()


@pytest.mark.parametrize(("factors", "says"), [
    ({"demnd": 1.0}, "did you mean 'demand'"),
    ({"lat_deg": 1.0}, "no figure that can be scaled"),
    ({"demand": -1.0}, "a number from 0 on"),
    ({"demand": float("nan")}, "a number from 0 on"),
    ({"demand": float("inf")}, "a number from 0 on"),
    ({"demand": True}, "a number from 0 on"),
    ({"demand": "2"}, "a number from 0 on"),
    ({"capacity_mw": {"a": None}}, "a number from 0 on"),
    ({"capacity_mw": {"c": 2.0}}, "no site of that name"),
    ({"demand": {"Berln": 2.0}}, "did you mean 'Berlin'"),
    ({"energy_usd_per_mwh": {"DE": 1.2, "a": 1.1}}, "names a a second time"),
    ({"pue": 0.8}, "leave the range from 1 to 5"),
    ({"energy_usd_per_mwh": {"b": 80.0}}, "leave the range from -500 to 5000"),
])
def test_what_cannot_be_scaled_is_named(factors, says):
    with pytest.raises(cg.ScenarioError, match=says):
        own().scaled(**factors)


def test_every_fault_of_a_scaling_is_told_at_once():
    with pytest.raises(cg.ScenarioError) as error:
        own().scaled(demand=-1, capacity_mw={"x": 1.0}, y=2)
    assert len(error.value.faults) == 3


def test_europe_is_scaled_in_a_moment(europe):
    same(europe.scaled(demand=1.9), europe.replace(
        demand=europe.demand.assign(mw=europe.demand["mw"] * 1.9)))
    taken = []
    for _ in range(7):
        before = time.process_time()
        europe.scaled(demand=1.2, energy_usd_per_mwh={"DE": 1.2}, capacity_mw=1.1)
        taken.append(time.process_time() - before)
    assert min(taken) < 0.030


def test_a_site_more():
    s = own()
    lanes = pd.DataFrame({"region": ["Berlin"], "cable": ["w"]})
    hours = pd.DataFrame({"hour": s.hours.index, "energy_usd_per_mwh": [1.0, 2.0, 3.0]})
    new = s.with_site("c", lanes=lanes, site_hours=hours, capacity_mw=4.0, country="DE", pue=1.1,
                      carbon_kg_per_mwh=20.0, lon_deg=13.0, lat_deg=52.0)
    assert new.sites.loc["c", ["capacity_mw", "status", "control"]].tolist() == [
        4.0, "operational", "unknown"]
    assert new.arrays.energy_usd_per_mwh[2].tolist() == [1.0, 2.0, 3.0]
    assert (new.sites.geometry["c"].x, new.sites.geometry["a"].area) == (13.0, pytest.approx(1.0))
    assert new.lanes["site"].tolist().count("c") == 2
    assert list(s.sites.index) == ["a", "b"]
    twin = s.with_site("c", like="b", lanes=lanes, capacity_mw=40.0)
    assert twin.arrays.available_mw[2].tolist() == [40.0] * 3
    assert twin.arrays.energy_usd_per_mwh[2].tolist() == [10.0, 60.0, 70.0]


@pytest.mark.parametrize(("columns", "says"), [
    ({"site": "a", "like": "b"}, "is there already"),
    ({"site": "c", "like": "x"}, "no site to be like"),
    ({"site": "c", "like": "b", "capcity_mw": 1.0}, "did you mean 'capacity_mw'"),
    ({"site": "c", "capacity_mw": 1.0}, "every other site has one"),
    ({"site": "c", "like": "b"}, "none leads to the new site"),
])
def test_a_site_that_cannot_be_added(columns, says):
    with pytest.raises(cg.ScenarioError, match=says):
        own().with_site(**columns)


def test_a_site_more_where_lanes_follow_from_places(europe):
    like = europe.sites.index[0]
    new = europe.with_site("twin", like=like)
    assert (new.lanes["site"] == "twin").sum() == (europe.lanes["site"] == like).sum()


def test_hourly_figures_are_readable():
    s = own()
    assert s.site_hours["available_mw"].sum() == 77.0
    got = s.site_hours
    got["available_mw"] = 0.0
    assert s.site_hours["available_mw"].sum() == 77.0
    assert own(site_hours=None).site_hours.empty
