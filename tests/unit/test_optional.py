"""Optional files of a folder: shapes, parameters, and what their absence is said to mean."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.lanes import Network
from computegrid.scenario.optional import check_profiles, network_of, remark_on_facts
from computegrid.tables.check import check_table
from computegrid.tables.schema import FACTS

SITES = pd.DataFrame({"site": ["s"], "operator": ["op"], "country": ["GB"]})
WORKLOADS = pd.DataFrame({"workload": ["batch", "live"]})


def gated(name: str, **columns) -> dict[str, pd.DataFrame]:
    return {name: check_table(FACTS[name], pd.DataFrame(columns))}


def day(profile: str = "p", hours: int = 24, **columns) -> dict[str, pd.DataFrame]:
    return gated("profiles", **{"profile": [profile] * hours, "season": "DJF",
                                "hour_utc": range(hours), "factor": 1.0, **columns})


def grids(**columns) -> dict[str, pd.DataFrame]:
    return gated("grids", **{"grid": ["g"], "energy_usd_per_mwh": 50.0, "carbon_kg_per_mwh": 100.0,
                             "pue": 1.2, **columns})


def told(check, facts) -> list[str]:
    faults = []
    check(facts, faults)
    return [str(fault) for fault in faults]


def test_a_shape_has_every_hour_and_its_mean_is_one():
    assert told(check_profiles, day()) == []
    assert told(check_profiles, day(hours=20)) == [
        "profiles, row p/DJF, column hour_utc: 4 of 24 hours are missing, first 20; "
        "give every hour of the day"]
    assert told(check_profiles, day(factor=2.0)) == [
        "profiles, row p, column factor: 2.0: its factors must be about 1 in the mean; "
        "divide them by their mean"]


def test_prices_fall_below_nothing_and_carbon_does_not():
    shape = day(factor=[-0.5, 2.5] + [1.0] * 22)
    assert told(check_profiles, shape | grids(energy_profile="p")) == []
    assert told(check_profiles, shape | grids(carbon_profile="p")) == [
        "profiles, row p/DJF/0, column factor: -0.5: a shape of carbon must be at least 0; "
        "only prices fall below 0"]


def test_a_shape_of_demand_has_every_hour_and_some_work():
    def shape(hours: int, factor: float) -> dict[str, pd.DataFrame]:
        return gated("demand_profiles", workload=["batch"] * hours, hour_local=range(hours),
                     factor=factor)

    assert told(check_profiles, shape(24, 3.0)) == []
    assert told(check_profiles, shape(23, 1.0)) == [
        "demand_profiles, row batch, column hour_local: 1 of 24 hours are missing, first 23; "
        "give every hour of the day"]
    assert told(check_profiles, shape(24, 0.0)) == [
        "demand_profiles, row batch, column factor: is 0 in every hour; "
        "leave the workload out for a flat day"]


@pytest.mark.parametrize(("columns", "says"), [
    ({"season": "DFJ"}, "'DFJ': is none of DJF, MAM, JJA, SON; did you mean 'DJF'?"),
    ({"hour_utc": [0.5, *range(1, 24)]}, "0.5: must be a whole number"),
])
def test_an_hour_and_a_season_are_ones_there_are(columns, says):
    with pytest.raises(cg.DataError) as caught:
        day(**columns)
    assert says in str(caught.value)


def test_parameters_make_the_network():
    assert network_of({}, []) is None
    facts = gated("parameters", parameter=["rtt_ms_per_km", "network_usd_per_gb", "own"],
                  value=[0.02, 0.5, -7.0], unit=["ms/km", "USD/GB", ""])
    assert told(network_of, facts) == []
    assert network_of(facts, []) == Network(rtt_ms_per_km=0.02, usd_per_gb=0.5)


@pytest.mark.parametrize(("name", "value", "unit", "says"), [
    ("rtt_ms_per_km", -0.01, "", "row rtt_ms_per_km, column value: -0.01: must be at least 0"),
    ("rtt_intercept_ms", 9000.0, "", "is hardly in ms: expected 0 to 500"),
    ("rtt_ms_per_km", 0.02, "us/km", "column unit: 'us/km': is read in ms/km"),
    ("rtt_ms_per_kms", 0.02, "", "close to one; did you mean 'rtt_ms_per_km'?"),
])
def test_parameters_that_cannot_be_used(name, value, unit, says):
    facts = gated("parameters", parameter=[name], value=[value], unit=[unit])
    found = told(network_of, facts)
    assert len(found) == 1 and says in found[0]


def test_a_network_is_never_faster_farther_away():
    for wrong in (-1.0, float("nan"), float("inf"), "fast", True):
        with pytest.raises(cg.DataError, match=r"rtt_ms_per_km: .*must be a finite number"):
            Network(rtt_ms_per_km=wrong)


def test_what_optional_files_leave_out_is_said():
    def said(facts, sites=SITES, *, shaped=True) -> list[str]:
        return [str(one) for one in remark_on_facts(
            facts, sites, WORKLOADS, shaped=shaped, shaped_demand=shaped)]

    assert said({}) == []
    scores = gated("seal_scores", operator=["opp"], objective="SOV-1", level=3)
    assert said(scores) == ["seal_scores, column operator: 'opp': no such operator: its rows "
                            "change nothing; did you mean 'op'?"]
    assert said(scores, SITES.drop(columns="operator")) == [
        "sites, column operator: has no such column, so seal_scores.csv changes nothing; add it"]
    shapes = gated("demand_profiles", workload=["batch"] * 24 + ["lives"] * 24,
                   hour_local=[*range(24), *range(24)], factor=1.0)
    assert said(shapes) == [
        "demand_profiles, column workload: 'lives': no such workload: its rows change nothing; "
        "did you mean 'live'?",
        "demand_profiles, column workload: 'live': has no such workload, so its demand is flat; "
        "did you mean 'lives'?"]
    assert said(shapes, shaped=False) == []
    named = grids(energy_profile="p")
    assert said(named) == ["grids, column energy_profile: names a profile, but profiles.csv is "
                           "missing: the figure is the same in every hour; add profiles.csv"]
    assert said(named | day()) == []
