"""Functions that solve take what they take in one order and call progress by one name."""

import inspect

import pytest

import computegrid as cg

SOLVING = [getattr(cg, name) for name in cg.__all__ if inspect.isfunction(getattr(cg, name))
           and next(iter(inspect.signature(getattr(cg, name)).parameters), "") == "scenario"]


def test_those_that_solve_a_scenario_are_these():
    assert {one.__name__ for one in SOLVING} >= {
        "solve", "solve_streamed", "compare", "freeze", "frontier", "ladder", "to_pyomo"}


@pytest.mark.parametrize("function", SOLVING, ids=lambda one: one.__name__)
def test_scenario_comes_first_then_its_own_question_then_rules_then_options(function):
    named = inspect.signature(function).parameters
    order = list(named)
    regime = next(name for name in ("regime", "regimes", "base") if name in named)
    assert named[regime].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert named[regime].default is None
    if "minimise" in named:
        assert order.index(regime) < order.index("minimise")
    for old in ("heard", "callback", "near"):
        assert old not in named


@pytest.mark.parametrize("function", [one for one in SOLVING if one not in (cg.solve, cg.to_pyomo)],
                         ids=lambda one: one.__name__)
def test_whatever_solves_many_programs_takes_progress_last_by_keyword(function):
    named = inspect.signature(function).parameters
    assert list(named)[-1] == "progress"
    assert named["progress"].kind is inspect.Parameter.KEYWORD_ONLY
    assert named["progress"].default is None
