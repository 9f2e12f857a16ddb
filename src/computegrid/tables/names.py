"""Columns whose name is nearly, but not quite, one the program knows."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from computegrid.errors import Fault, nearest
from computegrid.tables.labels import as_labels
from computegrid.tables.schema import Table

_UNIT_SUFFIXES = {
    "mw": ("kw", "gw", "w"),
    "usd_per_mwh": ("usd_per_kwh", "eur_per_mwh", "eur_per_kwh", "cny_per_kwh", "cny_per_mwh"),
    "kg_per_mwh": ("kg_per_kwh", "g_per_kwh", "t_per_mwh"),
    "ms": ("s", "us"),
    "deg": ("rad",),
    "hours": ("days", "minutes"),
}
_ALIASES = {
    "lon_deg": ("lon", "lng", "long", "longitude"),
    "lat_deg": ("lat", "latitude"),
    "max_rtt_ms": ("max_latency_ms", "latency_limit_ms"),
    "rtt_ms": ("latency_ms", "rtt"),
    "capacity_mw": ("power_mw", "size_mw"),
    "mw": ("demand_mw", "load_mw"),
}


def check_columns(table: Table, frame: pd.DataFrame, name: str, faults: list[Fault]) -> None:
    """Append a fault for each column that is missing, twice there, or nearly a known one."""
    for column in frame.columns[frame.columns.duplicated()].unique():
        faults.append(Fault(name, "column given twice", column=str(column), cure="keep one"))
    have = [str(c) for c in frame.columns]
    for i, column in enumerate(have):
        if not column.strip() or column.startswith("Unnamed:"):
            faults.append(Fault(name, "column has no name", column=f"number {i + 1}",
                                cure="name it, or leave it out"))
    taken: set[str] = set()
    for known in table.columns:
        if known.name in have or (not known.required and known.kind == "key"):
            continue
        wrong = _wrong_unit(known.name, have)
        other = _alias(known.name, have, frame)
        if wrong:
            faults.append(Fault(name, f"expected {known.name} [{known.unit}]", column=wrong,
                                cure=f"convert to {known.unit} and rename to {known.name}"))
        elif other:
            faults.append(Fault(name, f"expected {known.name} [{known.unit}]", column=other,
                                cure=f"rename it to {known.name}"))
        elif known.required:
            unknown = [c for c in have if table.column(c) is None]
            faults.append(Fault(name, "column is missing", column=known.name,
                                cure=_near(known.name, unknown)))
        taken |= {wrong, other}
    missing = [c.name for c in table.columns if c.name not in have]
    for extra in have:
        if table.column(extra) is None and extra not in taken:
            near = nearest(extra, missing, likeness=0.85)
            if near is not None:
                faults.append(Fault(name, "unknown column, close to a known one", column=extra,
                                    cure=f"did you mean {near!r}?"))


def _alias(name: str, have: list[str], frame: pd.DataFrame) -> str:
    """A column of numbers that goes by another name, or by the name without its unit."""
    stems = {name.removesuffix("_" + unit) for unit in (*_UNIT_SUFFIXES, "km", "gbps_per_mw")}
    for other in (*_ALIASES.get(name, ()), *sorted(stems - {name})):
        if other in have and have.count(other) == 1:
            cells = frame[other]
            said = [text for text in as_labels(cells) if text]
            if said and pd.to_numeric(pd.Series(said), errors="coerce").notna().all():
                return other
    return ""


def _near(word: str, names: Iterable[str]) -> str:
    near = nearest(word, names)
    return "add it" if near is None else f"add it, or rename {near!r} to {word!r}"


def _wrong_unit(name: str, have: list[str]) -> str:
    for unit, others in _UNIT_SUFFIXES.items():
        if name == unit or name.endswith("_" + unit):
            stem = name[: len(name) - len(unit)]
            for other in others:
                if stem + other in have:
                    return stem + other
    return ""
