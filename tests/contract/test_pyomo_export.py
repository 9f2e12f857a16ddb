"""The Pyomo export and the matrix are the same linear program, on every model and regime."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from reduced import CASES, reduced

import computegrid as cg
from computegrid.program.build import build_program

pytestmark = pytest.mark.filterwarnings("ignore::computegrid.RuleWarning")


@pytest.mark.parametrize(("name", "regime"), CASES)
def test_the_export_is_the_matrix(name: str, regime: str) -> None:
    scenario = reduced(name, n_regions=3, n_hours=2)
    model = cg.to_pyomo(scenario, regime)
    lp = build_program(scenario, scenario.regimes[regime])
    link = model._computegrid.link
    form = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    place = {id(v): j for j, v in enumerate(link.columns)}
    at = np.array([place[id(v)] for v in form.columns])

    cost = np.zeros(lp.n_columns)
    cost[at] = form.c.toarray().ravel()
    np.testing.assert_array_equal(cost, lp.cost)
    for column, lower, upper in zip(link.columns, lp.col_lower, lp.col_upper, strict=True):
        assert (column.lb, column.ub) == (
            lower if np.isfinite(lower) else None, upper if np.isfinite(upper) else None)

    row_of = {id(row): i for i, row in enumerate(link.rows) if row is not None}
    ours = sp.csr_array((lp.value, lp.index, lp.start), shape=(lp.n_rows, lp.n_columns))
    lower, upper = np.full(lp.n_rows, -np.inf), np.full(lp.n_rows, np.inf)
    entries = form.A.tocsr()
    seen = set()
    for k, (row, bound) in enumerate(form.rows):
        i = row_of[id(row)]
        seen.add(i)
        if bound <= 0:
            lower[i] = form.rhs[k]
        if bound >= 0:
            upper[i] = form.rhs[k]
        theirs = dict(zip(at[entries[[k]].indices].tolist(), entries[[k]].data, strict=True))
        mine = ours[[i]]
        assert theirs == dict(zip(mine.indices.tolist(), mine.data.tolist(), strict=True))
    bound_rows = np.isfinite(lp.row_lower) | np.isfinite(lp.row_upper)
    filled = np.diff(lp.start) > 0
    assert seen == set(np.flatnonzero(filled & bound_rows).tolist())
    chosen = sorted(seen)
    np.testing.assert_array_equal(lower[chosen], lp.row_lower[chosen])
    np.testing.assert_array_equal(upper[chosen], lp.row_upper[chosen])


@pytest.mark.parametrize("name", cg.models())
def test_labels_are_the_names_of_the_tables(name: str) -> None:
    scenario = reduced(name, n_regions=3, n_hours=2)
    model = cg.to_pyomo(scenario)
    lanes, hours = scenario.lanes, scenario.hours.index
    expected = [(*lane, hour) for lane in
                lanes[["region", "workload", "site"]].itertuples(index=False, name=None)
                for hour in hours]
    assert list(model.flow.keys()) == expected
    assert {key[0] for key in model.site_capacity} <= set(scenario.sites.index)
    assert all(key[-1] in hours for key in model.demand_balance)


@pytest.mark.parametrize("name", cg.models())
def test_solving_the_export_is_solving_the_scenario(name: str) -> None:
    scenario = reduced(name, n_regions=3, n_hours=2)
    regime = scenario.default_regime or next(iter(scenario.regimes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        by_model = cg.solve_pyomo(cg.to_pyomo(scenario, regime))
        direct = cg.solve(scenario, regime)
    assert by_model.cost_usd == pytest.approx(direct.cost_usd, rel=1e-9)
