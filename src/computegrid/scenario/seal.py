"""SEAL: an operator's level in every objective of the EU Cloud Sovereignty Framework."""

from __future__ import annotations

import pandas as pd

from computegrid.tables.schema import CONFIDENCES

CONFIDENCE = "seal_confidence"


def with_seal(sites: pd.DataFrame, scores: pd.DataFrame | None) -> pd.DataFrame:
    """Give every site the levels of its operator: ``seal_sov_1``, ... and ``seal_confidence``.

    Levels run from 0 to 4; an operator that nobody scored has none (NaN), which meets no floor.
    A site's own column comes first. Without scores nothing is added.

    Parameters
    ----------
    sites : DataFrame
        With a column ``operator``; without it nothing is added.
    scores : DataFrame or None
        As the gate returns it for :data:`computegrid.tables.schema.SEAL_SCORES`.
    """
    if scores is None or "operator" not in sites.columns:
        return sites
    vector = scores.pivot_table(index="operator", columns="objective", values="level")
    vector.columns = pd.Index([f"seal_{name.lower().replace('-', '_')}" for name in vector.columns])
    trust = scores.groupby("operator")["confidence"].agg(
        lambda cells: min(cells, key=CONFIDENCES.index))
    found = vector.assign(**{CONFIDENCE: trust}).reindex(sites["operator"])
    found.index = sites.index
    new = found[[column for column in found.columns if column not in sites.columns]]
    return sites.assign(**{str(column): new[column] for column in new.columns})
