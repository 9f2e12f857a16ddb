"""The layers of a dispatch: sums equal what was served, shares are shares, places are needed."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from computegrid.dispatch import Dispatch, solve
from computegrid.errors import DataError, ScenarioError
from computegrid.maps import draw_dispatch, save_page
from computegrid.maps.hourly import hourly, pack
from computegrid.maps.layers import draw_layers
from computegrid.maps.payload import page_values
from computegrid.maps.views import View
from computegrid.scenario.regime import Forbid, Regime
from computegrid.scenario.scenario import Scenario

COUNTRIES = [("FR", "EU"), ("US", "US"), ("CN", "CN"), ("AE", "GCC")]
CONTROLS = ["US", "CN", "EU", "FR", "AE", "unknown"]
size = st.floats(0.1, 50)


@st.composite
def dispatches(draw) -> Dispatch:
    places = st.tuples(st.floats(-180, 180), st.floats(-60, 70))
    where = draw(st.lists(places, min_size=2, max_size=4))
    homes = [draw(st.sampled_from(COUNTRIES)) for _ in where]
    regions = pd.DataFrame(
        {"lon_deg": [p[0] for p in where], "lat_deg": [p[1] for p in where],
         "country": [h[0] for h in homes], "bloc": [h[1] for h in homes]},
        index=[f"r{i}" for i in range(len(where))],
    )  # fmt: skip
    spots = draw(st.lists(places, min_size=1, max_size=4))
    sites = pd.DataFrame(
        {"lon_deg": [p[0] for p in spots], "lat_deg": [p[1] for p in spots],
         "capacity_mw": [draw(size) for _ in spots],
         "energy_usd_per_mwh": [draw(size) for _ in spots],
         "control": [draw(st.sampled_from(CONTROLS)) for _ in spots],
         "power_ratio": [draw(st.floats(0.5, 2)) for _ in spots]},
        index=[f"s{i}" for i in range(len(spots))],
    )  # fmt: skip
    hours = pd.DataFrame(
        {"hour": [0, 1, 2], "weight_hours": [draw(st.floats(1, 3000)) for _ in "abc"]}
    )
    rows = [(r, w, h, draw(size)) for r in regions.index for w in ("a", "b") for h in (0, 1, 2)]
    demand = pd.DataFrame(rows, columns=["region", "workload", "hour", "mw"])
    return solve(Scenario.from_tables(regions, sites, demand, hours=hours))


@settings(max_examples=15, deadline=None)
@given(dispatches())
def test_every_layer_adds_up_to_what_was_served(dispatch):
    layers, summary = draw_layers(dispatch), dispatch.summary
    served = summary["served_mwh"]
    close = pytest.approx(served, rel=1e-6, abs=1e-6)
    assert layers.flows["mwh"].sum() == close
    assert layers.by_workload["mwh"].sum() == close
    assert layers.regions["served_mw"].sum() * layers.horizon_hours == close
    assert layers.sites["served_mw"].sum() * layers.horizon_hours == close
    for column in ("unserved_share", "away_share", "foreign_share"):
        assert layers.regions[column].between(-1e-9, 1 + 1e-9).all()
    assert layers.sites["used_share"].between(0, 1 + 1e-9).all()
    if served > 1e-6:
        foreign = (layers.regions["foreign_share"] * layers.regions["served_mw"]).sum()
        share = foreign / layers.regions["served_mw"].sum()
        assert share == pytest.approx(summary["dependence"], abs=1e-6)
    assert layers.flows.crs == layers.sites.crs == layers.regions.crs == "EPSG:4326"


@settings(max_examples=10, deadline=None)
@given(dispatches())
def test_hours_add_up_to_the_mean(dispatch):
    layers, weight = draw_layers(dispatch), dispatch.scenario.hours["weight_hours"].to_numpy()
    moving = hourly(dispatch, pd.MultiIndex.from_frame(layers.flows[["region", "site"]]))
    assert moving["flow_mw"] @ weight == pytest.approx(layers.flows["mwh"].to_numpy())
    used = moving["site_used_mw"] @ weight / weight.sum()
    assert used == pytest.approx(layers.sites["used_mw"].to_numpy())


def test_packing_keeps_five_digits():
    rows = np.array([[0.0, 1.0, 1000.0], [5.0, 5.0, 5.0], [-3.0, 0.0, 12.5]])
    packed = pack(rows)
    steps = np.frombuffer(__import__("base64").b64decode(packed["steps"]), "<u2").reshape(3, 3)
    back = np.array(packed["low"])[:, None] + np.array(packed["span"])[:, None] * steps / 65535
    assert back == pytest.approx(rows, abs=1000 / 131070 + 1e-9)


def tables(**places):
    regions = pd.DataFrame(places, index=["home"])
    sites = pd.DataFrame(
        {"capacity_mw": [5.0], "lon_deg": [2.0], "lat_deg": [48.0]}, index=["near"]
    )
    demand = pd.DataFrame({"region": ["home"], "mw": [3.0]})
    return regions, sites, demand


def test_a_map_without_places_says_what_is_missing():
    regions, sites, demand = tables()
    lanes = pd.DataFrame({"region": ["home"], "site": ["near"]})
    dispatch = solve(Scenario.from_tables(regions, sites, demand, lanes=lanes))
    with pytest.raises(ScenarioError, match=r"(?s)regions, row home.*lon_deg and lat_deg"):
        draw_dispatch(dispatch)


def test_shapes_are_kept_and_lang_is_checked(tmp_path):
    regions, sites, demand = tables()
    regions = gpd.GeoDataFrame(regions, geometry=[box(1, 47, 3, 49)], crs="EPSG:4326")
    dispatch = solve(Scenario.from_tables(regions, sites, demand))
    assert draw_layers(dispatch).regions["shape"].iloc[0].equals(box(1, 47, 3, 49))
    with pytest.raises(ScenarioError, match="lang must be"):
        draw_dispatch(dispatch, lang="fr")
    page = save_page(draw_dispatch(dispatch), tmp_path / "m.html")
    assert '"shape":[[[[3000,47000,' in page.read_text("utf-8")


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    regions, sites, demand = tables(lon_deg=[2.0], lat_deg=[48.0])
    drawn = draw_dispatch(solve(Scenario.from_tables(regions, sites, demand)))
    target = tmp_path / "m.html"
    target.write_text("old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(DataError, match="disk full; what was there is untouched"):
        save_page(drawn, target)
    assert target.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["m.html"]


def test_two_maps_do_not_share_links():
    import folium

    before = list(folium.Map.default_js)
    regions, sites, demand = tables(lon_deg=[2.0], lat_deg=[48.0])
    page = draw_dispatch(solve(Scenario.from_tables(regions, sites, demand)))
    page.add_js_link("x", "y")
    assert folium.Map.default_js == before and len(before) > 0


def test_flows_as_in_the_base_are_written_once():
    regions, sites, demand = tables(lon_deg=[2.0], lat_deg=[48.0])
    scenario = Scenario.from_tables(regions, sites, demand)
    nothing = Regime("nothing", [Forbid(label="all", demand={})])
    regimes = [Regime("open", ()), Regime("same", ()), nothing]
    for base, same in (("open", [[], [0], []]), ("nothing", [[], [], []])):
        values = page_values(
            [View(solve(scenario, regime)) for regime in regimes], lang="en", max_flows=9,
            study={"base": ["open", "same", "nothing"].index(base)},
        )  # fmt: skip
        assert [view["same"] for view in values["views"]] == same
        own = [sum(view["flows"]["mw"]) for view in values["views"]]
        assert own == [3.0, 0.0 if same[1] else 3.0, 0.0]
        assert all("rows" not in view for view in values["views"])
