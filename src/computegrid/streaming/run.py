"""Solve a horizon too long to hold, to a proven gap, and write the answer as it comes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from computegrid import runs
from computegrid.deprecated import renamed
from computegrid.errors import DataError, Fault, InfeasibleError, ScenarioError, SolverError
from computegrid.program.build import selections
from computegrid.program.rules import warn_if_idle
from computegrid.saving import write_text
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.span import require_span
from computegrid.solvers.multipliers import ASIDE, Prices
from computegrid.solvers.network_oracle import InfeasibleNetworkError, NetworkError
from computegrid.streaming.finish import TABLES, Proof, finish
from computegrid.streaming.networks import Progress
from computegrid.streaming.search import ROUNDS, search_windows
from computegrid.streaming.window import cut_chains, windows_of
from computegrid.tables.labels import as_text


@dataclass(frozen=True)
class StreamedRun:
    """A long horizon solved window by window; its tables lie on disk.

    Attributes
    ----------
    folder : Path
        ``flows.parquet`` (region, workload, site, hour, mw), ``unserved.parquet`` (region,
        workload, hour, mw), ``prices.parquet`` (region, workload, hour, usd_per_mwh),
        ``run.json``.
    summary : Series
        Cost and its parts [USD], demand, served, unserved and energy [MWh], carbon [t].
    rule_prices : DataFrame
        Rows over the horizon: ``rule, group, activity, lower, upper, shadow_price``.
    proof : Proof
        The bound over all columns, the gap to it, and the residuals of the answer.
    rounds : int
        Times all windows were solved.
    remarks : tuple of Fault
        What the answer leaves out: work that could wait from one window to the next.
    """

    folder: Path
    summary: pd.Series
    rule_prices: pd.DataFrame
    proof: Proof
    rounds: int
    remarks: tuple[Fault, ...] = ()

    @property
    def flows(self) -> pd.DataFrame:
        """All flows, read from disk: region, workload, site, hour, mw."""
        return pd.read_parquet(self.folder / "flows.parquet")

    @property
    def unserved(self) -> pd.DataFrame:
        """All work given up, read from disk: region, workload, hour, mw."""
        return pd.read_parquet(self.folder / "unserved.parquet")

    @property
    def prices(self) -> pd.DataFrame:
        """Prices of demand, read from disk: region, workload, hour, usd_per_mwh."""
        return pd.read_parquet(self.folder / "prices.parquet")


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
    again on the same folder after it was stopped, it goes on from the last round.

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
        If the folder holds another run, or some demand is too small to be told beside the largest.

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
    ...     (round(float(run.summary["cost_usd"])), len(run.flows))
    (672, 96)
    """
    own, place = scenario.regime(regime), Path(folder)
    require_span(scenario.tables, scenario.arrays)
    if days < 1 or not gap > 0:
        raise ScenarioError(f"days is at least 1 and gap above 0; got {days!r} and {gap!r}")
    chosen = selections(scenario, own)
    for rule, found_by in chosen:
        warn_if_idle(rule, found_by)
    windows = windows_of(scenario.arrays, chosen, days)
    asked = runs.described(scenario, own) | {
        "days": days, "tables_sha256": _hash_of(scenario)}
    _claim(place, asked)
    try:
        networks, search, found = search_windows(
            scenario, chosen, windows, place / "work", gap, progress)
        if not found.at_edge:
            _require_end(found, gap, own)
            summary, rules, proof = finish(networks, found, place / "work")
        if found.at_edge or proof.gap > gap:  # a lane that was left aside is worth its cost
            networks.keep_all_lanes()
            search.go_on_with(networks)
            found = search.run(1.0 if found.at_edge else ASIDE, 0.9 * gap, search.rounds + ROUNDS)
            _require_end(found, gap, own)
            summary, rules, proof = finish(networks, found, place / "work")
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
    remarks = _on_waiting(cut_chains(scenario.arrays, chosen, windows), len(windows))
    for name in TABLES:
        (place / "work" / f"{name}.parquet").replace(place / f"{name}.parquet")
    write_text(place / "run.json", json.dumps(
        asked | {"status": "optimal", "gap": gap, "rounds": found.rounds, "proof": asdict(proof),
                 "summary": summary.to_dict(), "rule_prices": rules.to_dict("records"),
                 "remarks": [asdict(remark) for remark in remarks]},
        indent=1, default=float))
    shutil.rmtree(place / "work", ignore_errors=True)
    return StreamedRun(place, summary, rules, proof, found.rounds, remarks)


def _on_waiting(cuts: int, n_windows: int) -> tuple[Fault, ...]:
    """That work waits within windows, where some could wait beyond."""
    if not cuts:
        return ()
    return (Fault("windows", f"work waits within its window: {cuts} of the {n_windows - 1} ends of "
                  "windows have hours that follow at once, for which it could wait too",
                  cure="give more days to a window, or solve() the whole"),)


def _hash_of(scenario: Scenario) -> str:
    """A hash of the tables that rules select in: by columns that no array holds."""
    digest = hashlib.sha256()
    for name in ("regions", "workloads", "sites", "lanes", "hours"):
        table = scenario.tables[name]
        plain = table[[c for c in table.columns if c != "geometry"]].apply(as_text)
        digest.update(f"{name}: {list(plain.columns)}".encode())
        digest.update(pd.util.hash_pandas_object(plain).to_numpy().tobytes())
    return digest.hexdigest()


def _claim(place: Path, asked: dict[str, object]) -> None:
    """Take the folder, or go on where the same run stopped.

    Raises
    ------
    DataError
        If it holds anything else.
    """
    text = json.dumps(asked, sort_keys=True, default=str)
    note = place / "work" / "asked.json"
    if place.is_dir() and any(place.iterdir()):
        if not note.is_file():
            raise DataError(f"{place} is not empty and holds no run that was stopped; "
                            "name another folder")
        if note.read_text(encoding="utf-8") != text:
            raise DataError(f"{place} holds a run of other figures, rules or versions that was "
                            "stopped; remove it, or name another folder")
        return
    write_text(note, text)


def _require_end(found: Prices, gap: float, regime: Regime) -> None:
    if found.at_edge:
        raise InfeasibleError(
            f"the price of a rule of {regime.name!r} over the horizon grows without end: it cannot "
            "be kept; give it a penalty, or solve() a few days to see why",
            pd.DataFrame(), pd.DataFrame())
    if found.gap > gap:
        raise SolverError(f"the gap is still {found.gap:.1e} after {found.rounds} rounds, not "
                          f"{gap:.0e}; ask for a larger one")
