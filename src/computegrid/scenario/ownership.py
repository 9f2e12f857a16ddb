"""Look-through ownership: who ultimately holds an operator, through chains and cross-holdings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import DataError, Fault
from computegrid.tables.read import read_csv

UNKNOWN = "unknown"
"""Jurisdiction of stakes that are not published, and of holders whose split is not."""
NOT_OWNERSHIP = re.compile(r"contract|guarantee|programme|debt|loan", re.IGNORECASE)
"""Relations that bind without being a stake."""
COLUMNS = ("foreign_share", "largest_foreign_share", "foreign_share_most", "opaque")
"""Columns sites get."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_WORST = ("low", "medium", "high")


def look_through(stakes: pd.DataFrame) -> pd.DataFrame:
    r"""Ultimate shares of every held entity, by jurisdiction.

    .. math:: U_h = \sum_{k \text{ held}} s_{kh} U_k + \sum_{k \text{ not held}} s_{kh} e_{c(k)}
              + \Bigl(1 - \sum_k s_{kh}\Bigr) e_{unknown}, \qquad (I - S)\,U = D

    A holder that nobody is said to hold is the end of its chain and counts for its jurisdiction.
    What is not published stays ``unknown``: it is never taken as zero or as domestic.

    Parameters
    ----------
    stakes : DataFrame
        ``holder, holder_country, held, share``; a share from 0 to 1, NaN where not published. A
        holder of several jurisdictions (``"US/AE"``) is unknown.

    Returns
    -------
    DataFrame
        Indexed by entity, a column per jurisdiction and ``unknown``; rows sum to 1.

    Raises
    ------
    DataError
        If the stakes in an entity exceed 100 %, or entities hold each other entirely.

    Examples
    --------
    >>> chain = pd.DataFrame({"holder": ["Fund", "Parent"], "holder_country": ["AE", "FR"],
    ...                       "held": ["Parent", "Cloud"], "share": [0.5, 0.8]})
    >>> look_through(chain).loc["Cloud"].round(2).to_dict()
    {'AE': 0.4, 'unknown': 0.6}
    """
    entities = pd.Index(sorted(stakes["held"].unique()), name="entity")
    known = stakes[stakes["share"].notna()]
    column = known["share"].to_numpy(dtype=np.float64)
    below = entities.get_indexer(known["held"])
    total = np.bincount(below, column, minlength=len(entities))
    faults = [
        Fault("ownership", "its published stakes exceed 100 %", row=str(entities[i]),
              column="stake_pct", value=round(100 * float(total[i]), 6),
              cure="keep one year, and count no holder twice")
        for i in np.flatnonzero(total > 1 + 1e-9)
    ]
    if faults:
        raise DataError("ownership cannot be looked through:", faults)
    above = entities.get_indexer(known["holder"])
    inner = above >= 0
    linked = np.zeros((len(entities), len(entities)))
    np.add.at(linked, (below[inner], above[inner]), column[inner])
    country = known["holder_country"].map(_jurisdiction)
    names = [*sorted(set(country[~inner]) - {UNKNOWN}), UNKNOWN]
    direct = np.zeros((len(entities), len(names)))
    np.add.at(direct, (below[~inner], pd.Index(names).get_indexer(country[~inner])),
              column[~inner])
    direct[:, -1] += np.maximum(1.0 - total, 0.0)
    system = np.eye(len(entities)) - linked
    stuck = _without_end(linked, direct)
    if stuck.any():
        raise DataError("ownership cannot be looked through:", [
            Fault("ownership", "is held entirely by entities that hold each other", row=str(name),
                  cure="say who is behind them, or leave a stake blank")
            for name in entities[stuck]
        ])
    shares = np.linalg.solve(system, direct) if len(entities) else direct
    return pd.DataFrame(shares.clip(0.0, 1.0), index=entities, columns=names)


def read_stakes(folder: Path) -> pd.DataFrame:
    """Stakes of a package's ``ownership.csv``: the latest year of each pair, contracts left out."""
    raw = _read(folder, "ownership.csv", ("holder", "holder_country", "held", "stake_pct", "year",
                                          "relation", "source_id", "confidence"))
    raw = raw[~raw["relation"].fillna("").astype(str).str.contains(NOT_OWNERSHIP)]
    raw = raw.assign(share=pd.to_numeric(raw["stake_pct"], errors="coerce") / 100.0,
                     year=pd.to_numeric(raw["year"], errors="coerce"))
    raw = raw.sort_values("year", kind="stable").drop_duplicates(["holder", "held"], keep="last")
    return raw.sort_index().reset_index(drop=True)


def ownership_table(stakes: pd.DataFrame, operators: pd.DataFrame) -> pd.DataFrame:
    """Who ultimately holds every operator, with sources.

    Parameters
    ----------
    stakes : DataFrame
        As :func:`look_through` takes them, with ``source_id`` and ``confidence``.
    operators : DataFrame
        ``operator, entity, entity_country``: the entity whose stakes are an operator's, with
        ``source_id`` and ``confidence``. An entity nobody is said to hold is the end of its chain.

    Returns
    -------
    DataFrame
        Tidy ``operator, entity, jurisdiction, share, source_id, confidence``; the shares of an
        operator sum to 1, ``unknown`` among them.
    """
    ultimate = look_through(stakes)
    rows = []
    for one in operators.itertuples(index=False):
        entity = str(one.entity)
        if entity in ultimate.index:
            shares = {str(k): float(v) for k, v in ultimate.loc[entity].to_dict().items()}
            chain = _chain(stakes, entity)
        else:
            shares = {_jurisdiction(one.entity_country): 1.0}
            chain = stakes[:0]
        sources = [str(one.source_id), *chain["source_id"].astype(str)]
        trust = [str(one.confidence), *chain["confidence"].astype(str)]
        rows += [
            (str(one.operator), entity, who, share, _union(sources),
             min(trust, key=_WORST.index))
            for who, share in shares.items() if share > 1e-12
        ]
    return pd.DataFrame(rows, columns=["operator", "entity", "jurisdiction", "share", "source_id",
                                       "confidence"])


def site_ownership(
    sites: pd.DataFrame, ownership: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Columns of ownership for every site, in the order of ``sites``.

    Parameters
    ----------
    sites : DataFrame
        ``operator, country`` and, where known, ``bloc``.
    ownership : DataFrame
        As :func:`ownership_table` returns it.
    members : DataFrame
        ``country, bloc``: a site's home is its country and the others of its bloc.

    Returns
    -------
    DataFrame
        ``foreign_share``: share held from outside the site's home as far as published (NaN where
        nothing is); ``largest_foreign_share``: the largest part of it of one jurisdiction;
        ``foreign_share_most``: what it is at most, unpublished stakes counted as foreign;
        ``opaque``: share that is not published, 1 where nothing is.
    """
    wide = ownership.pivot_table(index="operator", columns="jurisdiction", values="share",
                                 aggfunc="sum", fill_value=0.0)
    if UNKNOWN not in wide.columns:
        wide[UNKNOWN] = 0.0
    known = wide.drop(columns=UNKNOWN)
    bloc_of = {}
    if {"country", "bloc"} <= set(members.columns):
        bloc_of = dict(zip(members["country"], members["bloc"], strict=True))
    homes: dict[tuple[str, str], list[str]] = {}
    out = np.full((len(sites), len(COLUMNS)), np.nan)
    out[:, 2:] = 1.0
    blocs = sites["bloc"] if "bloc" in sites.columns else sites["country"]
    for i, (operator, country, bloc) in enumerate(
        zip(sites["operator"], sites["country"], blocs, strict=True)
    ):
        if operator not in wide.index:
            continue
        at = (str(country), str(bloc))
        if at not in homes:
            homes[at] = [who for who in known.columns
                         if who not in at and bloc_of.get(who) != at[1]]
        abroad = known.loc[operator, homes[at]]
        opaque, foreign = float(wide.loc[operator, UNKNOWN]), float(abroad.sum())
        nothing = opaque >= 1 - 1e-9
        out[i] = (np.nan if nothing else foreign,
                  np.nan if nothing else float(abroad.max()) if len(abroad) else 0.0,
                  foreign + opaque, opaque)
    return pd.DataFrame(out, columns=list(COLUMNS), index=sites.index)


def with_ownership(
    folder: Path, sites: pd.DataFrame, regions: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join what a package says of ownership to its sites; a site's own column comes first.

    Returns
    -------
    sites : DataFrame
    ownership : DataFrame
        Empty when the package has no ``ownership.csv`` and ``operator_entities.csv``.
    """
    files = ("ownership.csv", "operator_entities.csv")
    if not all((folder / file).is_file() for file in files) or not (
        {"operator", "country"} <= set(sites.columns)
    ):
        return sites, pd.DataFrame()
    table = ownership_table(read_stakes(folder), _read(folder, "operator_entities.csv", (
        "operator", "entity", "entity_country", "source_id", "confidence")))
    columns = [c for c in ("country", "bloc") if c in regions.columns and c in sites.columns]
    members = pd.concat([regions[columns], sites[columns]]).drop_duplicates("country")
    found = site_ownership(sites, table, members)
    return sites.assign(**{c: found[c] for c in COLUMNS if c not in sites.columns}), table


def _read(folder: Path, file: str, columns: tuple[str, ...]) -> pd.DataFrame:
    table = read_csv(folder, file)
    faults = [Fault(file, "the column is missing", column=column, cure="add it; cells may be blank")
              for column in columns if column not in table.columns]
    if faults:
        raise DataError(f"{file} cannot be used:", faults)
    return table


def _jurisdiction(country: object) -> str:
    text = str(country).strip()
    return UNKNOWN if text in ("", "nan", "<NA>", "None") or "/" in text else text


def _without_end(linked: Floats, direct: Floats) -> Mask:
    """Entities from which no chain of holders leads to anyone outside."""
    ends: Mask = direct.sum(axis=1) > 1e-12
    for _ in range(len(linked)):
        reach = ends | ((linked > 0) @ ends)
        if (reach == ends).all():
            break
        ends = reach
    return ~ends


def _chain(stakes: pd.DataFrame, entity: str) -> pd.DataFrame:
    """Every stake above an entity."""
    found, wanted = {entity}, [entity]
    while wanted:
        holders = stakes.loc[stakes["held"] == wanted.pop(), "holder"]
        new = set(holders.astype(str)) - found
        found |= new
        wanted += sorted(new)
    return stakes[stakes["held"].isin(found)]


def _union(sources: Iterable[str]) -> str:
    parts = {one.strip() for cell in sources for one in cell.split(";")}
    return ";".join(sorted(parts - {"", "nan"}))
