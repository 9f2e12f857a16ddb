"""The program itself, entry by entry: rows, bounds, costs and what they couple, by hand.

Two regions, three lanes, three hours of 1, 2 and 3 hours; the second day begins at the third.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import computegrid as cg
from computegrid.program.algebra import Block, Family, LinearProgram
from computegrid.program.build import build_program

INF = np.inf
WEIGHT = np.array([1.0, 2.0, 3.0])
PRICE_X = np.array([20.0, 40.0, 60.0])
MW = {("a", "chat"): [4.0, 5.0, 6.0], ("a", "train"): [1.0, 0.0, 2.0],
      ("b", "chat"): [3.0, 3.0, 0.0]}
LANES = [("a", "chat", "x"), ("a", "chat", "y"), ("a", "train", "y"), ("b", "chat", "x")]


def scenario(**workloads: Any) -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "DE"], "bloc": "EU"}, index=["a", "b"]),
        sites=pd.DataFrame(
            {"capacity_mw": [10.0, 20.0], "pue": [1.5, 1.2], "power_ratio": [2.0, 1.0],
             "energy_usd_per_mwh": [0.0, 30.0], "carbon_kg_per_mwh": [100.0, 400.0],
             "rent_usd_per_mwh": [1.0, 2.0], "country": ["FR", "US"], "tier": ["p", "p"]},
            index=["x", "y"]),
        demand=pd.DataFrame([(r, w, h, mw) for (r, w), row in MW.items()
                             for h, mw in enumerate(row)],
                            columns=["region", "workload", "hour", "mw"]),
        workloads=pd.DataFrame({"unserved_usd_per_mwh": [100.0, INF], "gbps_per_mw": [2.0, 5.0],
                                "defer_hours": [0.0, 0.0], **workloads}, index=["chat", "train"]),
        hours=pd.DataFrame({"hour": [0, 1, 2], "weight_hours": WEIGHT, "day": ["d", "d", "e"]}),
        site_hours=pd.DataFrame({"site": "x", "hour": [0, 1, 2], "energy_usd_per_mwh": PRICE_X,
                                 "available_mw": [10.0, 8.0, 6.0]}),
        lanes=pd.DataFrame([(*lane, 3.0 if lane[0] == "a" else 4.0) for lane in LANES],
                           columns=["region", "workload", "site", "network_usd_per_mwh"]))


def built(*rules: cg.Rule, minimise: str = "cost", **workloads: Any) -> LinearProgram:
    return build_program(scenario(**workloads), cg.Regime("own", tuple(rules)), minimise)


def block(lp: LinearProgram, name: str) -> Block:
    return next(b for b in lp.blocks if b.name == name)


def family(lp: LinearProgram, name: str) -> Family:
    return next(f for f in lp.families if f.name == name)


def rows(lp: LinearProgram, name: str, of: str = "flow") -> np.ndarray:
    """Entries of a block's rows in a family's columns: (rows, entities, hours)."""
    dense = np.zeros((lp.n_rows, lp.n_columns))
    for i in range(lp.n_rows):
        part = slice(lp.start[i], lp.start[i + 1])
        dense[i, lp.index[part]] = lp.value[part]
    at = dense[lp.rows_of(name)][:, lp.columns_of(of)]
    return at.reshape(len(at), -1, 3)


def bounds(lp: LinearProgram, name: str) -> tuple[list[float], list[float]]:
    at = lp.rows_of(name)
    return lp.row_lower[at].tolist(), lp.row_upper[at].tolist()


def lane_order(lp: LinearProgram, s: cg.Scenario) -> list[tuple[str, str, str]]:
    of = family(lp, "flow").entities
    return [(s.regions.index[r], s.workloads.index[w], s.sites.index[k])
            for r, w, k in of[["region", "workload", "site"]].itertuples(index=False)]


def test_flow_costs_and_columns() -> None:
    lp = built()
    assert lane_order(lp, scenario()) == LANES
    x, y = 1.5 * 2 * PRICE_X + 1, np.full(3, 1.2 * 30 + 2)
    cost = np.array([x + 3, y + 3, y + 3, x + 4]) * WEIGHT
    assert family(lp, "flow").cost == pytest.approx(cost)
    assert lp.cost[lp.columns_of("flow")] == pytest.approx(cost.ravel())
    assert family(lp, "unserved").cost == pytest.approx(np.array([100, 0, 100])[:, None] * WEIGHT)
    assert family(lp, "unserved").upper.tolist() == [[INF] * 3, [0.0] * 3, [INF] * 3]
    assert family(lp, "unserved").entities.to_dict("list") == {"region": [0, 0, 1],
                                                             "workload": [0, 1, 0]}
    assert (lp.col_lower == 0).all()
    assert (lp.col_upper[lp.columns_of("flow")] == INF).all()
    assert not lp.has_family("backlog")
    assert (lp.n_columns, lp.n_rows, lp.couples) == (21, 15, {"hour"})
    assert {a.dtype.name for a in (lp.start, lp.index)} == {"int32"}
    with pytest.raises(KeyError, match="nothing"):
        lp.rows_of("nothing")


def test_activity_and_reduced_cost_are_those_of_the_matrix() -> None:
    lp = built()
    x, y = np.arange(21.0), np.arange(15.0)
    dense = np.array([np.bincount(lp.index[a:b], lp.value[a:b], 21)
                      for a, b in zip(lp.start[:-1], lp.start[1:], strict=True)])
    assert lp.activity(x) == pytest.approx(dense @ x)
    assert lp.reduced_cost(y) == pytest.approx(lp.cost - dense.T @ y)
    short = replace(lp, row_lower=lp.row_lower[:0], row_upper=lp.row_upper[:0],
                    start=lp.start[:1], index=lp.index[:0], value=lp.value[:0], blocks=())
    assert short.reduced_cost(np.zeros(0)) == pytest.approx(lp.cost)


def test_carbon_is_minimised_without_charges_and_nothing_dropped_for_it() -> None:
    lp = built(cg.Charge(label="tax", quantity="carbon_t", usd=9.0), minimise="carbon")
    x, y = 1.5 * 2 * 100, 1.2 * 400
    assert family(lp, "flow").cost == pytest.approx(np.array([[x], [y], [y], [x]]) * WEIGHT)
    worst = 10 * max(x, y)
    assert family(lp, "unserved").cost == pytest.approx(
        np.array([[worst], [0], [worst]]) * WEIGHT)
    clean = scenario()
    free = cg.Scenario.from_tables(
        clean.regions, clean.sites.assign(carbon_kg_per_mwh=0.0), clean.demand,
        workloads=clean.workloads.assign(unserved_usd_per_mwh=[50.0, 100.0]),
        lanes=clean.lanes[["region", "workload", "site"]])
    lp = build_program(free, cg.Regime("none"), "carbon")
    assert family(lp, "unserved").cost[:, 0].tolist() == [10.0, 20.0, 10.0]
    must = built(minimise="carbon", unserved_usd_per_mwh=[INF, INF])
    assert not family(must, "unserved").cost.any()


def test_demand_balance_rows() -> None:
    lp = built()
    wanted = [mw for row in MW.values() for mw in row]
    assert bounds(lp, "demand_balance") == (wanted, wanted)
    flows, unserved = rows(lp, "demand_balance"), rows(lp, "demand_balance", "unserved")
    for ask, lanes in enumerate(([0, 1], [2], [3])):
        for t in range(3):
            assert np.argwhere(flows[3 * ask + t]).tolist() == [[lane, t] for lane in lanes]
            assert np.argwhere(unserved[3 * ask + t]).tolist() == [[ask, t]]
    assert set(flows.ravel()) == set(unserved.ravel()) == {0.0, 1.0}
    assert block(lp, "demand_balance").couples == "hour"
    assert block(lp, "demand_balance").labels.to_dict("list") == {"region": [0, 0, 1],
                                                                 "workload": [0, 1, 0]}


def test_demand_balance_carries_the_backlog_by_the_weights_of_its_hours() -> None:
    lp = built(defer_hours=[2.0, 0.0])
    late = rows(lp, "demand_balance", "backlog")
    want = np.zeros((9, 2, 3))
    for ask, entity in ((0, 0), (2, 1)):
        want[3 * ask + np.arange(3), entity, np.arange(3)] = 1.0
        want[3 * ask + 1, entity, 0] = -1.0 / 2.0  # hour 0 weighs 1, hour 1 weighs 2
    assert late == pytest.approx(want)
    of = family(lp, "backlog")
    assert of.entities.to_dict("list") == {
        "region": [0, 1], "workload": [0, 0], "ask": [0, 2], "defer_hours": [2.0, 2.0]}
    assert of.upper.tolist() == [[4.0, 0.0, 0.0], [3.0, 0.0, 0.0]]
    assert not of.cost.any()
    assert not of.lower.any()
    assert lp.couples == {"day", "hour"}
    assert block(lp, "demand_balance").couples == "day"


def test_backlog_of_one_day_is_what_came_within_the_window() -> None:
    s = scenario(defer_hours=[1.0, 0.0])
    one_day = cg.Scenario.from_tables(
        s.regions, s.sites, s.demand, workloads=s.workloads, lanes=s.lanes[
            ["region", "workload", "site"]],
        hours=pd.DataFrame({"hour": [0, 1, 2], "weight_hours": WEIGHT, "day": "d"}))
    lp = build_program(one_day, cg.Regime("none"))
    assert family(lp, "backlog").upper.tolist() == [[4.0, 5.0, 0.0], [3.0, 3.0, 0.0]]
    longer = cg.Scenario.from_tables(
        s.regions, s.sites, s.demand, workloads=s.workloads.assign(defer_hours=[2.0, 0.0]),
        lanes=s.lanes[["region", "workload", "site"]],
        hours=pd.DataFrame({"hour": [0, 1, 2], "weight_hours": WEIGHT, "day": "d"}))
    upper = family(build_program(longer, cg.Regime("none")), "backlog").upper
    assert upper == pytest.approx(np.array([[4.0, 5.0 + 4.0 / 2, 0.0], [3.0, 3.0 + 3.0 / 2, 0.0]]))


def test_site_capacity_rows() -> None:
    lp = built()
    entries = rows(lp, "site_capacity")
    for site, lanes, ratio in ((0, [0, 3], 2.0), (1, [1, 2], 1.0)):
        for t in range(3):
            want = np.zeros((4, 3))
            want[lanes, t] = ratio
            assert entries[3 * site + t] == pytest.approx(want)
    assert bounds(lp, "site_capacity") == ([-INF] * 6, [10.0, 8.0, 6.0, 20.0, 20.0, 20.0])
    assert block(lp, "site_capacity").labels.to_dict("list") == {"site": [0, 1]}


def test_forbid_closes_only_its_lanes_and_hours() -> None:
    lp = built(cg.Forbid(label="f", demand={"workload": "chat"}, supply={"site": "x"}, hours=[1]))
    upper = family(lp, "flow").upper
    assert np.argwhere(upper == 0).tolist() == [[0, 1], [3, 1]]
    assert (upper[upper != 0] == INF).all()


def test_charge_is_added_per_quantity_in_its_hours() -> None:
    lp, free = built(cg.Charge(label="c", quantity="carbon_t", usd=7.0, supply={"site": "x"},
                               hours=[0, 2])), built()
    added = (family(lp, "flow").cost - family(free, "flow").cost) / WEIGHT
    want = np.zeros((4, 3))
    want[np.ix_([0, 3], [0, 2])] = 7.0 * 1.5 * 2 * 100 / 1000
    assert added == pytest.approx(want)


QUANTITIES = {
    "it_mw": np.ones((4, 3)),
    "power_mw": np.array([[2.0], [1], [1], [2]]) * np.ones(3),
    "energy_mwh": np.array([[3.0], [1.2], [1.2], [3]]) * np.ones(3),
    "carbon_t": np.array([[0.3], [0.48], [0.48], [0.3]]) * np.ones(3),
    "gbps": np.array([[2.0], [2], [5], [2]]) * np.ones(3),
    "spend_usd": np.array([3 * PRICE_X + 4, [41.0] * 3, [41.0] * 3, 3 * PRICE_X + 5]),
}
RATES = {"it_mw", "power_mw", "gbps"}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_limit_rows_of_each_hour(quantity: str) -> None:
    lp = built(cg.Limit(label="l", quantity=quantity, max=8.0, min=1.0, hours=[0, 2],
                        demand={"region": "a"}))
    entries = rows(lp, "l")
    assert entries.shape == (2, 4, 3)
    for row, t in enumerate((0, 2)):
        want = np.zeros((4, 3))
        want[:3, t] = QUANTITIES[quantity][:3, t]
        assert entries[row] == pytest.approx(want)
    assert bounds(lp, "l") == ([1.0, 1.0], [8.0, 8.0])
    assert block(lp, "l").couples == ("corridor" if quantity == "gbps" else "hour")
    assert block(lp, "l").labels.to_dict("list") == {"group": [""]}


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_limit_row_over_the_horizon(quantity: str) -> None:
    lp = built(cg.Limit(label="l", quantity=quantity, max=8.0, per="horizon", hours=[0, 2]))
    weight = WEIGHT * [1, 0, 1] / (4.0 if quantity in RATES else 1.0)
    assert rows(lp, "l") == pytest.approx((QUANTITIES[quantity] * weight)[None])
    assert bounds(lp, "l") == ([-INF], [8.0])
    assert block(lp, "l").couples == "horizon"
    assert lp.couples == {"hour", "horizon"}


def test_limit_on_utilisation_is_scaled_by_what_is_available() -> None:
    lp = built(cg.Limit(label="u", quantity="utilisation", max=0.5, min=0.1, each="site"))
    assert block(lp, "u").labels.to_dict("list") == {"group": ["x", "y"], "site": ["x", "y"]}
    lower, upper = bounds(lp, "u")
    assert upper == pytest.approx([5.0, 4.0, 3.0, 10.0, 10.0, 10.0])
    assert lower == pytest.approx([1.0, 0.8, 0.6, 2.0, 2.0, 2.0])
    assert rows(lp, "u")[0, :, 0].tolist() == [2.0, 0.0, 0.0, 2.0]
    mean = built(cg.Limit(label="u", quantity="utilisation", max=0.5, per="horizon", each="site"))
    assert bounds(mean, "u")[1] == pytest.approx([0.5 * (10 + 16 + 18) / 6, 10.0])
    assert rows(mean, "u")[1] == pytest.approx(
        np.array([[0.0], [1], [1], [0]]) * WEIGHT / 6)
    own = built(cg.Limit(label="u", quantity="utilisation", max=0.5, supply={"site": "x"},
                         each=["country", "tier"]))
    assert block(own, "u").labels["group"].tolist() == ["FR, p"]


def test_limit_on_utilisation_needs_columns_of_sites() -> None:
    with pytest.raises(cg.ScenarioError) as caught:
        built(cg.Limit(label="u", quantity="utilisation", max=0.5, each="region"))
    assert str(caught.value) == ("rule 'u': utilisation is of sites, so each must name a column "
                                 "of sites; 'region' is none")


def test_limit_each_of_two_columns() -> None:
    lp = built(cg.Limit(label="l", quantity="it_mw", max=8.0, each=["workload", "site"]))
    assert block(lp, "l").labels.to_dict("list") == {
        "group": ["chat, x", "chat, y", "train, y"], "workload": ["chat", "chat", "train"],
        "site": ["x", "y", "y"]}
    assert list(block(lp, "l").labels) == ["group", "workload", "site"]
    assert [np.flatnonzero(r[:, 0]).tolist() for r in rows(lp, "l")[::3]] == [[0, 3], [1], [2]]


@pytest.mark.parametrize(("bound", "sign"), [("max", -1.0), ("min", 1.0)])
def test_limit_that_is_soft_has_an_excess_of_each_hour(bound: str, sign: float) -> None:
    lp = built(cg.Limit(label="s", quantity="it_mw", penalty_usd=9.0, hours=[1, 2], **{bound: 2.0}))
    over = family(lp, "excess:s")
    assert over.cost.tolist() == [[0.0, 18.0, 27.0]]
    assert over.upper.tolist() == [[0.0, INF, INF]]
    assert over.lower.tolist() == [[0.0] * 3]
    want = np.zeros((2, 1, 3))
    want[0, 0, 1] = want[1, 0, 2] = sign
    assert rows(lp, "s", "excess:s") == pytest.approx(want)


@pytest.mark.parametrize(("quantity", "price"), [("it_mw", 9.0 * 5), ("carbon_t", 9.0)])
def test_limit_that_is_soft_over_the_horizon_has_one_excess(quantity: str, price: float) -> None:
    lp = built(cg.Limit(label="s", quantity=quantity, penalty_usd=9.0, per="horizon",
                        hours=[1, 2], max=2.0, each="region"))
    over = family(lp, "excess:s")
    assert over.cost.tolist() == [[0.0, price, 0.0]] * 2
    assert over.upper.tolist() == [[0.0, INF, 0.0]] * 2
    want = np.zeros((2, 2, 3))
    want[0, 0, 1] = want[1, 1, 1] = -1.0
    assert rows(lp, "s", "excess:s") == pytest.approx(want)
    assert over.entities["region"].tolist() == ["a", "b"]


def test_limit_that_is_soft_takes_one_bound() -> None:
    with pytest.raises(cg.ScenarioError) as caught:
        built(cg.Limit(label="s", quantity="it_mw", max=2.0, min=1.0, penalty_usd=9.0))
    assert str(caught.value) == ("rule 's': a soft limit has max or min, not both; "
                                 "write two rules")


def test_limit_of_gbps_needs_to_know_what_work_moves() -> None:
    with pytest.raises(cg.ScenarioError) as caught:
        built(cg.Limit(label="g", quantity="gbps", max=2.0), gbps_per_mw=[2.0, np.nan])
    assert str(caught.value) == (
        "rule 'g' speaks of gbps, but not every workload says how much it moves; "
        "give workloads a column gbps_per_mw")
    built(cg.Limit(label="g", quantity="gbps", max=2.0, demand={"workload": "chat"}),
          gbps_per_mw=[2.0, np.nan])


def test_share_row_over_the_horizon() -> None:
    lp = built(cg.Share(label="s", supply={"site": "y"}, demand={"region": "a"}, min=0.25,
                        max=0.5, hours=[0, 2]))
    want = np.zeros((1, 4, 3))
    want[0, 1:3] = [1.0, 0.0, 3.0]
    assert rows(lp, "s") == pytest.approx(want)
    wanted = 4 * 1 + 6 * 3 + 1 * 1 + 2 * 3
    assert bounds(lp, "s") == ([0.25 * wanted], [0.5 * wanted])
    s = block(lp, "s")
    assert (s.couples, s.hours, s.min_share, s.max_share) == ("horizon", None, 0.25, 0.5)
    assert s.demand is not None
    assert (s.demand.family, s.demand.entity.tolist(), s.demand.row.tolist()) == (
        "demand", [0, 1], [0, 0])
    assert s.demand.coefficient.tolist() == [[1.0, 0.0, 3.0]]
    one = block(built(cg.Share(label="s", max=0.5)), "s")
    assert (one.min_share, one.max_share) == (0.0, 0.5)
    assert block(built(cg.Share(label="s", min=0.5)), "s").max_share == 0.0


def test_share_rows_of_each_group_and_hour() -> None:
    lp = built(cg.Share(label="s", supply={"site": "y"}, max=0.5, each=["hour", "workload"],
                        hours=[1, 2]))
    s = block(lp, "s")
    assert s.labels.to_dict("list") == {"group": ["chat", "train"], "workload": ["chat", "train"]}
    assert list(s.labels) == ["group", "workload"]
    assert s.labels.index.tolist() == [0, 1]
    assert s.couples == "hour"
    assert bounds(lp, "s") == ([-INF] * 4, [4.0, 3.0, 0.0, 1.0])
    want = np.zeros((4, 4, 3))
    want[0, 1, 1] = want[1, 1, 2] = want[2, 2, 1] = want[3, 2, 2] = 1.0
    assert rows(lp, "s") == pytest.approx(want)


def test_share_of_demand_that_has_no_lane_has_a_row() -> None:
    lp = built(cg.Share(label="s", supply={"site": "y"}, min=0.5, each=["workload", "region"]))
    s = block(lp, "s")
    assert s.labels["group"].tolist() == ["chat, a", "chat, b", "train, a"]
    wanted = [4 + 10 + 18, 3 + 6, 1 + 6]
    assert bounds(lp, "s")[0] == pytest.approx([0.5 * w for w in wanted])
    assert [np.flatnonzero(r[:, 0]).tolist() for r in rows(lp, "s")] == [[1], [], [2]]


def test_share_of_each_site_is_of_all_the_demand() -> None:
    lp = built(cg.Share(label="s", max=0.5, each=["site", "workload"]))
    s = block(lp, "s")
    assert s.labels["group"].tolist() == ["x, chat", "y, chat", "y, train"]
    chat, train = 4 + 10 + 18 + 3 + 6, 1 + 6
    assert bounds(lp, "s")[1] == pytest.approx([0.5 * chat, 0.5 * chat, 0.5 * train])


def test_rules_that_do_nothing_are_told() -> None:
    with pytest.warns(cg.RuleWarning) as told:
        built(cg.Limit(label="l", quantity="it_mw", max=1.0, supply={"site": {"not": ["x", "y"]}}),
              cg.Forbid(label="f", supply={"site": "x"}, hours={"min": 9}))
    assert [str(w.message) for w in told] == [
        "rule 'l' selects no site, so it does nothing; check its supply "
        "{'site': {'not': ['x', 'y']}}",
        "rule 'f' selects no hour, so it does nothing; check its hours {'min': 9}"]


def test_a_minimum_of_nobody_is_not_idle() -> None:
    lp = built(cg.Limit(label="l", quantity="it_mw", min=1.0, supply={"site": {"not": ["x", "y"]}}))
    assert bounds(lp, "l") == ([1.0] * 3, [INF] * 3)


def test_a_soft_minimum_on_shut_lanes_is_told() -> None:
    shut = cg.Forbid(label="f", supply={"site": "x"})
    soft = cg.Limit(label="m", quantity="it_mw", min=2.5, penalty_usd=1.0, supply={"site": "x"})
    with pytest.warns(cg.RuleWarning) as told:
        built(shut, soft)
    assert [str(w.message) for w in told] == [
        "rule 'm' asks for at least 2.5 MW on lanes of which none is open: other rules forbid "
        "them, or there are none; its penalty is always paid"]
    built(cg.Forbid(label="f", supply={"site": "x"}, hours=[0]), soft)
    built(shut, cg.Limit(label="m", quantity="it_mw", min=2.5, supply={"site": "x"}),
          cg.Limit(label="n", quantity="it_mw", max=2.5, supply={"site": "x"}, penalty_usd=1.0))


def test_a_label_is_taken_once() -> None:
    with pytest.raises(cg.ScenarioError) as caught:
        built(cg.Share(label="site_capacity", max=0.5))
    assert str(caught.value) == "rule 'site_capacity': the label is taken; give it another"


def test_groups_are_in_the_order_of_their_names() -> None:
    for rule in (cg.Limit(label="l", quantity="it_mw", max=8.0, each="country"),
                 cg.Share(label="l", max=0.5, each="country")):
        lp = built(rule)
        assert block(lp, "l").labels.to_dict("list") == {"group": ["DE", "FR"],
                                                         "country": ["DE", "FR"]}
        assert block(lp, "l").labels.index.tolist() == [0, 1]
        first = np.flatnonzero(rows(lp, "l")[0].any(axis=1))
        assert first.tolist() == [3], "region b, of Germany, has one lane"


def test_limit_on_utilisation_counts_the_selected_sites_only() -> None:
    lp = built(cg.Limit(label="u", quantity="utilisation", max=0.5, supply={"site": "x"},
                        each="tier"))
    assert bounds(lp, "u")[1] == pytest.approx([5.0, 4.0, 3.0])


def test_limit_may_be_broken_for_nothing() -> None:
    lp = built(cg.Limit(label="s", quantity="it_mw", max=2.0, penalty_usd=0.0))
    assert not family(lp, "excess:s").cost.any()
