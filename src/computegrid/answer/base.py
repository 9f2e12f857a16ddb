"""What every answer says: of a horizon solved whole, and of one solved window by window."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from computegrid import losses, owners
from computegrid.answer import measures
from computegrid.answer.totals import Totals
from computegrid.errors import ScenarioError
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Regime
from computegrid.scenario.scenario import Scenario


class Answer:
    """Headline figures and tables of an answer, formed from its totals.

    :class:`computegrid.Dispatch` and :class:`computegrid.StreamedRun` are answers: the same names
    give the same columns.
    """

    scenario: Scenario
    regime: Regime
    minimise: Minimise

    @property
    def _totals(self) -> Totals:
        """Sums over the horizon."""
        raise NotImplementedError

    @property
    def objective(self) -> float:
        """What was minimised: cost [USD], or emissions and what weighs beside them [kg]."""
        raise NotImplementedError

    @property
    def cost_usd(self) -> float:
        """Total cost: operating cost, the value of unserved work, and penalties [USD]."""
        return float(self._summary["cost_usd"])

    @property
    def operating_cost_usd(self) -> float:
        """What is paid: energy, rent, network and charges [USD]."""
        return float(self._summary["operating_cost_usd"])

    @property
    def dependence(self) -> float:
        """Share of work at sites not controlled from the region's own country or bloc.

        NaN where regions name neither.
        """
        return float(self._summary["dependence"])

    @property
    def summary(self) -> pd.Series:
        """Totals over the horizon; the unit is the last suffix of each name.

        Cost and its parts [USD], demand, served, unserved and energy [MWh], carbon [t], mean round
        trip [ms] and distance [km] of the work served, utilisation, dependence (share of served
        work at sites controlled from outside the region's country and bloc), concentration of
        controllers (HHI).
        """
        return self._summary.copy()

    def unserved_by(self, column: str = "country") -> pd.DataFrame:
        """Work left unserved by a column of regions or workloads, all of it and the critical part.

        Returns
        -------
        DataFrame
            ``demand_mwh``, ``unserved_mwh``, ``unserved_share``, and the same with ``critical_``
            before (``data_class = "critical"`` where workloads say so, otherwise all work);
            every value of the column, the largest loss first.

        Raises
        ------
        ScenarioError
            If neither regions nor workloads have that column.
        """
        lost = self._totals.pairs["unserved_mwh"].clip(min=0.0)
        return losses.loss_table(self.scenario, lost, column)

    def rents_by(self, by: str = owners.OWNER) -> pd.DataFrame:
        """Share out the rents of scarce capacity: who receives them, and what a MW yields a year.

        Parameters
        ----------
        by : str
            ``"owner"``: the jurisdictions that ultimately hold the operators (look-through,
            ``unknown`` where nothing is published); or a column of sites, e.g. ``"control"``.

        Returns
        -------
        DataFrame
            ``rent_usd``, ``share``, ``capacity_mw``, ``usd_per_mw_year``, largest first. The
            rent of a rule (a cap that binds) is not among them: see ``rule_prices``.

        Raises
        ------
        ScenarioError
            If carbon was minimised, or sites have no such column.
        """
        if self.minimise != "cost":
            raise ScenarioError("rents are money: solve with minimise='cost'")
        held = self._totals
        return owners.rents_by(self.scenario, held.sites["rent"], held.sites["available_mwh"],
                               held.hours, by)

    @property
    def control_shares(self) -> pd.Series:
        """Share of the served work by the jurisdiction that controls the site; sums to 1."""
        return measures.control_shares(self.scenario, self._totals)

    @property
    def by_workload(self) -> pd.DataFrame:
        """Totals per workload, indexed by ``workload``.

        Demand, served, unserved and energy [MWh], carbon [t], ``home_share`` (served in the
        region's own ``scenario.group_by``), mean distance [km] and round trip [ms].
        """
        return measures.workload_table(self.scenario, self._totals)

    def exchange(self, by: str | None = None) -> pd.DataFrame:
        """Work by where it is wanted (rows: workload, ``wanted_in``) and where it is done [MWh].

        Parameters
        ----------
        by : str, optional
            Column that regions and sites share; ``scenario.group_by`` when None.

        Raises
        ------
        ScenarioError
            If regions and sites do not both have that column.
        """
        return measures.exchange_table(self.scenario, self._totals, by or self.scenario.group_by)

    @cached_property
    def _summary(self) -> pd.Series:
        return measures.summary(self.scenario, self.regime, self._totals)
