"""Horizons too long to hold: solved window by window, results written as they come."""
