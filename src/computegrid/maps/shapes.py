"""Which shape a region is drawn with: one that is given, its own, its country's, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.maps.base import Ground

if TYPE_CHECKING:
    from computegrid.scenario.scenario import Scenario

Shapes: TypeAlias = "gpd.GeoDataFrame | gpd.GeoSeries | None"
_AREAS = ("Polygon", "MultiPolygon")


def shapes_of(scenario: Scenario, ground: Ground, given: Shapes = None) -> dict[Any, Any]:
    """Shape of each region that has one, in EPSG:4326; the others are drawn as squares.

    Parameters
    ----------
    scenario : Scenario
        Whose regions; those given as polygons have a shape of their own.
    ground : Ground
        With a worldview, a region that is all of a country has the country's shape in it.
    given : GeoDataFrame or GeoSeries, optional
        Shapes indexed by region; they come first.

    Raises
    ------
    ScenarioError
        If ``given`` names a region that is not there.
    """
    regions = scenario.regions
    found: dict[Any, Any] = {}
    if "country" in regions:
        countries = regions["country"]
        alone = ~countries.duplicated(keep=False)
        for region, country in countries[alone].items():
            if country in ground.countries:
                found[region] = ground.countries[country]
    own = regions.geometry
    found |= {key: shape for key, shape in own.items() if _area(shape)}
    return found | _given(given, regions.index)


def _given(shapes: Shapes, regions: Any) -> dict[Any, Any]:
    if shapes is None:
        return {}
    layer = shapes.geometry if shapes.crs is None else shapes.geometry.to_crs("EPSG:4326")
    for key in layer.index:
        if key not in regions:
            raise ScenarioError(
                f"region_shapes has a row {key!r}, which is no region; index the shapes by "
                f"region; {did_you_mean(str(key), regions)}"
            )
    return {key: shape for key, shape in layer.items() if _area(shape)}


def _area(shape: Any) -> bool:
    return shape is not None and shape.geom_type in _AREAS and not shape.is_empty
