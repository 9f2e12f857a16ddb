"""Comparison: the figures of each regime, differences, what moves, infeasible rows."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import computegrid as cg

NO_SEATTLE = cg.Forbid(label="no Chicago from Seattle", demand={"region": "Chicago"},
                       supply={"site": "Seattle"})


@pytest.fixture
def two_blocs() -> cg.Scenario:
    """Paris and Lyon, one data class each; a US cloud nearby, a French site, one of unknown."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "FR"], "bloc": ["EU", "EU"]},
                             index=["Paris", "Lyon"]),
        sites=pd.DataFrame({"capacity_mw": [10.0, 6.0, 4.0], "country": ["FR", "FR", "US"],
                            "bloc": ["EU", "EU", "US"], "control": ["US", "FR", "unknown"],
                            "energy_usd_per_mwh": [10.0, 30.0, 20.0]},
                           index=["cloud", "local", "abroad"]),
        workloads=pd.DataFrame({"data_class": ["critical", "public"], "unserved_usd_per_mwh":
                                [1000.0, 200.0]}, index=["core", "batch"]),
        demand=pd.DataFrame({"region": ["Paris", "Lyon"], "workload": ["core", "batch"],
                             "mw": [8.0, 6.0]}),
        lanes=pd.DataFrame([(r, s, ms) for r in ("Paris", "Lyon")
                            for s, ms in (("cloud", 5.0), ("local", 8.0), ("abroad", 90.0))],
                           columns=["region", "site", "rtt_ms"]),
        regimes={
            "open": [],
            "no-us": [cg.Forbid(label="no US", supply={"control": "US"})],
            "must": [cg.Share(label="all on US", supply={"control": "US"}, min=1.0)],
        },
    )


def test_the_book_s_price_of_a_ban(trnsport):
    """Chicago from San Diego costs 0.009 more a case; 300 cases: 2.7 on top of 153.675."""
    found = cg.compare(trnsport, {"free": [], "ban": [NO_SEATTLE]})
    assert found.table.loc["free", "cost_usd"] == pytest.approx(153.675)
    assert found.table.loc["ban", "cost_usd"] == pytest.approx(156.375)
    assert found.delta().loc["ban", "cost_usd"] == pytest.approx(2.7)
    moved = found.flows_delta("ban")
    assert moved["delta_mwh"].sum() == pytest.approx(0.0)
    chicago = moved[moved["region"] == "Chicago"].set_index("site")["delta_mwh"]
    assert chicago.to_dict() == pytest.approx({"Seattle": -300.0, "San Diego": 300.0})


def test_figures_of_a_regime_by_hand(two_blocs):
    table = cg.compare(two_blocs, ["open", "no-us"]).table
    # open: the cloud's 10 MW at 10 USD, the site abroad's 4 MW at 20 USD
    row = table.loc["open"]
    assert row["cost_usd"] == pytest.approx(100.0 + 80.0)
    assert row["home_share"] == pytest.approx(10 / 14)
    assert row["own_control_share"] == pytest.approx(0.0)
    assert row["control_US_share"] == pytest.approx(10 / 14)
    assert row["control_unknown_share"] == pytest.approx(4 / 14)
    assert row["foreign_spend_usd"] == pytest.approx(180.0), "unknown control is not own"
    assert row["p95_rtt_ms"] == pytest.approx(90.0)
    # no-us: 6 + 4 MW for the core, 4 MW of batch given up
    row = table.loc["no-us"]
    assert row["unserved_public_mwh"] == pytest.approx(4.0)
    assert row["unserved_critical_mwh"] == pytest.approx(0.0)
    assert row["unserved_mwh"] == pytest.approx(4.0)
    assert row["foreign_spend_usd"] == pytest.approx(80.0)
    shares = [c for c in table.columns if c.startswith("control_")]
    assert table[shares].sum(axis=1).to_numpy() == pytest.approx([1.0, 1.0])


def test_an_infeasible_regime_is_a_row_and_not_a_crash(two_blocs):
    found = cg.compare(two_blocs)
    assert found.infeasible.keys() == {"must"}
    assert found.table.loc["must", "status"] == "infeasible"
    assert math.isnan(found.table.loc["must", "cost_usd"])
    assert list(found.ladder.index) == ["no-us"]
    with pytest.raises(cg.ScenarioError, match="has no dispatch"):
        found.flows_delta("must")
    with pytest.raises(cg.InfeasibleError):
        cg.compare(two_blocs, base="must")


def test_names_are_checked(two_blocs):
    with pytest.raises(cg.ScenarioError, match="did you mean 'open'"):
        cg.compare(two_blocs, ["opne"])
    with pytest.raises(cg.ScenarioError, match="two regimes are named 'open'"):
        cg.compare(two_blocs, ["open", "open"])
    with pytest.raises(cg.ScenarioError, match="is not compared"):
        cg.compare(two_blocs, ["open"], base="no-us")
    with pytest.raises(cg.ScenarioError, match="no regime 'x'"):
        cg.compare(two_blocs, ["open"]).delta("x")


def test_progress_is_told_and_it_prints(two_blocs):
    said = []
    found = cg.compare(two_blocs, ["open", "no-us"], progress=lambda *a: said.append(a))
    assert said == [(0, 2, "open"), (1, 2, "no-us"), (2, 2, "")]
    assert "no-us" in repr(found)
    assert "<table" in found._repr_html_()


def test_contradictions_and_idle_rules_are_named(two_blocs):
    """Never silence: an error or a warning, with the rule's name."""
    no_us = cg.Forbid(label="no US", supply={"control": "US"})
    soft = cg.Limit(label="floor", supply={"control": "US"}, quantity="it_mw", min=5,
                    penalty_usd=1.0)
    with pytest.warns(cg.RuleWarning, match="'floor' asks for at least 5 MW .* none is open"):
        cg.solve(two_blocs, [no_us, soft])
    with pytest.warns(cg.RuleWarning, match="'nobody' selects no site"):
        cg.solve(two_blocs, [cg.Forbid(label="nobody", supply={"control": "CN"})])
    low = cg.Limit(label="low", supply={"control": "US"}, quantity="it_mw", min=5)
    high = cg.Limit(label="high", supply={"control": "US"}, quantity="it_mw", max=3)
    with pytest.raises(cg.InfeasibleError, match="'low' and 'high'"):
        cg.solve(two_blocs, [low, high])
    with pytest.raises(cg.InfeasibleError, match=r"'all' and 'no US'|'no US' and 'all'"):
        cg.solve(two_blocs, [no_us, cg.Share(label="all", supply={"control": "US"}, min=1.0)])
    with pytest.raises(cg.ScenarioError, match=r"rule 'typo'.*did you mean 'control'"):
        cg.solve(two_blocs, [cg.Forbid(label="typo", supply={"contrl": "US"})])
