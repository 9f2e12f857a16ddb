"""Shapes of a local day over steps of UTC: any offset, any length of a step."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import computegrid as cg

FACTOR = [2.0 if hour % 2 else 0.5 + hour / 24 for hour in range(24)]
OFFSETS = (0.0, 5.5, 5.75, 9.5, -3.5, 12.75, -12.0)


def package(tmp_path, model: str, hours: str = "", factors: list[float] | None = None):
    """A folder of a region for every offset, one site and one workload."""
    facts = tmp_path / "facts"
    facts.mkdir()
    (tmp_path / "model.toml").write_text(f'title = "t"\ndata = "facts"\n{model}')
    rows = "".join(f"r{i},IN,77.2,28.6,1000,{at}\n" for i, at in enumerate(OFFSETS))
    (facts / "regions.csv").write_text(
        "region,country,lon_deg,lat_deg,demand_mw,utc_offset_hours\n" + rows)
    (facts / "sites.csv").write_text(
        "site,country,lon_deg,lat_deg,capacity_mw,grid\ns,IN,72.9,19.1,9000,g\n")
    (facts / "grids.csv").write_text(
        "grid,energy_usd_per_mwh,carbon_kg_per_mwh,pue,energy_profile\ng,50,300,1.2,p\n")
    shape = FACTOR if factors is None else factors
    (facts / "profiles.csv").write_text("profile,season,hour_utc,factor\n" + "".join(
        f"p,DJF,{hour},{factor}\n" for hour, factor in enumerate(shape)))
    (facts / "workloads.csv").write_text("workload,demand_share\nw,1\n")
    (facts / "demand_profiles.csv").write_text("workload,hour_local,factor\n" + "".join(
        f"w,{hour},{factor}\n" for hour, factor in enumerate(shape)))
    if hours:
        (facts / "hours.csv").write_text(hours)
    return cg.load(tmp_path)


def by_minutes(start: float, length: float) -> float:
    """Mean factor over a step, minute by minute."""
    minutes = (start + np.arange(round(length * 60)) / 60 + 1e-9) % 24
    return float(np.array(FACTOR)[minutes.astype(int)].mean() / np.mean(FACTOR))


@pytest.mark.parametrize("step", [0.25, 0.5, 1, 3, 24])
def test_a_step_is_the_mean_of_the_local_hours_it_covers(tmp_path, step):
    s = package(tmp_path, f'[hours]\nseasons = ["DJF"]\nstep_hours = {step}\n')
    assert s.arrays.n_hours == 24 / step
    starts = np.arange(0, 24, step)
    for i, offset in enumerate(OFFSETS):
        expected = [1000 * by_minutes(start + offset, step) for start in starts]
        assert s.arrays.demand_mw[i] == pytest.approx(expected, rel=1e-12)
    price = [50 * by_minutes(start, step) * np.mean(FACTOR) for start in starts]
    assert s.arrays.energy_usd_per_mwh[0] == pytest.approx(price, rel=1e-12)
    assert s.arrays.weight_hours.sum() == pytest.approx(8760)


@pytest.mark.parametrize("written", ["2025-01-15T{:02d}:{:02d}Z", "2025-01-15T{:02d}:{:02d}+05:30"])
def test_hours_of_a_file_are_those_of_the_clock(tmp_path, written):
    times = [divmod(15 * quarter, 60) for quarter in range(96) if quarter != 50]
    s = package(tmp_path, "", "hour\n" + "".join(written.format(*at) + "\n" for at in times))
    start = (s.hours.index - s.hours.index.normalize()) / pd.Timedelta("1h")
    for i, offset in enumerate(OFFSETS):
        expected = [1000 * by_minutes(at + offset, 0.25) for at in start]
        assert s.arrays.demand_mw[i] == pytest.approx(expected, rel=1e-12)


def test_numbered_hours_are_hours_of_the_day(tmp_path):
    s = package(tmp_path, "", "hour\n" + "".join(f"{hour}\n" for hour in range(48)))
    assert s.arrays.demand_mw[1] == pytest.approx(
        [1000 * by_minutes(hour + 5.5, 1) for hour in range(48)])


@pytest.mark.parametrize(("factors", "says"), [
    (FACTOR[:23], "1 of 24 hours are missing, first 23"),
    ([0.0] * 24, "is 0 in every hour"),
])
def test_part_of_a_profile_is_a_fault(tmp_path, factors, says):
    with pytest.raises(cg.DataError, match=says):
        package(tmp_path, '[hours]\nseasons = ["DJF"]\n', factors=factors)


@pytest.mark.parametrize("step", ["5", "0.75", "0", "-1", '"1"', "true"])
def test_steps_that_no_day_is_made_of(tmp_path, step):
    with pytest.raises(cg.ScenarioError, match="step_hours"):
        package(tmp_path, f'[hours]\nseasons = ["DJF"]\nstep_hours = {step}\n')
