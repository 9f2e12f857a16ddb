"""Solve stored programs with OR-tools, in a process of its own (it cannot share one with HiGHS).

Usage: python glop.py folder GLOP|PDLP; every folder/<name>.npz gets a folder/<name>.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper as mbh

for path in Path(sys.argv[1]).glob("*.npz"):
    with np.load(path, allow_pickle=False) as p:
        helper = mbh.ModelBuilderHelper()
        shape = (len(p["row_lower"]), len(p["cost"]))
        helper.fill_model_from_sparse_data(
            p["col_lower"], p["col_upper"], p["cost"], p["row_lower"], p["row_upper"],
            sp.csr_matrix((p["value"], p["index"], p["start"]), shape=shape))
    helper.set_maximize(False)
    solver = mbh.ModelSolverHelper(sys.argv[2])
    solver.solve(helper)
    path.with_suffix(".json").write_text(json.dumps(
        {"status": solver.status().name, "objective": solver.objective_value()}))
