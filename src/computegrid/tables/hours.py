"""Hours: UTC timestamps or whole numbers, and the days they make."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from computegrid.errors import Fault

LONGEST_WAIT_HOURS = 168.0
"""Work may be said to wait this long even where the hours of the scenario span less."""


def typed_hours(
    name: str, cells: pd.Series, labels: list[str], table: str, faults: list[Fault]
) -> pd.Series:
    """Return the column ``name`` as UTC timestamps, or as whole numbers counted from the start."""
    if pd.api.types.is_integer_dtype(cells) and cells.notna().all():
        return cells.astype("int64")
    if pd.api.types.is_float_dtype(cells) and (cells == cells.round()).all():
        return cells.astype("int64")
    for i in np.flatnonzero(cells.isna().to_numpy()):
        faults.append(Fault(table, "is blank", row=labels[i], column=name, cure="give the hour"))
    if cells.isna().any():
        return pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us, UTC]")
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        utc: pd.Series = cells.dt.tz_convert("UTC")
        if not utc.dt.tz_localize(None).equals(cells.dt.tz_localize(None)):
            faults.append(Fault(table, f"times are in {cells.dt.tz}, expected UTC",
                                column=name, cure="convert with .tz_convert('UTC')"))
        return utc
    if pd.api.types.is_datetime64_dtype(cells):
        faults.append(Fault(table, "times have no zone, expected UTC", column=name,
                            cure="say what they are with .tz_localize('UTC')"))
        assumed: pd.Series = cells.dt.tz_localize("UTC")
        return assumed
    text = cells.astype(object).map(lambda v: "" if pd.isna(v) else str(v).strip())
    if len(text) and text.str.fullmatch(r"-?\d{1,9}").all():
        return text.astype("int64")
    return pd.Series(
        [_utc(value, labels[i], name, table, faults) for i, value in enumerate(text)],
        index=cells.index, dtype="datetime64[us, UTC]",
    )


def check_days(hours: pd.DataFrame, faults: list[Fault]) -> None:
    """Every day is one unbroken run of the hours (indexed by ``hour``, in order)."""
    day = hours["day"].astype(str).to_numpy()
    starts = np.flatnonzero(np.append(True, day[1:] != day[:-1]))
    again = pd.Index(day[starts])
    for label in again[again.duplicated()].unique():
        faults.append(Fault("hours", "lies in two pieces with another day between them",
                            column="day", value=label,
                            cure="give the later piece a name of its own"))


def check_waiting(hours: pd.DataFrame, workloads: pd.DataFrame, faults: list[Fault]) -> None:
    """No work may wait beyond the horizon; a week is always accepted."""
    index = hours.index
    span = (index[-1] - index[0]) / pd.Timedelta("1h") if isinstance(
        index, pd.DatetimeIndex) else index[-1] - index[0]
    longest = max(float(span) + 1.0, LONGEST_WAIT_HOURS)
    for label, value in workloads["defer_hours"][workloads["defer_hours"] > longest].items():
        faults.append(Fault(
            "workloads", f"lies beyond the horizon of {float(span) + 1:g} h", row=str(label),
            column="defer_hours", value=float(value), cure="give hours; minutes divided by 60"))


def _utc(
    value: str, label: str, name: str, table: str, faults: list[Fault]
) -> pd.Timestamp | None:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        faults.append(Fault(table, "is not a time", row=label, column=name, value=value,
                            cure="write it as 2025-01-31T13:00Z"))
        return None
    offset = time.utcoffset()
    if offset is None or offset.total_seconds() != 0:
        why = "has no zone" if offset is None else "is not in UTC"
        faults.append(Fault(table, f"{why}, expected UTC", row=label, column=name,
                            value=value, cure="write it as 2025-01-31T13:00Z"))
        return None
    return pd.Timestamp(time)
