"""One gate: the same fault is refused through a bundled model, a folder and ``from_tables``."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.errors import Fault
from computegrid.scenario import bundled
from computegrid.tables import schema
from computegrid.tables.check import collect

FACTS = bundled.data_folder()
MODELS = bundled.models_folder()

CELLS = {
    # column of sites.csv: value, what is said
    "no number": ("capacity_mw", "much", "'much': is not a number [MW]"),
    "not a number": ("capacity_mw", "nan", "is not a number [MW]"),
    "infinite": ("capacity_mw", "inf", "is infinite"),
    "negative": ("capacity_mw", "-5", "must be at least 0 [MW]"),
    "kilowatts": ("capacity_mw", "5000000", "is hardly in MW"),
    "thousands": ("capacity_mw", "1,200", "without thousands separators"),
    "blank": ("capacity_mw", "", "is blank or NaN"),
    "pole": ("lat_deg", "106.7", "are lon_deg and lat_deg swapped?"),
    "percent": ("pue", "120", "must be at most 5"),
    "status": ("status", "operatonal", "did you mean 'operational'?"),
    "padded": ("site", "A ", "has blanks around it"),
}


def spoiled(folder: Path, column: str, value: str) -> str:
    """Put a value into the first row of a package's sites; return the row's name."""
    file = folder / "sites.csv"
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    rows[1][rows[0].index(column)] = value
    with file.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return rows[1][0]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    shutil.copytree(FACTS / "china", tmp_path / "data" / "china")
    return tmp_path / "data" / "china"


def by_bundled(package: Path, monkeypatch: pytest.MonkeyPatch) -> cg.Scenario:
    monkeypatch.setattr(bundled, "data_folder", lambda: package.parent)
    return cg.load("china")


def by_folder(package: Path, monkeypatch: pytest.MonkeyPatch) -> cg.Scenario:
    own = package.parent.parent / "own"
    own.mkdir()
    text = (MODELS / "china.toml").read_text("utf-8").replace('data = "china"', 'data = "facts"')
    (own / "model.toml").write_text(text, "utf-8")
    shutil.copytree(package, own / "facts")
    return cg.load(own)


def by_tables(package: Path, monkeypatch: pytest.MonkeyPatch) -> cg.Scenario:
    read = partial(pd.read_csv, dtype="str", keep_default_na=False)
    regions, sites = read(package / "regions.csv"), read(package / "sites.csv")
    return cg.Scenario.from_tables(
        regions[["region", "lon_deg", "lat_deg"]],
        sites[["site", "lon_deg", "lat_deg", "capacity_mw", "status"]].assign(
            pue=sites["pue"].replace("", "1.3")),
        pd.DataFrame({"region": regions["region"], "mw": 1.0}))


@pytest.mark.parametrize(("name", "door"), [
    *((name, by_tables) for name in CELLS),
    *((name, door) for door in (by_bundled, by_folder) for name in ("thousands", "status", "pole")),
])
def test_no_door_lets_it_in(
    name: str, door: Callable[..., Any], package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    column, value, said = CELLS[name]
    row = spoiled(package, column, value)
    with pytest.raises(cg.DataError) as caught:
        door(package, monkeypatch)
    told = [f for f in caught.value.faults if f.column == column and f.row.strip() == row.strip()]
    assert told, str(caught.value)
    assert any(said in str(fault) for fault in told)
    assert {fault.table for fault in told} <= {"sites", "sites.csv"}
    assert all(fault.cure for fault in told)


NUMBERS = [(table, column) for table in (*schema.TABLES.values(), *schema.FACTS.values())
           for column in table.columns if column.kind == "number"]


@pytest.mark.parametrize(("table", "column"), NUMBERS,
                         ids=[f"{t.name}.{c.name}" for t, c in NUMBERS])
def test_no_number_is_nan_or_infinite(table: schema.Table, column: schema.Column) -> None:
    """In every numeric role; where NaN or infinity has a meaning it becomes that meaning."""
    for value in (np.nan, np.inf, -np.inf, "1e999", "NaN", "x"):
        faults: list[Fault] = []
        typed = collect(table, pd.DataFrame({column.name: [value]}, dtype=object), faults)
        told = [f for f in faults if f.column == column.name]
        means = (value is np.nan or value == "NaN") and column.default is not None
        allowed = column.infinite and value in (np.inf, "1e999")
        if value is np.nan and means:
            assert told or typed[column.name].iloc[0] != value
        elif not allowed:
            assert told, value


def test_capacities_and_places_that_look_wrong_are_remarked() -> None:
    def told(**sites: Any) -> list[str]:
        base = {"capacity_mw": [50.0, 80.0, 20.0], "lon_deg": [3.0, 8.6, 4.8],
                "lat_deg": [50.6, 50.1, 45.7], "country": ["FR", "DE", "FR"]}
        scenario = cg.Scenario.from_tables(
            pd.DataFrame({"lon_deg": [2.35, 13.4], "lat_deg": [48.9, 52.5],
                          "country": ["FR", "DE"]}, index=["Paris", "Berlin"]),
            pd.DataFrame({**base, **sites}, index=["Lille", "Frankfurt", "Lyon"]),
            pd.DataFrame({"region": ["Paris", "Berlin"], "mw": 30.0}))
        return [str(r) for r in scenario.remarks]

    assert told() == []
    assert told(lon_deg=[3.0, 8.6, 45.7], lat_deg=[50.6, 50.1, 4.8]) == [
        "sites, row Lyon, column lon_deg: 45.7: lies 6,378 km from the others of FR, and 401 km "
        "with lon_deg and lat_deg exchanged; check its place and its country"]
    assert told(capacity_mw=[50e3, 80e3, 20e3]) == [
        "sites, column capacity_mw: hold 2,500 times what is wanted at most; divide by 1000 if "
        "they are kW"]
    assert told(capacity_mw=[15.0, 16000.0, 20.0]) == [
        "sites, row Frankfurt, column capacity_mw: 16000.0: is 800 times the usual site, and more "
        "than all that is wanted; divide by 1000 if it is in kW"]
    assert told(capacity_mw=[0.05, 0.08, 0.02]) == [
        "demand, column mw: is 400 times what all sites hold; divide by 1000 if it is in kW"]


def test_a_price_in_words_is_told_where_days_shape_it(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure that is multiplied by a profile passes the gate before, not after."""
    row = spoiled(package, "energy_usd_per_mwh", "1.234,5")
    with pytest.raises(cg.DataError) as caught:
        by_folder(package, monkeypatch)
    assert any((f.table, f.row, f.column, f.value) ==
               ("sites.csv", row, "energy_usd_per_mwh", "1.234,5") for f in caught.value.faults)


def test_a_folder_in_place_of_an_optional_file_is_told(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "profiles.csv").unlink()
    (package / "profiles.csv").mkdir()
    with pytest.raises(cg.DataError, match=r"profiles\.csv in facts/ is a folder"):
        by_folder(package, monkeypatch)


def test_the_order_of_columns_is_free(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What demand and prices are made of has its name by the key, wherever that stands."""
    for name in ("regions", "sites", "workloads"):
        table = pd.read_csv(package / f"{name}.csv", dtype="str", keep_default_na=False)
        table[table.columns[::-1]].to_csv(package / f"{name}.csv", index=False)
    assert by_folder(package, monkeypatch).arrays.n_sites > 0


@pytest.mark.parametrize("column", ["region", "mw"])
def test_a_column_twice_in_a_table_is_told(column: str) -> None:
    demand = pd.DataFrame([["Paris", 1.0, 0]], columns=["region", "mw", "x"])
    demand.insert(3, column, demand[column], allow_duplicates=True)
    with pytest.raises(cg.DataError, match=rf"column {column}: column given twice"):
        sites = pd.DataFrame({"capacity_mw": [1.0]}, index=["A"])
        cg.Scenario.from_tables(pd.DataFrame(index=["Paris"]), sites, demand)


@pytest.mark.parametrize("name", ["region", "site", "workload"])
def test_a_table_without_names_is_told(
    name: str, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = package / f"{name}s.csv"
    file.write_text(file.read_text("utf-8").replace(f"{name},", f"{name}_,", 1), "utf-8")
    with pytest.raises(cg.DataError, match=rf"{name}s\.csv, column {name}: column is missing"):
        by_folder(package, monkeypatch)


def test_a_source_of_a_rule_is_text() -> None:
    with pytest.raises(cg.ScenarioError, match=r"source is text; got \{'a': 1\}"):
        cg.Forbid(label="x", source={"a": 1})  # type: ignore[arg-type]
