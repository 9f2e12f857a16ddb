"""Frontiers: the bound is kept, the shadow price is the slope, wrong names are refused."""

from __future__ import annotations

import pandas as pd
import pytest

import computegrid as cg


@pytest.fixture
def cheap_or_own() -> cg.Scenario:
    """8 MW from Paris: a US cloud at 1 USD, a French site of 6 MW at 3 USD, another at 9 USD."""
    return cg.Scenario.from_tables(
        regions=pd.DataFrame({"country": ["FR"]}, index=["Paris"]),
        sites=pd.DataFrame({"capacity_mw": [9.0, 6.0, 9.0], "control": ["US", "FR", "FR"],
                            "carbon_kg_per_mwh": [400.0, 100.0, 0.0],
                            "energy_usd_per_mwh": [1.0, 3.0, 9.0]},
                           index=["cloud", "local", "dear"]),
        demand=pd.DataFrame({"region": ["Paris"], "mw": [8.0]}),
        lanes=pd.DataFrame({"region": "Paris", "site": ["cloud", "local", "dear"],
                            "rtt_ms": [40.0, 10.0, 5.0]}),
    )


def test_foreign_share_by_hand(cheap_or_own):
    curve = cg.frontier(cheap_or_own, points=4)
    table = curve.table
    # the ends; where their tangents meet (8 = 36 - 64 x); and the bend
    assert table["foreign_share"].tolist() == pytest.approx([1.0, 0.4375, 0.25, 0.0])
    assert table["cost_usd"].tolist() == pytest.approx([8.0, 17.0, 20.0, 36.0])
    # one unit of share is 8 MWh, moved at 2 USD and then at 8 USD
    assert table["shadow_price"].iloc[[0, 1, 3]].tolist() == pytest.approx([0.0, -16.0, -64.0])
    assert table["step_cost_usd"].sum() == pytest.approx(28.0)
    assert curve.gap == pytest.approx(0.0, abs=1e-9), "straight lines from end to bend to end"


def test_points_are_set_where_the_curve_bends(cheap_or_own):
    """Of 2 points the chord from 8 to 36 lies 12.25 above where the tangents meet, at 0.4375."""
    assert cg.frontier(cheap_or_own, points=2).gap == pytest.approx(8 + 28 * 0.5625 - 8)
    # of 3 points: from (0.4375, 17) to (0, 36) the chord lies highest above the tangents at 0.25
    third = cg.frontier(cheap_or_own, points=3)
    assert third.gap == pytest.approx(36 - 19 * 0.25 / 0.4375 - 20.0)
    five = cg.frontier(cheap_or_own, points=5)
    assert five.bounds.tolist() == pytest.approx([1.0, 0.71875, 0.4375, 0.25, 0.0]), "no gap left"


def test_what_stops_the_curve_is_said(cheap_or_own):
    """A rule, capacity, the bound asked for, or x being 0."""
    def stop(*rules: cg.Forbid | cg.Share | cg.Charge, **options: float) -> tuple[str, ...]:
        curve = cg.frontier(cheap_or_own, points=2, regime=list(rules), **options)
        assert curve.table["stopped_by"].tolist() == ["", "; ".join(curve.stopped_by)]
        return curve.stopped_by

    closed = cg.Forbid(label="no dear", supply={"site": "dear"})
    tax = cg.Charge(label="tax", quantity="it_mw", usd=1.0)
    assert stop(tax) == ("(nothing: x is 0)",)
    assert stop(closed, tax) == ("no dear",)
    promise = cg.Share(label="promise", supply={"control": "US"}, min=0.4)
    assert stop(promise, tax) == ("promise",)
    assert stop(lowest=0.6) == ("(the bound asked for)",)
    scarce = cheap_or_own.replace(sites=cheap_or_own.sites.assign(capacity_mw=[9.0, 2.0, 1.0]))
    assert cg.frontier(scarce, points=2, regime=[]).stopped_by == (
        "(capacity, and lanes that exist)",)


def test_the_command_and_the_plot_say_what_stops_the_curve(cheap_or_own):
    import matplotlib.pyplot as plt

    from computegrid.commands.console import stdout
    from computegrid.commands.saystudies import print_frontier

    rule = cg.Share(label="promise [70 %]", supply={"control": "US"}, min=0.4)
    curve = cg.frontier(cheap_or_own, points=2, regime=[rule])
    console = stdout()
    with console.capture() as said:
        print_frontier(console, curve)
    assert "ends there because of: promise [70 %]" in said.get()
    assert "at most" in said.get()
    for lang, word in (("en", "ends because of: promise"), ("zh", "止于: promise")):
        ax = curve.plot(lang=lang)
        assert any(word in text.get_text() for text in ax.texts)
        plt.close(ax.figure)


@pytest.mark.parametrize("x", ["mean_rtt_ms", "carbon_t", "energy_mwh"])
def test_every_x_is_kept_and_costs_rise(cheap_or_own, x):
    table = cg.frontier(cheap_or_own, x=x, points=4).table
    assert (table[x] <= table[f"{x}_max"] * (1 + 1e-9) + 1e-12).all()
    assert (table["cost_usd"].diff().dropna() >= -1e-9).all()
    assert (table["shadow_price"] <= 1e-12).all()
    assert (table["unserved_mwh"] < 1e-9).all()


def test_carbon_against_foreign_share(cheap_or_own):
    table = cg.frontier(cheap_or_own, y="carbon_t", points=3).table
    assert table["carbon_t"].tolist() == pytest.approx([0.0]), "all at home already: one point"
    low = cg.frontier(cheap_or_own, points=3, lowest=0.5).table
    assert low["foreign_share"].iloc[-1] == pytest.approx(0.5)


def test_what_is_refused(cheap_or_own, trnsport):
    for wrong, message in (({"x": "foregn_share"}, "did you mean 'foreign_share'"),
                           ({"y": "mean_rtt_ms"}, "no y"), ({"x": "carbon_t", "y": "carbon_t"},
                                                            "both"), ({"points": 1}, "2 points")):
        with pytest.raises(cg.ScenarioError, match=message):
            cg.frontier(cheap_or_own, **wrong)
    with pytest.raises(cg.ScenarioError, match="neither country nor bloc"):
        cg.frontier(trnsport)


def test_it_prints(cheap_or_own):
    found = cg.frontier(cheap_or_own, points=2)
    assert "foreign_share" in repr(found)
    assert "<table" in found._repr_html_()


def test_short_names_mean_the_same(cheap_or_own):
    short = cg.frontier(cheap_or_own, x="carbon", y="cost", points=2)
    assert (short.x, short.y) == ("carbon_t", "cost_usd")


def test_a_rule_may_carry_any_label(cheap_or_own):
    """The study's own row is told from a planner's rule, whatever the rule is called."""
    def prices(label: str) -> list[float]:
        rule = cg.Limit(label=label, quantity="it_mw", max=99.0)
        return cg.frontier(cheap_or_own, points=3, regime=[rule]).table["shadow_price"].tolist()

    plain = prices("cap")
    assert plain[1] < 0
    assert prices("frontier") == pytest.approx(plain)
    assert prices("bound of the frontier") == pytest.approx(plain)
