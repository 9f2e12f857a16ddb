"""One run, one meaning: what is left out means the same in Python and on the command line."""

from __future__ import annotations

import inspect
import math
from enum import Enum

import pandas as pd
import pytest

import computegrid as cg
from computegrid.commands import many, single
from computegrid.maps.page import draw_dispatch
from computegrid.report import write_report
from computegrid.scenario.regime import Forbid, Regime

OWN_WORDS = {
    single.run: cg.solve, single.stream: cg.solve_streamed, many.compare: cg.compare,
    many.freeze: cg.freeze, many.ladder: cg.ladder, many.frontier: cg.frontier,
    many.explain: cg.Scenario.explain, many.report: write_report,
}
ALIASES = {"spare_own": "exempt_own"}
NEAR_OR_FAR = [cg.Forbid(label="no near", supply={"site": "near"})]


def defaults(function) -> dict[str, object]:
    return {name: p.default.value if isinstance(p.default, Enum) else p.default
            for name, p in inspect.signature(function).parameters.items()
            if p.default is not inspect.Parameter.empty}


@pytest.mark.parametrize("command", OWN_WORDS, ids=lambda c: c.__name__)
def test_options_left_out_are_arguments_left_out(command):
    typed, called = defaults(command), defaults(OWN_WORDS[command])
    shared = {name: ALIASES.get(name, name) for name in typed if ALIASES.get(name, name) in called}
    required = set(inspect.signature(OWN_WORDS[command]).parameters)
    assert {"regime", "regimes", "base"} & set(typed) <= required
    assert {name: typed[name] for name in shared} == {
        name: called[other] for name, other in shared.items()}


def test_maps_are_drawn_alike():
    called = defaults(draw_dispatch)
    typed = defaults(single.run)
    shared = {"lang", "land", "worldview", "base_map", "base_map_note"} & set(called)
    assert shared and {n: typed[n] for n in shared} == {n: called[n] for n in shared}


def scenario(**kept) -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"]}, index=["home"]),
        sites=pd.DataFrame({"capacity_mw": [5.0, 9.0], "control": ["FR", "US"],
                            "country": ["FR", "US"]}, index=["near", "far"]),
        demand=pd.DataFrame({"region": ["home"], "mw": [4.0]}),
        lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
                            "network_usd_per_mwh": [1.0, 3.0]}),
        **kept)


def test_none_is_the_default_regime_everywhere(tmp_path):
    s = scenario(regimes={"now": NEAR_OR_FAR}, default_regime="now")
    assert cg.solve(s).regime.name == cg.to_pyomo(s)._computegrid.regime.name == "now"
    assert cg.solve(s).cost_usd == cg.solve(s, "now").cost_usd == 12.0
    assert cg.solve(s, []).cost_usd == 4.0 and cg.solve(s, []).regime.name == "no rules"
    assert not s.explain("home", "work", "near").open and s.explain(
        "home", "work", "near", []).open
    assert cg.freeze(s).regime.name == cg.frontier(s, points=2).regime.name == "now"
    assert cg.freeze(s, regime=[]).regime.name == "no rules"
    assert list(cg.compare(s, [None, []]).dispatches) == ["now", "no rules"]
    assert cg.solve_streamed(s, tmp_path / "a").summary["cost_usd"] == pytest.approx(12.0)
    assert cg.solve_streamed(s, tmp_path / "b", []).summary["cost_usd"] == pytest.approx(4.0)


def test_without_a_default_regime_none_is_no_rules():
    s = scenario(regimes={"now": NEAR_OR_FAR})
    assert cg.solve(s).cost_usd == 4.0 and cg.solve(s).regime.name == "no rules"


def test_the_ladder_starts_from_the_open_market():
    spare = Regime("spare", [Forbid(label="spare", supply={"site": "far"})])
    now = Regime("now", [], extends=spare)
    assert scenario(regimes=[spare, now], default_regime="now").open_market is spare
    market = Regime("open-market", [])
    assert scenario(regimes=[now, market], default_regime="now").open_market is market
    assert scenario().open_market.rules == ()
    climbed = cg.ladder(scenario(regimes=[spare, now], default_regime="now"))
    assert climbed.base is spare and next(iter(climbed.dispatches)) == "spare"
    assert cg.ladder(scenario(regimes=[spare, now], default_regime="now"),
                     base=[]).base.rules == ()


def test_a_run_read_back_has_the_same_open_market(tmp_path):
    spare = Regime("spare", [Forbid(label="spare", supply={"site": "far"})])
    s = scenario(regimes=[Regime("now", [], extends=spare)], default_regime="now")
    again = cg.read(cg.solve(s).save(tmp_path / "run")).scenario
    assert again.open_market == spare


def test_reserve_doubles_a_site_at_most_unless_told():
    s = scenario()
    assert math.isclose(cg.freeze(s, by="site").table.loc["near", "added_cost_usd"], 8.0)
    row = cg.freeze(s, by="site", reserve_most=math.inf).table
    assert row.equals(cg.freeze(s, by="site", reserve_most=None).table)
