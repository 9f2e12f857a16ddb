"""What must hold between the cells of a row: figures within their bounds, and sources of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.errors import Fault
from computegrid.tables.labels import as_labels
from computegrid.tables.schema import Table

UNSOURCED = ("", "unsourced")
"""What stands for no source: nobody looked the figure up."""


def check_bounds(
    table: Table, frame: pd.DataFrame, name: str, labels: list[str], faults: list[Fault]
) -> None:
    """Append a fault for every figure below its ``low`` or above its ``high`` column."""
    for low, figure, high in table.bounds:
        if figure not in frame.columns:
            continue
        value = pd.to_numeric(frame[figure], errors="coerce")
        for column, wrong in ((low, np.less), (high, np.greater)):
            if column not in frame.columns:
                continue
            bound = pd.to_numeric(frame[column], errors="coerce")
            for i in np.flatnonzero(wrong(value, bound)):
                faults.append(Fault(
                    name, f"lies on the wrong side of {figure} {value.iloc[i]:g}", row=labels[i],
                    column=column, value=float(bound.iloc[i]), cure=f"{low} ≤ {figure} ≤ {high}"))


def check_cited(
    frame: pd.DataFrame, name: str, labels: list[str], faults: list[Fault]
) -> None:
    """Append a fault for every row that says ``published`` and names no publication."""
    if not {"kind", "source_id"} <= set(frame.columns):
        return
    sources = as_labels(frame["source_id"])
    nobody = [all(one.strip() in UNSOURCED for one in cell.split(";")) for cell in sources]
    for i in np.flatnonzero((as_labels(frame["kind"]) == "published") & np.array(nobody, bool)):
        faults.append(Fault(name, "is published, yet its source_id names no publication",
                            row=labels[i], column="kind", value="published",
                            cure="name the source, or call it an estimate"))
