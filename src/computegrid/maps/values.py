"""Figures and texts of a page as JSON knows them: few digits, and None where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

NOTHING = 1e-8
"""Figures below this part of the largest of their kind are a solver's rounding, and nothing."""


def value(figure: Any) -> Any:
    """A number with seven digits, or None where there is none."""
    if figure is None or figure is pd.NA or figure != figure:
        return None
    return bool(figure) if isinstance(figure, bool | np.bool_) else float(f"{float(figure):.7g}")


def rough(figure: Any, most: float = 0.0) -> float | None:
    """A detail of a tooltip, with four digits; what is nothing beside ``most`` is 0."""
    if figure != figure:
        return None
    return 0 if abs(figure) < NOTHING * most else float(f"{float(figure):.4g}")


def text(words: Any) -> str:
    """A text, empty where there is none."""
    return "" if words is None or words is pd.NA or words != words else str(words)
