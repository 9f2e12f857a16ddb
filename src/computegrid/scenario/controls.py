"""Controls: published figures that an answer is set beside, through the gate."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from computegrid.errors import Fault, ScenarioError
from computegrid.scenario.select import Mask, select
from computegrid.tables import schema
from computegrid.tables.bounds import check_bounds
from computegrid.tables.check import collect

Tables = Mapping[str, pd.DataFrame]
_SEARCHED = {"at": ("sites",), "within": ("sites",), "of": ("regions", "workloads")}
"""Tables whose columns each selector may name."""


def selector_of(text: str) -> dict[str, Any]:
    """Return the selector written in a cell, in the form it has in a model file.

    Raises
    ------
    ScenarioError
        If the text is no selector.

    Examples
    --------
    >>> selector_of("country = 'FR', site_type = {not = ['hpc']}")
    {'country': 'FR', 'site_type': {'not': ['hpc']}}
    """
    try:
        found: dict[str, Any] = tomllib.loads(f"selector = {{{text}}}")["selector"]
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"is no selector ({error})") from None
    return found


def masks_of(tables: Tables, text: str, column: str, where: str) -> dict[str, Mask]:
    """Return which rows of its tables the selector in column ``at``, ``within`` or ``of`` takes.

    Raises
    ------
    ScenarioError
        If the text is no selector, or names a column that there is not.
    """
    return select({name: tables[name] for name in _SEARCHED[column]}, selector_of(text),
                  where=f"{where}: {column}")


def typed_controls(
    controls: Any, tables: Tables, faults: list[Fault], notes: list[Fault]
) -> pd.DataFrame:
    """Controls through the gate, indexed by ``control``; empty where none are given.

    A bound on the wrong side of the figure, another unit, a selector that cannot be read are
    appended to ``faults``; one that takes nothing to ``notes``, unless it names a place where work
    is wanted and no site stands.
    """
    if controls is None or (isinstance(controls, pd.DataFrame) and controls.empty):
        return pd.DataFrame()
    before = len(faults)
    typed = collect(schema.CONTROLS, controls, faults)
    if len(faults) > before or typed.empty:
        return pd.DataFrame()
    check_bounds(schema.CONTROLS, typed, "controls", list(typed["control"]), faults)
    for row in typed.to_dict("records"):
        name = str(row["control"])
        unit = schema.QUANTITIES_MEASURED[row["quantity"]]
        if row["unit"] not in ("", unit):
            faults.append(Fault("controls", f"{row['quantity']} is in {unit}", row=name,
                                column="unit", value=row["unit"],
                                cure=f"write the figure in {unit}"))
        for column in _SEARCHED:
            _check_selector(row, column, name, tables, faults, notes)
    typed["unit"] = typed["quantity"].map(schema.QUANTITIES_MEASURED)
    return typed.set_index("control")


def _check_selector(
    row: Mapping[Any, Any], column: str, name: str, tables: Tables, faults: list[Fault],
    notes: list[Fault],
) -> None:
    if column == "within" and row["within"] and not row["quantity"].endswith("_share"):
        faults.append(Fault("controls", f"{row['quantity']} is no share", row=name, column=column,
                            value=row[column], cure="leave it blank"))
        return
    if column == "of" and row["of"] and row["quantity"].startswith("capacity"):
        faults.append(Fault("controls", "capacity is the same whatever work is asked for",
                            row=name, column=column, value=row[column], cure="leave it blank"))
        return
    try:
        masks = masks_of(tables, row[column], column, name)
    except ScenarioError as error:
        faults.append(Fault("controls", str(error).removeprefix(f"{name}: {column}: "), row=name,
                            column=column, value=row[column],
                            cure="write it as in a model file: country = 'FR'"))
        return
    for table, mask in masks.items():
        if not mask.any() and not (table == "sites" and _a_place(row[column], tables)):
            notes.append(Fault("controls", f"takes none of the {table}: it measures nothing",
                               row=name, column=column, value=row[column]))


def _a_place(text: str, tables: Tables) -> bool:
    """Whether the selector takes a region, so that its name is no slip of the pen."""
    try:
        found = select({"regions": tables["regions"]}, selector_of(text), where="")
    except ScenarioError:
        return False
    return bool(found["regions"].any())
