"""Replay cases of the fuzz: ``PYTHONPATH=src python tests/fuzz/replay.py SEED ...``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "property")]

from cases import Case  # noqa: E402 - the neighbours are found by the line above

if __name__ == "__main__":
    for seed in sys.argv[1:]:
        case = Case(int(seed))
        print(case)
        print("  objective", case.base.objective, "->", case.outcome.objective)
        print("  said:", case.outcome.text[-1500:] or sorted(case.outcome.remarks))
        for complaint in case.complaints:
            print("  WRONG:", complaint)
