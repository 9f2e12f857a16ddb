"""Great-circle arcs: ends, midpoints, the antimeridian, and two-way flows apart."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from computegrid.maps.arcs import bows, great_circles
from computegrid.maps.scales import west_edge

lon = st.floats(-180, 180, allow_nan=False)
lat = st.floats(-90, 90, allow_nan=False)
ball = Geod(a=6371000.0, b=6371000.0)


@given(lon, lat, lon, lat, st.floats(0, 0.4))
def test_no_part_jumps_over_the_antimeridian(a, b, c, d, bow):
    parts = great_circles([a], [b], [c], [d], bow)[0]
    assert parts
    for part in parts:
        assert len(part) >= 2 or len(parts) > 1
        assert np.isfinite(part).all()
        assert (np.abs(part[:, 0]) <= 180).all() and (np.abs(part[:, 1]) <= 90).all()
        assert (np.abs(np.diff(part[:, 0])) <= 180).all()


@given(lon, st.floats(-85, 85), lon, st.floats(-85, 85))
def test_an_arc_starts_and_ends_at_its_places(a, b, c, d):
    parts = great_circles([a], [b], [c], [d])[0]
    assert ball.inv(*parts[0][0], a, b)[2] < 1
    assert ball.inv(*parts[-1][-1], c, d)[2] < 1


@pytest.mark.parametrize(
    "way", [(116.4, 39.9, 121.5, 31.2), (-122.4, 37.8, 139.7, 35.7), (0, 51.5, 55.3, 25.2)]
)
def test_an_arc_is_the_geodesic(way):
    start, end = way[:2], way[2:]
    whole = ball.inv(*start, *end)[2]
    for part in great_circles(*([value] for value in way))[0]:
        for point in part:
            detour = ball.inv(*start, *point)[2] + ball.inv(*point, *end)[2] - whole
            assert detour < whole * 2e-4  # points on the antimeridian are interpolated


def test_the_pacific_is_crossed_in_two_parts():
    east, west = great_circles([139.7], [35.7], [-122.4], [37.8])[0]
    assert east[-1, 0] == 180 and west[0, 0] == -180
    assert east[-1, 1] == pytest.approx(west[0, 1])
    assert max(east[:, 1]) > 44  # it goes by the north


def test_the_same_place_is_an_arc_of_no_length():
    (part,) = great_circles([10], [50], [10], [50])[0]
    assert np.ptp(part, axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_the_right_side_is_the_right_side():
    (east,) = great_circles([0], [0], [40], [0], 0.1)[0]
    assert east[len(east) // 2, 1] < -2  # eastward along the equator, right is south


def test_flows_both_ways_and_flows_alike_are_told_apart():
    ends = np.array([[0, 0, 10, 10], [10, 10, 0, 0], [0, 0, 10, 10], [50, 0, 60, 0]], dtype=float).T
    assert bows(*ends).tolist() == pytest.approx([0.05, 0.05, 0.10, 0.0])
    there, back = great_circles(*ends[:, :2], bow=bows(*ends)[:2])
    gap = np.abs(there[0][:, 1] - back[0][::-1, 1]).max()
    assert gap > 0.5


def test_no_arcs_of_no_flows():
    assert great_circles([], [], [], []) == []
    assert bows([], [], [], []).tolist() == []


def test_a_map_cut_in_the_atlantic_shows_the_pacific_whole():
    ends = ([139.7, 2.35], [35.7, 48.9], [-122.4, -77.5], [37.8, 39.0])
    pacific, atlantic = great_circles(*ends, west_deg=-30.0)
    (whole,) = pacific
    assert whole[0, 0] == pytest.approx(139.7) and whole[-1, 0] == pytest.approx(237.6)
    out, into = atlantic
    assert out[-1, 0] == -30.0 and into[0, 0] == 330.0 and into[-1, 0] == pytest.approx(282.5)


def layers_of(*ways):
    """Flows from (lon, lon, MW) along the 40th parallel."""
    starts, ends, mw = zip(*ways, strict=True)
    names = [f"p{k}" for k in range(len(ways))]
    flows = pd.DataFrame({"region": names, "site": names, "mw": mw}).sort_values("mw")[::-1]

    def places(lons):
        return gpd.GeoDataFrame(index=names, geometry=gpd.points_from_xy(lons, [40.0] * len(lons)))

    return SimpleNamespace(flows=flows, regions=places(starts), sites=places(ends))


def test_the_edge_is_where_far_less_is_cut():
    pacific, atlantic = (120.0, -122.0, 50.0), (0.0, -77.0, 20.0)
    assert west_edge([layers_of(pacific, atlantic)]) == -30.0
    assert west_edge([layers_of((120.0, -122.0, 30.0), atlantic)]) == -180.0
    assert west_edge([layers_of(atlantic)]) == -180.0
    azores = (-28.0, -28.0, 1.0)
    assert west_edge([layers_of(pacific, azores)]) == -32.5  # the edge keeps clear of places
