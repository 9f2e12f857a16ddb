"""Reading and writing the tables of this folder and of the package of facts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
WORLD = HERE.parent / "regions" / "world"


def read(name: str, folder: Path = HERE) -> pd.DataFrame:
    """A table as text: ``NA`` is Namibia, and a blank stays blank."""
    return pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)


def write(table: pd.DataFrame, name: str, folder: Path) -> None:
    """Write a table as every table of the packages is written."""
    table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")


def number(column: pd.Series) -> pd.Series:
    """A column of text as numbers; blank is NaN."""
    return pd.to_numeric(column.replace("", None)).astype("float64")


def text(figure: float, digits: int = 2) -> str:
    """A figure as it is written: no more digits than it has."""
    written = f"{round(figure, digits):.{digits}f}"
    return written.rstrip("0").rstrip(".") if digits else written


def cites(*cells: str) -> str:
    """Sources of several cells, each once, in order; ``derived`` last."""
    found = list(dict.fromkeys(one for cell in cells for one in cell.split(";") if one))
    return ";".join([one for one in found if one != "derived"]
                    + (["derived"] if "derived" in found else []))
