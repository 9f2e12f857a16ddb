"""Cells of a column of hours: times of any zone become UTC, whole numbers stay numbers."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from computegrid.errors import Fault

LONGEST_WAIT_HOURS = 168.0
"""Work may be said to wait this long even where the hours of the scenario span less."""
_SAY_THE_ZONE = ("write local times with their offset, 2025-01-31T13:00+01:00, and UTC as "
                 "2025-01-31T13:00Z")
_LOCALISE = ("name the zone they are in: .tz_localize('Europe/Paris', ambiguous='infer'), or "
             ".tz_localize('UTC') only if they are UTC")


def typed_hours(
    name: str, cells: pd.Series, labels: list[str], table: str, faults: list[Fault]
) -> pd.Series:
    """Return the column ``name`` as UTC timestamps, or as whole numbers counted from the start.

    Times of any zone and text with any offset from UTC are converted; a time without a zone is a
    fault, for nobody can know where its clock stands.
    """
    if pd.api.types.is_integer_dtype(cells) and cells.notna().all():
        return cells.astype("int64")
    if pd.api.types.is_float_dtype(cells) and cells.notna().all() and np.isfinite(
        cells.to_numpy(dtype=np.float64)
    ).all() and (cells == cells.round()).all():
        return cells.astype("int64")
    blank = np.flatnonzero(cells.isna().to_numpy())
    if len(blank):
        _say(faults, table, name, "is blank", [labels[i] for i in blank], len(cells),
             cure="give the hour")
        return pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us, UTC]")
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        utc: pd.Series = cells.dt.tz_convert("UTC")
        return utc
    if pd.api.types.is_datetime64_dtype(cells):
        faults.append(Fault(table, "times have no zone", column=name, cure=_LOCALISE))
        return pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us, UTC]")
    text = cells.astype(object).map(lambda v: str(v).strip())
    if len(text) and text.str.fullmatch(r"-?\d{1,9}").all():
        return text.astype("int64")
    return _times(text, labels, name, table, faults)


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


def _times(
    text: pd.Series, labels: list[str], name: str, table: str, faults: list[Fault]
) -> pd.Series:
    """Text as UTC timestamps; one fault for all that is no time, one for all without a zone."""
    times: list[pd.Timestamp | None] = []
    wrong: list[int] = []
    zoneless: list[int] = []
    for i, value in enumerate(text):
        try:
            time: datetime | None = datetime.fromisoformat(value)
        except ValueError:
            wrong.append(i)
            time = None
        if time is not None and time.utcoffset() is None:
            zoneless.append(i)
            time = None
        times.append(None if time is None else pd.Timestamp(time).tz_convert("UTC"))
    for at, message, cure in ((wrong, "is not a time", "write it as 2025-01-31T13:00Z"),
                              (zoneless, "has no zone", _SAY_THE_ZONE)):
        if at:
            _say(faults, table, name, message, [labels[i] for i in at], len(text),
                 value=text.iloc[at[0]], cure=cure)
    return pd.Series(times, index=text.index, dtype="datetime64[us, UTC]")


def _say(
    faults: list[Fault], table: str, name: str, message: str, rows: list[str], n: int, *,
    value: object = None, cure: str,
) -> None:
    """One fault for all rows with one cause: the first is named, the others are counted."""
    more = "" if len(rows) == 1 else f" ({len(rows)} of {n} rows, this is the first)"
    faults.append(Fault(table, message + more, row=rows[0], column=name, value=value, cure=cure))
