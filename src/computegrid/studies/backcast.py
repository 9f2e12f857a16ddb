"""An answer beside what was published: how near the model comes to the world as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from computegrid.dispatch import Dispatch, solve
from computegrid.errors import ScenarioError
from computegrid.scenario.regime import Regime, Rule
from computegrid.scenario.scenario import Scenario
from computegrid.studies.placed import measured, placed, spread

ANSWERS = ("modelled", "at_home", "by_capacity")
"""The model, and the two benchmarks that know nothing of cost: all work at home, all work in
proportion to capacity."""
_ASKED = ("title", "title_zh", "quantity", "year", "unit")
_CITED = ("source_id", "confidence", "kind", "note")


@dataclass(frozen=True, eq=False)
class Backcast:
    """A dispatch beside the published figures of its scenario.

    Attributes
    ----------
    dispatch : Dispatch
    price_seen : float
        Share of the site's energy price that decided where work is done. Below 1 the money of
        ``dispatch`` is at those prices; what a backcast measures is work and electricity.
    """

    dispatch: Dispatch = field(repr=False)
    price_seen: float = 1.0

    _repr_html_: ClassVar[Callable[..., str]]

    @property
    def table(self) -> pd.DataFrame:
        """A row per control, indexed by ``control``.

        ``title, title_zh, quantity, year, unit``; ``low, published, high`` as published; ``least,
        most``, what is accepted: from the lower of ``low`` and the figure less its tolerance to
        the higher of ``high`` and the figure plus it; ``modelled`` and ``error``, its distance
        from the published figure relative to that; ``within``; ``use`` (binding or hold-out);
        ``routed``, whether it depends on where the work is done (capacities do not); ``at_home``
        and ``by_capacity``, what the benchmarks give; source, confidence, kind, note.
        """
        return self._table.copy()

    @cached_property
    def _table(self) -> pd.DataFrame:
        scenario = self.dispatch.scenario
        controls = scenario.controls
        answers = dict(zip(ANSWERS, (
            placed(self.dispatch), spread(scenario, at_home=True),
            spread(scenario, at_home=False)), strict=True))
        rows = controls.to_dict("index")
        found = pd.DataFrame(
            {name: [measured(scenario, where, row, str(key)) for key, row in rows.items()]
             for name, where in answers.items()}, index=controls.index, dtype=np.float64)
        value = controls["value"]
        beside = value * controls["tolerance_pct"] / 100
        least = np.fmin(controls["low"], value - beside)
        most = np.fmax(controls["high"], value + beside)
        error = (found["modelled"] - value) / value.where(value != 0)
        out = controls[[c for c in _ASKED if c in controls.columns]].assign(
            low=controls["low"], published=value, high=controls["high"], least=least, most=most,
            modelled=found["modelled"], error=error,
            within=(found["modelled"] >= least) & (found["modelled"] <= most),
            use=controls["use"], routed=~controls["quantity"].str.startswith("capacity"),
            at_home=found["at_home"], by_capacity=found["by_capacity"])
        return out.join(controls[[c for c in _CITED if c in controls.columns]])

    @property
    def score(self) -> pd.DataFrame:
        """How near the model and the two benchmarks come, by ``use`` and ``answer``.

        Of the controls that depend on where the work is done: how many there are (``controls``)
        and are met (``within``), and the mean and median distance from the published figure,
        relative to it (``mean_error``, ``median_error``). Then of all controls of the model,
        capacities too (``use`` = ``all``, ``answer`` = ``modelled`` alone).
        """
        table = self._table
        rows = []
        for use in ("binding", "hold-out"):
            of_use = table[table["routed"] & (table["use"] == use)]
            rows += [(use, answer, *_near(of_use, answer)) for answer in ANSWERS]
        rows.append(("all", ANSWERS[0], *_near(table, ANSWERS[0])))
        return pd.DataFrame(rows, columns=[
            "use", "answer", "controls", "within", "mean_error", "median_error",
        ]).set_index(["use", "answer"])

    @property
    def missed(self) -> list[str]:
        """Binding controls that the model does not meet."""
        table = self._table
        return [str(name) for name in table.index[(table["use"] == "binding") & ~table["within"]]]

    @property
    def beats_benchmarks(self) -> bool:
        """Whether the mean error on the hold-out is below that of both benchmarks.

        Only then may a model be called calibrated; False where nothing is held out.
        """
        errors = self.score["mean_error"]
        own, *others = (float(errors[("hold-out", answer)]) for answer in ANSWERS)
        return own < min(others)

    def __repr__(self) -> str:
        table, own = self._table, self.dispatch
        return (f"Backcast of {own.scenario.name!r} under {own.regime.name!r}: "
                f"{int(table['within'].sum())} of {len(table)} published figures met")


def _near(table: pd.DataFrame, answer: str) -> tuple[int, int, float, float]:
    """Number of controls, how many are met, mean and median relative distance."""
    met = (table[answer] >= table["least"]) & (table[answer] <= table["most"])
    error = ((table[answer] - table["published"]) / table["published"]).abs()
    return len(table), int(met.sum()), float(error.mean()), float(error.median())


def backcast(
    model: Scenario | Dispatch, regime: str | Regime | Iterable[Rule] | None = None, *,
    price_seen: float = 1.0,
) -> Backcast:
    """Set an answer beside the published figures of its scenario.

    Parameters
    ----------
    model : Scenario or Dispatch
        A scenario is solved first.
    regime : str, Regime, list of rules, or None
        As in :func:`solve`; only with a scenario.
    price_seen : float
        Share of the site's energy price (0 to 1) that decides where work is done; only with a
        scenario. Customers of a cloud see its list price, not the meter: 0 is work that goes where
        network, rents and charges are least. It says how much of the error is the price's.

    Returns
    -------
    Backcast

    Raises
    ------
    ScenarioError
        If the scenario has no controls, a regime or a share of the price is named beside a
        dispatch, or the share is none.

    Examples
    --------
    >>> import pandas as pd
    >>> s = Scenario.from_tables(
    ...     regions=pd.DataFrame({"country": ["FR", "DE"]}, index=["France", "Germany"]),
    ...     sites=pd.DataFrame({"capacity_mw": [8.0, 9.0], "country": ["FR", "DE"],
    ...                         "pue": [1.5, 1.2]}, index=["Paris", "Berlin"]),
    ...     demand=pd.DataFrame({"region": ["France", "Germany"], "mw": [6.0, 4.0]}),
    ...     lanes=pd.DataFrame({"region": ["France", "Germany", "France"],
    ...                         "site": ["Paris", "Berlin", "Berlin"],
    ...                         "network_usd_per_mwh": [1.0, 1.0, 3.0]}),
    ...     controls=pd.DataFrame({"quantity": "work_share", "of": "region = 'France'",
    ...                            "at": "country = {not = ['FR']}", "value": 57.0,
    ...                            "tolerance_pct": 10.0, "use": "hold-out"}, index=["abroad"]))
    >>> row = backcast(s).table.loc["abroad"]
    >>> [float(round(row[c], 1)) for c in ("published", "modelled", "at_home", "by_capacity")]
    [57.0, 0.0, 0.0, 52.9]
    """
    if isinstance(model, Dispatch) and regime is not None:
        raise ScenarioError("a dispatch has a regime already; give the scenario to solve another")
    if not 0.0 <= price_seen <= 1.0:
        raise ScenarioError(f"price_seen is a share, from 0 to 1; got {price_seen!r}")
    if isinstance(model, Dispatch) and price_seen != 1.0:
        raise ScenarioError("a dispatch was routed by its prices already; give the scenario to "
                            "route it by a share of them")
    scenario: Any = model.scenario if isinstance(model, Dispatch) else model
    if scenario.controls.empty:
        raise ScenarioError(f"{scenario.name!r} has no published figures to be set beside: add "
                            "controls.csv to its facts, or from_tables(controls=...)")
    if isinstance(model, Dispatch):
        return Backcast(model)
    if price_seen != 1.0:
        scenario = scenario.scaled(energy_usd_per_mwh=price_seen)
    return Backcast(solve(scenario, regime), price_seen)
