"""The gate: a raw table becomes a typed one, or every fault in it is told at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from computegrid.errors import DataError, Fault, did_you_mean
from computegrid.tables.bounds import check_cited
from computegrid.tables.hours import typed_hours
from computegrid.tables.labels import BLANK, as_kept, as_labels, as_text, is_blank, no_names
from computegrid.tables.names import check_columns
from computegrid.tables.schema import Column, Table

MOST_ROWS = 50_000_000
_CONTROL = "[\\x00-\\x1f\\x7f\u2028\u2029]"


def check_table(table: Table, raw: pd.DataFrame, *, source: str = "") -> pd.DataFrame:
    """Return ``raw`` typed, with defaults filled in and the known columns first.

    Parameters
    ----------
    table : Table
        What is known of the columns.
    raw : DataFrame
        As read or as given; key columns may also be the index. It is not changed.
    source : str
        File name for the faults; the table's name when empty.

    Returns
    -------
    DataFrame
        Key columns as ``str`` (hours as UTC timestamps or integers), numbers as float64, and
        every other column as numbers, flags, times or labels.

    Raises
    ------
    DataError
        With one fault per wrong cell, row or column.

    Examples
    --------
    >>> import pandas as pd
    >>> from computegrid.tables.schema import SITES
    >>> check_table(SITES, pd.DataFrame({"site": ["A"], "capacity_mw": ["12.5"]}))[
    ...     ["site", "capacity_mw", "pue"]]
      site  capacity_mw  pue
    0    A         12.5  1.0
    """
    faults: list[Fault] = []
    typed = collect(table, raw, faults, source=source)
    if faults:
        raise DataError(f"{source or table.name} cannot be used:", faults)
    return typed


def collect(
    table: Table, raw: Any, faults: list[Fault], *, source: str = ""
) -> pd.DataFrame:
    """As :func:`check_table`, but append faults to ``faults`` and return what could be typed."""
    name = source or table.name
    if not isinstance(raw, pd.DataFrame):
        faults.append(Fault(name, f"expected a pandas DataFrame, got {type(raw).__name__}"))
        return pd.DataFrame({c.name: [] for c in table.columns})
    frame = _keys_as_columns(table, raw)
    if len(frame) > MOST_ROWS:
        faults.append(Fault(name, f"{len(frame):,} rows; at most {MOST_ROWS:,} are read",
                            cure="select fewer regions, sites or hours"))
        frame = frame.head(0)
    check_columns(table, frame, name, faults)
    frame = frame.loc[:, ~frame.columns.duplicated()]  # twice there is told; one is read on
    out = frame.copy()
    labels = _row_labels(table, frame)
    for column in table.columns:
        if column.name in frame.columns:
            out[column.name] = _typed(column, frame[column.name], labels, name, faults)
        elif column.added and not column.required and column.default is not None:
            out[column.name] = column.default
    for extra in frame.columns.unique().difference([c.name for c in table.columns]):
        if isinstance(frame[extra], pd.Series) and str(frame[extra].dtype) != "geometry":
            out[extra] = _kept(frame[extra], labels, name, faults)
    check_unique(table, out, name, faults)
    check_cited(out, name, labels, faults)
    known = [c.name for c in table.columns if c.name in out.columns]
    return out[[*known, *(c for c in out.columns if c not in known)]]


def _keys_as_columns(table: Table, raw: pd.DataFrame) -> pd.DataFrame:
    """Move a named index into columns; an unnamed index of names is the single key."""
    frame = raw.copy()
    names = [n for n in frame.index.names if n is not None]
    if names:
        keep = [n for n in names if n not in frame.columns]
        drop = [n for n in names if n in frame.columns]
        frame = frame.reset_index(level=drop, drop=True) if drop and keep else frame
        return frame.reset_index(drop=not keep)
    key = table.key[0]
    if len(table.key) == 1 and key not in frame.columns and not isinstance(
        frame.index, pd.RangeIndex
    ):
        frame.index.name = key
        return frame.reset_index()
    return frame.reset_index(drop=True)


def _row_labels(table: Table, frame: pd.DataFrame) -> list[str]:
    keys = [k for k in table.key if k in frame.columns]
    if not keys or frame.empty:
        return [str(i + 1) for i in range(len(frame))]
    joined = as_labels(frame[keys[0]])
    for key in keys[1:]:
        joined = joined + "/" + as_labels(frame[key])
    return [row if row.strip("/") else f"number {i + 1}" for i, row in enumerate(joined)]


def _kept(cells: pd.Series, labels: list[str], name: str, faults: list[Fault]) -> pd.Series:
    """A column of the planner's own: rules select on it as numbers, flags, times or labels."""
    if cells.name == "geometry":
        return cells
    for i in no_names(cells):
        faults.append(Fault(name, f"is a {type(cells.iloc[i]).__name__}, which no rule can name",
                            row=labels[i], column=str(cells.name),
                            cure="give text, a number or a flag"))
    return as_kept(cells)


def _typed(
    column: Column, cells: Any, labels: list[str], name: str, faults: list[Fault]
) -> pd.Series:
    if isinstance(cells, pd.DataFrame):  # the column is there twice, already a fault
        cells = cells.iloc[:, 0]
    if column.kind == "hour":
        return typed_hours(column.name, cells, labels, name, faults)
    if column.kind in ("key", "text"):
        return _typed_text(column, cells, labels, name, faults)
    return _typed_number(column, cells, labels, name, faults)


def _typed_text(
    column: Column, cells: pd.Series, labels: list[str], name: str, faults: list[Fault]
) -> pd.Series:
    text = as_text(cells)
    blank = (text == BLANK).to_numpy()
    if column.kind == "key":
        for i in np.flatnonzero(blank):
            faults.append(Fault(name, "is blank", row=labels[i], column=column.name,
                                cure="give every row its name"))
        padded = np.array([isinstance(v, str) and v != v.strip() for v in cells], dtype=bool)
        for i in np.flatnonzero(padded & ~blank):
            faults.append(Fault(name, "has blanks around it", row=labels[i], column=column.name,
                                value=cells.iloc[i], cure="remove them"))
        for i in np.flatnonzero([isinstance(v, bool | np.bool_) for v in cells]):
            faults.append(Fault(name, "is a flag, not a name", row=labels[i], column=column.name,
                                value=bool(cells.iloc[i]), cure="write its name"))
        for i in np.flatnonzero(text.str.contains(_CONTROL).to_numpy()):
            faults.append(Fault(name, "holds a control character", row=repr(labels[i]),
                                column=column.name, cure="remove line breaks and the like"))
        return text
    filled = text.mask(blank, str(column.default or BLANK))
    if column.choices:
        for i in np.flatnonzero(~filled.isin(column.choices).to_numpy()):
            faults.append(Fault(name, f"is none of {', '.join(column.choices)}", row=labels[i],
                                column=column.name, value=str(text.iloc[i]),
                                cure=did_you_mean(str(text.iloc[i]), column.choices)))
    return filled


def _typed_number(
    column: Column, cells: pd.Series, labels: list[str], name: str, faults: list[Fault]
) -> pd.Series:
    if cells.dtype == bool:
        cells = cells.map({True: "True", False: "False"})
    if pd.api.types.is_numeric_dtype(cells):
        numbers = cells.astype("float64")
        blank = np.zeros(len(cells), dtype=bool)
        given_nan = numbers.isna().to_numpy()
    else:
        text = cells.astype(object).map(lambda v: "" if is_blank(v) else str(v).strip())
        blank = (text == "").to_numpy()
        numbers = pd.to_numeric(text.where(~blank, "nan"), errors="coerce").astype("float64")
        wrong = numbers.isna().to_numpy() & ~blank
        for i in np.flatnonzero(wrong):
            faults.append(Fault(name, f"is not a number{_unit(column)}", row=labels[i],
                                column=column.name, value=str(text.iloc[i]),
                                cure=_number_cure(str(text.iloc[i]))))
        numbers = numbers.mask(wrong, 0.0 if column.lower <= 0 else column.lower)
        given_nan = np.zeros(len(cells), dtype=bool)
    default = column.default if isinstance(column.default, float) else math.nan
    documented = column.default is not None and not math.isfinite(default)
    refused = given_nan if column.blank_ok else given_nan | blank
    for i in np.flatnonzero(refused & ~np.full(len(numbers), documented)):
        faults.append(Fault(name, "is blank or NaN", row=labels[i], column=column.name,
                            cure=f"give a number{_unit(column)}"))
    _check_range(column, numbers, labels, name, faults)
    return numbers.mask(blank | given_nan, default)


def _check_range(
    column: Column, numbers: pd.Series, labels: list[str], name: str, faults: list[Fault]
) -> None:
    values = numbers.to_numpy()
    infinite = np.isinf(values) & ~(column.infinite & (values > 0))
    for i in np.flatnonzero(infinite):
        faults.append(Fault(name, "is infinite", row=labels[i], column=column.name,
                            value=values[i], cure=f"give a finite number{_unit(column)}"))
    with np.errstate(invalid="ignore"):
        low, high = values < column.lower, values > column.upper
        odd = (values < column.plausible[0]) | (values > column.plausible[1])
    swapped = " (are lon_deg and lat_deg swapped?)" if column.name == "lat_deg" else ""
    for i in np.flatnonzero((low | high) & ~infinite):
        bound = f"at least {column.lower:g}" if low[i] else f"at most {column.upper:g}"
        faults.append(Fault(name, f"must be {bound}{_unit(column)}{swapped}", row=labels[i],
                            column=column.name, value=float(values[i]),
                            cure=f"check the figure and its unit; {column.meaning}"))
    if column.whole:
        for i in np.flatnonzero(~low & ~high & ~infinite & (np.trunc(values) != values)
                                & ~np.isnan(values)):
            faults.append(Fault(name, "must be a whole number", row=labels[i], column=column.name,
                                value=float(values[i]), cure=f"it is {column.meaning}"))
    for i in np.flatnonzero(odd & ~low & ~high & ~infinite):
        faults.append(Fault(name, f"is hardly in {column.unit}: expected "
                            f"{column.plausible[0]:g} to {column.plausible[1]:g}", row=labels[i],
                            column=column.name, value=float(values[i]),
                            cure=f"convert it to {column.unit}, or name the column in "
                            "`unusual` if it is meant"))


def check_unique(table: Table, frame: pd.DataFrame, name: str, faults: list[Fault]) -> None:
    """Append a fault for each row whose key stands in an earlier row; blank keys are no keys."""
    keys = [k for k in table.key if k in frame.columns]
    if not keys or frame.empty:
        return
    whole = np.logical_and.reduce([as_labels(frame[key]) != BLANK for key in keys])
    twice = np.flatnonzero((frame.duplicated(keys) & whole).to_numpy())
    labels = _row_labels(table, frame) if len(twice) else []
    timed = "hour" in keys and isinstance(frame["hour"].dtype, pd.DatetimeTZDtype)
    cure = "keep one row" + ("; or, where a clock was put back, write both times with their offset "
                             "from UTC (02:00+02:00, 02:00+01:00)" if timed else "")
    for i in twice:
        faults.append(Fault(name, f"the same {', '.join(keys)} stands twice", row=labels[i],
                            cure=cure))


def _unit(column: Column) -> str:
    return f" [{column.unit}]" if column.unit not in ("", "1") else ""


def _number_cure(text: str) -> str:
    if "%" in text:
        return "write a fraction, 0.65 for 65 %"
    if "," in text:
        return "write 1234.5, without thousands separators and with a decimal point"
    return "write digits only, e.g. 12.5; the unit belongs in the column's name"
