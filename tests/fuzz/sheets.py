"""What a planner gives, before a door is chosen: tables as rows of values, and a model file."""

from __future__ import annotations

import copy
import csv
import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import computegrid as cg


@dataclass
class Sheet:
    """One table: names of columns, and rows of Python values (None is a blank cell)."""

    header: list[Any]
    rows: list[list[Any]]

    @staticmethod
    def of(rows: list[dict[str, Any]]) -> Sheet:
        header = list(rows[0])
        return Sheet(header, [[row[name] for name in header] for row in rows])

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.header, row, strict=True)) for row in self.rows]

    def at(self, column: str) -> int:
        return self.header.index(column)

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows, columns=self.header)


@dataclass
class Given:
    """Tables by name and the model file; ``facts`` are a package, else tables of one's own."""

    tables: dict[str, Sheet]
    model: dict[str, Any]
    facts: bool = False
    data: str = "facts"
    hours: list[dict[str, Any]] = field(default_factory=list)
    """Where each hour lies and in which chain, as the world says itself."""

    def copy(self) -> Given:
        return copy.deepcopy(self)

    @property
    def rules(self) -> list[dict[str, Any]]:
        return self.model["regimes"]["own"]["rules"]

    def write(self, folder: Path) -> Path:
        """Write the folder of a model; return it."""
        facts = folder / self.data
        facts.mkdir(parents=True)
        for name, sheet in self.tables.items():
            with (facts / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
                writer = csv.writer(handle, lineterminator="\n")
                writer.writerow(map(cell, sheet.header))
                writer.writerows([cell(value) for value in row] for row in sheet.rows)
        lines = [f"{key} = {toml(value)}" for key, value in self.model.items()]
        (folder / "model.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder

    def scenario(self, frames: dict[str, Any] | None = None) -> cg.Scenario:
        """Through ``from_tables``."""
        model = {k: v for k, v in self.model.items() if k not in ("data", "regimes", "available")}
        regimes = {
            name: cg.Regime(name, [rule_of(rule) for rule in one["rules"]])
            for name, one in self.model["regimes"].items()
        }
        return cg.Scenario.from_tables(
            **(self.frames() if frames is None else frames), regimes=regimes, **model
        )

    def frames(self) -> dict[str, Any]:
        return {name: sheet.frame() for name, sheet in self.tables.items()}


def rule_of(given: dict[str, Any]) -> Any:
    said = dict(given)
    return getattr(cg, said.pop("kind"))(**said)


def cell(value: Any) -> str:
    """A value as it stands in a CSV file."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def toml(value: Any) -> str:
    """A value as it stands in a TOML file, all on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | np.number):
        return repr(value.item() if isinstance(value, np.number) else value)
    if isinstance(value, dict):
        within = ", ".join(
            f"{json.dumps(str(k))} = {toml(v)}" for k, v in value.items() if v is not None
        )
        return "{ " + within + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(cell(value), ensure_ascii=False)
