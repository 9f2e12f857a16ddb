"""SEAL: an operator's level in every objective of the EU Cloud Sovereignty Framework."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from computegrid.errors import DataError, Fault
from computegrid.tables.read import read_csv

FILE = "seal_scores.csv"
CONFIDENCE = "seal_confidence"
_WORST = ("low", "medium", "high")


def with_seal(folder: Path, sites: pd.DataFrame) -> pd.DataFrame:
    """Give every site the levels of its operator: ``seal_sov_1``, ... and ``seal_confidence``.

    Levels run from 0 to 4; an operator that nobody scored has none (NaN), which meets no floor.
    A site's own column comes first. Without ``seal_scores.csv`` nothing is added.

    Raises
    ------
    DataError
        If a column is missing, a level is none of 0 to 4, or an operator is scored twice.
    """
    if not (folder / FILE).is_file() or "operator" not in sites.columns:
        return sites
    scores = read_csv(folder, FILE)
    faults = [Fault(FILE, "the column is missing", column=column)
              for column in ("operator", "objective", "level", "confidence")
              if column not in scores.columns]
    if not faults:
        level = pd.to_numeric(scores["level"], errors="coerce")
        for i in scores.index[~level.isin(range(5))]:
            faults.append(Fault(FILE, "a level is 0, 1, 2, 3 or 4", row=scores["operator"][i],
                                column="level", value=scores["level"][i]))
        for i in scores.index[scores.duplicated(["operator", "objective"])]:
            faults.append(Fault(FILE, "is scored twice", row=scores["operator"][i],
                                column="objective", value=scores["objective"][i]))
    if faults:
        raise DataError(f"{FILE} cannot be used:", faults)
    vector = scores.assign(level=level).pivot_table(index="operator", columns="objective",
                                                    values="level")
    vector.columns = pd.Index([f"seal_{name.lower().replace('-', '_')}" for name in vector.columns])
    trust = scores.groupby("operator")["confidence"].agg(
        lambda cells: min(cells, key=lambda cell: _WORST.index(cell) if cell in _WORST else 0))
    found = vector.assign(**{CONFIDENCE: trust}).reindex(sites["operator"])
    found.index = sites.index
    new = found[[column for column in found.columns if column not in sites.columns]]
    return sites.assign(**{str(column): new[column] for column in new.columns})
