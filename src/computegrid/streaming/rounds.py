"""Answers kept on disk: what every window did at the prices of a round, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from computegrid.program.algebra import Codes, Floats
from computegrid.solvers.multipliers import Answer

Plan = tuple[Codes, Floats]
"""Columns of a window's program that are not zero, and their values [MW]."""


class Rounds:
    """The rounds of one search, in a folder; a search begun again asks and finds the same.

    Parameters
    ----------
    folder : Path
        One folder for each round: ``answer.npz``, and the plans of all windows end to end in
        ``columns.npy`` and ``values.npy``; where lanes were chosen, they are in ``lanes.npz``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, k: int, price: Floats) -> Answer | None:
        """The answer of round ``k``, if it was asked for these prices."""
        place = self._place(k)
        if not (place / "answer.npz").exists():
            return None
        with np.load(place / "answer.npz", allow_pickle=False) as kept:
            if kept["price"].shape != price.shape or not np.array_equal(kept["price"], price):
                return None
            return Answer(kept["cost"], kept["activity"], float(kept["operating"]))

    def lanes(self, k: int) -> list[Codes] | None:
        """Lanes of every window that round ``k`` chose; None if it chose none."""
        place = self._place(k) / "lanes.npz"
        if not place.exists():
            return None
        with np.load(place, allow_pickle=False) as kept:
            parts = np.split(kept["lanes"].astype(np.int64), kept["ends"])
        return parts[:-1]

    def keep(
        self, k: int, price: Floats, answer: Answer, plans: Iterable[Plan], groups: list[int],
        lanes: list[Codes] | None = None,
    ) -> None:
        """Write a round; it is there whole, or not at all.

        ``groups`` counts those of each window; ``lanes`` are what the next rounds may use of it.
        """
        plans = list(plans)
        temporary = Path(tempfile.mkdtemp(dir=self.folder, prefix=".round-"))
        ends = np.cumsum([len(columns) for columns, _ in plans])
        np.save(temporary / "columns.npy", np.concatenate([c for c, _ in plans]).astype(np.int32))
        np.save(temporary / "values.npy", np.concatenate([v for _, v in plans]))
        np.savez(temporary / "answer.npz", price=price, cost=answer.cost, ends=ends, groups=groups,
                 activity=answer.activity, operating=np.float64(answer.operating))
        if lanes:
            np.savez(temporary / "lanes.npz", ends=np.cumsum([len(one) for one in lanes]),
                     lanes=np.concatenate(lanes).astype(np.int32))
        shutil.rmtree(self._place(k), ignore_errors=True)
        temporary.rename(self._place(k))

    def mixture(self, window: int, weights: Floats, of_hour: Codes, n: int) -> Floats:
        """A window's plans mixed by weights of all groups, shape (rounds, G), to shape (n,).

        ``of_hour`` says to which of the window's groups each of its hours belongs.
        """
        x = np.zeros(n)
        for k in range(len(weights)):
            place = self._place(k)
            with np.load(place / "answer.npz", allow_pickle=False) as kept:
                low, high = np.concatenate([[0], kept["ends"]])[window:window + 2]
                first = int(kept["groups"][:window].sum())
            weight = weights[k, first:first + of_hour[-1] + 1]
            if (weight > 1e-12).any():
                columns = np.load(place / "columns.npy", mmap_mode="r")[low:high]
                values = np.load(place / "values.npy", mmap_mode="r")[low:high]
                x[columns] += values * weight[of_hour[columns % len(of_hour)]]
        return x

    def _place(self, k: int) -> Path:
        return self.folder / f"round-{k:03d}"
