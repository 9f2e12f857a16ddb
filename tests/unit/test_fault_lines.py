"""One cause is one line: faults that differ in row and value alone are told together."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.errors import MOST_FAULTS_SHOWN, DataError, Fault, lines_of


def test_rows_and_values_of_one_cause_are_counted_and_the_first_are_named():
    alike = [Fault("t", "is wrong", row=r, column="c", value=v, cure="mend it")
             for r, v in zip("ABCDE", (1.0, 1.0, 2.0, 3.0, 4.0), strict=True)]
    assert lines_of(alike[:1]) == [str(alike[0])]
    assert lines_of(alike[:2]) == ["t, 2 rows (A, B), column c: 1.0: is wrong; mend it"]
    assert lines_of(alike) == [
        "t, 5 rows (A, B, C, ...), column c: 1.0, 2.0, 3.0, ...: is wrong; mend it"]


@pytest.mark.parametrize("other", [
    {"table": "u"}, {"message": "is odd"}, {"column": "d"}, {"cure": "mend that"}])
def test_another_table_column_cause_or_cure_is_another_line(other):
    one = {"table": "t", "message": "is wrong", "column": "c", "cure": "mend it"}
    assert len(lines_of([Fault(**one, row="A"), Fault(**(one | other), row="B")])) == 2


def test_an_error_shows_causes_and_keeps_every_fault():
    faults = [Fault("t", "is wrong", row=str(i), column="c") for i in range(500)]
    faults += [Fault("t", f"is wrong in way {i}") for i in range(MOST_FAULTS_SHOWN)]
    error = DataError("t cannot be used:", faults)
    lines = str(error).splitlines()
    assert len(error.faults) == 500 + MOST_FAULTS_SHOWN
    assert lines[1] == "  - t, 500 rows (0, 1, 2, ...), column c: is wrong"
    assert len(lines) == 2 + MOST_FAULTS_SHOWN and lines[-1] == "  - ... and 1 more"


def test_a_planner_reads_one_line_for_a_column_in_another_unit():
    n = 200
    with pytest.raises(DataError) as told:
        cg.Scenario.from_tables(
            pd.DataFrame({"lon_deg": [1.0], "lat_deg": [1.0]}, index=["r"]),
            pd.DataFrame({"capacity_mw": -1.0, "pue": 120.0, "lon_deg": 1.0, "lat_deg": 1.0},
                         index=[f"s{i}" for i in range(n)]),
            pd.DataFrame({"region": [f"x{i}" for i in range(n)], "mw": 1.0}))
    said = str(told.value).splitlines()
    assert len(said) == 3 and len(told.value.faults) == 2 * n
    assert all("200 rows (s0, s1, s2, ...)" in line for line in said[1:])
