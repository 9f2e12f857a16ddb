"""What is seen: maps and plots of dispatches and studies; none needs a network."""

from importlib import import_module
from typing import Any

from computegrid.maps.page import draw_dispatch, save_page
from computegrid.maps.studies import draw_comparison, draw_freeze

__all__ = [
    "draw_comparison",
    "draw_dispatch",
    "draw_freeze",
    "plot_dispatch",
    "plot_frontier",
    "plot_map",
    "save_page",
]

_PLOTS = {"plot_dispatch": "plots", "plot_frontier": "curves", "plot_map": "paper"}


def __getattr__(name: str) -> Any:
    """Import matplotlib when the first plot is asked for: a map does not need it."""
    if name in _PLOTS:
        return getattr(import_module(f"computegrid.maps.{_PLOTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
