"""What a planner may do to the model, and what comes back."""

from __future__ import annotations

import pandas as pd
import pyomo.environ as pyo
import pytest

import computegrid as cg

KM = {("NY", "Sea"): 2.5, ("NY", "SD"): 2.5, ("Chi", "Sea"): 1.7, ("Chi", "SD"): 1.8,
      ("Top", "Sea"): 1.8, ("Top", "SD"): 1.4}


@pytest.fixture
def scenario() -> cg.Scenario:
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["NY", "Chi", "Top"]),
        sites=pd.DataFrame({"capacity_mw": [350, 600]}, index=["Sea", "SD"]),
        demand=pd.DataFrame({"region": ["NY", "Chi", "Top"], "mw": [325, 300, 275]}),
        lanes=pd.DataFrame([(r, s, 0.09 * km) for (r, s), km in KM.items()],
                           columns=["region", "site", "network_usd_per_mwh"]))


def sea(m: pyo.ConcreteModel) -> object:
    return sum(m.flow[r, "work", "Sea", 0] for r in ("NY", "Chi", "Top"))


def test_an_untouched_model_gives_the_same_dispatch(scenario: cg.Scenario) -> None:
    a, b = cg.solve(scenario), cg.solve_pyomo(cg.to_pyomo(scenario))
    assert b.cost_usd == pytest.approx(153.675, abs=1e-9)
    pd.testing.assert_frame_equal(a.prices, b.prices)
    assert list(b.prices["usd_per_mwh"]) == pytest.approx([0.225, 0.153, 0.126], abs=1e-6)


def test_own_constraints_have_prices(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario)
    m.contract = pyo.Constraint(expr=sea(m) <= 310)
    m.band = pyo.Constraint(["NY", "Top"], rule=lambda m, r: (0, m.flow[r, "work", "Sea", 0], 20))
    d = cg.solve_pyomo(m)
    table = d.rule_prices.set_index(["rule", "group"])
    assert set(table["kind"]) == {"Constraint"}
    worth = table.loc[("contract", ""), "shadow_price"]
    m.contract.set_value(sea(m) <= 311)
    assert cg.solve_pyomo(m).cost_usd - d.cost_usd == pytest.approx(worth, abs=1e-9)
    assert table.loc[("band", "NY"), ["lower", "upper"]].tolist() == [0, 20]


def test_own_variables_count_in_the_cost(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario)
    m.build = pyo.Var(bounds=(0, 100))
    m.grown = pyo.Constraint(expr=sea(m) - m.build <= 200)
    m.cost.expr += 0.001 * m.build + 5
    d = cg.solve_pyomo(m)
    assert pyo.value(m.build) == pytest.approx(100)
    assert d.summary["planner_cost_usd"] == pytest.approx(5.1)
    assert d.cost_usd == pytest.approx(pyo.value(m.cost))
    assert d.cost_usd == pytest.approx(d.certificate.objective)


def test_whole_numbers_give_prices_of_the_fixed_program(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario)
    m.on = pyo.Var(["Sea", "SD"], domain=pyo.Binary)
    m.switch = pyo.ConstraintList()
    m.switch.add(sea(m) <= 350 * m.on["Sea"])
    m.cost.expr += 3e6 * m.on["Sea"] + 10 * m.on["SD"]
    d = cg.solve_pyomo(m)
    assert pyo.value(m.on["Sea"]) in (0, 1)
    assert "whole numbers fixed" in d.solver
    assert d.cost_usd == pytest.approx(min(3e6 + 153.675, d.cost_usd))


def test_fixed_variables_and_bounds_hold(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario)
    m.flow["NY", "work", "Sea", 0].fix(100.0)
    m.flow["Top", "work", "Sea", 0].setlb(5.0)
    d = cg.solve_pyomo(m)
    flows = d.flows.set_index(["region", "site"])["mw"]
    assert flows["NY", "Sea"] == pytest.approx(100)
    assert flows["Top", "Sea"] == pytest.approx(5)
    assert m.flow["NY", "work", "Sea", 0].fixed


def test_a_deactivated_family_binds_nothing(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario)
    m.site_capacity.deactivate()
    d = cg.solve_pyomo(m)
    assert d.cost_usd == pytest.approx(0.09 * (325 * 2.5 + 300 * 1.7 + 275 * 1.4))
    assert (d.rents["usd_per_mwh"] == 0).all()


def test_rules_have_components_of_their_label(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario, [
        cg.Limit(label="东数 cap-1", quantity="it_mw", max=100, each="region", penalty_usd=1.0),
        cg.Share(label="cost", supply={"site": "Sea"}, max=0.3)])
    assert m.find_component("东数_cap_1") is not None
    assert m.find_component("cost_2") is not None
    assert m.find_component("excess_东数_cap_1") is not None


def test_what_cannot_be_solved_says_so(scenario: cg.Scenario) -> None:
    m = cg.to_pyomo(scenario)
    m.never = pyo.Constraint(expr=sea(m) >= 400)
    with pytest.raises(cg.InfeasibleError):
        cg.solve_pyomo(m)
    m = cg.to_pyomo(scenario)
    m.bent = pyo.Constraint(expr=m.flow["NY", "work", "Sea", 0] ** 2 <= 4)
    with pytest.raises(cg.ScenarioError, match="not linear"):
        cg.solve_pyomo(m)
    with pytest.raises(cg.ScenarioError, match="to_pyomo"):
        cg.solve_pyomo(pyo.ConcreteModel())
    m = cg.to_pyomo(scenario)
    m.second = pyo.Objective(expr=sea(m))
    with pytest.raises(cg.ScenarioError, match="one active objective"):
        cg.solve_pyomo(m)
