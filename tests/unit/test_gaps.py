"""Hours without a figure are faults that name them, or filled where that is asked for by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.cli import main

HOURS = pd.date_range("2030-01-01", periods=168, freq="h", tz="UTC")
FIGURES = {"energy_usd_per_mwh": 50.0, "carbon_kg_per_mwh": 400.0, "pue": 1.2}


def given(hours=HOURS, figures=FIGURES, names=("DE",), **sites):
    """One region that wants 4 MW and the sites named, with figures for every hour."""
    return {
        "regions": pd.DataFrame(index=["r"]),
        "sites": pd.DataFrame({"capacity_mw": 9.0, **sites}, index=list(names)),
        "demand": pd.DataFrame({"region": "r", "hour": hours, "mw": 4.0}),
        "lanes": pd.DataFrame({"region": "r", "site": list(names)}),
        "site_hours": pd.concat([
            pd.DataFrame({"site": name, "hour": hours, **figures}) for name in names]),
        "hours": pd.DataFrame({"hour": hours, "weight_hours": 1.0}),
    }


def faults(tables, **more):
    with pytest.raises(cg.DataError) as caught:
        cg.Scenario.from_tables(**tables, **more)
    return [str(fault) for fault in caught.value.faults]


def without(tables, name, hours, how="row", column=None):
    """The tables with some hours (positions) of one of them missing or blank."""
    table = tables[name].reset_index(drop=True)
    if how == "row":
        return tables | {name: table.drop(index=list(hours))}
    return tables | {name: table.assign(**{
        column: table[column].mask(table.index.isin(hours))})}


@pytest.mark.parametrize("how", ["row", "cell"])
@pytest.mark.parametrize("column", FIGURES)
def test_a_missing_figure_of_a_site_names_site_and_hours(column, how):
    tables = given(figures={column: FIGURES[column]})
    told = faults(without(tables, "site_hours", range(3, 10), how, column))
    assert len(told) == 1
    assert told[0].startswith(f"site_hours, row DE, column {column}: 7 of 168 hours, first "
                              "2030-01-01 03:00, have no figure; give them")
    assert "fill='previous' or 'interpolate'" in told[0]


@pytest.mark.parametrize("how", ["row", "cell"])
def test_missing_demand_names_region_and_hours(how):
    told = faults(without(given(), "demand", [5, 6], how, "mw"))
    assert [t.split(";")[0] for t in told] == [
        "demand, row r/work, column mw: 2 of 168 hours, first 2030-01-01 05:00, have no figure"]


def test_one_cause_is_one_line_and_all_are_told():
    names = [f"s{i}" for i in range(40)]
    tables = given(HOURS[:4], {"energy_usd_per_mwh": 50.0}, names)
    gaps = [4 * i + 1 for i in range(40)]
    told = faults(without(tables, "site_hours", gaps))
    assert [t.split(";")[0] for t in told] == [
        "site_hours, row s0, s1, s2 and 37 more, column energy_usd_per_mwh: 1 of 4 hours, first "
        "2030-01-01 01:00, have no figure"]
    assert len(faults(without(without(tables, "site_hours", [1, 6]), "demand", [0]))) == 3


def test_a_site_of_which_nothing_is_said_is_a_gap_too():
    tables = given(HOURS[:4], {"energy_usd_per_mwh": 50.0}, ("a", "b"))
    tables["site_hours"] = tables["site_hours"].query("site == 'a'")
    assert "row b, column energy_usd_per_mwh: 4 of 4 hours" in faults(tables)[0]
    tables["sites"]["energy_usd_per_mwh"] = 30.0
    assert cg.solve(cg.Scenario.from_tables(**tables)).cost_usd == pytest.approx(4 * 4 * 30)


def test_the_sites_own_figure_is_taken_and_said():
    tables = given(HOURS[:4], {"energy_usd_per_mwh": 50.0}, energy_usd_per_mwh=0.0)
    s = cg.Scenario.from_tables(**without(tables, "site_hours", [2]))
    assert cg.solve(s).cost_usd == pytest.approx(4 * 50 * 3)
    assert any("1 of 4 hours have no figure, the site's own figure in sites is taken: "
               "2030-01-01 02:00" in str(r) for r in s.remarks)


def test_what_is_available_in_a_missing_hour_is_the_whole_capacity_and_said():
    tables = given(HOURS[:4], {"energy_usd_per_mwh": 50.0, "available_mw": 2.0})
    s = cg.Scenario.from_tables(**without(tables, "site_hours", [1], "cell", "available_mw"))
    assert s.arrays.available_mw.tolist() == [[2.0, 9.0, 2.0, 2.0]]
    assert any("the whole capacity is taken: 2030-01-01 01:00" in str(r) for r in s.remarks)
    s = cg.Scenario.from_tables(**without(tables, "site_hours", [1], "cell", "available_mw"),
                                fill="previous")
    assert s.arrays.available_mw.tolist() == [[2.0] * 4]


@pytest.mark.parametrize(("fill", "filled"), [
    ("previous", [10.0, 10.0, 10.0, 40.0]), ("interpolate", [10.0, 20.0, 30.0, 40.0])])
@pytest.mark.parametrize("how", ["row", "cell"])
def test_a_fill_that_is_asked_for_is_made_and_said(fill, filled, how):
    tables = given(HOURS[:4], {"energy_usd_per_mwh": [10.0, 20.0, 30.0, 40.0]})
    tables["demand"]["mw"] = [10.0, 20.0, 30.0, 40.0]
    tables = without(without(tables, "site_hours", [1, 2], how, "energy_usd_per_mwh"),
                     "demand", [1, 2], how, "mw")
    s = cg.Scenario.from_tables(**tables, fill=fill)
    assert s.arrays.energy_usd_per_mwh.tolist() == [filled]
    assert s.arrays.demand_mw.tolist() == [filled]
    said = [str(r) for r in s.remarks if "2030-01-01 01:00 to 2030-01-01 02:00" in str(r)]
    assert [t.split(",")[0] for t in said] == ["demand", "site_hours"]
    again = cg.Scenario.from_tables(**s.to_tables())
    assert again.arrays.energy_usd_per_mwh.tolist() == [filled]


def test_a_fill_crosses_no_days_and_needs_a_figure_to_begin_with():
    hours = [0, 1, 2, 3]
    tables = given(hours, {"energy_usd_per_mwh": [1.0, 2.0, 3.0, 4.0]})
    tables["hours"]["day"] = ["winter", "winter", "summer", "summer"]
    for gone, fill, why in (([2], "previous", "none before them"), ([0], "previous", "none before"),
                            ([1], "interpolate", "none on both sides"),
                            ([3], "interpolate", "none on both sides")):
        assert why in faults(without(tables, "site_hours", gone), fill=fill)[0]


def test_an_unknown_fill_is_refused():
    assert "did you mean 'previous'" in faults(given(HOURS[:2]), fill="previus")[0]


def test_what_was_a_default_is_no_figure_in_a_new_scenario():
    s = cg.Scenario.from_tables(**given(HOURS[:4], {"energy_usd_per_mwh": 50.0}))
    with pytest.raises(cg.DataError, match="1 of 4 hours"):
        s.replace(site_hours=s.site_hours[1:])
    filled = s.replace(site_hours=s.site_hours[:3], fill="previous")
    assert filled.arrays.energy_usd_per_mwh.tolist() == [[50.0] * 4]


def test_folders_and_the_command_line_fill_by_name(tmp_path, capsys):
    tables = given(HOURS[:4], {"energy_usd_per_mwh": 50.0})
    facts = tmp_path / "facts"
    facts.mkdir()
    tables["site_hours"] = tables["site_hours"][:3]
    tables["workloads"] = pd.DataFrame({"workload": ["work"]})
    for name, table in tables.items():
        key = {"regions": "region", "sites": "site"}.get(name)
        table.to_csv(facts / f"{name}.csv", index=key is not None, index_label=key)
    model = tmp_path / "model.toml"
    model.write_text('title = "Gaps"\ndata = "facts"\n', encoding="utf-8")
    with pytest.raises(cg.DataError, match=r"site_hours.csv, row DE, .*: 1 of 4 hours"):
        cg.load(model)
    assert cg.solve(cg.load(model, fill="previous")).cost_usd == pytest.approx(4 * 4 * 50)
    with pytest.raises(SystemExit) as ended:
        main(["run", str(model), "--fill", "previous"])
    assert ended.value.code == 0
    assert "hours have no figure" in capsys.readouterr().err.replace("\n", " ")
    model.write_text('title = "Gaps"\ndata = "facts"\nfill = "previous"\n', encoding="utf-8")
    assert np.allclose(cg.load(model).arrays.energy_usd_per_mwh, 50)
