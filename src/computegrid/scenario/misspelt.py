"""Values that a rule's selectors name and no row has: misspelt, or not in this scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from computegrid.errors import nearest
from computegrid.scenario.regime import Rule
from computegrid.scenario.select import column_of
from computegrid.tables.labels import BLANK, as_labels, label

SIDES = {"demand": ("regions", "workloads", "lanes"), "supply": ("sites", "lanes")}


def misspelt(tables: Mapping[str, pd.DataFrame], rule: Rule) -> list[str]:
    """What to say of every value the rule names that exists in no row of its column.

    A value that another column of names has (a country among controllers) is no mistake: it says
    what may come. Numbers, times and flags are not looked at.

    Returns
    -------
    list of str
        One line each: side, column, value, the nearest that exists, and the effect.
    """
    found, everywhere = [], None
    for side, names in SIDES.items():
        for column, condition in getattr(rule, side).items():
            known = _known(tables, names, column)
            if not known:
                continue
            for value, kept_out in _named(condition):
                if value in known:
                    continue
                everywhere = _everywhere(tables) if everywhere is None else everywhere
                if value not in everywhere:
                    effect = "keeps nothing out" if kept_out else "adds nothing"
                    found.append(f"{side}: no row has {column} {value!r}, so it {effect}"
                                 f"{_nearest(value, known)}")
    return found


def _named(condition: Any, kept_out: bool = False) -> Iterator[tuple[str, bool]]:
    """Names in a condition, and whether they are what it keeps out."""
    if isinstance(condition, Mapping):
        for key in ("not", "has"):
            if key in condition:
                yield from _named(condition[key], kept_out != (key == "not"))
    elif isinstance(condition, list):
        for one in condition:
            yield from _named(one, kept_out)
    elif isinstance(condition, str) and label(condition) != BLANK:
        yield label(condition), kept_out


def _known(
    tables: Mapping[str, pd.DataFrame], names: tuple[str, ...], column: str
) -> set[str]:
    """Names in the column of the first table that has it, and those listed in its cells."""
    for name in names:
        values = column_of(tables[name], column)
        if values is not None:
            return _names_in(values)
    return set()


def _everywhere(tables: Mapping[str, pd.DataFrame]) -> set[str]:
    """Names in any column of any table a rule selects in."""
    found: set[str] = set()
    for name in ("regions", "workloads", "sites"):
        table = tables[name]
        found |= _names_in(table.index)
        for column in table.columns.drop("geometry", errors="ignore"):
            found |= _names_in(table[column])
    return found


def _names_in(values: pd.Series | pd.Index) -> set[str]:
    """Names a column holds; none of numbers, times or flags."""
    if values.dtype != object and not isinstance(
            values.dtype, (pd.StringDtype, pd.CategoricalDtype)):
        return set()
    cells = set(as_labels(values.unique()))
    return cells | {part for cell in cells if ";" in cell for part in as_labels(cell.split(";"))}


def _nearest(value: str, known: set[str]) -> str:
    """The existing value most like one that is not, in words."""
    folded = {one.casefold(): one for one in sorted(known - {BLANK})}
    near = nearest(value.casefold(), list(folded))
    return "" if near is None else f"; did you mean {folded[near]!r}?"
