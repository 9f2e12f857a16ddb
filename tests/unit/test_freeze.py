"""The freeze desk: known outages, spared demand, pairs, contracts that lapse, reserves."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.studies.reserve import RESERVE_USD_PER_MW_YEAR, cheapest_reserve
from computegrid.studies.switches import find_switches


@pytest.fixture
def atlantic() -> cg.Scenario:
    """Paris and Boston; one US cloud of 10 MW, one French site of 5, one of unknown control."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "US"], "bloc": ["EU", "US"]},
                             index=["Paris", "Boston"]),
        sites=pd.DataFrame({"capacity_mw": [10.0, 5.0, 1.0], "control": ["US", "FR", "unknown"],
                            "operator": ["big", "small", "small"],
                            "energy_usd_per_mwh": [10.0, 30.0, 90.0]},
                           index=["cloud", "local", "dark"]),
        workloads=pd.DataFrame({"data_class": ["critical", "public"], "defer_hours": [0, 2],
                                "unserved_usd_per_mwh": [1000.0, 200.0]}, index=["core", "batch"]),
        demand=pd.DataFrame({"region": ["Paris", "Paris", "Boston"],
                             "workload": ["core", "batch", "core"], "mw": [7.0, 1.0, 2.0]}),
        hours=pd.DataFrame({"hour": [0, 1, 2], "weight_hours": [100.0] * 3}),
        lanes=pd.DataFrame([(r, s, 0.0) for r in ("Paris", "Boston")
                            for s in ("cloud", "local", "dark")],
                           columns=["region", "site", "network_usd_per_mwh"]),
        regimes={"contract": [cg.Share(label="half", supply={"control": "US"}, min=0.5)]},
    )


def test_the_book_s_plant_that_stops(trnsport):
    """Without San Diego 350 of 900 cases are shipped: 300 to Chicago, 50 to Topeka."""
    found = cg.freeze(trnsport, by="site", reserve_most=None)
    row = found.table.loc["San Diego"]
    assert row["unserved_mwh"] == pytest.approx(550.0)
    assert row["added_cost_usd"] == pytest.approx(300 * 0.153 + 50 * 0.162 + 550 * 10_000 - 153.675)
    assert row["reserve_mw"] == pytest.approx(550.0)
    assert row["peak_usd_per_mwh"] == pytest.approx(10_000.0)
    assert list(found.table.index) == ["San Diego", "Seattle"], "the worst first"


def test_a_freeze_spares_its_own_demand(atlantic):
    found = cg.freeze(atlantic)
    assert list(found.table.index) == ["US", "FR"], "unknown control holds no switch"
    us = found.table.loc["US"]
    # Boston keeps the cloud; Paris has local 5 and dark 1 for 7 of core and 1 of batch.
    assert us["unserved_mwh"] == pytest.approx(2.0 * 300)
    assert us["critical_unserved_mwh"] == pytest.approx(1.0 * 300)
    assert us["critical_unserved_share"] == pytest.approx(1 / 9)
    assert us["breach_hours"] == 0.0
    assert found.matrix.loc["US"].to_dict() == pytest.approx({"EU": 2 / 8, "US": 0.0})
    assert found.matrix_by("region").loc["US", "Paris"] == pytest.approx(2 / 8)
    all_of_it = cg.freeze(atlantic, exempt_own=False).table.loc["US"]
    assert all_of_it["unserved_mwh"] == pytest.approx(4.0 * 300)


def test_losses_are_told_for_every_country(atlantic):
    """Paris: 1 of 7 MW of core and the 1 MW of batch, 300 hours; Boston is a row with nothing."""
    found = cg.freeze(atlantic, reserve_usd_per_mw_year=None)
    lost = found.losses()
    assert list(lost.index) == ["FR", "US"]
    assert lost.loc["FR", ["unserved_mwh", "critical_unserved_mwh"]].tolist() == pytest.approx(
        [600.0, 300.0])
    assert lost.loc["FR", "critical_unserved_share"] == pytest.approx(1 / 7)
    assert lost.loc["US", "unserved_share"] == 0.0
    assert found.losses("FR", by="workload")["unserved_mwh"].sum() == pytest.approx(0.0)
    with pytest.raises(cg.ScenarioError, match="no switch 'USA' here; did you mean 'US'"):
        found.losses("USA")
    during = found.dispatches["US"].unserved_by("country")
    assert during.loc["FR", "critical_unserved_mwh"] == pytest.approx(300.0)
    with pytest.raises(cg.ScenarioError, match="no column 'contry'"):
        found.dispatches["US"].unserved_by("contry")


def test_prices_during_a_freeze_are_kept(atlantic):
    during = cg.freeze(atlantic).dispatches["US"]
    paris = during.prices.query("region == 'Paris' and workload == 'core'")
    assert paris["usd_per_mwh"].to_numpy() == pytest.approx([1000.0] * 3)


def test_the_reserve_saves_critical_work_and_costs_what_it_says(atlantic):
    found = cg.freeze(atlantic)
    us = found.table.loc["US"]
    assert us["reserve_mw"] == pytest.approx(1.0)
    assert us["reserve_usd_per_year"] == pytest.approx(RESERVE_USD_PER_MW_YEAR)
    assert us["critical_beyond_reserve_mwh"] == pytest.approx(0.0)
    assert found.reserves.to_dict("records") == [
        {"control": "US", "site": "local", "reserve_mw": pytest.approx(1.0),
         "usd_per_year": pytest.approx(RESERVE_USD_PER_MW_YEAR)}]
    dear = cg.freeze(atlantic, reserve_usd_per_mw_year=5e6).table.loc["US"]
    assert dear["reserve_usd_per_year"] == pytest.approx(5e6)
    assert math.isnan(cg.freeze(atlantic, reserve_usd_per_mw_year=None)
                      .table.loc["US", "reserve_mw"])


def test_reserve_at_a_site_can_be_bounded(trnsport):
    row = cg.freeze(trnsport, by="site", reserve_most=1.0).table.loc["San Diego"]
    assert row["reserve_mw"] == pytest.approx(350.0)
    assert row["critical_beyond_reserve_mwh"] == pytest.approx(200.0)


def test_other_work_may_be_called_critical(atlantic):
    found = cg.freeze(atlantic, critical={"workload": "batch"}, only="US")
    assert found.table.loc["US", "critical_unserved_mwh"] == pytest.approx(300.0)
    with pytest.raises(cg.ScenarioError, match="selects no work"):
        cg.freeze(atlantic, critical={"data_class": "none"})


def test_what_may_wait_breaches_later():
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["home"]),
        sites=pd.DataFrame({"capacity_mw": [5.0], "operator": ["one"]}, index=["only"]),
        workloads=pd.DataFrame({"defer_hours": [2.0]}, index=["batch"]),
        demand=pd.DataFrame({"region": ["home"], "mw": [4.0]}),
        hours=pd.DataFrame({"hour": [0, 1, 2, 3], "weight_hours": [1.0] * 4}),
        lanes=pd.DataFrame({"region": ["home"], "site": ["only"]}),
    )
    row = cg.freeze(scenario, by="operator").table.loc["one"]
    assert row["breach_hours"] == pytest.approx(2.0)
    assert row["reserve_mw"] == 0.0, "reserve cannot stand where the switch reaches"
    assert row["critical_beyond_reserve_mwh"] == pytest.approx(16.0)


def test_a_contract_lapses_and_the_row_says_so(atlantic):
    found = cg.freeze(atlantic, regime="contract")
    us = found.table.loc["US"]
    assert us["lapsed"] == "half"
    assert us["status"] == "optimal"
    assert us["added_cost_usd"] > 0
    assert found.table.loc["FR", "lapsed"] == ""


def test_work_that_must_be_served_makes_the_row_infeasible(atlantic):
    must = atlantic.workloads.assign(unserved_usd_per_mwh=math.inf)
    scenario = cg.Scenario.from_tables(
        regions=atlantic.regions, sites=atlantic.sites, demand=atlantic.demand, workloads=must,
        hours=atlantic.hours, lanes=atlantic.lanes[["region", "workload", "site",
                                                    "network_usd_per_mwh"]],
    )
    found = cg.freeze(scenario)
    row = found.table.loc["US"]
    assert row["status"] == "infeasible"
    assert found.losses("US")["unserved_mwh"].isna().all(), "what is lost is not known, not nothing"
    assert found.losses("US")["unserved_share"].isna().all()
    assert found.matrix.loc["US"].isna().all()
    assert row["reserve_mw"] == pytest.approx(1.0)


def test_pairs_are_at_least_as_bad(atlantic):
    found = cg.freeze(atlantic, depth=2, exempt_own=False)
    table = found.table
    assert table.index[0] == "FR + US"
    assert table.loc["FR + US", "unserved_mwh"] == pytest.approx(9.0 * 300)
    assert set(found.dispatches) == {"FR", "US"}


def test_corridors_need_a_column(atlantic):
    with pytest.raises(cg.ScenarioError, match="no column 'corridor'"):
        cg.freeze(atlantic, by="corridor")
    lanes = atlantic.lanes[["region", "workload", "site"]].assign(corridor="sea")
    lanes.loc[lanes["site"] == "local", "corridor"] = "land"
    scenario = cg.Scenario.from_tables(
        regions=atlantic.regions, sites=atlantic.sites, demand=atlantic.demand,
        workloads=atlantic.workloads, hours=atlantic.hours, lanes=lanes)
    table = cg.freeze(scenario, by="corridor").table
    assert table.loc["sea", "unserved_mwh"] == pytest.approx(5.0 * 300)
    assert table.loc["sea", "reserve_mw"] == pytest.approx(4.0)


def test_names_are_checked(atlantic):
    with pytest.raises(cg.ScenarioError, match="did you mean 'control'"):
        cg.freeze(atlantic, by="contrl")
    with pytest.raises(cg.ScenarioError, match="named 'U'"):
        cg.freeze(atlantic, only=["U"])
    with pytest.raises(cg.ScenarioError, match="no column 'technology'"):
        cg.freeze(atlantic, by="technology")
    with pytest.raises(cg.ScenarioError, match="depth"):
        cg.freeze(atlantic, depth=3)
    with pytest.raises(cg.ScenarioError, match="no column 'contry'"):
        cg.freeze(atlantic).matrix_by("contry")


def test_it_prints(atlantic):
    found = cg.freeze(atlantic)
    assert "US" in repr(found)
    assert "<table" in found._repr_html_()
    assert found.victims.loc[0, "region"] == "Paris"
    assert found.victims.loc[0, "critical_unserved_mwh"] == pytest.approx(300.0)


def test_where_nobody_gives_way_only_free_room_helps(atlantic):
    """Before: Paris holds local 0, cloud 8 of 10; here batch sits on the French site first."""
    crowd = cg.Forbid(label="batch stays local", demand={"workload": "batch"},
                      supply={"site": {"not": "local"}})
    scenario = cg.Scenario.from_tables(
        regions=atlantic.regions, sites=atlantic.sites, workloads=atlantic.workloads,
        hours=atlantic.hours, demand=pd.DataFrame({
            "region": ["Paris", "Paris"], "workload": ["core", "batch"], "mw": [7.0, 4.0]}),
        lanes=atlantic.lanes[["region", "workload", "site", "network_usd_per_mwh"]])
    kind = cg.freeze(scenario, regime=[crowd]).table.loc["US"]
    hard = cg.freeze(scenario, regime=[crowd], give_way=False).table.loc["US"]
    assert kind["critical_unserved_mwh"] == pytest.approx(1.0 * 300)
    assert hard["critical_unserved_mwh"] == pytest.approx(5.0 * 300, rel=1e-5)
    assert hard["unserved_mwh"] == pytest.approx(5.0 * 300, rel=1e-5)
    assert hard["reserve_mw"] == pytest.approx(5.0, rel=1e-5)
    assert hard["added_cost_usd"] >= kind["added_cost_usd"]


def test_what_hangs_on_a_tie_is_said_in_words_and_in_the_map(trnsport):
    """Of a row of the table: the command says held, least and most; so do a map's cells."""
    from computegrid.commands.console import stdout
    from computegrid.commands.saystudies import print_freeze
    from computegrid.maps.studies import switch_cells
    from computegrid.maps.words import words

    found = cg.freeze(trnsport, by="site", reserve_most=None)
    assert found.tied.empty
    console = stdout()
    with console.capture() as said:
        print_freeze(console, found)
    text = said.get()
    assert "No figure hangs on which of equally cheap dispatches is held" in text
    assert "Frozen by San Diego: reserve" in text
    held = found.reserves.query("frozen == 'San Diego'")
    assert held[["site", "reserve_mw"]].to_numpy().tolist() == [["Seattle", pytest.approx(550.0)]]
    row = found.table.loc["San Diego"].to_dict()
    plain = switch_cells(row, 1.0, words("en"))
    assert plain[0][1] == "550 MW"
    row |= {"critical_unserved_share": 0.05, "critical_unserved_share_least": 0.01,
            "critical_unserved_share_most": 0.08, "reserve_mw_least": 100.0}
    assert switch_cells(row, 1.0, words("en"))[0][1] == (
        "550 MW, critical work 5.0 %, 1.0 % to 8.0 % over equally cheap dispatches")
    assert switch_cells(row, 1.0, words("en"))[3][0] == "550 MW (100 MW – 550 MW)"
    assert "8.0 %" in switch_cells(row, 1.0, words("zh"))[0][1]


def test_the_command_lists_what_hangs_on_a_tie(atlantic):
    from computegrid.commands.console import stdout
    from computegrid.commands.saystudies import print_freeze

    # core and batch are worth the same: which of them is unserved is a tie
    same = atlantic.replace(workloads=atlantic.workloads.assign(unserved_usd_per_mwh=1000.0))
    found = cg.freeze(same, only="US")
    assert not found.tied.empty
    console = stdout()
    with console.capture() as said:
        print_freeze(console, found)
    assert "hang on which of equally cheap dispatches" in said.get()
    assert "critical %" in said.get()


def test_critical_work_that_is_dear_to_serve_is_served_all_the_same() -> None:
    """At 115 USD/MWh serving costs more than unserved work would weigh by the reserve alone."""
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame({"bloc": ["EU"]}, index=["r"]),
        sites=pd.DataFrame({"capacity_mw": [0.0, 0.1], "control": ["US", "FR"],
                            "energy_usd_per_mwh": [0.0, 115.0]}, index=["a", "b"]),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [100.0]}, index=["work"]),
        demand=pd.DataFrame({"region": ["r"], "mw": [0.1]}),
        hours=pd.DataFrame({"hour": [0], "weight_hours": [0.5]}),
        lanes=pd.DataFrame({"region": ["r"], "site": ["b"], "network_usd_per_mwh": 0.0}))
    switch = next(s for s in find_switches(scenario, "control") if s.label == "US")
    held = cheapest_reserve(scenario, switch, cg.Regime("free"), np.ones(1, dtype=bool), 1e5)
    assert (held.beyond_mwh, held.reserve_mw) == (0.0, 0.0)
