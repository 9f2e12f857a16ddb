"""Look-through ownership: who ultimately holds an operator, through chains and cross-holdings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import DataError, Fault, nearest
from computegrid.scenario.home import UNKNOWN, is_named
from computegrid.tables import schema
from computegrid.tables.check import collect
from computegrid.tables.labels import BLANK, as_labels, as_text, label

NOT_OWNERSHIP = re.compile(r"contract|guarantee|programme|debt|loan", re.IGNORECASE)
"""Relations that bind without being a stake."""
COLUMNS = ("foreign_share", "largest_foreign_share", "foreign_share_most", "opaque")
"""Columns sites get."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_SHARES = schema.Table("ownership", ("holder", "held"), tuple(
    schema.Column("share", unit="1", required=True, default=float("nan"), lower=0, upper=1,
                  meaning="a fraction, 0.4 for 40 %") if column.name == "stake_pct" else column
    for column in schema.STAKES.columns if column.name not in ("year", "relation")))
"""What a look through takes: one stake for a pair."""


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
        If a stake is no share, a pair stands twice, the stakes in an entity exceed 100 %, or
        entities hold each other entirely.

    Examples
    --------
    >>> chain = pd.DataFrame({"holder": ["Fund", "Parent"], "holder_country": ["AE", "FR"],
    ...                       "held": ["Parent", "Cloud"], "share": [0.5, 0.8]})
    >>> look_through(chain).loc["Cloud"].round(2).to_dict()
    {'AE': 0.4, 'unknown': 0.6}
    """
    wrong: list[Fault] = []
    stakes = collect(_SHARES, stakes, wrong)
    if wrong:
        raise DataError("ownership cannot be looked through:", wrong)
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


def latest_stakes(table: pd.DataFrame) -> pd.DataFrame:
    """Stakes of a gated ``ownership.csv``: the latest year of each pair, contracts left out.

    Parameters
    ----------
    table : DataFrame
        As the gate returns it for :data:`computegrid.tables.schema.STAKES`.

    Returns
    -------
    DataFrame
        With ``share`` (0 to 1, NaN where not published), in the order of the file.

    Raises
    ------
    DataError
        If two stakes of one pair are of one year: which holds, or whether they add up, is not said.
    """
    held = table[~table["relation"].str.contains(NOT_OWNERSHIP)]
    pair = ["holder", "held"]
    faults = [
        Fault("ownership", "two stakes of one holder are of one year",
              row=f"{held['holder'].iloc[i]}/{held['held'].iloc[i]}", column="stake_pct",
              value=float(held["stake_pct"].iloc[i]),
              cure="keep one, give the year of each, or write their sum")
        for i in np.flatnonzero(held.duplicated([*pair, "year"]).to_numpy())
    ]
    if faults:
        raise DataError("ownership cannot be looked through:", faults)
    held = held.assign(share=held["stake_pct"] / 100.0)
    held = held.sort_values("year", kind="stable", na_position="first")
    return held.drop_duplicates(pair, keep="last").sort_index().reset_index(drop=True)


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
        sources = [label(one.source_id), *as_labels(chain["source_id"])]
        trust = [label(one.confidence), *as_labels(chain["confidence"])]
        rows += [
            (str(one.operator), entity, who, share, _union(sources),
             min(trust, key=schema.CONFIDENCES.index))
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
        ``country, bloc``: a site's home is its country and the others of its bloc. A blank or
        unknown bloc, and one of a country that stands in several, is nobody's home.

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
    bloc_of = blocs_of(members)
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
                         if who not in at and bloc_of.get(str(who), UNKNOWN) not in _told(at[1])]
        abroad = known.loc[operator, homes[at]]
        opaque, foreign = float(wide.loc[operator, UNKNOWN]), float(abroad.sum())
        nothing = opaque >= 1 - 1e-9
        out[i] = (np.nan if nothing else foreign,
                  np.nan if nothing else float(abroad.max()) if len(abroad) else 0.0,
                  foreign + opaque, opaque)
    return pd.DataFrame(out, columns=list(COLUMNS), index=sites.index)


def blocs_of(members: pd.DataFrame) -> dict[str, str]:
    """The bloc of every country of which one is told; blank, unknown and two blocs are none.

    Examples
    --------
    >>> blocs_of(pd.DataFrame({"country": ["FR", "GB", "CN", "CN"],
    ...                        "bloc": ["EU", "", "east", "west"]}))
    {'FR': 'EU'}
    """
    if not {"country", "bloc"} <= set(members.columns):
        return {}
    pairs = {(str(country).strip(), _jurisdiction(bloc))
             for country, bloc in zip(members["country"], members["bloc"], strict=True)
             if _jurisdiction(bloc) != UNKNOWN}
    found: dict[str, list[str]] = {}
    for country, bloc in sorted(pairs):
        found.setdefault(country, []).append(bloc)
    return {country: blocs[0] for country, blocs in found.items() if len(blocs) == 1}


def looked_through(
    facts: Mapping[str, pd.DataFrame], faults: list[Fault]
) -> pd.DataFrame:
    """Ultimate owners by gated ``ownership`` and ``operator_entities``; empty where one is missing.

    What cannot be looked through is appended to ``faults``.
    """
    if "ownership" not in facts or "operator_entities" not in facts:
        return pd.DataFrame()
    try:
        return ownership_table(latest_stakes(facts["ownership"]), facts["operator_entities"])
    except DataError as error:
        faults.extend(error.faults)
        return pd.DataFrame()


def typed_owners(owners: Any, faults: list[Fault]) -> pd.DataFrame:
    """Ultimate owners through the gate; what an operator's shares lack of 1 is unknown.

    Parameters
    ----------
    owners : DataFrame or None
        As :func:`ownership_table` returns it; only ``operator, jurisdiction, share`` are needed.
    faults : list of Fault
        Gets what is wrong: shares that are none or exceed 1, two entities of an operator.
    """
    if owners is None or (isinstance(owners, pd.DataFrame) and owners.empty):
        return pd.DataFrame()
    before = len(faults)
    typed = collect(schema.OWNERS, owners, faults)
    if len(faults) > before:
        return typed
    typed = typed.assign(jurisdiction=as_text(typed["jurisdiction"].map(_jurisdiction)))
    by = typed.groupby("operator", sort=False)
    for operator, names in by["entity"].unique().items():
        if len(names) > 1:
            faults.append(Fault("ownership", "is said to be several entities", row=str(operator),
                                column="entity", value=", ".join(map(repr, names)),
                                cure="name one: the joint venture or the group itself"))
    total = by["share"].sum()
    for operator, share in total[total > 1 + 1e-9].items():
        faults.append(Fault("ownership", "its shares exceed 1", row=str(operator), column="share",
                            value=round(float(share), 9), cure="count no owner twice"))
    short = by.first()[(1 - total) > 1e-9]
    rest = short.assign(jurisdiction=UNKNOWN, share=1 - total.loc[short.index]).reset_index()
    return pd.concat([typed, rest[typed.columns]], ignore_index=True) if len(rest) else typed


def with_owner_columns(
    sites: pd.DataFrame, owners: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Give every site the columns of ownership it lacks; a site's own column comes first.

    Parameters
    ----------
    sites : DataFrame
        Nothing is added unless it has ``operator`` and ``country``.
    owners : DataFrame
        As :func:`ownership_table` returns it, or empty.
    members : DataFrame
        Regions, or any table of ``country, bloc``.
    """
    found = _from_owners(sites, owners, members)
    lacking = [c for c in found.columns if c not in sites.columns]
    if not lacking:
        return sites
    more = sites.assign(**{c: found[c] for c in lacking})
    first = [c.name for c in schema.SITES.columns if c.name in more.columns]
    return more[[*first, *more.columns.difference(first, sort=False)]]


def without_owner_columns(
    sites: pd.DataFrame, owners: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Return sites without the columns that follow from ownership, so that they are made anew.

    A column in which a site says otherwise is its own, and stays.
    """
    found = _from_owners(sites, owners, members)
    return sites.drop(columns=[c for c in found.columns if c in sites.columns
                               and not _differs(sites[c], found[c]).any()])


def contradicted_owners(
    sites: pd.DataFrame, owners: pd.DataFrame, members: pd.DataFrame
) -> list[Fault]:
    """A remark for each column of sites that says otherwise than ownership does; it is taken."""
    found, said = _from_owners(sites, owners, members), []
    for column in found.columns.intersection(sites.columns):
        other = np.flatnonzero(_differs(sites[column], found[column]))
        if len(other):
            first = other[0]
            more = f", and so for {len(other) - 1} more" if len(other) > 1 else ""
            said.append(Fault(
                "sites", "is taken, though ownership gives "
                f"{float(found[column].iloc[first]):.4g}{more}", row=str(sites.index[first]),
                column=column, value=float(sites[column].iloc[first]),
                cure="leave the column out to have it follow from ownership"))
    return said


def _from_owners(
    sites: pd.DataFrame, owners: pd.DataFrame, members: pd.DataFrame
) -> pd.DataFrame:
    """Columns of ownership as they follow for every site; none where nothing can be told."""
    if owners.empty or not {"operator", "country"} <= set(sites.columns):
        return pd.DataFrame(index=sites.index)
    columns = [c for c in ("country", "bloc") if c in members.columns and c in sites.columns]
    return site_ownership(sites, owners, pd.concat([members[columns], sites[columns]]))


def _differs(given: pd.Series, found: pd.Series) -> Mask:
    """Where two columns of shares differ; two that are not known do not."""
    left, right = given.to_numpy(dtype=np.float64), found.to_numpy(dtype=np.float64)
    differs: Mask = ~np.isclose(left, right, rtol=0.0, atol=1e-6, equal_nan=True)
    return differs


def near_entities(facts: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Remarks on entities of operators that are nearly, but not quite, held by somebody."""
    if "ownership" not in facts or "operator_entities" not in facts:
        return []
    stakes, entities = facts["ownership"], facts["operator_entities"]
    held = set(stakes["held"])
    asked = [("operator_entities", "entity", name) for name in entities["entity"].unique()]
    asked += [("ownership", "holder", name) for name in stakes["holder"].unique()]
    found = []
    for table, column, name in asked:
        near = None if name in held else nearest(
            name.casefold(), {one.casefold() for one in held}, likeness=0.9)
        if near is not None:
            meant = next(one for one in held if one.casefold() == near)
            found.append(Fault(
                table, "is held by nobody, so it is the end of its chain and counts for its own "
                "country", column=column, value=name, cure=f"did you mean {meant!r}?"))
    return found


def _jurisdiction(country: object) -> str:
    text = label(country)
    named = is_named(as_labels([text]))[0]
    return UNKNOWN if not named or "/" in text or ";" in text else text


def _told(bloc: str) -> tuple[str, ...]:
    """The bloc in which others are at home: none where it is blank or unknown."""
    return () if _jurisdiction(bloc) == UNKNOWN else (bloc.strip(),)


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
        new = set(as_labels(holders)) - found
        found |= new
        wanted += sorted(new)
    return stakes[stakes["held"].isin(found)]


def _union(sources: Iterable[str]) -> str:
    parts = {one.strip() for cell in sources for one in cell.split(";")}
    return ";".join(sorted(parts - {BLANK}))
