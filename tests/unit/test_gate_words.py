"""The gate by itself: what each fault says, word for word, and what a sound table becomes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.errors import Fault
from computegrid.tables import check
from computegrid.tables.check import check_table, collect
from computegrid.tables.schema import DEMAND, Column, Table

INF = math.inf
SIZE = Column("size_mw", unit="MW", required=True, lower=0.0, upper=100.0, plausible=(0, 50),
              meaning="how large it is")
THINGS = Table("things", ("thing",), (
    Column("thing", "key", required=True), SIZE,
    Column("ratio", unit="1", default=1.0, lower=0.5, upper=2.0),
    Column("note", "text", default="none"), Column("plain", "text"),
    Column("limit_ms", unit="ms", default=INF, lower=0, infinite=True),
    Column("maybe", default=2.0, blank_ok=True), Column("lat_deg", unit="deg", default=math.nan,
                                                        lower=-90, upper=90)))
PAIRS = Table("pairs", ("one", "two"), (
    Column("one", "key", required=True), Column("two", "key", required=True),
    Column("size", lower=2.0)))


def told(raw: Any, table: Table = THINGS, source: str = "") -> list[str]:
    faults: list[Fault] = []
    collect(table, raw, faults, source=source)
    return [str(fault) for fault in faults]


def thing(**columns: Any) -> pd.DataFrame:
    n = max((len(v) for v in columns.values()), default=1)
    base = {"thing": ["A", "B", "C"][:n], "size_mw": [1.0, 2.0, 3.0][:n]}
    return pd.DataFrame({**base, **columns})


WORDS: dict[str, tuple[pd.DataFrame, list[str]]] = {
    "text": (thing(size_mw=["1", " 2 ", "much"]), [
        "things, row C, column size_mw: 'much': is not a number [MW]; write digits only, e.g. "
        "12.5; the unit belongs in the column's name"]),
    "percent": (thing(ratio=["120%"]), [
        "things, row A, column ratio: '120%': is not a number; write a fraction, 0.65 for 65 %"]),
    "separator": (thing(size_mw=["1,200"]), [
        "things, row A, column size_mw: '1,200': is not a number [MW]; write 1234.5, without "
        "thousands separators and with a decimal point"]),
    "truth": (thing(size_mw=[True, False]), [
        f"things, row {r}, column size_mw: '{v}': is not a number [MW]; write digits only, e.g. "
        "12.5; the unit belongs in the column's name" for r, v in (("A", True), ("B", False))]),
    "nan": (thing(size_mw=[1.0, np.nan]), [
        "things, row B, column size_mw: is blank or NaN; give a number [MW]"]),
    "nan with a default": (thing(ratio=[np.nan]), [
        "things, row A, column ratio: is blank or NaN; give a number"]),
    "blank with a default": (thing(ratio=["", "1"]), [
        "things, row A, column ratio: is blank or NaN; give a number"]),
    "nan where blanks are fine": (thing(maybe=[np.nan]), [
        "things, row A, column maybe: is blank or NaN; give a number"]),
    "infinite": (thing(size_mw=[INF, -INF]), [
        "things, row A, column size_mw: inf: is infinite; give a finite number [MW]",
        "things, row B, column size_mw: -inf: is infinite; give a finite number [MW]"]),
    "infinitely little": (thing(limit_ms=[-INF]), [
        "things, row A, column limit_ms: -inf: is infinite; give a finite number [ms]"]),
    "low": (thing(size_mw=[-1.0, 0.0]), [
        "things, row A, column size_mw: -1.0: must be at least 0 [MW]; check the figure and its "
        "unit; how large it is"]),
    "high": (thing(size_mw=[101.0, 50.0]), [
        "things, row A, column size_mw: 101.0: must be at most 100 [MW]; check the figure and "
        "its unit; how large it is"]),
    "odd": (thing(size_mw=[50.5, 100.0]), [
        f"things, row {r}, column size_mw: {v}: is hardly in MW: expected 0 to 50; convert it to "
        "MW, or name the column in `unusual` if it is meant" for r, v in (("A", 50.5),
                                                                            ("B", 100.0))]),
    "swapped": (thing(lat_deg=[106.0]), [
        "things, row A, column lat_deg: 106.0: must be at most 90 [deg] (are lon_deg and lat_deg "
        "swapped?); check the figure and its unit; "]),
    "bounds are closed": (thing(ratio=[0.5, 2.0], lat_deg=[-90.0, 90.0]), []),
    "twice": (thing(thing=["A", "B", "A"]), [
        "things, row A: the same thing stands twice; keep one row"]),
    "blank key": (thing(thing=["A", "", ""]), [
        "things, row number 2, column thing: is blank; give every row its name",
        "things, row number 3, column thing: is blank; give every row its name"]),
    "no key": (thing(thing=[None, pd.NA, math.nan]), [
        f"things, row number {i}, column thing: is blank; give every row its name"
        for i in (1, 2, 3)]),
    "padded key": (thing(thing=["A", "B "]), [
        "things, row B, column thing: 'B ': has blanks around it; remove them"]),
    "control character": (thing(thing=["A\x07"]), [
        "things, row 'A\\x07', column thing: holds a control character; remove line breaks and "
        "the like"]),
    "missing column": (pd.DataFrame({"thing": ["A"], "zzz": [1.0]}), [
        "things, column size_mw: column is missing; add it"]),
    "column twice": (pd.concat([thing(), pd.DataFrame({"size_mw": ["bad"]})], axis=1), [
        "things, column size_mw: column given twice; keep one"]),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_fault_in_words(name: str) -> None:
    raw, said = WORDS[name]
    assert told(raw) == said


def test_keys_of_two_columns() -> None:
    raw = pd.DataFrame({"one": ["a", "a", "", "", "a"], "two": ["b", "b", "", "", "c"],
                        "size": [2.0, 3.0, 4.0, 5.0, 1.0]})
    assert told(raw, PAIRS) == [
        *(f"pairs, row number {i}, column {c}: is blank; give every row its name"
          for c in ("one", "two") for i in (3, 4)),
        "pairs, row a/c, column size: 1.0: must be at least 2; check the figure and its unit; ",
        "pairs, row a/b: the same one, two stands twice; keep one row"]
    half = pd.DataFrame({"one": ["a", "a"], "two": ["", ""]})
    assert [f for f in told(half, PAIRS) if "twice" in f] == []
    assert told(raw[["size"]], PAIRS)[-1].startswith("pairs, row 5, column size: 1.0")


def test_text_among_numbers_is_not_out_of_range_too() -> None:
    """A cell that is no number is told once, whatever the range of its column."""
    raw = pd.DataFrame({"one": ["a"], "two": ["b"], "size": ["x"]})
    assert len(told(raw, PAIRS)) == 1
    assert len(told(thing(ratio=["x"]))) == 1


def test_no_table_and_too_large_a_one(monkeypatch: pytest.MonkeyPatch) -> None:
    faults: list[Fault] = []
    empty = collect(THINGS, {"a": 1}, faults)
    assert list(empty) == [c.name for c in THINGS.columns]
    assert len(empty) == 0
    assert [str(f) for f in faults] == ["things: expected a pandas DataFrame, got dict"]
    monkeypatch.setattr(check, "MOST_ROWS", 2)
    assert told(thing(size_mw=[1, 2])) == []
    assert told(thing(size_mw=[1, -2, 3]), source="things.csv") == [
        "things.csv: 3 rows; at most 2 are read; select fewer regions, sites or hours"]
    monkeypatch.setattr(check, "MOST_ROWS", 1999)
    faults = []
    rest = collect(THINGS, pd.DataFrame({"thing": [f"t{i}" for i in range(2000)],
                                         "size_mw": 1.0}), faults)
    assert len(rest) == 0
    assert str(faults[0]).startswith("things: 2,000 rows; at most 1,999 are read")


def test_all_is_told_at_once_with_the_name_of_the_file() -> None:
    raw = thing(thing=["A", "B ", "C"], size_mw=[1.0, -2.0, INF])
    with pytest.raises(cg.DataError) as caught:
        check_table(THINGS, raw, source="things.csv")
    assert str(caught.value).startswith(
        "things.csv cannot be used:\n  - things.csv, row B, column thing: 'B ': has blanks")
    assert len(caught.value.faults) == 3
    with pytest.raises(cg.DataError, match=r"^things cannot be used:\n  - things, row B, "):
        check_table(THINGS, raw)


def test_a_sound_table_is_typed_and_in_order() -> None:
    raw = pd.DataFrame({"extra": [1, 2], "note": ["", "x"], "plain": [None, "y"],
                        "size_mw": ["1.5", " 2 "], "thing": [7.0, 7.5], "limit_ms": ["", "5"],
                        "maybe": ["", "3"]})
    before = raw.copy()
    typed = check_table(THINGS, raw)
    pd.testing.assert_frame_equal(raw, before)
    assert list(typed) == ["thing", "size_mw", "ratio", "note", "plain", "limit_ms", "maybe",
                           "lat_deg", "extra"]
    assert typed["thing"].tolist() == ["7", "7.5"]
    assert typed["size_mw"].tolist() == [1.5, 2.0]
    assert typed["note"].tolist() == ["none", "x"]
    assert typed["plain"].tolist() == ["", "y"]
    assert typed["limit_ms"].tolist() == [INF, 5.0]
    assert typed["maybe"].tolist() == [2.0, 3.0]
    assert typed["ratio"].tolist() == [1.0, 1.0]
    assert typed["lat_deg"].isna().all()
    assert [typed[c].dtype.name for c in ("size_mw", "maybe", "limit_ms")] == ["float64"] * 3
    assert all(pd.api.types.is_string_dtype(typed[c]) for c in ("thing", "note", "plain"))
    numbers = check_table(THINGS, thing(size_mw=[1, 2], limit_ms=[np.nan, INF]))
    assert numbers["limit_ms"].tolist() == [INF, INF]
    assert numbers["size_mw"].dtype == np.float64


def test_the_key_may_be_the_index() -> None:
    columns = thing().drop(columns="thing")
    for index in (pd.Index(["A"]), pd.Index(["A"], name="thing")):
        typed = check_table(THINGS, columns.set_axis(index))
        assert typed["thing"].tolist() == ["A"]
        assert typed.index.tolist() == [0]
    assert check_table(THINGS, thing().set_axis(["x"]))["thing"].tolist() == ["A"]
    assert check_table(THINGS, thing().set_axis(pd.Index(["x"], name="thing")))[
        "thing"].tolist() == ["A"]
    assert told(columns) == ["things, column thing: column is missing; add it"]
    both = pd.DataFrame({"size": [3.0]}, index=pd.MultiIndex.from_tuples(
        [("a", "b")], names=["one", "two"]))
    assert check_table(PAIRS, both)[["one", "two"]].to_numpy().tolist() == [["a", "b"]]
    mixed = both.assign(two="c")
    assert check_table(PAIRS, mixed)[["one", "two"]].to_numpy().tolist() == [["a", "c"]]
    assert "one" not in check_table(THINGS, thing().set_axis(pd.Index([9], name="other"))).columns
    unnamed = pd.DataFrame({"one": ["a"], "two": ["b"]}, index=["zzz"])
    assert list(check_table(PAIRS, unnamed)) == ["one", "two"]


def test_hours_are_typed_as_hours() -> None:
    raw = pd.DataFrame({"region": "a", "workload": "w", "mw": 1.0,
                        "hour": ["2025-01-01T00:00Z", "2025-01-01T01:00"]})
    assert told(raw, DEMAND) == [
        "demand, row a/w/2025-01-01T01:00, column hour: '2025-01-01T01:00': has no zone; "
        "write local times with their offset, 2025-01-31T13:00+01:00, and UTC as "
        "2025-01-31T13:00Z"]
    typed = check_table(DEMAND, raw[:1], source="demand.csv")
    assert str(typed["hour"].dtype) == "datetime64[us, UTC]"
