"""One thing wrong with a small world, and every door: no raw error, no hang, no silent change.

300 cases here, 5,000 by ``make fuzz``; ``python tests/fuzz/replay.py SEED`` shows one again.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from cases import DOORS, Case

CASES = int(os.environ.get("COMPUTEGRID_SEEDS", "300"))
BLOCK = 25


@pytest.mark.parametrize("first", range(0, CASES, BLOCK))
def test_what_is_wrong_is_refused_or_said(first: int) -> None:
    cases = [Case(seed) for seed in range(first, min(first + BLOCK, CASES))]
    wrong = [f"{case}\n    {complaint}" for case in cases for complaint in case.complaints]
    assert not wrong, "\n".join(wrong)
    if len(cases) == BLOCK:
        doors = Counter(case.door for case in cases)
        assert set(doors) >= set(DOORS[:2]), doors
        assert 3 <= sum(case.outcome.refused for case in cases) < BLOCK
