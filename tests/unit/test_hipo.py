"""HiPO comes with an extra: without it the error says so, with it the answer is the same."""

from __future__ import annotations

import importlib.util

import pandas as pd
import pytest

import computegrid as cg

WITH_EXTRA = importlib.util.find_spec("highspy_extras") is not None


def world() -> cg.Scenario:
    return cg.Scenario.from_tables(
        pd.DataFrame(index=["r"]), pd.DataFrame({"capacity_mw": [9.0, 9.0],
                                                 "energy_usd_per_mwh": [5.0, 3.0]},
                                                index=["a", "b"]),
        pd.DataFrame({"region": ["r"], "mw": [10.0]}),
        lanes=pd.DataFrame({"region": ["r", "r"], "site": ["a", "b"]}))


@pytest.mark.skipif(WITH_EXTRA, reason="the extra is installed")
def test_without_the_extra_the_cure_is_told(capfd):
    with pytest.raises(cg.SolverError, match=r"pip install 'computegrid\[hipo\]'"):
        cg.solve(world(), solver="highs-hipo")
    assert capfd.readouterr() == ("", ""), "HiGHS prints nothing of its own"


@pytest.mark.skipif(not WITH_EXTRA, reason="the extra is not installed")
def test_with_the_extra_the_answer_is_the_same():
    assert cg.solve(world(), solver="highs-hipo").cost_usd == pytest.approx(9 * 3 + 5)
