"""Rents by owner: a rent has an owner, an owner has a jurisdiction."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg


@pytest.fixture
def scarce() -> cg.Dispatch:
    """5 MW near at 1 USD, 9 far at 3, 8 wanted for 10 hours: near earns 2 USD/MWh, far nothing."""
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["home"]),
        sites=pd.DataFrame({"capacity_mw": [5.0, 9.0], "operator": ["cloud", "other"],
                            "control": ["FR", "US"]}, index=["near", "far"]),
        demand=pd.DataFrame({"region": ["home"], "mw": [8.0]}),
        hours=pd.DataFrame({"hour": [0], "weight_hours": [10.0]}),
        lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
                            "network_usd_per_mwh": [1.0, 3.0]}),
        ownership=pd.DataFrame({"operator": ["cloud", "cloud"], "jurisdiction": ["AE", "unknown"],
                                "share": [0.4, 0.6]}),
    )
    return cg.solve(scenario)


def test_rents_go_to_ultimate_owners(scarce):
    found = scarce.rents_by()
    assert found["rent_usd"].to_dict() == pytest.approx({"unknown": 60.0, "AE": 40.0})
    assert found["share"].sum() == pytest.approx(1.0)
    # unknown: 60 % of near's 5 MW and all of far's 9
    assert found["capacity_mw"].to_dict() == pytest.approx({"unknown": 12.0, "AE": 2.0})
    assert found.loc["AE", "usd_per_mw_year"] == pytest.approx(2.0 * 8760)


def test_control_is_another_answer_than_ownership(scarce):
    by_control = scarce.rents_by("control")["rent_usd"]
    assert by_control.to_dict() == pytest.approx({"FR": 100.0, "US": 0.0})
    assert scarce.rents_by("site").loc["near", "usd_per_mw_year"] == pytest.approx(2.0 * 8760)
    assert scarce.rents_by("operator")["rent_usd"].sum() == pytest.approx(100.0)


def test_what_cannot_be_shared_out(scarce):
    with pytest.raises(cg.ScenarioError, match="did you mean 'control'"):
        scarce.rents_by("contrl")
    with pytest.raises(cg.ScenarioError, match="minimise='cost'"):
        cg.solve(scarce.scenario, minimise="carbon").rents_by()


def test_without_facts_of_owners_all_is_unknown(trnsport):
    assert list(cg.solve(trnsport).rents_by().index) == ["unknown"]
