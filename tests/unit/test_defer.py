"""`Defer`: how long work may wait, set by a regime."""

from __future__ import annotations

import dataclasses
import json
import warnings

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.studies.solving import solve_near

WAITS = [cg.Defer("v", 2.0), cg.Defer("w", 5.0)]


def world(seed: int = 0, defer_hours: tuple[float, float, float] = (0.0, 0.0, 0.0),
          days: int = 3) -> cg.Scenario:
    """Two regions, three workloads, two sites of hourly prices; a day is ten steps."""
    draw = np.random.default_rng(seed)
    n = 10 * days
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"bloc": ["EU", "US"]}, index=["A", "B"]),
        sites=pd.DataFrame({"capacity_mw": [9.0, 9.0], "control": ["EU", "US"],
                            "carbon_kg_per_mwh": [10.0, 400.0]}, index=["s", "t"]),
        demand=pd.DataFrame([(r, w, h, draw.uniform(0, 3)) for r in "AB" for w in "uvw"
                             for h in range(n)], columns=["region", "workload", "hour", "mw"]),
        workloads=pd.DataFrame({"defer_hours": defer_hours,
                                "unserved_usd_per_mwh": [500.0, 300.0, 200.0]}, index=list("uvw")),
        lanes=pd.DataFrame([(r, s) for r in "AB" for s in "st"], columns=["region", "site"]),
        site_hours=pd.DataFrame([(s, h, draw.uniform(1, 100)) for s in "st" for h in range(n)],
                                columns=["site", "hour", "energy_usd_per_mwh"]),
        hours=pd.DataFrame({"hour": range(n), "weight_hours": 1.0,
                            "day": np.repeat(np.arange(days), 10)}))


RULES = [
    [],
    [cg.Limit(label="cap", quantity="carbon_t", max=5.0, per="horizon", penalty_usd=100.0)],
    [cg.Share(label="eu", demand={"bloc": "EU"}, supply={"control": "EU"}, min=0.5),
     cg.Forbid(label="shut", supply={"site": "t"}, hours=range(5))],
]


@pytest.mark.parametrize("rules", RULES, ids=["none", "cap", "share"])
@pytest.mark.parametrize("minimise", ["cost", "carbon"])
def test_a_rule_is_what_the_column_says(rules, minimise):
    by_rule = cg.solve(world(), [*rules, *WAITS], minimise)
    by_column = cg.solve(world(defer_hours=(0.0, 2.0, 5.0)), rules, minimise)
    assert by_rule.cost_usd == pytest.approx(by_column.cost_usd, rel=1e-9)
    for name in ("flows", "prices", "rents", "waiting", "delays", "backlog", "unserved"):
        pd.testing.assert_frame_equal(getattr(by_rule, name), getattr(by_column, name), rtol=1e-6,
                                      atol=1e-6, obj=name)
    assert by_rule.rule_prices["rule"].unique().tolist() == [r.label for r in rules]


def test_the_last_rule_holds_and_none_is_no_waiting():
    s = world(defer_hours=(4.0, 2.0, 5.0))
    none = cg.solve(s, [cg.Defer(hours=0)])
    assert none.waiting.empty
    assert none.cost_usd == pytest.approx(cg.solve(world(), []).cost_usd)
    one = cg.solve(s, [cg.Defer(hours=0, label="base"), cg.Defer("w", 5, demand={"bloc": "EU"})])
    assert set(one.waiting["region"]) == {"A"} and set(one.waiting["workload"]) == {"w"}
    assert one.delays["defer_hours"].to_dict() == {"u": 0.0, "v": 0.0, "w": 5.0}
    base = cg.Regime("base", [cg.Defer("w", 5)])
    more = cg.Regime("more", [cg.Defer("w", 0)], extends=base)
    assert cg.solve(world(), more).waiting.empty  # one label: the later takes its place


def test_shift_against_not_is_one_comparison():
    s = world()
    c = cg.compare(s, {"as it comes": [], "shifted": WAITS})
    cost = c.table["cost_usd"]
    assert cost["shifted"] < cost["as it comes"]
    assert cost["shifted"] == pytest.approx(
        cg.solve(world(defer_hours=(0.0, 2.0, 5.0)), []).cost_usd, rel=1e-9)
    again = solve_near(s, s.regime(WAITS), near=cg.solve(s, []))
    back = solve_near(s, s.regime([]), near=cg.solve(s, WAITS))
    assert (again.cost_usd, back.cost_usd) == pytest.approx(
        (cost["shifted"], cost["as it comes"]), rel=1e-9)


def test_prices_are_the_cost_of_more_demand():
    s, step = world(3, days=1), 1e-4
    prices = cg.solve(s, WAITS).prices["usd_per_mwh"].to_numpy()
    base = cg.solve(s, WAITS).cost_usd
    demand = s.demand.sort_values(["region", "workload", "hour"], ignore_index=True)
    for row in range(0, len(demand), 7):
        more = demand.copy()
        more.loc[row, "mw"] += step
        slope = (cg.solve(s.replace(demand=more), WAITS).cost_usd - base) / step
        assert slope == pytest.approx(prices[row], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("rules", RULES[:2], ids=["none", "cap"])
def test_a_streamed_run_waits_within_its_windows_and_says_so(tmp_path, rules):
    s = world(days=3)
    run = cg.solve_streamed(s, tmp_path / "run", [*rules, *WAITS], gap=1e-6)
    cost = cg.solve(s, [*rules, *WAITS]).cost_usd
    assert run.summary["cost_usd"] == pytest.approx(cost, rel=1e-5)
    assert run.remarks == ()  # the days stand for others: nothing waits beyond
    whole = s.replace(hours=s.hours.drop(columns="day"))
    cut = cg.solve_streamed(whole, tmp_path / "cut", [*rules, *WAITS], gap=1e-6)
    assert "work waits within its window" in str(cut.remarks[0])
    alone = cg.solve_streamed(whole, tmp_path / "alone", rules, gap=1e-6)
    assert alone.remarks == ()


def test_many_windows_are_sampled_without_waiting(tmp_path):
    s = world(days=50)
    rules = [*WAITS, cg.Limit(label="cap", quantity="carbon_t", max=90.0, per="horizon")]
    run = cg.solve_streamed(s, tmp_path / "run", rules, gap=1e-4)
    assert run.summary["cost_usd"] == pytest.approx(cg.solve(s, rules).cost_usd, rel=3e-4)


def test_a_saved_run_keeps_it(tmp_path):
    d = cg.solve(world(), WAITS)
    d.save(tmp_path / "run")
    again = cg.read(tmp_path / "run")
    assert again.regime.rules == d.regime.rules
    assert again.cost_usd == d.cost_usd
    pd.testing.assert_frame_equal(again.waiting, d.waiting)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["rules"][0]["kind"] == "Defer"


def test_pyomo_waits_too():
    d = cg.solve_pyomo(cg.to_pyomo(world(), WAITS))
    assert d.cost_usd == pytest.approx(cg.solve(world(), WAITS).cost_usd, rel=1e-9)
    assert len(d.waiting)


def test_it_is_explained():
    said = str(world().explain("A", "w", "s", [*WAITS, cg.Defer("u", 0, source="SRC")]))
    assert "may wait by 'defer w' up to 5 h, because workload = w" in said
    assert "may wait by 'defer u' not at all" in str(world().explain("A", "u", "s",
                                                                     [cg.Defer("u", 0)]))


def test_a_freeze_breaches_after_the_wait_of_its_rules():
    s = world()
    regime = cg.Regime("waits", [cg.Defer(hours=3)])
    by_rule = cg.freeze(s, by="control", regime=regime).table
    by_column = cg.freeze(world(defer_hours=(3.0,) * 3), by="control", regime=[]).table
    pd.testing.assert_series_equal(by_rule["breach_hours"], by_column["breach_hours"])
    assert by_rule["breach_hours"].min() >= 3


@pytest.mark.parametrize(("given", "says"), [
    ({"workload": "w"}, "hours says how long"),
    ({"workload": "w", "hours": -1}, "at least 0"),
    ({"workload": "w", "hours": float("nan")}, "finite number"),
    ({"workload": "w", "hours": True}, "finite number"),
    ({"workload": "w", "hours": range(3)}, "finite number"),
    ({"workload": "w", "hours": 1, "supply": {"site": "s"}}, "leave supply out"),
    ({"workload": "w", "hours": 1, "demand": {"workload": "u"}}, "workload stands twice"),
    ({"hours": 1, "demand": ["u"]}, "demand must be a mapping"),
    ({"hours": 1, "label": 3}, "needs a label"),
])
def test_what_is_no_deferral(given, says):
    with pytest.raises(cg.ScenarioError, match=says):
        cg.Defer(**given)


def test_it_may_not_wait_beyond_the_horizon():
    cg.solve(world(), [cg.Defer("w", 168)])
    with pytest.raises(cg.ScenarioError, match=r"'defer w': 1440 h lie beyond the horizon of 30 h"):
        cg.solve(world(), [cg.Defer("w", 1440)])


def test_of_nobody_is_told():
    with pytest.warns(cg.RuleWarning, match="'defer x' selects no demand"):
        cg.solve(world(), [cg.Defer("x", 5)])


def test_it_is_a_value():
    rule = cg.Defer(["v", "w"], np.float64(5), source="SRC")
    assert rule == cg.Defer(workload=("v", "w"), hours=5, source="SRC")
    assert rule.demand == {"workload": ["v", "w"]} and rule.label == "defer v, w"
    assert dataclasses.replace(rule, hours=1).hours == 1.0


def test_a_model_file_may_say_it(tmp_path):
    text = (cg.scenario.bundled.models_folder() / "usa.toml").read_text(encoding="utf-8")
    text += ('\n[regimes.shifted]\nextends = "open-market"\n[[regimes.shifted.rules]]\n'
             'kind = "Defer"\nworkload = "training"\nhours = 6\n')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    rule = cg.load(tmp_path / "mine.toml").regimes["shifted"].rules[-1]
    assert (rule.kind, rule.hours, rule.workload) == ("Defer", 6.0, "training")
    text = text.replace('ing"\nhours = 6\n', 'ing"\n')
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(cg.ScenarioError, match="hours says how long"):
        cg.load(tmp_path / "mine.toml")


def test_the_map_and_the_report_name_it(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        s = world()
        places = s.replace(
            lanes=None, regions=s.regions.assign(lon_deg=[0.0, 5.0], lat_deg=[45.0, 50.0]).drop(
                columns="geometry"),
            sites=s.sites.assign(lon_deg=[1.0, 6.0], lat_deg=[46.0, 51.0]).drop(columns="geometry"))
    page = cg.solve(places, WAITS).explore().get_root().render()
    assert "defer w" in page and "up to %x h" in page
