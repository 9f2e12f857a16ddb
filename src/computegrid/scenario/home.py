"""What is at home: the one comparison of a label of where work is wanted and one of a site."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.scenario.arrays import Arrays
from computegrid.tables.labels import BLANK, Labels, as_labels

Tables = Mapping[str, pd.DataFrame]
Mask = npt.NDArray[np.bool_]

UNKNOWN = "unknown"
"""Label of who or what is not published."""


def is_named(labels: Labels) -> Mask:
    """Which labels name somebody, same shape: neither blank nor ``unknown`` in any case.

    Examples
    --------
    >>> is_named(as_labels(["US", None, "Unknown"])).tolist()
    [True, False, False]
    """
    return np.array([one != BLANK and one.casefold() != UNKNOWN for one in labels], dtype=bool)


def same(here: Any, there: Any) -> Mask:
    """Where two columns of labels name the same, shape (n,); blank and unknown are never the same.

    Examples
    --------
    >>> same(["US", "", "unknown", 840], ["US", "", "unknown", 840.0]).tolist()
    [True, False, False, True]
    """
    left, right = as_labels(here), as_labels(there)
    found: Mask = (left == right) & is_named(left)
    return found


def same_on_lanes(tables: Tables, a: Arrays, here: str, there: str) -> Mask:
    """Where a column of regions and one of sites name the same, shape (L,)."""
    return same(as_labels(tables["regions"][here])[a.lane_region],
                as_labels(tables["sites"][there])[a.lane_site])
