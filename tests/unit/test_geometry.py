"""Geometry of regions and sites: areas over 180 degrees, places without numbers, contradictions."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

import computegrid as cg
from computegrid.tables.geo import great_circle_km

NAN = float("nan")
with np.errstate(invalid="ignore"):
    NO_NUMBERS = [Point(NAN, 48), Point(3, NAN), LineString([(0, 0), (NAN, 1)]),
                  Polygon([(0, 0), (1, 0), (np.inf, 1)])]


def one(shape, lon=-179.0, lat=-17.0, crs=4326, **columns):
    """A region of a shape, and a site at a place."""
    regions = gpd.GeoDataFrame(columns, index=["r"], geometry=[shape], crs=crs)
    sites = pd.DataFrame({"capacity_mw": [5.0], "lon_deg": [lon], "lat_deg": [lat]}, index=["s"])
    return cg.Scenario.from_tables(regions, sites, pd.DataFrame({"region": ["r"], "mw": [1.0]}))


RINGS = {
    "as it is drawn": [(177, -19), (-178, -19), (-178, -16), (177, -16)],
    "the other way round": [(177, -19), (177, -16), (-178, -16), (-178, -19)],
    "with places on 180": [(177, -19), (180, -19), (-180, -19), (-178, -19), (-178, -16),
                           (-180, -16), (180, -16), (177, -16)],
    "with many places": [*((lon if lon <= 180 else lon - 360, -19) for lon in
                           np.linspace(177, 182, 31)), (-178, -16), (177, -16)],
    "from the east": [(-178, -19), (-178, -16), (177, -16), (177, -19)],
}


@pytest.mark.parametrize("ring", RINGS)
def test_an_area_over_180_degrees_is_cut_there(ring):
    s = one(Polygon(RINGS[ring]))
    shape, place = s.regions.geometry.iloc[0], s.regions.iloc[0]
    assert shape.area == pytest.approx(5 * 3)
    assert sorted(part.bounds for part in shape.geoms) == [
        pytest.approx((-180, -19, -178, -16)), pytest.approx((177, -19, 180, -16))]
    assert shape.covers(Point(place["lon_deg"], place["lat_deg"]))
    assert s.lanes["distance_km"].iloc[0] < 500
    assert any("over 180 degrees in one ring" in str(r) for r in s.remarks)


def test_holes_and_further_parts_are_kept():
    hole = [(179, -18), (-179.5, -18), (-179.5, -17), (179, -17)]
    holed = Polygon(RINGS["as it is drawn"], [hole])
    s = one(MultiPolygon([holed, box(0, 0, 2, 2)]))
    assert s.regions.geometry.iloc[0].area == pytest.approx(15 - 1.5 + 4)


@pytest.mark.parametrize("shape", [
    box(-170, 50, 170, 60).segmentize(10), box(177, -19, 180, -16),
    MultiPolygon([box(177, -19, 180, -16), box(-180, -19, -178, -16)]),
    Polygon([(-180, -90), (-180, -84), (0, -70), (180, -84), (180, -90)]),
])
def test_areas_that_are_drawn_whole_stay_as_they_are(shape):
    s = one(shape)
    assert s.regions.geometry.iloc[0].equals(shape)
    assert not [r for r in s.remarks if "180" in str(r)]


@pytest.mark.parametrize("shape", [
    Polygon([(0, 70), (120, 70), (-120, 70)]), LineString([(170, 0), (-170, 0)])])
def test_what_cannot_be_cut_is_refused(shape):
    with pytest.raises(cg.DataError, match="row r, column geometry: runs over 180 degrees"):
        one(shape)


@pytest.mark.parametrize(("shape", "said"), [
    *((shape, "no numbers") for shape in NO_NUMBERS),
    (Point(), "empty geometry"),
    (Point(200, 3), "longitudes beyond 180"),
    (box(177, -19, 182, -16), "longitudes beyond 180"),
    (Point(3, 95), "outside WGS 84"),
    (Point(500_000, 5_000_000), "outside WGS 84"),
])
def test_a_geometry_without_a_place_is_refused(shape, said):
    with pytest.raises(cg.DataError, match=f"row r, column geometry.*{said}"):
        one(shape)


@pytest.mark.parametrize(("shape", "lon", "lat"), [
    (Point(10, 50), 178.0, -17.0), (Point(10, 50), 10.0, 51.0), (box(0, 40, 10, 50), 12.0, 45.0)])
def test_geometry_and_columns_that_contradict_are_refused(shape, lon, lat):
    with pytest.raises(cg.DataError, match=r"row r, column geometry: .* lies [\d,]+ km"):
        one(shape, lon_deg=[lon], lat_deg=[lat])


@pytest.mark.parametrize(("shape", "lon", "lat"), [
    (Point(10, 50), 10.1, 50.0), (box(0, 40, 10, 50), 3.0, 49.0), (box(0, 40, 10, 50), 10.2, 45.0)])
def test_a_place_in_or_beside_its_shape_stands(shape, lon, lat):
    place = one(shape, lon_deg=[lon], lat_deg=[lat]).regions.iloc[0]
    assert (place["lon_deg"], place["lat_deg"]) == (lon, lat)


def test_a_bow_tie_has_a_place():
    s = one(Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]))
    assert shapely.box(0, 0, 2, 2).covers(Point(s.regions["lon_deg"].iloc[0],
                                                s.regions["lat_deg"].iloc[0]))


@pytest.mark.parametrize("cell", [Point(10, 50), "POINT (10 50)"])
def test_a_plain_table_with_geometry_is_read(cell):
    regions = pd.DataFrame({"geometry": [cell]}, index=["r"])
    s = cg.Scenario.from_tables(
        regions, pd.DataFrame({"capacity_mw": [5.0], "lon_deg": [0.0], "lat_deg": [50.0]},
                              index=["s"]), pd.DataFrame({"region": ["r"], "mw": [1.0]}))
    assert s.lanes["distance_km"].iloc[0] == pytest.approx(great_circle_km(10, 50, 0, 50))
    with pytest.raises(cg.DataError, match="'Paris': is no geometry"):
        cg.Scenario.from_tables(regions.assign(geometry="Paris"), s.sites, s.demand)
