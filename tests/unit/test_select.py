"""Selectors and what a rule reaches."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.scenario.rulemask import hour_mask, lane_mask
from computegrid.scenario.select import matches, select
from golden.scenarios import two_sites

NAMES = pd.Series(["US", "CN", "FR", "NA"])
NUMBERS = pd.Series([1.0, 1.5, float("nan"), 2.0])


@pytest.mark.parametrize(("values", "condition", "expected"), [
    (NAMES, "US", [True, False, False, False]),
    (NAMES, ["US", "NA"], [True, False, False, True]),
    (NAMES, {"not": "US"}, [False, True, True, True]),
    (NAMES, {"not": ["US", "CN"]}, [False, False, True, True]),
    (NUMBERS, 1.5, [False, True, False, False]),
    (NUMBERS, {"min": 1.5}, [False, True, False, True]),
    (NUMBERS, {"min": 1.0, "max": 1.5}, [True, True, False, False]),
    (NUMBERS, {"not": {"min": 1.5}}, [True, False, True, False]),
    (pd.Series([True, False]), True, [True, False]),
])
def test_conditions(values, condition, expected):
    assert matches(values, condition).tolist() == expected


@pytest.mark.parametrize(("values", "condition", "says"), [
    (NUMBERS, "big", "holds numbers"),
    (NAMES, 3, "holds text"),
    (NAMES, {"over": 3}, "a condition is"),
    (NAMES, {}, "a condition is"),
    (NUMBERS, {"max": [1, 2]}, "cannot compare"),
])
def test_conditions_that_cannot_be_read(values, condition, says):
    with pytest.raises(cg.ScenarioError, match=says):
        matches(values, condition, where="pue")


def test_unknown_columns_are_named_with_a_hint():
    sites = pd.DataFrame({"control": ["US"]}, index=pd.Index(["a"], name="site"))
    with pytest.raises(cg.ScenarioError, match=r"no column 'contrl'; did you mean 'control'"):
        select({"sites": sites}, {"contrl": "US"}, where="rule 'x': supply")


@pytest.mark.parametrize(("demand", "supply", "expected"), [
    ({}, {}, [True, True]),
    ({"region": "home"}, {"site": "far"}, [False, True]),
    ({"country": "DE"}, {}, [False, False]),
    ({}, {"pue": {"min": 1.4}}, [True, False]),
    ({}, {"rtt_ms": {"max": 10.0}}, [True, False]),
    ({"workload": "work"}, {"control": {"not": "US"}}, [True, False]),
])
def test_lane_mask(demand, supply, expected):
    rule = cg.Forbid(label="x", demand=demand, supply=supply)
    assert lane_mask(two_sites().tables, rule).tolist() == expected


def test_same_column_relates_region_and_site():
    tables = two_sites(sites={"country": ["FR", "unknown"]}).tables
    rule = cg.Forbid(label="x", supply={"same_country": False})
    assert lane_mask(tables, rule).tolist() == [False, True]
    with pytest.raises(cg.ScenarioError, match="do not both have 'bloc'"):
        lane_mask(tables, cg.Forbid(label="x", supply={"same_bloc": False}))


def test_hours_that_do_not_exist_are_refused():
    hours = two_sites(hours=pd.date_range("2025-01-15", periods=2, freq="h", tz="UTC"))
    rule = cg.Forbid(label="x", hours=["2025-01-15T00:00Z", "2030-01-01T00:00Z"])
    with pytest.raises(cg.ScenarioError, match="2030-01-01T00:00Z is no hour of the scenario"):
        hour_mask(hours.tables["hours"], rule)


def test_a_rule_that_selects_nothing_is_told():
    with pytest.warns(cg.RuleWarning, match="'idle' selects no site"):
        cg.solve(two_sites(), [cg.Forbid(label="idle", supply={"control": "CN"})])


@pytest.mark.parametrize(("side", "selector", "said"), [
    ("demand", {"region": "nowhere"}, "no demand"), ("supply", {"site": "nowhere"}, "no site"),
])
@pytest.mark.parametrize("rule", [
    lambda **sides: cg.Forbid(label="idle", **sides),
    lambda **sides: cg.Limit(label="idle", quantity="it_mw", max=1, **sides),
    lambda **sides: cg.Share(label="idle", max=0.3, **sides),
    lambda **sides: cg.Charge(label="idle", quantity="it_mw", usd=1, **sides),
], ids=["Forbid", "Limit", "Share", "Charge"])
def test_every_kind_of_rule_says_which_side_selects_nothing(rule, side, selector, said):
    with pytest.warns(cg.RuleWarning, match=f"'idle' selects {said}"):
        cg.solve(two_sites(), [rule(**{side: selector})])


def test_a_minimum_of_no_demand_is_told():
    with pytest.warns(cg.RuleWarning, match="'idle' selects no demand"):
        cg.solve(two_sites(), [cg.Share(label="idle", demand={"region": "nowhere"}, min=0.3)])


KINDS = {
    "Forbid": lambda **sides: cg.Forbid(label="odd", **sides),
    "Limit": lambda **sides: cg.Limit(label="odd", quantity="it_mw", max=9, **sides),
    "Share": lambda **sides: cg.Share(label="odd", max=0.9, **sides),
    "Charge": lambda **sides: cg.Charge(label="odd", quantity="it_mw", usd=1, **sides),
}


def named() -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "DE"]}, index=["Paris", "Berlin"]),
        sites=pd.DataFrame({"capacity_mw": [9.0, 9.0], "control": ["US", "FR"],
                            "chip": ["H100", "MI300"]}, index=["cloud", "local"]),
        workloads=pd.DataFrame(index=["training", "inference"]),
        demand=pd.DataFrame([(r, w, 1.0) for r in ("Paris", "Berlin")
                             for w in ("training", "inference")],
                            columns=["region", "workload", "mw"]),
        hours=pd.DataFrame({"hour": range(4), "weight_hours": [1.0] * 4}),
        lanes=pd.DataFrame([(r, s) for r in ("Paris", "Berlin") for s in ("cloud", "local")],
                           columns=["region", "site"]))


@pytest.mark.parametrize(("selector", "said"), [
    ({"demand": {"region": ["Paris", "Berlni"]}}, "demand: no row has region 'Berlni', so it adds "
     "nothing; did you mean 'Berlin'"),
    ({"demand": {"workload": ["training", "Inference"]}}, "workload 'Inference'.*'inference'"),
    ({"supply": {"control": ["FR", "Us"]}}, "supply: no row has control 'Us', so it adds nothing; "
     "did you mean 'US'"),
    ({"supply": {"site": {"not": ["clod", "local"]}}}, "site 'clod', so it keeps nothing out; did "
     "you mean 'cloud'"),
    ({"supply": {"chip": ["H100", "MI30O"]}}, "chip 'MI30O'.*'MI300'"),
    ({"supply": {"control": ["FR", "Atlantis"]}}, "control 'Atlantis', so it adds nothing$"),
])
@pytest.mark.parametrize("kind", KINDS)
def test_one_misspelt_value_of_several_is_told(kind, selector, said):
    with pytest.warns(cg.RuleWarning, match=said) as told:
        cg.solve(named(), [KINDS[kind](**selector)])
    assert len(told) == 1
    assert str(told[0].message).startswith("rule 'odd': ")


def test_a_misspelt_value_alone_is_told_once_with_the_effect():
    with pytest.warns(cg.RuleWarning, match="'odd' selects no site, .*did you mean 'US'") as told:
        cg.solve(named(), [KINDS["Forbid"](supply={"control": "us"})])
    assert len(told) == 1
    with pytest.warns(cg.RuleWarning, match="workload 'trainin', so it adds nothing; did you mean"):
        cg.solve(named(), [cg.Defer(["training", "trainin"], 2)])


def test_values_that_exist_elsewhere_numbers_and_blanks_are_no_mistake(recwarn):
    rules = [cg.Forbid(label="home", supply={"control": {"not": ["FR", "DE", "US", ""]}}),
             cg.Forbid(label="far", supply={"capacity_mw": [9.0, 10.0], "control": "US"},
                       demand={"region": "Berlin", "same_control": False})]
    with pytest.raises(cg.ScenarioError):  # regions have no control
        cg.solve(named(), rules[1:])
    with pytest.warns(cg.RuleWarning, match="selects no site") as told:
        cg.solve(named(), rules[:1])
    assert "no row has" not in str(told[0].message)


def test_the_last_of_several_deferrals_holds_and_is_told():
    both = [cg.Defer("training", 1), cg.Defer("training", 2, label="longer")]
    with pytest.warns(cg.RuleWarning, match=r"'longer' \(2 h\) holds in place of 'defer training' "
                      r"\(1 h\) for all of its work") as told:
        cg.solve(named(), both)
    assert len(told) == 1
    cross = [cg.Defer("training", 1), cg.Defer(hours=2, demand={"region": "Paris"})]
    with pytest.warns(cg.RuleWarning, match="for part of its work"):
        cg.solve(named(), cross)


def test_a_deferral_of_part_of_the_work_is_an_exception():
    """Warnings are errors here: none comes."""
    cg.solve(named(), [cg.Defer(hours=1), cg.Defer("training", 2)])
    cg.solve(named(), [cg.Defer("training", 2), cg.Defer("training", 2, label="again")])


def test_cells_that_list_names():
    cells = pd.Series(["Red Sea;Mediterranean", "Red Sea", "", None])
    assert matches(cells, {"has": "Red Sea"}).tolist() == [True, True, False, False]
    assert matches(cells, {"has": ["Mediterranean", "Atlantic"]}).tolist() == [True] + [False] * 3
    assert matches(cells, {"not": {"has": "Mediterranean"}}).tolist() == [False, True, True, True]
    with pytest.raises(cg.ScenarioError, match="holds numbers"):
        matches(pd.Series([1.0]), {"has": "x"}, where="rule 'r': supply: pue")


def test_a_mask_kept_is_not_that_of_another_rule():
    """Masks are kept by what the selectors say: a rule changed in place is read again."""
    n = 1200
    tables = {
        "lanes": pd.DataFrame({"region": "r", "workload": "w",
                               "site": [f"s{i}" for i in range(n)]}),
        "regions": pd.DataFrame(index=pd.Index(["r"], name="region")),
        "workloads": pd.DataFrame(index=pd.Index(["w"], name="workload")),
        "sites": pd.DataFrame({"control": ["US", "CN"] * (n // 2)},
                              index=pd.Index([f"s{i}" for i in range(n)], name="site")),
    }
    rule = cg.Forbid(label="x", supply={"control": "US"})
    assert lane_mask(tables, rule)[:2].tolist() == [True, False]
    rule.supply["control"] = "CN"
    assert lane_mask(tables, rule)[:2].tolist() == [False, True]
    other = {**tables, "sites": tables["sites"].assign(control="CN")}
    assert lane_mask(other, rule).all()
    assert lane_mask(tables, rule).sum() == n // 2


SEQUENCES = [
    range(2), (0, 1), {0, 1}, frozenset({1, 0}), np.arange(2), np.array([0.0, 1.0]),
    pd.Index([0, 1]), pd.Series([0, 1], index=[7, 8]), {0: "", 1: ""}.keys(), iter([0, 1]),
]


@pytest.mark.parametrize("given", SEQUENCES, ids=lambda given: type(given).__name__)
def test_every_sequence_is_a_list(given):
    rule = cg.Forbid(label="x", hours=given)
    assert rule.hours == [0, 1]
    hours = two_sites(hours=pd.DataFrame({"hour": range(4)})).tables["hours"]
    assert hour_mask(hours, rule).tolist() == [True, True, False, False]


def test_sequences_in_selectors_and_each_are_lists():
    rule = cg.Limit(label="x", quantity="it_mw", max=1, supply={"site": {"not": np.array(["a"])}},
                    demand={"region": ("r",)}, each=pd.Index(["site", "region"]))
    assert (rule.supply, rule.demand, rule.each) == (
        {"site": {"not": ["a"]}}, {"region": ["r"]}, ["site", "region"])
    with pytest.raises(cg.ScenarioError, match="'x': each is a column"):
        cg.Limit(label="x", quantity="it_mw", max=1, each=range(2))
    with pytest.raises(cg.ScenarioError, match="'x': hours cannot be read"):
        cg.Forbid(label="x", hours={0, (1 + 0j), 1j})


DAYS = pd.DataFrame({"weight_hours": 1.0}, index=pd.date_range(
    "2025-07-30", periods=72, freq="h", tz="UTC", name="hour"))


@pytest.mark.parametrize(("given", "expected"), [
    ({"max": "2025-07-31"}, range(48)),
    ({"max": datetime.date(2025, 7, 31)}, range(48)),
    ({"max": "2025-07"}, range(48)),
    ({"max": "2025"}, range(72)),
    ({"max": "2025-07-31T00:00"}, range(25)),
    ({"max": "2025-07-31T02:00+02:00"}, range(25)),
    ({"min": "2025-07-31"}, range(24, 72)),
    ({"min": "2025-08"}, range(48, 72)),
    ({"not": {"max": "2025-07-31"}}, range(48, 72)),
    ({"not": "2025-07-31"}, [*range(24), *range(48, 72)]),
    ({"hour": {"min": "2025-07-31", "max": "2025-07-31"}}, range(24, 48)),
    ({"day": {"max": "2025-07"}}, range(48)),
    ({"day": datetime.date(2025, 7, 31)}, range(24, 48)),
    (["2025-07-30", "2025-08"], [*range(24), *range(48, 72)]),
    ("2025-07-31", range(24, 48)),
    (DAYS.index[:3], range(3)),
    (DAYS.index[:3].tz_localize(None).to_numpy(), range(3)),
    ({"hour_utc": range(2)}, [0, 1, 24, 25, 48, 49]),
])
def test_a_date_is_all_of_it(given, expected):
    mask = hour_mask(DAYS, cg.Forbid(label="x", hours=given))
    assert np.flatnonzero(mask).tolist() == list(expected)


@pytest.mark.parametrize(("given", "says"), [
    ([True, False], "True is no hour"),
    (True, "True is no hour"),
    (np.ones(72, dtype=bool), "True is no hour"),
    (["2025-07-30", "2025-09"], "2025-09 is no hour of the scenario, which runs from 2025-07-30"),
    ([3], "holds times"),
    (["soon"], "'soon' is not a time"),
    ({"max": "2025-13"}, "'2025-13' is not a time"),
    ({"max": 2025}, "cannot compare"),
    ({"min": None}, "None is not a time"),
])
def test_hours_that_cannot_be_read(given, says):
    with pytest.raises(cg.ScenarioError, match=says):
        hour_mask(DAYS, cg.Forbid(label="x", hours=given))


def test_every_number_of_a_list_of_hours_must_be_an_hour():
    hours = two_sites(hours=pd.DataFrame({"hour": range(4)})).tables["hours"]
    for given, says in (([0, 9], "9 is no hour"), ([0.5], "0.5 is no hour"), ([-1], "-1 is no"),
                        ([0, 7, 8], "7, 8 are no hours"), (["0"], "holds numbers")):
        with pytest.raises(cg.ScenarioError, match=says):
            hour_mask(hours, cg.Forbid(label="x", hours=given))
