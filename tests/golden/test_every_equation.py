"""Every equation of the program has a golden test of its own, named after it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

from computegrid.program import constraints, objective, rules, variables

HERE = Path(__file__).parent
NOT_EQUATIONS = {"reach", "quantity", "carried", "warn_if_idle",
                 "warn_if_shut"}


def equations(*modules: ModuleType) -> list[tuple[str, str]]:
    """Name and docstring of the public functions of the modules that state an equation."""
    return [
        (name, inspect.getdoc(function) or "")
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        and name not in NOT_EQUATIONS
    ]


ALL = equations(constraints, variables, rules, objective)


def test_there_are_equations():
    assert {"demand_balance", "site_capacity", "backlog", "flow", "unserved", "forbid", "limit",
            "share", "charge"} <= {name for name, _ in ALL}


@pytest.mark.parametrize(("name", "doc"), ALL)
def test_each_has_a_golden_test(name, doc):
    found = [
        path.name for path in HERE.glob("test_*.py")
        if path.name != Path(__file__).name
        and re.search(rf"^def test_{name}(_|\()", path.read_text(encoding="utf-8"), re.M)
    ]
    assert found, f"no golden test of {name!r}: write a function test_{name}... in {HERE.name}/"


@pytest.mark.parametrize(("name", "doc"), [e for e in ALL if not e[0].endswith("_cost")])
def test_each_states_its_formula(name, doc):
    assert ":math:" in doc or ".. math::" in doc, name
