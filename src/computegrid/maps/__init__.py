"""What is seen: maps of a dispatch that need no network, and plots."""

from computegrid.maps.page import draw_dispatch, save_page
from computegrid.maps.plots import plot_dispatch

__all__ = ["draw_dispatch", "plot_dispatch", "save_page"]
