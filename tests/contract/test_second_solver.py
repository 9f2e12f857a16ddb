"""A solver of another family, GLOP of OR-tools, finds the same cost on every model and regime."""

from __future__ import annotations

import json
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
ARRAYS = ("cost", "col_lower", "col_upper", "row_lower", "row_upper", "start", "index", "value")


@pytest.mark.parametrize("name", cg.models())
def test_glop_finds_the_same_cost(name: str, tmp_path: Path) -> None:
    scenario = reduced(name, n_regions=5, n_hours=2, per_control=20)
    ours = {}
    for regime in scenario.regimes.values():
        lp = build_program(scenario, regime)
        np.savez(tmp_path / f"{regime.name}.npz", **{k: getattr(lp, k) for k in ARRAYS})
        ours[regime.name] = cg.solve(scenario, regime).certificate.objective
    subprocess.run([sys.executable, str(Path(__file__).with_name("glop.py")), str(tmp_path),
                    "GLOP"], check=True, timeout=120)
    assert len(ours) >= 5
    for regime_name, objective in ours.items():
        theirs = json.loads((tmp_path / f"{regime_name}.json").read_text("utf-8"))
        assert theirs["status"] == "OPTIMAL", regime_name
        assert theirs["objective"] == pytest.approx(objective, rel=1e-6), regime_name
