"""The price of sovereignty: rungs, steps that add up, attribution free of order."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg
from computegrid.studies.attribution import shapley
from computegrid.studies.ladder import home_rules


@pytest.fixture
def four_sites() -> cg.Scenario:
    """Each site satisfies one rung more than the one before and costs twice as much."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"], "bloc": ["EU"]}, index=["Paris"]),
        sites=pd.DataFrame({
            "capacity_mw": 10.0, "country": ["US", "DE", "DE", "DE", "DE"],
            "bloc": ["US", "EU", "EU", "EU", "EU"], "hq": ["US", "US", "DE", "DE", "DE"],
            "control": ["US", "US", "US", "FR", "EU"],
            "chip_origin": ["US", "US", "US", "US", "FR"],
            "energy_usd_per_mwh": [1.0, 2.0, 4.0, 8.0, 16.0],
        }, index=["far", "placed", "seated", "owned", "made"]),
        demand=pd.DataFrame({"region": ["Paris"], "mw": [3.0]}),
        lanes=pd.DataFrame({"region": "Paris", "site": ["far", "placed", "seated", "owned",
                                                        "made"]}),
    )


def test_every_rung_by_hand(four_sites):
    table = cg.ladder(four_sites).table
    assert table["added_cost_usd"].to_dict() == pytest.approx(
        {"residency": 3.0, "operator": 6.0, "control": 12.0, "chip": 24.0, "whole": 45.0})
    assert table.loc["whole", "usd_per_mwh"] == pytest.approx(15.0)


def test_home_can_be_the_country(four_sites):
    rule = home_rules(four_sites, "residency", "country", {})[0]
    assert rule.demand == {"country": "FR"}
    table = cg.ladder(four_sites, home="country").table
    assert table.loc["residency", "added_unserved_mwh"] == pytest.approx(3.0), "no site in France"


def test_a_regime_is_a_ladder_of_its_rules(four_sites):
    base = cg.Regime("base", [cg.Forbid(label="not far", supply={"site": "far"})])
    own = cg.Regime("own", [cg.Forbid(label="seat", supply={"hq": "US"}),
                            cg.Forbid(label="parent", supply={"control": "US"})], extends=base)
    found = cg.ladder(four_sites, own)
    assert list(found.dispatches) == ["base", "seat", "parent"]
    assert found.table["added_cost_usd"].tolist() == pytest.approx([6.0, 12.0, 18.0])


def test_shapley_by_hand(four_sites):
    """Seat alone 9 (1 to 4 USD x 3), parent alone 21; both 21: 4.5 and 16.5."""
    parts = {"seat": [cg.Forbid(label="seat", supply={"hq": "US"})],
             "parent": [cg.Forbid(label="parent", supply={"control": "US"})]}
    found = shapley(four_sites, parts, cg.Regime("free"))
    assert found["added_cost_usd"].to_dict() == pytest.approx({"seat": 4.5, "parent": 16.5})
    assert cg.ladder(four_sites, parts).shapley()["added_cost_usd"].sum() == pytest.approx(21.0)


def test_what_cannot_be_a_ladder(four_sites):
    many = {f"r{i}": [cg.Forbid(label=f"r{i}", supply={"site": "far"})] for i in range(9)}
    with pytest.raises(cg.ScenarioError, match="1 to 8 parts, not 9"):
        shapley(four_sites, many, cg.Regime("free"))
    with pytest.raises(cg.ScenarioError, match="no home 'contry'"):
        cg.ladder(four_sites, home="contry")
    hard = {"half": [cg.Share(label="half", supply={"site": "far"}, min=0.5)],
            "none": [cg.Forbid(label="none", supply={"site": "far"})]}
    with pytest.raises(cg.InfeasibleError, match="step 'none'"):
        cg.ladder(four_sites, hard)


def test_homeless_scenarios_say_so(trnsport):
    with pytest.raises(cg.ScenarioError, match="what is home"):
        cg.ladder(trnsport)


def test_it_prints(four_sites):
    found = cg.ladder(four_sites)
    assert "residency" in repr(found)
    assert "<table" in found._repr_html_()
