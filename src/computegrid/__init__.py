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
from computegrid.reading import read
from computegrid.scenario.bundled import load, models
from computegrid.scenario.lanes import Network
from computegrid.scenario.regime import Charge, Defer, Forbid, Limit, Regime, Share
from computegrid.scenario.scenario import Scenario
from computegrid.streaming.run import StreamedRun, solve_streamed
from computegrid.studies.backcast import Backcast, backcast
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


def _plot(dispatch: Dispatch, kind: str = "supply", **options: _Any) -> _Any:
    """Plot the dispatch: ``supply``, ``prices``, ``utilisation``, ``control`` or ``map``.

    Parameters
    ----------
    dispatch : Dispatch
        The answer to plot.
    kind : str
        What to plot.
    **options
        As :func:`computegrid.maps.plots.plot_dispatch` takes them, e.g. ``lang="zh"``.

    Returns
    -------
    matplotlib Axes
    """
    from computegrid.maps.plots import plot_dispatch

    return plot_dispatch(dispatch, kind, **options)


def _html(dispatch: Dispatch) -> str:
    """Return the totals of the dispatch as a small table, for notebooks."""
    from computegrid.maps.notebook import dispatch_html

    return dispatch_html(dispatch)


def _explore_streamed(run: StreamedRun, days: _Any = None, **options: _Any) -> _Any:
    """Draw the run as one page: the whole with the clock of its mean day, or some of its days.

    Parameters
    ----------
    run : StreamedRun
        What :func:`solve_streamed` returned.
    days : str, int or list of them, optional
        Days to draw hour by hour, e.g. ``["2025-01-15", "2025-07-15"]``.
    **options
        As :func:`computegrid.maps.streamed.draw_streamed` takes them, e.g. ``lang="zh"``.

    Returns
    -------
    folium.Map
        Shows itself in a notebook; ``.save(path)`` writes the page.
    """
    from computegrid.maps.streamed import draw_streamed

    return draw_streamed(run, days, **options)


def _explore_comparison(comparison: Comparison, **options: _Any) -> _Any:
    """Draw the comparison as one page: a radio between regimes, and what moved.

    Parameters
    ----------
    comparison : Comparison
        What :func:`compare` returned.
    **options
        As :func:`computegrid.maps.studies.draw_comparison` takes them, e.g. ``lang="zh"``.

    Returns
    -------
    folium.Map
        Shows itself in a notebook; ``.save(path)`` writes the page.
    """
    from computegrid.maps.studies import draw_comparison

    return draw_comparison(comparison, **options)


def _explore_freeze(found: Freeze, **options: _Any) -> _Any:
    """Draw the freezes as one page: pick a switch, see who goes dark.

    Parameters
    ----------
    found : Freeze
        What :func:`freeze` returned.
    **options
        As :func:`computegrid.maps.studies.draw_freeze` takes them, e.g. ``max_views=20``.

    Returns
    -------
    folium.Map
        Shows itself in a notebook; ``.save(path)`` writes the page.
    """
    from computegrid.maps.studies import draw_freeze

    return draw_freeze(found, **options)


def _plot_frontier(found: Frontier, **options: _Any) -> _Any:
    """Plot the frontier, with its shadow price.

    Parameters
    ----------
    found : Frontier
        What :func:`frontier` returned.
    **options
        As :func:`computegrid.maps.curves.plot_frontier` takes them, e.g. ``ax=``.

    Returns
    -------
    matplotlib Axes
    """
    from computegrid.maps.curves import plot_frontier

    return plot_frontier(found, **options)


def _comparison_html(comparison: Comparison) -> str:
    """Return the regimes and their figures as a small table, for notebooks."""
    from computegrid.maps.notebook import comparison_html

    return comparison_html(comparison)


def _freeze_html(found: Freeze) -> str:
    """Return the worst switches and their figures as a small table, for notebooks."""
    from computegrid.maps.notebook import freeze_html

    return freeze_html(found)


def _frontier_html(found: Frontier) -> str:
    """Return the points of the frontier as a small table, for notebooks."""
    from computegrid.maps.notebook import table_html

    return table_html(found.table, found.scenario.title, f"{found.y} against {found.x}")


def _ladder_html(found: Ladder) -> str:
    """Return what each rung adds as a small table, for notebooks."""
    from computegrid.maps.notebook import table_html

    return table_html(found.table, found.comparison.scenario.title, "rung by rung")


def _backcast_html(found: Backcast) -> str:
    """Return the published figures and the model's beside them as a small table, for notebooks."""
    from computegrid.maps.notebook import table_html

    shown = found.table[["title", "unit", "published", "modelled", "within", "use"]]
    return table_html(shown, found.dispatch.scenario.title, "beside what was published")


Dispatch.explore = _explore
Dispatch.plot = _plot
Dispatch._repr_html_ = _html
Backcast._repr_html_ = _backcast_html
StreamedRun.explore = _explore_streamed
StreamedRun.plot = _plot
StreamedRun._repr_html_ = _html
Comparison.explore = _explore_comparison
Comparison._repr_html_ = _comparison_html
Freeze.explore = _explore_freeze
Freeze._repr_html_ = _freeze_html
Frontier.plot = _plot_frontier
Frontier._repr_html_ = _frontier_html
Ladder._repr_html_ = _ladder_html


def __getattr__(name: str) -> _Any:
    """Open the Pyomo door when it is first knocked at: importing Pyomo takes a second."""
    if name in ("to_pyomo", "solve_pyomo"):
        from computegrid import door

        return getattr(door, name)
    raise AttributeError(f"module 'computegrid' has no attribute {name!r}")


__all__ = [
    "Backcast",
    "Charge",
    "Comparison",
    "ComputegridError",
    "DataError",
    "Defer",
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
    "StreamedRun",
    "backcast",
    "compare",
    "freeze",
    "frontier",
    "ladder",
    "load",
    "models",
    "read",
    "solve",
    "solve_pyomo",
    "solve_streamed",
    "to_pyomo",
]
