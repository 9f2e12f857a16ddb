"""Route compute demand to data-centre capacity, and see what each rule about it costs.

>>> import computegrid as cg
>>> scenario = cg.load("china")
>>> dispatch = cg.solve(scenario, regime="open-market")
>>> dispatch.status
'optimal'
"""

from importlib.metadata import version as _version
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from computegrid.dispatch import Dispatch, solve
from computegrid.errors import (
    ComputegridError,
    DataError,
    InfeasibleError,
    RuleWarning,
    ScenarioError,
    SolverError,
)
from computegrid.runs import read
from computegrid.scenario.bundled import load, models
from computegrid.scenario.lanes import Network
from computegrid.scenario.regime import Charge, Forbid, Limit, Regime, Share
from computegrid.scenario.scenario import Scenario
from computegrid.studies.compare import Comparison, compare
from computegrid.studies.freeze import freeze
from computegrid.studies.freezetable import Freeze
from computegrid.studies.frontier import Frontier, frontier
from computegrid.studies.ladder import Ladder, ladder

if _TYPE_CHECKING:
    from computegrid.door import solve_pyomo, to_pyomo

__version__ = _version("computegrid")


def _explore(dispatch: Dispatch, **options: _Any) -> _Any:
    """Draw the dispatch on a map: one self-contained page that opens without a network.

    Parameters
    ----------
    dispatch : Dispatch
        The answer to draw.
    **options
        As :func:`computegrid.maps.page.draw_dispatch` takes them, e.g. ``lang="zh"``.

    Returns
    -------
    folium.Map
        Shows itself in a notebook; ``.save(path)`` writes the page.
    """
    from computegrid.maps.page import draw_dispatch

    return draw_dispatch(dispatch, **options)


Dispatch.explore = _explore


def __getattr__(name: str) -> _Any:
    """Open the Pyomo door when it is first knocked at: importing Pyomo takes a second."""
    if name in ("to_pyomo", "solve_pyomo"):
        from computegrid import door

        return getattr(door, name)
    raise AttributeError(f"module 'computegrid' has no attribute {name!r}")


__all__ = [
    "Charge",
    "Comparison",
    "ComputegridError",
    "DataError",
    "Dispatch",
    "Forbid",
    "Freeze",
    "Frontier",
    "InfeasibleError",
    "Ladder",
    "Limit",
    "Network",
    "Regime",
    "RuleWarning",
    "Scenario",
    "ScenarioError",
    "Share",
    "SolverError",
    "compare",
    "freeze",
    "frontier",
    "ladder",
    "load",
    "models",
    "read",
    "solve",
    "solve_pyomo",
    "to_pyomo",
]
