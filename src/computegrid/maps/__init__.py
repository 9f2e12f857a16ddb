"""What is seen: maps of a dispatch that need no network, and plots."""

from typing import Any

from computegrid.maps.page import draw_dispatch, save_page

__all__ = ["draw_dispatch", "plot_dispatch", "save_page"]


def __getattr__(name: str) -> Any:
    """Import matplotlib when the first plot is asked for: a map does not need it."""
    if name == "plot_dispatch":
        from computegrid.maps.plots import plot_dispatch

        return plot_dispatch
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
