"""Selectors: from a mapping of columns and conditions to a mask over rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import ScenarioError, did_you_mean

Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


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
    if isinstance(condition, (list, tuple, set, frozenset, np.ndarray, pd.Index)):
        mask = np.zeros(len(values), dtype=bool)
        for one in condition:
            mask |= matches(values, one, where=where)
        return mask
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    is_flag = pd.api.types.is_bool_dtype(values.dtype)
    if isinstance(condition, str) and numeric:
        raise ScenarioError(f"{where} holds numbers, not text: {condition!r}")
    whole = isinstance(condition, int) and not isinstance(condition, bool)
    if whole and not numeric and not is_flag:
        named = np.asarray(values.astype(str) == str(condition), dtype=bool)
        if named.any():
            return named  # names that were whole numbers when the table came in
    if not isinstance(condition, str) and not numeric and not is_flag and isinstance(
        condition, (bool, int, float)
    ):
        raise ScenarioError(f"{where} holds text, not numbers: {condition!r}; put it in quotes")
    return np.asarray(values == _as_time(values, condition), dtype=bool)


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
        if "min" in condition:
            least = _as_time(values, condition["min"])
            mask &= np.asarray(values >= least, dtype=bool)
        if "max" in condition:
            most = _as_time(values, condition["max"])
            mask &= np.asarray(values <= most, dtype=bool)
    except TypeError:
        raise ScenarioError(
            f"{where}: cannot compare its values with {dict(condition)!r}"
        ) from None
    return mask


def _lists(values: pd.Series | pd.Index, wanted: Any, where: str) -> Mask:
    """Which cells list a wanted value among their parts."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        raise ScenarioError(f"{where} holds numbers, not lists of names: {{has = {wanted!r}}}")
    names = {wanted} if isinstance(wanted, str) else set(map(str, wanted))
    cells = {cell: bool(names & {part.strip() for part in str(cell).split(";")})
             for cell in values.unique()}
    return np.asarray(values.map(cells), dtype=bool)


def _as_time(values: pd.Series | pd.Index, value: Any) -> Any:
    if isinstance(values.dtype, pd.DatetimeTZDtype) and not isinstance(value, (int, float, bool)):
        time = pd.Timestamp(value)
        return time.tz_localize("UTC") if time.tzinfo is None else time
    return value


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
