"""Odd tables that pandas makes by itself: blanks, merges, other names for UTC, other geometry."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import computegrid as cg


def one(**tables):
    """One region, one site (5 MW, PUE 1.3, 70 USD/MWh), 4 MW wanted."""
    base = {
        "regions": pd.DataFrame(index=["r"]),
        "sites": pd.DataFrame({"capacity_mw": [5.0], "energy_usd_per_mwh": [70.0], "pue": [1.3]},
                              index=["A"]),
        "demand": pd.DataFrame({"region": ["r"], "mw": [4.0]}),
        "lanes": pd.DataFrame({"region": ["r"], "site": ["A"]}),
    }
    return cg.Scenario.from_tables(**{**base, **tables})


def test_a_blank_site_hour_is_the_sites_own_figure():
    given = pd.DataFrame({"site": "A", "hour": [0, 1], "energy_usd_per_mwh": [np.nan, 100.0],
                          "available_mw": [5.0, np.nan]})
    assert cg.solve(one(site_hours=given)).cost_usd == pytest.approx(4 * 1.3 * 170)


@pytest.mark.parametrize("column", ["energy_usd_per_mwh", "pue", "power_ratio",
                                    "carbon_kg_per_mwh", "rent_usd_per_mwh", "capacity_mw"])
def test_nan_is_no_figure_of_a_site(column):
    sites = pd.DataFrame({"capacity_mw": [5.0], "pue": [1.3]}, index=["A"])
    sites[column] = np.nan
    with pytest.raises(cg.DataError, match=rf"row A, column {column}: is blank or NaN"):
        one(sites=sites)


@pytest.mark.parametrize("tables", [
    {"hours": pd.DataFrame({"hour": [0], "weight_hours": [np.nan]})},
    {"lanes": pd.DataFrame({"region": ["r"], "site": ["A"], "network_usd_per_mwh": [np.nan]})},
    {"lanes": pd.DataFrame({"region": ["r", "r"], "workload": [None, "work"],
                            "site": ["A", "A"]})},
    {"hours": pd.DatetimeIndex([pd.NaT, pd.Timestamp("2025-01-01", tz="UTC")])},
    {"demand": pd.DataFrame({"region": ["r", "r"], "hour": [0, None], "mw": [1.0, 2.0]})},
    {"sites": pd.DataFrame({"capacity_mw": [5.0, 4.0]}, index=["A", None])},
    {"site_hours": [1]},
    {"demand": pd.Series([1.0])},
])
def test_blanks_are_told_as_faults(tables):
    with pytest.raises(cg.DataError, match=r"blank|expected a pandas DataFrame"):
        one(**tables)


def test_utc_has_other_names():
    hours = pd.date_range("2025-01-01", periods=2, freq="h", tz=ZoneInfo("Etc/UTC"))
    assert cg.solve(one(hours=hours)).cost_usd == pytest.approx(2 * 4 * 91)


def test_whole_hours_may_be_floats():
    demand = pd.DataFrame({"region": ["r", "r"], "hour": [0.0, 1.0], "mw": [1.0, 2.0]})
    assert cg.solve(one(demand=demand)).cost_usd == pytest.approx(3 * 91)


def test_the_geometry_may_have_another_name():
    regions = gpd.GeoDataFrame({"a": [1]}, index=["r"], geometry=[shapely.Point(3, 4)],
                               crs="EPSG:4326").rename_geometry("shape")
    sites = pd.DataFrame({"capacity_mw": [5.0], "lon_deg": [3.0], "lat_deg": [4.0]}, index=["A"])
    assert one(regions=regions, sites=sites, lanes=None).lanes["distance_km"].iloc[0] == 0.0


def test_a_planners_own_file_in_a_run_is_not_lost(tmp_path):
    dispatch = cg.solve(one())
    dispatch.save(tmp_path / "run")
    dispatch.save(tmp_path / "run")
    (tmp_path / "run" / "mynotes.txt").write_text("keep", encoding="utf-8")
    dispatch.save(tmp_path / "run")
    assert (tmp_path / "run" / "mynotes.txt").read_text(encoding="utf-8") == "keep"
