"""Great-circle arcs for a web map: geodesic, split at the map's edge, two-way flows apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Part = Floats
"""One piece of an arc: an array (points, 2) of lon_deg, lat_deg."""

_DEG_PER_POINT = 2.5
_POINTS = (7, 41)


def great_circles(
    lon_from_deg: ArrayLike,
    lat_from_deg: ArrayLike,
    lon_to_deg: ArrayLike,
    lat_to_deg: ArrayLike,
    bow: ArrayLike = 0.0,
    west_deg: float = -180.0,
) -> list[list[Part]]:
    """Arcs between pairs of points, each a list of parts that never jump over the map's edge.

    Parameters
    ----------
    lon_from_deg, lat_from_deg : array-like
        Where each arc starts [deg].
    lon_to_deg, lat_to_deg : array-like
        Where each arc ends [deg].
    bow : array-like
        How far the middle of the arc is pushed to the right of its direction, as a share of its
        length; 0 is the great circle itself.
    west_deg : float
        Western edge of the map [deg]: arcs are cut there, and longitudes are within 360 degrees
        east of it. -180 is the antimeridian.

    Returns
    -------
    list of list of array
        For each pair its parts, every one an array (points, 2) of longitude and latitude [deg].

    Examples
    --------
    >>> [part.shape[1] for part in great_circles(139.7, 35.7, -122.4, 37.8)[0]]
    [2, 2]
    """
    start, end = _unit_vectors(lon_from_deg, lat_from_deg), _unit_vectors(lon_to_deg, lat_to_deg)
    push = np.broadcast_to(np.asarray(bow, dtype=float), start.shape[:1])
    angle, normal = _angle_and_normal(start, end)
    count = np.clip(np.ceil(np.degrees(angle) / _DEG_PER_POINT).astype(int) + 1, *_POINTS)
    arcs: list[list[Part]] = [[] for _ in range(len(start))]
    for points in np.unique(count):
        rows = np.flatnonzero(count == points)
        share = np.linspace(0.0, 1.0, int(points))
        path = _path(start[rows], end[rows], angle[rows], normal[rows], push[rows], share)
        lon = np.degrees(np.arctan2(path[..., 1], path[..., 0]))
        lat = np.degrees(np.arcsin(np.clip(path[..., 2], -1.0, 1.0)))
        for row, lon_deg, lat_deg in zip(rows, lon, lat, strict=True):
            arcs[row] = _split((lon_deg - west_deg) % 360.0 + west_deg, lat_deg, west_deg)
    return arcs


def bows(
    lon_from_deg: ArrayLike,
    lat_from_deg: ArrayLike,
    lon_to_deg: ArrayLike,
    lat_to_deg: ArrayLike,
    cell_deg: float = 0.5,
    step: float = 0.05,
) -> Floats:
    """Bow of each arc so that flows between the same two places can be told apart.

    A flow alone on its way stays on the great circle. Where flows run both ways, each side bows to
    its own right; where several run the same way, each bows one ``step`` further than the last.
    """
    cells = [
        np.round(np.asarray(degrees, dtype=float) / cell_deg).astype(int)
        for degrees in (lon_from_deg, lat_from_deg, lon_to_deg, lat_to_deg)
    ]
    ways = list(zip(*(cell.tolist() for cell in cells), strict=True))
    present, seen = set(ways), Counter[tuple[int, ...]]()
    out = np.zeros(len(ways))
    for row, way in enumerate(ways):
        back = (*way[2:], *way[:2])
        two_way = back in present and back != way
        out[row] = step * (seen[way] + (1 if two_way else 0))
        seen[way] += 1
    return np.minimum(out, 8 * step)


def _unit_vectors(lon_deg: ArrayLike, lat_deg: ArrayLike) -> Floats:
    lon, lat = np.radians(np.atleast_1d(lon_deg)), np.radians(np.atleast_1d(lat_deg))
    vectors = (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat))
    return np.stack(vectors, axis=-1).astype(float)


def _angle_and_normal(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Angle between the points (rad) and the unit vector to the right of the way between them."""
    cross = np.cross(start, end)
    length = np.linalg.norm(cross, axis=1)
    angle = np.arctan2(length, np.einsum("ij,ij->i", start, end))
    # The same place or its antipode has no one great circle: take the one over the pole.
    pole = np.where(np.abs(start[:, 2:]) < 0.9, [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]])
    over_pole = np.cross(start, pole)
    over_pole /= np.linalg.norm(over_pole, axis=1, keepdims=True)
    lost = length < 1e-9
    normal = np.where(lost[:, None], over_pole, cross / np.where(lost, 1.0, length)[:, None])
    return angle, -normal


def _path(
    start: Floats, end: Floats, angle: Floats, right: Floats, bow: Floats, share: Floats
) -> Floats:
    along = np.cross(start, right)
    turned = angle[:, None] * share
    path = np.cos(turned)[..., None] * start[:, None] + np.sin(turned)[..., None] * along[:, None]
    aside = (bow * angle)[:, None] * np.sin(np.pi * share)
    path = path + np.tan(np.minimum(aside, 1.0))[..., None] * right[:, None]
    path[:, 0], path[:, -1] = start, end
    return np.asarray(path / np.linalg.norm(path, axis=-1, keepdims=True))


def _split(lon_deg: Floats, lat_deg: Floats, west_deg: float) -> list[Part]:
    """Cut where longitude jumps, with a point on each side of the map's edge."""
    jumps = np.flatnonzero(np.abs(np.diff(lon_deg)) > 180.0)
    if not len(jumps):
        return [np.column_stack((lon_deg, lat_deg))]
    parts: list[Part] = []
    begin, carried = 0, np.empty((0, 2))
    for jump in jumps.tolist():
        east = lon_deg[jump] > west_deg + 180.0
        side, other = (west_deg + 360.0, west_deg)[:: 1 if east else -1]
        left, right = side - lon_deg[jump], lon_deg[jump + 1] - other
        share = left / (left + right) if left + right else 0.5
        lat = lat_deg[jump] + share * (lat_deg[jump + 1] - lat_deg[jump])
        inner = np.column_stack((lon_deg[begin : jump + 1], lat_deg[begin : jump + 1]))
        parts.append(np.vstack((carried, inner, [[side, lat]])))
        carried, begin = np.array([[other, lat]]), jump + 1
    tail = np.column_stack((lon_deg[begin:], lat_deg[begin:]))
    parts.append(np.vstack((carried, tail)))
    return parts
