"""The engine against the oracle: two independent writings of the same equations agree."""

from __future__ import annotations

import os
import warnings

from hypothesis import HealthCheck, Phase, given, settings
from oracle import least_cost
from worlds import World, worlds

import computegrid as cg

EXAMPLES = int(os.environ.get("COMPUTEGRID_EXAMPLES", "220"))


@settings(max_examples=EXAMPLES, phases=[Phase.generate], deadline=None,
          suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_the_engine_agrees_with_the_oracle(world: World) -> None:
    expected = least_cost(world)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cg.RuleWarning)
        try:
            found = cg.solve(world.scenario(), world.rules).certificate.objective
        except cg.InfeasibleError:
            assert expected is None
            return
    assert expected is not None
    assert abs(found - expected) <= 1e-9 * max(1.0, abs(expected))
