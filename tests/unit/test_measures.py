"""Figures of an answer come once, from sums that add over the windows of a horizon."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from test_streaming import BASE, CAP, LEVY, world

import computegrid as cg
from computegrid.answer.totals import totals_of
from computegrid.program.build import selections, write_equations
from computegrid.streaming.window import equations_of, part_of, windows_of

RULES = [LEVY, CAP, BASE]


def apart(dispatch):
    """Totals of every day of a dispatch, as if it had been solved alone."""
    scenario, rules = dispatch.scenario, dispatch.regime
    chosen = selections(scenario, rules)
    whole = write_equations(scenario, rules)
    for window in windows_of(scenario.arrays, chosen, days=2):
        part = part_of(scenario, window)
        within = [(rule, found.within(window.hours)) for rule, found in chosen]
        lp = equations_of(scenario.arrays, chosen, window)
        x = np.zeros(lp.n_columns)
        for family in lp.families:
            held = dispatch._x[whole.columns_of(family.name)].reshape(-1, scenario.arrays.n_hours)
            x[lp.columns_of(family.name)] = held[:, window.hours].ravel()
        dual = np.zeros(lp.n_rows)
        rows = whole.rows_of("site_capacity")
        held = dispatch._row_dual[rows].reshape(-1, scenario.arrays.n_hours)
        dual[lp.rows_of("site_capacity")] = held[:, window.hours].ravel()
        yield totals_of(part.arrays, within, lp, x, dual)


def test_totals_of_windows_add_up_to_those_of_the_horizon():
    dispatch = cg.solve(world(peak=2.0, unserved=60.0), RULES)
    whole, first, *others = dispatch._totals, *apart(dispatch)
    assert len(others) == 2
    added = first + others[0] + others[1]
    for one in fields(whole):
        held, other = getattr(whole, one.name), getattr(added, one.name)
        if isinstance(held, dict):
            assert list(held) == list(other), one.name
            for key, value in held.items():
                assert other[key] == pytest.approx(value, rel=1e-12, abs=1e-9), (one.name, key)
        else:
            assert other == pytest.approx(held), one.name
    assert whole.penalties_usd["base"] > 0 and whole.charged["levy"] > 0
    assert whole.sites["rent"].sum() > 0 and whole.pairs["unserved_mwh"].sum() > 0


def test_a_comparison_a_summary_and_a_frontier_say_one_figure():
    scenario = world(peak=2.0, unserved=60.0)
    dispatch = cg.solve(scenario, RULES)
    row = cg.compare(scenario, {"held": RULES}).table.loc["held"]
    summary = dispatch.summary
    for name in summary.index.intersection(row.index):
        assert row[name] == pytest.approx(summary[name], rel=1e-9, nan_ok=True), name
    shares = dispatch.control_shares
    assert {who: row[f"control_{who}_share"] for who in shares.index} == pytest.approx(
        shares.to_dict())


def test_dependence_is_one_figure_under_every_name():
    scenario = cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR", "DE"]}, index=["Paris", "Berlin"]),
        sites=pd.DataFrame({"capacity_mw": [9.0, 9.0], "control": ["US", "FR"]},
                           index=["cloud", "local"]),
        demand=pd.DataFrame({"region": ["Paris", "Berlin"], "mw": [8.0, 4.0]}),
        lanes=pd.DataFrame({"region": ["Paris", "Berlin"] * 2,
                            "site": ["cloud"] * 2 + ["local"] * 2,
                            "network_usd_per_mwh": [4.0, 1.0, 1.0, 3.0]}))
    dispatch = cg.solve(scenario, [])
    table = cg.frontier(scenario, points=2, regime=[]).table
    assert dispatch.dependence == dispatch.summary["dependence"] == pytest.approx(1 / 3)
    assert table["foreign_share"].iloc[0] == pytest.approx(dispatch.dependence)
    row = cg.compare(scenario, {"open": []}).table.loc["open"]
    assert 1.0 - row["own_control_share"] == pytest.approx(dispatch.dependence)
