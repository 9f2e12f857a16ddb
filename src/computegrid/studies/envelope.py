"""Where the next point of a convex curve tells most: between its chords and its tangents."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

SMALL = 1e-9
"""A gap below this part of the curve's height is the solver's noise."""

Point = tuple[float, float, float]
"""A bound, the least objective there, and its slope: the shadow price of the bound."""


def gap_between(left: Point, right: Point) -> tuple[float, float]:
    r"""Most by which a convex curve lies below the chord of two points, and where that may be.

    It lies above both tangents, so nowhere lower than where they meet:

    .. math:: x^* = \frac{y_1 - y_0 + p_0 x_0 - p_1 x_1}{p_0 - p_1}

    Examples
    --------
    >>> gap_between((0.0, 4.0, -3.0), (2.0, 0.0, 0.0))  # max(4 - 3x, 0)
    (1.3333333333333335, 1.3333333333333333)
    """
    (x0, y0, p0), (x1, y1, p1) = left, right
    bend = p1 - p0
    if not bend > 0 or not x1 > x0:
        return 0.0, 0.5 * (x0 + x1)
    at = min(max((y0 - y1 + p1 * x1 - p0 * x0) / bend, x0), x1)
    chord = y0 + (y1 - y0) * (at - x0) / (x1 - x0)
    return max(0.0, chord - (y0 + p0 * (at - x0))), at


def widest_gap(points: Sequence[Point]) -> float:
    """Most by which the curve lies below the line through its points [the objective's unit]."""
    ordered = sorted(points)
    return max((gap_between(a, b)[0] for a, b in pairwise(ordered)), default=0.0)


def next_bound(points: Sequence[Point]) -> float:
    """Return the bound at which one more point tells most of the curve.

    Where the tangents of the two points with the widest gap meet; where no gap is left, the middle
    of the widest step.

    Examples
    --------
    >>> next_bound([(0.0, 4.0, -3.0), (2.0, 0.0, 0.0)])
    1.3333333333333333
    >>> next_bound([(0.0, 2.0, -1.0), (2.0, 0.0, -1.0), (3.0, -1.0, -1.0)])
    1.0
    """
    ordered = sorted(points)
    height = max(p[1] for p in ordered) - min(p[1] for p in ordered)
    pairs = list(pairwise(ordered))
    gap, at = max(gap_between(a, b) for a, b in pairs)
    if gap > SMALL * max(height, abs(ordered[0][1]) * SMALL):
        return at
    a, b = max(pairs, key=lambda pair: pair[1][0] - pair[0][0])
    return 0.5 * (a[0] + b[0])
