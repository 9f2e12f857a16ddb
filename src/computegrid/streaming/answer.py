"""A long horizon solved window by window, which answers like a dispatch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from computegrid.answer.base import Answer
from computegrid.answer.totals import Totals
from computegrid.dispatch import Dispatch
from computegrid.errors import Fault, ScenarioError
from computegrid.program.build import selections
from computegrid.program.deadlines import deferrable, deferred
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario
from computegrid.streaming.finish import Proof
from computegrid.streaming.tables import read_rules, read_table
from computegrid.units import told
from computegrid.waiting import delay_table

INSTEAD = {
    "flow_mw": "the array of all lanes and hours is what a streamed run never holds; read .flows",
    "certificate": "its windows are proven one by one; read .proof",
    "save": "its folder holds all of it already: copy the folder, and cg.read() reads the copy",
    "range": "equally cheap dispatches are searched on the whole program; solve() fewer hours",
    "dependence_range": "equally cheap dispatches are searched on the whole program; solve() "
                        "fewer hours",
}
"""What a dispatch has and a streamed run has not, and what to do instead."""


class NotStreamedError(ScenarioError, AttributeError):
    """A streamed run cannot say this; the message says what to do instead."""


@dataclass(frozen=True, eq=False)
class StreamedRun(Answer):
    """A long horizon solved window by window; its tables lie on disk.

    It answers like a :class:`computegrid.Dispatch`: the same names give the same columns. Tables
    by the hour are read from disk each time they are asked for; ``summary``, ``exchange`` and
    other figures over the horizon are at hand.

    Attributes
    ----------
    folder : Path
        A Parquet file for each table (``flows``, ``unserved``, ``utilisation``, ``prices``,
        ``rents``, ``rule_prices``, ``waiting``, ``backlog``), ``run.json``, and the inputs;
        :func:`computegrid.read` reads it.
    scenario : Scenario
    regime : Regime
    proof : Proof
        The bound over all columns, the gap to it, and the residuals of the answer.
    rounds : int
        Times all windows were solved.
    remarks : tuple of Fault
        What the answer leaves out: work that could wait from one window to the next.
    minimise : {"cost"}
    status : str
        Always ``"optimal"``: to the gap that was asked for.
    solver : str
    """

    folder: Path
    scenario: Scenario = field(repr=False)
    regime: Regime = field(repr=False)
    proof: Proof
    rounds: int
    remarks: tuple[Fault, ...] = ()
    minimise: Minimise = "cost"
    status: str = "optimal"
    solver: str = "network simplex, window by window"
    _held: Totals = field(kw_only=True, repr=False)

    explore: ClassVar[Callable[..., Any]]
    """Draw the run, its mean day or chosen days, as one offline page; bound in the package."""
    plot: ClassVar[Callable[..., Any]]
    """Draw a plot of the run; bound where the package is put together."""
    _repr_html_: ClassVar[Callable[..., str]]

    @property
    def _totals(self) -> Totals:
        return self._held

    @property
    def objective(self) -> float:
        """What was minimised: cost, as the last pass added it up [USD]."""
        return self.proof.value

    @property
    def flows(self) -> pd.DataFrame:
        """Tidy ``region, workload, site, hour, mw``; lanes that carry nothing are left out."""
        return self._read("flows")

    @property
    def unserved(self) -> pd.DataFrame:
        """Tidy ``region, workload, hour, mw`` of every ask and hour."""
        return self._read("unserved")

    @property
    def utilisation(self) -> pd.DataFrame:
        """Tidy ``site, hour, mw`` (work), ``power_mw``, ``available_mw``, ``utilisation``."""
        return self._read("utilisation")

    @property
    def prices(self) -> pd.DataFrame:
        """Tidy ``region, workload, hour, usd_per_mwh``: what one more MWh of demand adds to cost.

        Those of the proven bound: with a small gap near the prices of the optimum.
        """
        return self._read("prices")

    @property
    def rents(self) -> pd.DataFrame:
        """Tidy ``site, hour, usd_per_mwh``: what one more MW of capacity there would save."""
        return self._read("rents")

    @property
    def rule_prices(self) -> pd.DataFrame:
        """What each rule does and costs at the margin; see :attr:`Dispatch.rule_prices`."""
        return read_rules(self.folder, self.scenario, self.regime)

    @property
    def waiting(self) -> pd.DataFrame:
        """Work that waited, tidy ``region, workload, arrived, run, mwh, delay_hours``."""
        return self._read("waiting")

    @property
    def delays(self) -> pd.DataFrame:
        """How long work waited, indexed by ``workload``; see :attr:`Dispatch.delays`."""
        a = deferred(self.scenario.arrays, selections(self.scenario, self.regime))
        asks = deferrable(a)
        return delay_table(self.scenario, (asks, a.defer_hours[asks]), self.waiting)

    @property
    def backlog(self) -> pd.DataFrame:
        """Work that waits at the end of each hour, tidy ``region, workload, hour, mwh``."""
        return self._read("backlog")

    def _read(self, name: str) -> pd.DataFrame:
        return read_table(self.folder, name, self.scenario)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Say what to do instead of what only a dispatch has."""
            if not name.startswith("_") and (
                    hasattr(Dispatch, name) or name in Dispatch.__dataclass_fields__):
                cure = INSTEAD.get(name, "solve() fewer hours")
                raise NotStreamedError(f"a streamed run has no {name!r}: {cure}")
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __repr__(self) -> str:
        s = self._summary
        return (
            f"StreamedRun of {self.scenario.name!r} under {self.regime.name!r} in {self.folder}: "
            f"{self.status}, gap {self.proof.gap:.0e}, "
            f"cost {told(s['cost_usd'])} USD, {told(s['served_mwh'])} MWh served, "
            f"{told(s['unserved_mwh'])} MWh unserved, {told(s['carbon_t'])} t CO2"
        )
