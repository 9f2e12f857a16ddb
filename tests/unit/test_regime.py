"""Rules and regimes as values."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import computegrid as cg


@pytest.mark.parametrize("make", [
    lambda: cg.Forbid(label=""),
    lambda: cg.Forbid(label="x", supply="US"),
    lambda: cg.Limit(label="x", quantity="it_mw"),
    lambda: cg.Limit(label="x", quantity="mw", max=1.0),
    lambda: cg.Limit(label="x", quantity="it_mw", max=float("nan")),
    lambda: cg.Limit(label="x", quantity="it_mw", min=2.0, max=1.0),
    lambda: cg.Limit(label="x", quantity="it_mw", max=1.0, per="day"),
    lambda: cg.Limit(label="x", quantity="it_mw", max=1.0, penalty_usd=-1.0),
    lambda: cg.Share(label="x"),
    lambda: cg.Share(label="x", min=1.5),
    lambda: cg.Charge(label="x", quantity="utilisation", usd=1.0),
    lambda: cg.Charge(label="x", quantity="it_mw", usd="ten"),
    lambda: cg.Regime("r", [cg.Forbid(label="a"), cg.Forbid(label="a")]),
    lambda: cg.Regime("r", ["no rule"]),
    lambda: cg.Regime("r", cg.Forbid(label="a")),
    lambda: cg.Regime("r", [], extends="base"),
    lambda: cg.Forbid(label="x", supply={7: 1}),
    lambda: cg.Limit(label="x", quantity="it_mw", max=1.0, each=5),
])
def test_wrong_rules_are_refused_when_made(make):
    with pytest.raises(cg.ScenarioError):
        make()


def test_numbers_of_numpy_are_numbers():
    rule = cg.Limit(label="x", quantity="it_mw", max=np.int64(3))
    assert rule.max == 3.0
    assert isinstance(rule.max, float)


def test_rules_are_frozen():
    rule = cg.Forbid(label="x")
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.label = "y"


def test_a_regime_extends_another_and_may_replace_a_rule():
    base = cg.Regime("base", [cg.Charge(label="tax", quantity="carbon_t", usd=10.0),
                              cg.Forbid(label="no-us", supply={"control": "US"})])
    child = cg.Regime("child", [cg.Charge(label="tax", quantity="carbon_t", usd=90.0),
                                cg.Share(label="own", min=0.1)], extends=base)
    assert [rule.label for rule in child.rules] == ["tax", "no-us", "own"]
    assert child.rules[0].usd == 90.0
    assert base.rules[0].usd == 10.0


@pytest.mark.parametrize(("regime", "says"), [
    ("nowhere", "no regime 'nowhere'"), (3, "must be a name"), ([3], "expected Forbid"),
])
def test_a_regime_that_is_none_is_refused(trnsport, regime, says):
    with pytest.raises(cg.ScenarioError, match=says):
        cg.solve(trnsport, regime)


def test_minimise_is_cost_or_carbon(trnsport):
    with pytest.raises(cg.ScenarioError, match="minimise"):
        cg.solve(trnsport, minimise="price")
