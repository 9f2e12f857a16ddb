"""What a map stands on: land without borders, a named worldview, or a planner's own layer."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import GeometryCollection, LineString, Point, box

from computegrid.dispatch import Dispatch, solve
from computegrid.errors import DataError, ScenarioError
from computegrid.maps import draw_dispatch
from computegrid.maps.base import cut_at, ground, steps
from computegrid.maps.shapes import shapes_of
from computegrid.maps.worldview import WORLDVIEWS, borders_of, countries_of, flat_polygons
from computegrid.scenario.scenario import Scenario

(NAMED,) = WORLDVIEWS


@pytest.fixture(scope="module")
def dispatch() -> Dispatch:
    regions = pd.DataFrame(
        {"lon_deg": [2.3, -77.0, -120.0], "lat_deg": [48.9, 39.0, 40.0],
         "country": ["FR", "US", "US"]},
        index=["Paris", "Virginia", "California"],
    )  # fmt: skip
    sites = pd.DataFrame({"capacity_mw": [30.0], "lon_deg": [9.0], "lat_deg": [50.0]}, index=["a"])
    demand = pd.DataFrame({"region": regions.index, "mw": 4.0})
    return solve(Scenario.from_tables(regions, sites, demand))


def page_of(dispatch: Dispatch, **options) -> tuple[str, dict, dict]:
    text = draw_dispatch(dispatch, **options).get_root().render()
    values, land = (
        json.loads(text.split(f'id="cg-{name}-')[1].split(">", 1)[1].split("</script>")[0])
        for name in ("data", "land")
    )
    return text, values, land


def ground_line(text: str) -> str:
    return text.split('data-part="ground">')[1].split("</p>")[0]


def test_no_border_is_drawn_unless_it_is_asked_for(dispatch):
    text, values, land = page_of(dispatch, lang="en")
    assert land["lines"] == [] and len(land["polygons"]) > 50
    assert "shape" not in values["regions"]
    assert "no borders" in ground_line(text) and NAMED not in text


def test_a_worldview_is_named_on_the_map_and_shades_whole_countries(dispatch):
    text, values, land = page_of(dispatch, worldview=NAMED)
    assert len(land["lines"]) > 300 and NAMED in ground_line(text)
    shapes = values["regions"]["shape"]
    assert shapes[0] and shapes[1] is None and shapes[2] is None  # two regions share the US


def test_a_worldview_that_is_not_here_is_refused_with_advice(dispatch):
    with pytest.raises(ScenarioError, match=r"(?s)'iso'.*natural-earth-de-facto.*base_map="):
        dispatch.explore(worldview="iso")
    with pytest.raises(ScenarioError, match="its own borders"):
        ground(worldview=NAMED, base_map=gpd.GeoSeries([box(0, 0, 1, 1)]))


def test_fine_land_has_more_points_and_the_same_area():
    coarse, fine = ground("coarse"), ground("fine")
    points = [sum(len(ring) for rings in g.polygons for ring in rings) for g in (coarse, fine)]
    assert points[1] > 4 * points[0]
    areas = [
        sum(gpd.GeoSeries([box(*_bounds(rings[0]))]).area.sum() for rings in g.polygons)
        for g in (coarse, fine)
    ]
    assert areas[0] == pytest.approx(areas[1], rel=0.05)
    for one in (coarse, fine):  # nothing steps over the antimeridian
        assert max(np.abs(np.diff(r[:, 0])).max() for rings in one.polygons for r in rings) < 20
    with pytest.raises(ScenarioError, match="land must be"):
        ground("medium")


def _bounds(ring):
    return (*ring.min(axis=0), *ring.max(axis=0))


def test_borders_lie_between_two_countries():
    shapes = countries_of(NAMED)
    assert {"FR", "NO", "CN", "RU", "TW", "US"} <= set(shapes)
    assert shapes["AU"].area > 600 and shapes["FR"].area > 50  # square degrees
    france, spain = shapes["FR"], shapes["ES"]
    lines = [LineString(line) for line in borders_of(NAMED)]
    between = [x for x in lines if x.distance(france) < 1e-9 and x.distance(spain) < 1e-9]
    assert between and all(line.length < 20 for line in between)
    assert all(not line.crosses(france.buffer(-0.1)) for line in between)
    assert shapes["RU"].bounds[0] == -180 and shapes["RU"].bounds[2] == 180


def test_a_ring_that_steps_over_the_antimeridian_is_cut():
    parts = flat_polygons([[[170, 0], [-170, 0], [-170, 10], [170, 10], [170, 0]]])
    assert sorted(part.bounds for part in parts) == [(-180, 0, -170, 10), (170, 0, 180, 10)]
    assert flat_polygons([[[0, -80], [120, -80], [-120, -80], [0, -80]]]) == []  # round a pole


def test_a_map_may_be_cut_elsewhere():
    square = [np.array([[-40.0, 0], [-20, 0], [-20, 10], [-40, 10], [-40, 0]])]
    polygons, lines = cut_at([square], [np.array([[-100.0, 5], [-90, 5]])], -30.0)
    spans = sorted((rings[0][:, 0].min(), rings[0][:, 0].max()) for rings in polygons)
    assert spans == [(-30, -20), (320, 330)]
    assert lines[0].tolist() == [[260, 5], [270, 5]]
    assert steps([[1.5, 2], [1.25, 3]], 100) == [150, 200, -25, 100]


def test_shapes_come_from_the_caller_first(dispatch):
    given = gpd.GeoSeries([box(-80, 37, -75, 40)], index=["Virginia"], crs="EPSG:4326")
    found = shapes_of(dispatch.scenario, ground(worldview=NAMED), given)
    assert list(found) == ["Paris", "Virginia"] and found["Virginia"].equals(given.iloc[0])
    with pytest.raises(ScenarioError, match="did you mean 'Virginia'"):
        shapes_of(dispatch.scenario, ground(), gpd.GeoSeries([box(0, 0, 1, 1)], index=["Virgina"]))


def test_a_base_map_is_shapes_only(dispatch, tmp_path):
    mixed = GeometryCollection(
        [box(0, 0, 1, 1), GeometryCollection([LineString([(0, 0), (2, 2)])]), Point(3, 3)]
    )
    frame = gpd.GeoDataFrame({"name": ["<script>"]}, geometry=[mixed], crs="EPSG:4326")
    layer = ground(base_map=frame).page_json()
    assert json.loads(layer)["lines"] == [[0, 0, 2000, 2000]]
    assert len(json.loads(layer)["polygons"]) == 1
    path = tmp_path / "own.geojson"
    path.write_text(frame.to_json(), encoding="utf-8")
    assert ground(base_map=path).page_json() == layer
    text, _, _ = page_of(dispatch, base_map=path, base_map_note="GS(2026)1234")
    assert "GS(2026)1234" in ground_line(text) and "Natural Earth" not in ground_line(text)
    unnamed, _, _ = page_of(dispatch, base_map=path, lang="en")
    assert "not named" in ground_line(unnamed)
    with pytest.raises(ScenarioError, match="give the layer too"):
        draw_dispatch(dispatch, base_map_note="GS(2026)1234")


@pytest.mark.parametrize(
    "path",
    ["https://example.org/a.geojson", "/vsicurl/https://example.org/a.geojson", "absent.geojson"],
)
def test_a_base_map_is_a_local_file(path):
    with pytest.raises(DataError, match="base_map"):
        ground(base_map=path)


def test_a_base_map_without_shapes_is_refused(tmp_path):
    for text in ('{"type": "FeatureCollection", "features": []}', "not json", '{"type": "Point"}'):
        path = tmp_path / "own.geojson"
        path.write_text(text)
        with pytest.raises(DataError, match="base_map"):
            ground(base_map=path)
