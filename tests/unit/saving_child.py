"""What the process that is killed does: it saves the same run again and again."""

from __future__ import annotations

import computegrid as cg


def save_for_ever(source: str, target: str, ready: object) -> None:
    dispatch = cg.read(source)
    ready.set()  # type: ignore[attr-defined]
    while True:
        dispatch.save(target)
