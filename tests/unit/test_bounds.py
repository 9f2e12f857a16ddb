"""Figures lie within their bounds, and what is called published names a publication."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import computegrid as cg
from computegrid.errors import DataError
from computegrid.scenario.newmodel import new_model
from golden.scenarios import two_sites

FACTS = Path(__file__).parents[2] / "data" / "regions"


def edited(folder: Path, file: str, row: int, **cells: object) -> Path:
    """A copy of the Gulf with cells of one row of a table changed."""
    made = new_model(folder, "gulf").parent
    path = made / "facts" / f"{file}.csv"
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column, value in cells.items():
        if column not in table.columns:
            table[column] = ""
        table.loc[row, column] = str(value)
    table.to_csv(path, index=False)
    return made


@pytest.mark.parametrize(("file", "cells", "column", "says"), [
    ("sites", {"capacity_mw": 50, "capacity_low_mw": 60}, "capacity_low_mw",
     r"60\.0: lies on the wrong side of capacity_mw 50"),
    ("sites", {"capacity_mw": 50, "capacity_low_mw": 5, "capacity_high_mw": 40},
     "capacity_high_mw", "capacity_low_mw ≤ capacity_mw ≤ capacity_high_mw"),
    ("regions", {"demand_mw": 5, "demand_low_mw": 6}, "demand_low_mw",
     "wrong side of demand_mw 5"),
    ("sites", {"kind": "published", "source_id": "unsourced"}, "kind",
     "published, yet its source_id names no publication; name the source, or call it an estimate"),
    ("operators", {"kind": "published", "source_id": "unsourced; unsourced"}, "kind",
     "names no publication"),
    ("parameters", {"kind": "published", "source_id": "unsourced"}, "kind", "names no publication"),
])
def test_a_folder_of_facts_is_refused_by_row_and_column(tmp_path, file, cells, column, says):
    made = edited(tmp_path / "mine", file, 0, **cells)
    with pytest.raises(DataError, match=says) as caught:
        cg.load(made)
    assert [fault.column for fault in caught.value.faults] == [column]
    assert caught.value.faults[0].row


@pytest.mark.parametrize("cells", [
    {"capacity_mw": 50, "capacity_low_mw": 50, "capacity_high_mw": 50},
    {"capacity_mw": 50, "capacity_low_mw": "", "capacity_high_mw": ""},
    {"kind": "published", "source_id": "SRC_SYN25;unsourced"},
    {"kind": "estimate", "source_id": "unsourced"},
])
def test_what_is_within_and_cited_is_read(tmp_path, cells):
    assert len(cg.load(edited(tmp_path / "mine", "sites", 0, **cells)).sites)


def test_tables_of_ones_own_are_asked_the_same():
    with pytest.raises(DataError, match="row far, column kind"):
        two_sites(sites={"kind": ["estimate", "published"], "source_id": ["", ""]})
    two_sites(sites={"kind": ["published", "published"]})  # who cites nothing is not asked


def test_bounds_are_scaled_with_their_figure():
    s = two_sites(sites={"capacity_low_mw": [1.0, 2.0], "capacity_high_mw": [900.0, 800.0]})
    twice = s.scaled(capacity_mw={"near": 2.0})
    assert twice.sites["capacity_low_mw"].tolist() == [2.0, 2.0]
    assert twice.sites["capacity_high_mw"].tolist() == [1800.0, 800.0]
    assert twice.sites["capacity_mw"].tolist() == [2 * s.sites["capacity_mw"].iloc[0],
                                                   s.sites["capacity_mw"].iloc[1]]


@pytest.mark.parametrize("path", sorted(FACTS.glob("*/*.csv")),
                         ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_table_that_ships_calls_published_what_nobody_looked_up(path):
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    if {"kind", "source_id"} <= set(rows.columns):
        nobody = rows["source_id"].map(lambda cell: set(cell.split(";")) <= {"", "unsourced"})
        assert rows[nobody & (rows["kind"] == "published")].empty
