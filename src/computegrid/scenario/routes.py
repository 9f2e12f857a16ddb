"""Corridors: through which seas and passes the work between two areas goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from computegrid.errors import Fault
from computegrid.scenario.select import positions
from computegrid.tables.check import collect
from computegrid.tables.labels import BLANK, as_labels, as_text
from computegrid.tables.schema import ROUTES

CORRIDOR, BETWEEN = "corridor", ";"
"""The column lanes get, and what stands between corridors that follow one another."""
COLUMNS = ("from_area", "to_area", CORRIDOR)


def typed_routes(routes: Any, faults: list[Fault]) -> pd.DataFrame | None:
    """Routes through the gate; what is wrong is appended to ``faults``, None stays None.

    A column may be missing, an area blank, or two rows speak of one pair of areas.
    """
    if routes is None:
        return None
    before = len(faults)
    typed = collect(ROUTES, routes, faults)
    if len(faults) > before:
        return None
    pairs = pd.Series([frozenset(pair) for pair in zip(
        typed["from_area"], typed["to_area"], strict=True)], dtype=object)
    for i in np.flatnonzero(pairs.duplicated().to_numpy()):
        faults.append(Fault("routes", "a pair of areas stands twice, in one direction or both",
                            row=f"{typed['from_area'].iloc[i]}/{typed['to_area'].iloc[i]}",
                            cure="keep one row: it holds both ways"))
    return typed[list(COLUMNS)]


def remark_on_routes(
    regions: pd.DataFrame, sites: pd.DataFrame, routes: pd.DataFrame | None
) -> list[Fault]:
    """Remarks where routes are given, but say nothing of some lanes: these have no corridor."""
    if routes is None:
        return []
    effect = "lanes between them have no corridor, so no cut of one touches them"
    found = [
        Fault(name, "has no column area: no lane has a corridor, and routes change nothing",
              column="area", cure="give every region and site its area, or leave routes out")
        for name, table in (("regions", regions), ("sites", sites)) if "area" not in table.columns
    ]
    if found:
        return found
    here, there = ({str(cell).strip() for cell in table["area"].dropna()} - {""}
                   for table in (regions, sites))
    for name, table in (("regions", regions), ("sites", sites)):
        blank = table.index[as_labels(table["area"]) == BLANK]
        if len(blank):
            found.append(Fault(name, f"its area is not known: {effect}", column="area",
                               row=_some(blank), cure="give the area"))
    told = {frozenset(pair) for pair in zip(routes["from_area"], routes["to_area"], strict=True)}
    missing = sorted({tuple(sorted((a, b))) for a in here for b in there if a != b
                      and frozenset((a, b)) not in told})
    if missing:
        found.append(Fault("routes", f"areas between which no route is told: {effect}",
                           row=_some([f"{a}/{b}" for a, b in missing]),
                           cure="add the pair; a blank corridor says that nothing lies between"))
    return found


def _some(labels: Sequence[str] | pd.Index) -> str:
    first = ", ".join(map(str, labels[:5]))
    return first if len(labels) <= 5 else f"{first}, ... ({len(labels)} in all)"


def with_corridors(
    links: pd.DataFrame, regions: pd.DataFrame, sites: pd.DataFrame, routes: pd.DataFrame | None
) -> pd.DataFrame:
    """Give every link its ``corridor``: those between its region's area and its site's, by ``;``.

    Parameters
    ----------
    links : DataFrame
        ``region, site``; a ``corridor`` they have already comes first.
    regions, sites : DataFrame
        Indexed by region and site, with a column ``area``; without it nothing is added.
    routes : DataFrame or None
        ``from_area, to_area, corridor``, in either direction. A pair that is not there, and the
        inside of an area, has no corridor.

    Examples
    --------
    >>> routes = pd.DataFrame({"from_area": ["gulf"], "to_area": ["europe"],
    ...                        "corridor": ["Red Sea;Mediterranean"]})
    >>> links = pd.DataFrame({"region": ["DE", "DE"], "site": ["Dubai", "Paris"]})
    >>> with_corridors(links, pd.DataFrame({"area": ["europe"]}, index=["DE"]),
    ...                pd.DataFrame({"area": ["gulf", "europe"]}, index=["Dubai", "Paris"]),
    ...                routes)["corridor"].tolist()
    ['Red Sea;Mediterranean', '']
    """
    if routes is None or "area" not in regions.columns or "area" not in sites.columns:
        return links
    both = pd.Index([*as_labels(regions["area"]), *as_labels(sites["area"])])
    areas = pd.Index(both.unique())
    table = np.full((len(areas), len(areas)), "", dtype=object)
    for here, there, corridor in routes[list(COLUMNS)].apply(as_text).itertuples(index=False):
        a, b = areas.get_indexer([here, there])
        if min(a, b) >= 0:
            table[a, b] = table[b, a] = corridor
    here = areas.get_indexer(as_labels(regions["area"]))[positions(regions.index, links["region"])]
    there = areas.get_indexer(as_labels(sites["area"]))[positions(sites.index, links["site"])]
    found = pd.Series(table[here, there], index=links.index, dtype="str")
    if CORRIDOR in links.columns:
        own = as_text(links[CORRIDOR])
        found = own.where(own != BLANK, found)
    return links.assign(**{CORRIDOR: found})


def corridors_named(lanes: pd.DataFrame) -> list[str]:
    """Every corridor that some lane goes through, in sorted order."""
    cells = set(as_labels(lanes[CORRIDOR]))
    return sorted({part.strip() for cell in cells for part in cell.split(BETWEEN)} - {""})
