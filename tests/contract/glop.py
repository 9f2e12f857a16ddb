"""Solve a stored program with OR-tools, in a process of its own (it cannot share one with HiGHS).

Usage: python glop.py program.npz answer.npz GLOP|PDLP
"""

from __future__ import annotations

import sys

import numpy as np
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder_helper as mbh

with np.load(sys.argv[1], allow_pickle=False) as p:
    helper = mbh.ModelBuilderHelper()
    shape = (len(p["row_lower"]), len(p["cost"]))
    helper.fill_model_from_sparse_data(
        p["col_lower"], p["col_upper"], p["cost"], p["row_lower"], p["row_upper"],
        sp.csr_matrix((p["value"], p["index"], p["start"]), shape=shape))
    helper.set_maximize(False)
    solver = mbh.ModelSolverHelper(sys.argv[3])
    solver.solve(helper)
    np.savez(sys.argv[2], objective=solver.objective_value(), status=solver.status().name)
