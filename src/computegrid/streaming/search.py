"""The search for prices of rows over the horizon: of a few windows, of more, of all."""

from __future__ import annotations

from pathlib import Path

from computegrid.program.build import Selections
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.multipliers import Prices, Search
from computegrid.solvers.network_oracle import InfeasibleNetworkError
from computegrid.streaming.networks import Progress, WindowNetworks, sides_of
from computegrid.streaming.rounds import Rounds
from computegrid.streaming.window import Window, without_waiting

SAMPLES = (6, 24)
"""Windows of the samples that find the first prices; the larger follows the smaller."""
LIKE = 1e-3
"""Gap to which those are searched."""
ROUNDS = 40
"""Most times all windows are solved; a sample four times more for every row."""


def search_windows(
    scenario: Scenario, chosen: Selections, windows: list[Window], work: Path, gap: float,
    progress: Progress | None,
) -> tuple[WindowNetworks, Search, Prices]:
    """Find the prices of the rows over the horizon: of a few windows, then of more, then of all.

    Each search follows the one before, which is of networks that are alike: in the few windows
    nothing waits, unless it has to.
    """
    sides = sides_of(scenario.arrays, chosen, windows)

    def one(
        few: list[Window], given: Scenario, held: Selections, like: Search | None, enough: float,
        most: int,
    ) -> tuple[WindowNetworks, Search, Prices]:
        kind = "windows" if given is scenario else "windows-alone"
        networks = WindowNetworks(given, held, few, sides, Rounds(work / f"{len(few)}-{kind}"),
                                  len(windows) / len(few), progress)
        own = Search(networks, None if like is None else like.centre, networks.hear)
        reach = 1.0
        if like is not None:
            reach = own.follow(like, 0.1 * gap)
            own.look_around(reach)
        return networks, own, own.run(reach, enough, most)

    like: Search | None = None
    if len(sides.keys) and len(windows) >= 2 * SAMPLES[-1]:
        (given, held), enough = without_waiting(scenario, chosen), max(LIKE, gap)
        most = ROUNDS + 4 * len(sides.keys)
        for n in SAMPLES:
            few = windows[::len(windows) // n]
            try:
                _, own, first = one(few, given, held, like, enough, most)
            except InfeasibleNetworkError:  # what cannot be served at once may be served later
                given, held = scenario, chosen
                _, own, first = one(few, given, held, like, enough, most)
            like = None if first.at_edge else own  # a few days may not keep what all can
    return one(windows, scenario, chosen, like, 0.9 * gap, ROUNDS)
