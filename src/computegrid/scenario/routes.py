"""Corridors: through which seas and passes the work between two areas goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from computegrid.errors import DataError, Fault
from computegrid.scenario.select import positions
from computegrid.tables.read import read_csv

CORRIDOR, BETWEEN = "corridor", ";"
"""The column lanes get, and what stands between corridors that follow one another."""
COLUMNS = ("from_area", "to_area", CORRIDOR)


def read_routes(folder: Path) -> pd.DataFrame | None:
    """Routes of a package's ``routes.csv``; None when it has none.

    Raises
    ------
    DataError
        If a column is missing, or two rows speak of one pair of areas.
    """
    if not (folder / "routes.csv").is_file():
        return None
    table = read_csv(folder, "routes.csv")
    faults = [Fault("routes.csv", "the column is missing", column=column)
              for column in COLUMNS if column not in table.columns]
    if not faults:
        pairs = pd.Series([frozenset(pair) for pair in zip(
            table["from_area"], table["to_area"], strict=True)])
        faults = [Fault("routes.csv", "a pair of areas stands twice, in one direction or both",
                        row=f"{table['from_area'][i]}/{table['to_area'][i]}",
                        cure="keep one row: it holds both ways")
                  for i in np.flatnonzero(pairs.duplicated().to_numpy())]
    if faults:
        raise DataError("routes.csv cannot be used:", faults)
    return table[list(COLUMNS)]


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
    both = pd.concat([regions["area"], sites["area"]]).astype(str)
    areas = pd.Index(both.unique())
    table = np.full((len(areas), len(areas)), "", dtype=object)
    for here, there, corridor in routes[list(COLUMNS)].astype(str).itertuples(index=False):
        a, b = areas.get_indexer([here, there])
        if min(a, b) >= 0:
            table[a, b] = table[b, a] = corridor
    here = areas.get_indexer(regions["area"].astype(str))[positions(regions.index, links["region"])]
    there = areas.get_indexer(sites["area"].astype(str))[positions(sites.index, links["site"])]
    found = pd.Series(table[here, there], index=links.index, dtype="str")
    if CORRIDOR in links.columns:
        own = links[CORRIDOR].astype("str").fillna("")
        found = own.where(own != "", found)
    return links.assign(**{CORRIDOR: found})


def corridors_named(lanes: pd.DataFrame) -> list[str]:
    """Every corridor that some lane goes through, in sorted order."""
    cells = lanes[CORRIDOR].dropna().astype(str).unique()
    return sorted({part.strip() for cell in cells for part in cell.split(BETWEEN)} - {""})
