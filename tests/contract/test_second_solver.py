"""A solver of another family, GLOP of OR-tools, finds the same cost on every bundled model."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from reduced import reduced

import computegrid as cg
from computegrid.program.build import build_program

pytestmark = [
    pytest.mark.skipif(find_spec("ortools") is None, reason="ortools is not installed"),
    pytest.mark.filterwarnings("ignore::computegrid.RuleWarning"),
]


@pytest.mark.parametrize("name", cg.models())
def test_glop_finds_the_same_cost(name: str, tmp_path: Path) -> None:
    scenario = reduced(name)
    regime = scenario.regimes[list(scenario.regimes)[-1]]
    try:
        dispatch = cg.solve(scenario, regime)
    except cg.InfeasibleError:
        dispatch = None
    lp = build_program(scenario, regime)
    np.savez(tmp_path / "program.npz", **{
        k: getattr(lp, k) for k in ("cost", "col_lower", "col_upper", "row_lower", "row_upper",
                                    "start", "index", "value")})
    subprocess.run(
        [sys.executable, str(Path(__file__).with_name("glop.py")), str(tmp_path / "program.npz"),
         str(tmp_path / "answer.npz"), "GLOP"], check=True, timeout=120)
    with np.load(tmp_path / "answer.npz") as answer:
        status, objective = str(answer["status"]), float(answer["objective"])
    if dispatch is None:
        assert status in ("INFEASIBLE", "ABNORMAL")
        return
    assert status == "OPTIMAL"
    assert objective == pytest.approx(dispatch.certificate.objective, rel=1e-6)
