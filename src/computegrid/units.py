"""Units of the project and the conversions a reader may want.

Work is measured in MW of IT load on reference hardware; the reference is the chip whose
``power_ratio`` is 1, an Nvidia GB200 NVL72 rack: 180 PFLOP/s (BF16, dense) on about 120 kW
(Nvidia data sheet; the power figure is rounded).
"""

from __future__ import annotations

HOURS_PER_YEAR = 8760
KG_PER_T = 1000.0
SECONDS_PER_HOUR = 3600.0
EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth [km] (IUGG)."""

REFERENCE_PFLOPS_PER_MW = 180.0 / 0.120
"""BF16 dense PFLOP/s of one MW of work: 180 PFLOP/s on 0.120 MW (GB200 NVL72)."""
H100_PFLOPS = 0.989
"""BF16 dense PFLOP/s of one Nvidia H100 SXM (Nvidia data sheet)."""
STANDARD_RACK_MW = 0.0025
"""One Chinese standard rack (标准机架) is 2.5 kW (National Data Administration)."""


def told(value: float) -> str:
    """A figure as people read it: whole from 100 on, three digits below, at any size.

    Examples
    --------
    >>> told(1234.5), told(12.345), told(0.0), told(4.2e-6)
    ('1,234', '12.3', '0', '4.2e-06')
    """
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def pflops(work_mw: float) -> float:
    """Compute rate of ``work_mw`` of work [PFLOP/s, BF16 dense].

    Examples
    --------
    >>> pflops(1.0)
    1500.0
    """
    return work_mw * REFERENCE_PFLOPS_PER_MW


def h100_hours(work_mwh: float) -> float:
    """H100-hours that do as much as ``work_mwh`` of work [h].

    Examples
    --------
    >>> round(h100_hours(1.0))
    1517
    """
    return pflops(work_mwh) / H100_PFLOPS


def standard_racks(it_mw: float) -> float:
    """Chinese standard racks of 2.5 kW that hold ``it_mw`` of IT load.

    Examples
    --------
    >>> standard_racks(1.0)
    400.0
    """
    return it_mw / STANDARD_RACK_MW
