"""Text of labels: the one place where a cell becomes the name that rules and tables speak of."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, time
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Labels = npt.NDArray[np.object_]

BLANK = ""
"""Label of what is not said; it is never the same as another blank."""
_NOTHING = frozenset({"nan", "NaN", "<NA>", "NaT", "None"})
"""What programs write for a value that is not there. ``NA`` is Namibia."""
_INVISIBLE = "\u200b\u2060\ufeff"
_WHOLE = re.compile(r"-?\d+\.0")
_ONE_KIND = frozenset({"string", "floating", "integer", "datetime", "datetime64"})


def is_blank(value: object) -> bool:
    """Whether a cell holds no value: None, NaN, NA or NaT."""
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, Real) and not isinstance(value, Integral) and math.isnan(value))
    )


def label(value: object) -> str:
    r"""Return a cell as the text it is named by; ``""`` where it says nothing.

    Blanks around a name do not count, a whole number has no decimals (a column of 840 and a blank
    is one of 840.0 in pandas), flags are ``true`` and ``false`` as in a model file, and letters
    that may be written in two ways (``é`` as one sign, or as e and an accent) are one (NFC).

    Examples
    --------
    >>> [label(v) for v in (" US ", 840, 840.0, "840.0", 1.5, True, None, float("nan"), "NA")]
    ['US', '840', '840', '840', '1.5', 'true', '', '', 'NA']
    >>> label("Sa\u0303o Paulo") == "São Paulo"
    True
    """
    if is_blank(value):
        return BLANK
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Real) and not isinstance(value, Integral):
        number = float(value)
        return str(int(number)) if number.is_integer() else str(number)
    text = unicodedata.normalize("NFC", str(value)).strip().strip(_INVISIBLE).strip()
    if text in _NOTHING:
        return BLANK
    return text[:-2] if _WHOLE.fullmatch(text) else text


def as_labels(values: Any) -> Labels:
    """Return the label of every cell of a column or an index, as an array of ``str``.

    Examples
    --------
    >>> as_labels(pd.Series([840, None])).tolist()
    ['840', '']
    """
    cells = np.asarray(values, dtype=object)
    if pd.api.types.infer_dtype(cells, skipna=True) not in _ONE_KIND:
        return _array(
            [label(v) for v in cells]
        )  # True and 1 are one value to pandas, not one label
    codes, found = pd.factorize(cells, use_na_sentinel=False)
    out: Labels = _array([label(v) for v in found])[codes]
    return out


def as_text(values: pd.Series) -> pd.Series:
    """Return a column of labels with the same index, as ``str``."""
    return pd.Series(as_labels(values), index=values.index, name=values.name, dtype="str")


def as_kept(values: pd.Series) -> pd.Series:
    """Return a column that rules may select on as numbers, flags, times or labels.

    Numbers with gaps are float64, flags with gaps pandas' ``boolean``; cells of several kinds, of
    categories or of text are labels.

    Examples
    --------
    >>> as_kept(pd.Series(["A", 3, None])).tolist()
    ['A', '3', '']
    >>> as_kept(pd.Series([1, None], dtype="Int64")).tolist()
    [1.0, nan]
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return values.astype("boolean") if values.isna().any() else values.astype(bool)
    if pd.api.types.is_numeric_dtype(kind):
        whole = pd.api.types.is_integer_dtype(kind) and not values.isna().any()
        return values.astype("int64" if whole else "float64") if _foreign(kind) else values
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
        return values
    said = values[[not is_blank(v) for v in values]]
    if len(said) and all(isinstance(v, bool | np.bool_) for v in said):
        return as_kept(values.astype("boolean"))
    if len(said) and all(isinstance(v, Real) and not isinstance(v, bool | np.bool_) for v in said):
        return as_kept(
            pd.Series(
                [float("nan") if is_blank(v) else v for v in values],
                index=values.index,
                name=values.name,
            )
        )
    return as_text(values)


def no_names(values: pd.Series) -> npt.NDArray[np.intp]:
    """Rows whose cell can be no label: lists, tables, bytes and the like."""
    if values.dtype != object:
        return np.empty(0, dtype=np.intp)
    fine = (str, Real, bool, np.bool_, date, time, np.datetime64, np.timedelta64, pd.Timedelta)
    return np.flatnonzero([not (is_blank(v) or isinstance(v, fine)) for v in values])


def _foreign(kind: Any) -> bool:
    """Whether a dtype is pandas' or Arrow's own, or narrower than numpy's usual ones."""
    return not isinstance(kind, np.dtype) or kind.itemsize < 8


def _array(text: list[str]) -> Labels:
    out = np.empty(len(text), dtype=object)
    out[:] = text
    return out
