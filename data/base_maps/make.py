"""Make the base maps of ``src/computegrid/maps/assets`` from the npm package ``world-atlas``.

``npm pack world-atlas@2.0.2``, unpack it, then ``python data/base_maps/make.py package``. The
package is Natural Earth 4.1.0 (public domain) as TopoJSON. Needs ``pycountry`` for ISO codes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from computegrid.maps.worldview import flat_polygons

ASSETS = Path(__file__).resolve().parents[2] / "src" / "computegrid" / "maps" / "assets"
LAND = {  # file: (source, simplified to [deg], smallest island [square deg], units per degree)
    "land.json": ("land-50m.json", 0.045, 0.02, 100),
    "land-fine.json": ("land-10m.json", 0.02, 0.002, 1000),
}
SOUTH, NORTH = -60.0, 84.0
BORDERS = 0.03  # degrees


def main(package: Path) -> None:
    """Write every base map."""
    for name, (source, tolerance, least, units) in LAND.items():
        topology = json.loads((package / source).read_text())
        arcs = absolute(topology)
        shapes = [p for g in topology["objects"]["land"]["geometries"] for p in polygons(g, arcs)]
        frame = shapely.box(-180, SOUTH, 180, NORTH)
        cut = shapely.get_parts(shapely.intersection(shapely.make_valid(shapes), frame))
        cut = [p for shape in cut for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
        cut = [p.simplify(tolerance) for p in cut if p.area >= least]
        rings = [[steps(ring.coords, units) for ring in (p.exterior, *p.interiors)] for p in cut]
        write(name, {"units": units, "polygons": rings, "lines": []})
    worldview(json.loads((package / "countries-50m.json").read_text()))


def worldview(topology: dict[str, Any]) -> None:
    """Countries as the source draws them: arcs, who is bounded by which, and codes."""
    import pycountry

    arcs = [np.asarray(shapely.LineString(arc).simplify(BORDERS).coords)
            for arc in absolute(topology)]  # fmt: skip
    shapes = topology["objects"]["countries"]["geometries"]
    codes = {c.numeric: c.alpha_2 for c in pycountry.countries}
    countries = [
        [codes.get(shape.get("id", ""), ""), shape["properties"]["name"],
         [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]]
        for shape in shapes if shape.get("arcs")
    ]  # fmt: skip
    used = Counter(arc if arc >= 0 else ~arc for _, _, parts in countries
                   for ring in (r for part in parts for r in part) for arc in ring)  # fmt: skip
    write("natural-earth-de-facto.json", {
        "units": 100,
        "arcs": [steps(arc, 100) for arc in arcs],
        "borders": sorted(arc for arc, times in used.items() if times > 1),
        "countries": countries,
    })  # fmt: skip


def absolute(topology: dict[str, Any]) -> list[Any]:
    """Arcs of a topology in degrees."""
    scale, start = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(arc, axis=0) * scale + start for arc in topology["arcs"]]
    for arc in arcs:
        arc[:, 0] = np.unwrap(arc[:, 0], period=360.0)  # steps over the antimeridian stay steps
    return arcs


def polygons(shape: dict[str, Any], arcs: list[Any]) -> list[shapely.Polygon]:
    """Polygons of one shape of a topology."""
    parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    rings = [[np.vstack([arcs[a] if a >= 0 else arcs[~a][::-1] for a in ring]) for ring in part]
             for part in parts]  # fmt: skip
    return [polygon for part in rings for polygon in flat_polygons(part)]


def steps(points: Any, units: int) -> list[int]:
    """Whole steps of a line; points that fall together are written once."""
    whole = np.rint(np.asarray(points) * units).astype(int)
    moved = np.r_[True, (np.diff(whole, axis=0) != 0).any(axis=1)]
    moved[-1] |= moved.sum() < 2  # a line keeps two ends
    return [int(step) for step in np.diff(whole[moved], axis=0, prepend=[[0, 0]]).ravel()]


def write(name: str, value: dict[str, Any]) -> None:
    """Write one asset."""
    (ASSETS / name).write_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n")
    print(name, (ASSETS / name).stat().st_size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
