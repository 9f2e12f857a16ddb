"""Solve a horizon too long to hold, to a proven gap, and write the answer as it comes."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from computegrid.answer.totals import Totals
from computegrid.deprecated import renamed
from computegrid.errors import Fault, InfeasibleError, ScenarioError, SolverError
from computegrid.program.build import Selections, selections
from computegrid.program.rules import warn_if_idle
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import require_span
from computegrid.solvers.multipliers import ASIDE, Prices
from computegrid.solvers.network_oracle import InfeasibleNetworkError, NetworkError
from computegrid.streaming.answer import StreamedRun
from computegrid.streaming.finish import Proof, finish
from computegrid.streaming.folder import asked_of, claim, finished, keep, require_free
from computegrid.streaming.lock import locked
from computegrid.streaming.networks import Progress
from computegrid.streaming.search import ROUNDS, search_windows
from computegrid.streaming.window import Window, cut_chains, windows_of
from computegrid.targets import require_folder_target

__all__ = ["StreamedRun", "solve_streamed"]


@renamed(heard="progress")
def solve_streamed(
    scenario: Scenario,
    folder: str | Path,
    regime: str | Regime | Iterable[Rule] | None = None,
    *,
    gap: float = 1e-5,
    days: int = 1,
    progress: Progress | None = None,
) -> StreamedRun:
    """Find a dispatch of least cost to a proven gap, holding a window of days at a time.

    Memory grows with the lanes times the hours of a window and with what is not zero in the
    answer. Work waits within its window and not into the next: ``remarks`` and ``run.json`` say
    where that binds it more than :func:`solve` does, and more ``days`` to a window loosen it. Begun
    again on the same folder after it was stopped, it goes on from the last round; when it is
    finished it is returned as it is. One process at a time works in a folder.

    Parameters
    ----------
    scenario : Scenario
        Of any number of days.
    folder : path
        Where the answer goes, and what is needed to go on after a stop.
    regime : str, Regime, list of rules, or None
        None is the model's default regime, ``[]`` is no rules. Rules by the hour must nest (an
        export licence, a site's spare capacity); rules over the horizon may be any.
    gap : float
        Between the cost of the answer and the proven bound, relative to the operating cost.
    days : int
        Days in a window.
    progress : callable, optional
        Told how many windows are done, of how many, and of what.

    Returns
    -------
    StreamedRun

    Raises
    ------
    ScenarioError
        If a rule by the hour fits no network, naming it; or ``gap`` or ``days`` is no such thing.
    InfeasibleError
        If an hour cannot be served, or a hard row over the horizon cannot be kept.
    SolverError
        If the gap is not reached, the networks cannot be solved, or the answer does not hold what
        it should; no tables are left then.
    DataError
        If the folder is none (a file, a link, a device), holds another run (finished or not),
        another process is at work in it, or some demand is too small to be told beside the largest.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame(index=["home"]),
    ...     sites=pd.DataFrame({"capacity_mw": [5.0, 9.0]}, index=["near", "far"]),
    ...     demand=pd.DataFrame({"region": "home", "hour": range(48), "mw": 8.0}),
    ...     hours=pd.DataFrame({"hour": range(48), "day": [0] * 24 + [1] * 24}),
    ...     lanes=pd.DataFrame({"region": "home", "site": ["near", "far"],
    ...                         "network_usd_per_mwh": [1.0, 3.0]}))
    >>> with tempfile.TemporaryDirectory() as place:
    ...     run = solve_streamed(s, place + "/year")
    ...     (round(run.cost_usd), len(run.flows))
    (672, 96)
    """
    own, place = scenario.regime(regime), require_folder_target(Path(folder))
    require_span(scenario.tables, scenario.arrays)
    if days < 1 or not gap > 0:
        raise ScenarioError(f"days is at least 1 and gap above 0; got {days!r} and {gap!r}")
    chosen = selections(scenario, own)
    for rule, found_by in chosen:
        warn_if_idle(rule, found_by)
    windows = windows_of(scenario.arrays, chosen, days)
    asked = asked_of(scenario, own, days)
    done = finished(place, scenario, own, asked, gap)
    if done is not None:
        return done
    require_free(place)
    with locked(place, place / "work" / "lock"):
        done = finished(place, scenario, own, asked, gap)  # by who held the lock before
        if done is not None:
            shutil.rmtree(place / "work", ignore_errors=True)
            return done
        claim(place, asked)
        totals, proof, rounds = _solved(scenario, own, chosen, windows, place, gap, progress)
        remarks = _on_waiting(cut_chains(scenario.arrays, chosen, windows), len(windows))
        return keep(place, asked, scenario, own, totals, proof, gap, rounds, remarks)


def _solved(
    scenario: Scenario, own: Regime, chosen: Selections, windows: list[Window], place: Path,
    gap: float, progress: Progress | None,
) -> tuple[Totals, Proof, int]:
    """Search for the prices, write the tables, and prove them; raises as `solve_streamed`."""
    try:
        networks, search, found = search_windows(
            scenario, chosen, windows, place / "work", gap, progress)
        if not found.at_edge:
            _require_end(found, gap, own)
            totals, proof = finish(networks, found, place / "work")
        if found.at_edge or proof.gap > gap:  # a lane that was left aside is worth its cost
            networks.keep_all_lanes()
            search.go_on_with(networks)
            found = search.run(1.0 if found.at_edge else ASIDE, 0.9 * gap, search.rounds + ROUNDS)
            _require_end(found, gap, own)
            totals, proof = finish(networks, found, place / "work")
    except InfeasibleNetworkError as failure:
        raise InfeasibleError(
            f"{scenario.name!r} has no dispatch under {own.name!r} that its networks find: "
            f"{failure}; solve() on a few of its days says why", pd.DataFrame(), pd.DataFrame(),
        ) from failure
    except NetworkError as failure:
        raise SolverError(f"the networks of {scenario.name!r} under {own.name!r} could not be "
                          f"solved: {failure}") from failure
    if proof.gap > gap or not proof.holds:
        raise SolverError(f"the answer could not be certified: {proof}")
    return totals, proof, found.rounds


def _on_waiting(cuts: int, n_windows: int) -> tuple[Fault, ...]:
    """That work waits within windows, where some could wait beyond."""
    if not cuts:
        return ()
    return (Fault("windows", f"work waits within its window: {cuts} of the {n_windows - 1} ends of "
                  "windows have hours that follow at once, for which it could wait too",
                  cure="give more days to a window, or solve() the whole"),)


def _require_end(found: Prices, gap: float, regime: Regime) -> None:
    if found.at_edge:
        raise InfeasibleError(
            f"the price of a rule of {regime.name!r} over the horizon grows without end: it cannot "
            "be kept; give it a penalty, or solve() a few days to see why",
            pd.DataFrame(), pd.DataFrame())
    if found.gap > gap:
        raise SolverError(f"the gap is still {found.gap:.1e} after {found.rounds} rounds, not "
                          f"{gap:.0e}; ask for a larger one")
