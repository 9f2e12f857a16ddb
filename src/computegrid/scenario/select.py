"""Selectors: from a mapping of columns and conditions to a mask over rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.tables.labels import BLANK, as_labels, label

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
DATE = re.compile(r"\d{4}(-\d{2}){0,2}")
"""A year, a month or a day: all of it is meant, from its first instant to its last."""


def plain(condition: Any) -> Any:
    """Return a condition with every sequence as a list, numbers as Python's own, dates as text.

    Ranges, tuples, sets, arrays, pandas indices and series are sequences; those without an order
    are sorted.

    Examples
    --------
    >>> plain({"not": range(2), "min": np.float64(1.5)}), plain({"b", "a"})
    ({'not': [0, 1], 'min': 1.5}, ['a', 'b'])
    """
    if isinstance(condition, Mapping):
        return {key: plain(value) for key, value in condition.items()}
    if isinstance(condition, np.datetime64):
        return pd.Timestamp(condition)
    if isinstance(condition, date) and not isinstance(condition, datetime):
        return condition.isoformat()
    if isinstance(condition, np.generic):
        return condition.item()
    if isinstance(condition, np.ndarray) and condition.dtype.kind in "Mm":
        return [pd.Timestamp(one) for one in condition.ravel()]
    if isinstance(condition, np.ndarray) and not condition.ndim:
        return condition.item()
    if isinstance(condition, (set, frozenset)):
        return [plain(one) for one in sorted(condition, key=lambda v: (type(v).__name__, v))]
    if isinstance(condition, Iterable) and not isinstance(condition, (str, bytes)):
        return [plain(one) for one in condition]
    return condition


def matches(values: pd.Series | pd.Index, condition: Any, *, where: str = "") -> Mask:
    """Return which values meet a condition.

    Parameters
    ----------
    values : Series or Index, shape (n,)
    condition : value, list, {"not": condition}, {"min": a, "max": b} or {"has": value}
        ``has`` takes cells that list the value among parts with ``;`` between them.
    where : str
        Column name for the error.

    Raises
    ------
    ScenarioError
        If the condition has an unknown form or compares text with a number.

    Examples
    --------
    >>> import pandas as pd
    >>> matches(pd.Series(["US", "CN", "FR"]), {"not": ["US", "CN"]}).tolist()
    [False, False, True]
    >>> matches(pd.Series([1.1, 1.3, float("nan")]), {"max": 1.2}).tolist()
    [True, False, False]
    >>> matches(pd.Series(["Red Sea;Mediterranean", "Atlantic"]), {"has": "Red Sea"}).tolist()
    [True, False]
    """
    if isinstance(condition, Mapping):
        return _matches_mapping(values, condition, where)
    condition = plain(condition)
    if isinstance(condition, list):
        mask = np.zeros(len(values), dtype=bool)
        for one in condition:
            mask |= matches(values, one, where=where)
        return mask
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    is_flag = pd.api.types.is_bool_dtype(values.dtype)
    named = label(condition)
    if named == BLANK:
        blank: Mask = as_labels(values) == BLANK
        return blank
    if isinstance(condition, str) and numeric:
        raise ScenarioError(f"{where} holds numbers, not text: {condition!r}")
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        if isinstance(condition, (bool, int, float)):
            raise ScenarioError(
                f"{where} holds times, not numbers: {condition!r}; put it in quotes")
        first, end = time_span(condition, where)
        return np.asarray(values == first if end is None
                          else (values >= first) & (values < end), dtype=bool)
    if numeric or is_flag or not _holds_text(values):
        return _said(values == condition)
    found: Mask = as_labels(values) == named
    if not isinstance(condition, str) and not found.any():
        # names that were whole numbers when the table came in are found; else it is a mistake
        raise ScenarioError(f"{where} holds text, not numbers: {condition!r}; put it in quotes")
    return found


def _matches_mapping(
    values: pd.Series | pd.Index, condition: Mapping[str, Any], where: str
) -> Mask:
    unknown = set(condition) - {"not", "min", "max", "has"}
    if unknown or not condition:
        raise ScenarioError(
            f"{where}: a condition is a value, a list, {{not = ...}}, {{min = ..., max = ...}} or "
            f"{{has = ...}}; got {dict(condition)!r}"
        )
    mask = np.ones(len(values), dtype=bool)
    if "not" in condition:
        mask &= ~matches(values, condition["not"], where=where)
    if "has" in condition:
        mask &= _lists(values, condition["has"], where)
    try:
        if any(isinstance(condition.get(end), (list, Mapping)) for end in ("min", "max")):
            raise TypeError("an end is one value")
        if "min" in condition:
            mask &= _from(values, condition["min"], where)
        if "max" in condition:
            mask &= _until(values, condition["max"], where)
    except TypeError:
        raise ScenarioError(
            f"{where}: cannot compare its values with {dict(condition)!r}"
        ) from None
    return mask


def _lists(values: pd.Series | pd.Index, wanted: Any, where: str) -> Mask:
    """Which cells list a wanted value among their parts."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        raise ScenarioError(f"{where} holds numbers, not lists of names: {{has = {wanted!r}}}")
    names = set(as_labels(wanted if isinstance(wanted, list) else [wanted]))
    cells = as_labels(values)
    known = {cell: bool(names & set(as_labels(cell.split(";")))) for cell in set(cells)}
    return np.array([known[cell] for cell in cells], dtype=bool)


def _holds_text(values: pd.Series | pd.Index) -> bool:
    return values.dtype == object or pd.api.types.is_string_dtype(values.dtype)


def _said(compared: Any) -> Mask:
    """A comparison as a mask: what is not known meets no condition."""
    if isinstance(compared.dtype, pd.BooleanDtype):
        return np.asarray(compared.fillna(False), dtype=bool)
    return np.asarray(compared, dtype=bool)


def time_span(value: Any, where: str) -> tuple[pd.Timestamp, pd.Timestamp | None]:
    """Return the first instant that is meant and the first after it, in UTC.

    A year, a month or a day is all of it; of a time of the clock the second
    is None. Times without a zone are UTC.

    Raises
    ------
    ScenarioError
        If the value is no time.

    Examples
    --------
    >>> [str(end.date()) for end in time_span("2025-02", "hours")]
    ['2025-02-01', '2025-03-01']
    """
    if isinstance(value, (bool, int, float)):
        raise TypeError(value)
    text = plain(value)
    try:
        if isinstance(text, str) and DATE.fullmatch(text.strip()):
            text = text.strip()
            first = pd.Timestamp(datetime.fromisoformat(f"{text}-01-01"[:10]), tz="UTC")
            unit = {4: "Y", 7: "M", 10: "D"}[len(text)]
            following = first.tz_localize(None).to_period(unit) + 1
            return first, following.start_time.tz_localize("UTC")
        if pd.isna(text):
            raise ValueError(value)
        time = pd.Timestamp(datetime.fromisoformat(text) if isinstance(text, str) else text)
    except (ValueError, OverflowError):
        raise ScenarioError(f"{where}: {value!r} is not a time; write 2025, 2025-01, 2025-01-31 "
                            "or 2025-01-31T13:00Z") from None
    return (time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")), None


def _from(values: pd.Series | pd.Index, least: Any, where: str) -> Mask:
    """Which values are at least the least: of a date, from its first instant on."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        least = time_span(least, where)[0]
    return _said(values >= least)


def _until(values: pd.Series | pd.Index, most: Any, where: str) -> Mask:
    """Which values are at most the most: of a date, to its last instant."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        first, end = time_span(most, where)
        return np.asarray(values <= first if end is None else values < end, dtype=bool)
    if isinstance(most, str) and DATE.fullmatch(most) and pd.api.types.is_string_dtype(
            values.dtype) and pd.Series(values).str.fullmatch(DATE.pattern).all():
        return np.asarray(pd.Series(values).str[:len(most)] <= most, dtype=bool)
    return _said(values <= most)


def select(
    tables: Mapping[str, pd.DataFrame], selector: Mapping[str, Any], *, where: str,
    also: Iterable[str] = (),
) -> dict[str, Mask]:
    """Return, for each table named, the mask of the conditions on its columns.

    Parameters
    ----------
    tables : mapping from a name to a DataFrame
        Tables searched in this order; a table's index counts as a column by its name.
    selector : mapping
        Column → condition.
    where : str
        What is selected, for errors, e.g. ``"rule 'x': supply"``.
    also : list of str
        Names that would be understood too, for the hint in the error.

    Raises
    ------
    ScenarioError
        If a column is in none of the tables.
    """
    masks = {name: np.ones(len(table), dtype=bool) for name, table in tables.items()}
    for column, condition in selector.items():
        for name, table in tables.items():
            values = column_of(table, column)
            if values is not None:
                masks[name] &= matches(values, condition, where=f"{where}: {column}")
                break
        else:
            known = [*(c for table in tables.values() for c in columns_of(table)), *also]
            raise ScenarioError(f"{where}: no column {column!r}; {did_you_mean(column, known)}")
    return masks


def positions(index: pd.Index, labels: pd.Series | pd.Index) -> Codes:
    """Row of each label in the index, -1 where it is not there, shape (len(labels),)."""
    return np.asarray(index.get_indexer(pd.Index(labels)), dtype=np.int64)


def column_of(table: pd.DataFrame, column: str) -> pd.Series | pd.Index | None:
    """Return a column or the index of that name, or None."""
    if column in table.columns and column != "geometry":
        return table[column]
    return table.index if table.index.name == column else None


def columns_of(table: pd.DataFrame) -> list[str]:
    """Return the names a selector may use in this table."""
    index = [str(table.index.name)] if table.index.name else []
    return index + [str(c) for c in table.columns if c != "geometry"]
