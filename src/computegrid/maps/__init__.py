"""What is seen: maps of a dispatch that need no network."""

from computegrid.maps.page import draw_dispatch, save_page

__all__ = ["draw_dispatch", "save_page"]
