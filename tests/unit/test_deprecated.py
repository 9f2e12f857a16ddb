"""Keywords of before work for one release, and say what they are called now."""

import inspect

import pandas as pd
import pytest

import computegrid as cg
from computegrid.deprecated import renamed


@pytest.fixture
def scenario():
    return cg.Scenario.from_tables(
        regions=pd.DataFrame(index=["home"]),
        sites=pd.DataFrame({"capacity_mw": [5.0, 9.0]}, index=["near", "far"]),
        demand=pd.DataFrame({"region": "home", "hour": range(4), "mw": 8.0}),
        lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
                            "network_usd_per_mwh": [1.0, 3.0]}))


def test_near_is_called_warm_start(scenario):
    first = cg.solve(scenario)
    with pytest.warns(DeprecationWarning, match=r"solve\(near=\) is called warm_start="):
        again = cg.solve(scenario, near=first)
    assert again.cost_usd == cg.solve(scenario, warm_start=first).cost_usd == first.cost_usd
    assert "warm_start" in inspect.signature(cg.solve).parameters


def test_heard_is_called_progress(scenario, tmp_path):
    old, new = [], []
    with pytest.warns(DeprecationWarning, match=r"solve_streamed\(heard=\) is called progress="):
        cg.solve_streamed(scenario, tmp_path / "a", heard=lambda *said: old.append(said))
    cg.solve_streamed(scenario, tmp_path / "b", progress=lambda *said: new.append(said))
    assert old == new and old


def test_both_names_at_once_are_refused(scenario):
    first = cg.solve(scenario)
    with pytest.raises(TypeError, match="give warm_start= alone"):
        cg.solve(scenario, near=first, warm_start=first)


def test_the_warning_points_at_the_line_that_calls():
    @renamed(old="new")
    def echo(*, new):
        return new

    with pytest.warns(DeprecationWarning) as told:
        assert echo(old=3) == 3
    assert told[0].filename == __file__
