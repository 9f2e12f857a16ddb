"""The schema in other forms: fields of a Data Package, and tables for people."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from computegrid.tables import schema
from computegrid.tables.schema import Column

DESCRIPTOR = "datapackage.json"
_TYPE = {"key": "string", "text": "string", "hour": "datetime", "number": "number"}
REFERENCES = {
    ("sites", "operator"): ("operators", "operator"),
    ("sites", "chip"): ("chips", "chip"),
    ("sites", "grid"): ("grids", "grid"),
    ("operator_entities", "operator"): ("operators", "operator"),
    ("seal_scores", "operator"): ("operators", "operator"),
    ("demand_profiles", "workload"): ("workloads", "workload"),
}
"""Columns whose every cell stands as a key in another table."""


def known_columns(table: str) -> dict[str, Column]:
    """The columns the program knows of a file of facts, by name; empty for a documentary table.

    Examples
    --------
    >>> known_columns("workloads")["demand_share"].upper
    1
    """
    found = schema.TABLES.get(table) or schema.FACTS.get(table)
    if found is None:
        return {}
    made_of = {"regions": ("demand_mw", "demand_low_mw", "demand_high_mw", "utc_offset_hours"),
               "workloads": ("demand_share",)}
    return {c.name: c for c in (
        *found.columns, *(schema.DEMAND_MADE_OF[name] for name in made_of.get(table, ())))}


def field_of(column: Column) -> dict[str, Any]:
    """The field descriptor of a column: name, type, description, unit and constraints.

    A figure of a site may be blank in a file, since its grid or chip then gives it; only what has
    no default is ``required``.

    Examples
    --------
    >>> field_of(schema.SITES.column("capacity_mw"))["constraints"]
    {'required': True, 'minimum': 0}
    """
    whole = column.whole and column.kind == "number"
    found: dict[str, Any] = {
        "name": column.name,
        "type": "integer" if whole else _TYPE[column.kind],
        "description": column.meaning,
    }
    if column.kind == "number":
        found["unit"] = column.unit
    bounds: dict[str, Any] = {}
    if column.kind == "key" or (column.required and column.default is None):
        bounds["required"] = True
    if math.isfinite(column.lower):
        bounds["minimum"] = column.lower
    if math.isfinite(column.upper):
        bounds["maximum"] = column.upper
    if column.choices:
        bounds["enum"] = list(column.choices)
    return found | ({"constraints": bounds} if bounds else {})


def described_package(folder: Path) -> str:
    """Text of the ``datapackage.json`` of a folder: what it says, with the schema's fields put in.

    Title, licences and what stands on tables and columns that no equation reads are kept as they
    are; what a package adds on a known column is kept as ``about``.

    Raises
    ------
    KeyError
        If a file has a column that neither the schema nor the descriptor knows.
    """
    package = json.loads((folder / DESCRIPTOR).read_text(encoding="utf-8"))
    have = {Path(one["path"]).stem: one for one in package["resources"]}
    for table, resource in have.items():
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        resource["schema"] = _table_schema(table, header, resource["schema"], have)
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _table_schema(
    table: str, header: list[str], given: Mapping[str, Any], have: Mapping[str, Any]
) -> dict[str, Any]:
    known, said = known_columns(table), {field["name"]: field for field in given["fields"]}
    out: dict[str, Any] = {
        "fields": [_merged(known[name], said.get(name)) if name in known else said[name]
                   for name in header],
        "missingValues": [""],
    }
    found = schema.TABLES.get(table) or schema.FACTS.get(table)
    if found is not None:
        out["primaryKey"] = list(found.key)
    links = [
        {"fields": [column], "reference": {"resource": have[other]["name"], "fields": [key]}}
        for (here, column), (other, key) in REFERENCES.items()
        if here == table and column in header and other in have
    ]
    return out | ({"foreignKeys": links} if links else {})


def _merged(column: Column, said: Mapping[str, Any] | None) -> dict[str, Any]:
    field = field_of(column)
    about = "" if said is None else said.get("about") or said.get("description", "")
    return field | ({"about": about} if about and about != field["description"] else {})


def tables_for_people() -> str:
    """Text of ``docs/tables.md``: every known column with type, unit, bounds, default, meaning."""
    parts = [_HEAD]
    for name, table in (schema.TABLES | schema.FACTS).items():
        parts.append(f"## `{name}`\n\nKey: {', '.join(f'`{k}`' for k in table.key)}.\n")
        parts.append(_columns(known_columns(name).values()))
    parts.append("## Owners\n\nWhat `Scenario.from_tables(ownership=…)` takes and "
                 "`scenario.ownership` is.\n")
    parts.append(_columns(schema.OWNERS.columns))
    parts.append("## Rows of `parameters` that are read\n")
    parts.append(_columns(schema.NETWORK.values()))
    return "\n".join(parts)


_HEAD = """# Tables and columns

Made by `make schema` from `computegrid/tables/schema.py`; a change belongs there. The first seven
tables are what `Scenario.from_tables` takes, all of them may be files of a folder. Other columns
are kept, and rules select on them. A figure outside *usual* is refused unless its column is named
in `unusual`.
"""


def _columns(columns: Any) -> str:
    rows = ["| column | type | unit | bounds | usual | default | what it is |",
            "|---|---|---|---|---|---|---|"]
    for column in columns:
        cells = (f"`{column.name}`", _type_of(column), column.unit if column.unit != "1" else "",
                 _range(column.lower, column.upper), _range(*column.plausible),
                 _default(column), column.meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def _type_of(column: Column) -> str:
    if column.choices:
        return ", ".join(column.choices)
    if column.whole:
        return "whole number"
    return {"key": "name", "hour": "UTC time or whole number"}.get(column.kind, column.kind)


def _range(lower: float, upper: float) -> str:
    if not math.isfinite(lower) and not math.isfinite(upper):
        return ""
    if not math.isfinite(upper):
        return f"≥ {_plain(lower)}"
    high = _plain(upper)
    return f"≤ {high}" if not math.isfinite(lower) else f"{_plain(lower)} to {high}"


def _default(column: Column) -> str:
    if column.default is None:
        needed = column.required or (column.kind == "key" and column.name != "workload")
        return "**needed**" if needed else ""
    if isinstance(column.default, str):
        return f"`{column.default}`" if column.default else "blank"
    if math.isnan(column.default):
        return "needed, may be blank" if column.required else "blank, not known"
    return "none" if math.isinf(column.default) else _plain(column.default)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"
