"""computegrid."""
