"""Hours: how long a step lasts, whatever way hours are given, and times of every zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import computegrid as cg

UTC_HOURS = pd.date_range("2025-01-01", periods=8, freq="h", tz="UTC")


def scenario(**tables: Any) -> cg.Scenario:
    """4 MW wanted at one site that pays 10 USD/MWh."""
    return cg.Scenario.from_tables(**{
        "regions": pd.DataFrame(index=["r"]),
        "sites": pd.DataFrame({"capacity_mw": [9.0], "energy_usd_per_mwh": [10.0]}, index=["a"]),
        "demand": pd.DataFrame({"region": ["r"], "mw": [4.0]}),
        "lanes": pd.DataFrame({"region": ["r"], "site": ["a"]}), **tables})


def said(s: cg.Scenario) -> str:
    return " | ".join(map(str, s.remarks))


def every_way(times: pd.DatetimeIndex) -> dict[str, dict[str, Any]]:
    demand = pd.DataFrame({"region": "r", "hour": times, "mw": 4.0})
    figures = pd.DataFrame({"site": "a", "hour": times, "energy_usd_per_mwh": 10.0})
    return {
        "an index": {"hours": times},
        "an index with demand": {"hours": times, "demand": demand},
        "a table": {"hours": pd.DataFrame({"hour": times})},
        "a table with text": {"hours": pd.DataFrame({"hour": [t.isoformat() for t in times]})},
        "a table in disorder": {"hours": pd.DataFrame({"hour": times[::-1]})},
        "demand alone": {"demand": demand},
        "figures of sites alone": {"site_hours": figures},
    }


@pytest.mark.parametrize("way", every_way(UTC_HOURS))
@pytest.mark.parametrize("freq", ["15min", "20min", "30min", "h", "3h", "D"])
def test_a_step_lasts_as_long_as_neighbours_differ(way: str, freq: str) -> None:
    times = pd.date_range("2025-01-01", periods=8, freq=freq, tz="UTC")
    length = pd.Timedelta(times[1] - times[0]) / pd.Timedelta("1h")
    s = scenario(**every_way(times)[way])
    assert cg.solve(s).cost_usd == pytest.approx(8 * length * 40)
    assert (f"a step lasts {length:g} h" in said(s)) == (length != 1.0)


@pytest.mark.parametrize("way", every_way(UTC_HOURS))
def test_steps_left_out_do_not_change_the_length_of_the_others(way: str) -> None:
    times = pd.date_range("2024-02-27", periods=24, freq="3h", tz="UTC")
    s = scenario(**every_way(times[times.day != 28])[way])
    assert cg.solve(s).cost_usd == pytest.approx(16 * 3 * 40)
    assert "with 1 gap, the first after 2024-02-27 21:00" in said(s)


def test_whole_numbers_are_hours() -> None:
    s = scenario(hours=pd.DataFrame({"hour": [0, 6, 12, 18]}))
    assert s.hours["weight_hours"].tolist() == [6.0] * 4
    assert "6 h" in said(s)


def test_a_length_that_is_given_is_kept_and_nothing_said() -> None:
    s = scenario(hours=pd.DataFrame({"hour": UTC_HOURS[::2], "weight_hours": 91.0}))
    assert s.hours["weight_hours"].tolist() == [91.0] * 4
    assert not said(s)
    by_series = scenario(hours=pd.Series(91.0, index=UTC_HOURS[::2]))
    assert by_series.hours["weight_hours"].tolist() == [91.0] * 4


def test_the_length_is_that_within_representative_days() -> None:
    times = [day + pd.Timedelta(f"{h}h") for day in pd.to_datetime(
        ["2025-01-15", "2025-04-15", "2025-07-15"], utc=True) for h in (0, 12)]
    s = scenario(hours=pd.DataFrame({"hour": times, "day": np.repeat(["w", "s", "u"], 2)}))
    assert s.hours["weight_hours"].tolist() == [12.0] * 6


@pytest.mark.parametrize("times", [
    pd.date_range("2025-01-01", periods=12, freq="MS", tz="UTC"),
    pd.date_range("2020-01-01", periods=6, freq="YS", tz="UTC"),
    UTC_HOURS[[0, 1, 3, 7]],
    UTC_HOURS[[0, 1, 3, 4, 6]],  # as often 1 h as 2 h
], ids=["months", "years", "each another", "two lengths"])
def test_steps_of_no_one_length_are_refused(times: pd.DatetimeIndex) -> None:
    for way in every_way(times).values():
        with pytest.raises(cg.DataError, match="how long does one last"):
            scenario(**way)


def test_one_step_is_an_hour_and_it_is_said() -> None:
    assert "taken to last 1 h" in said(scenario(hours=UTC_HOURS[:1]))
    assert not said(scenario())


ZONES = ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide", "America/St_Johns",
         "Europe/Paris", "America/New_York"]


@pytest.mark.parametrize("zone", ZONES)
def test_times_of_any_zone_are_converted(zone: str) -> None:
    local = UTC_HOURS.tz_convert(zone)
    for hours in (local, pd.DataFrame({"hour": local}),
                  pd.DataFrame({"hour": [t.isoformat() for t in local]}),
                  pd.DataFrame({"hour": [str(t) for t in local]}),
                  pd.DataFrame({"hour": pd.Series(list(local), dtype=object)})):
        s = scenario(hours=hours, demand=pd.DataFrame({"region": "r", "hour": UTC_HOURS,
                                                       "mw": np.arange(8.0)}))
        assert s.hours.index.equals(scenario(hours=UTC_HOURS).hours.index)
    mixed = scenario(hours=UTC_HOURS, demand=pd.DataFrame(
        {"region": "r", "hour": local, "mw": np.arange(8.0)}))
    assert cg.solve(mixed).summary["demand_mwh"] == 28.0


@pytest.mark.parametrize(("day", "n"), [("2025-10-26", 25), ("2025-03-30", 23)])
def test_the_day_of_a_clock_change_has_all_its_hours(day: str, n: int) -> None:
    local = pd.date_range(day, pd.Timestamp(day) + pd.Timedelta("1D"), freq="h",
                          tz="Europe/Paris", inclusive="left")
    assert len(local) == n
    for way in (*every_way(local).values(),
                {"hours": pd.DataFrame({"hour": [t.isoformat() for t in local]})}):
        s = scenario(**way)
        assert not said(s)
        assert cg.solve(s).cost_usd == pytest.approx(n * 40)


def test_advice_on_times_without_a_zone_leads_to_the_right_hours() -> None:
    clock = pd.date_range("2025-10-26", periods=25, freq="h", tz="Europe/Paris").tz_localize(None)
    for hours in (clock, pd.DataFrame({"hour": clock}),
                  pd.DataFrame({"hour": [t.isoformat() for t in clock]})):
        with pytest.raises(cg.DataError) as caught:
            scenario(hours=hours)
        text = str(caught.value)
        assert len(caught.value.faults) == 1, text
        assert "keep one row" not in text
        assert "offset" in text or "ambiguous='infer'" in text
    right = clock.tz_localize("Europe/Paris", ambiguous="infer")
    assert len(scenario(hours=right).hours) == 25


def test_one_cause_is_one_line() -> None:
    for text in ("yesterday", "2025-01-01T00:00"):
        with pytest.raises(cg.DataError) as caught:
            scenario(hours=pd.DataFrame({"hour": [f"{text}{' ' * i}" for i in range(50)]}))
        assert len(caught.value.faults) == 1
        assert "50 of 50 rows" in str(caught.value)


def test_a_day_column_on_hours_that_follow_one_another_is_said() -> None:
    days = pd.date_range("2025-01-01", periods=48, freq="h", tz="UTC")
    waits = pd.DataFrame({"defer_hours": [6.0]}, index=["work"])
    dated = pd.DataFrame({"hour": days, "day": days.strftime("%d")})
    assert "work waits from the one to the next" in said(scenario(hours=dated, workloads=waits))
    numbers = pd.DataFrame({"hour": range(48), "day": np.arange(48) // 24})
    assert "no work waits from the one" in said(scenario(hours=numbers, workloads=waits))
    assert not said(scenario(hours=dated))
    assert not said(scenario(hours=days, workloads=waits))


def test_day_of_an_hour_is_known_to_rules_without_a_column() -> None:
    days = pd.date_range("2025-01-01", periods=48, freq="h", tz="UTC")
    s = scenario(hours=days)
    assert "day" not in s.hours.columns
    closed = cg.solve(s, [cg.Forbid(label="f", hours={"day": "2025-01-02"})])
    assert closed.summary["unserved_mwh"] == pytest.approx(96.0)


def test_a_streamed_run_waits_within_its_windows_and_says_so(tmp_path: Path) -> None:
    """Energy costs 100 on the first day and 1 on the second; 5 MW of the last 4 hours may wait."""
    times = pd.date_range("2025-10-20", "2025-10-22", freq="h", tz="UTC", inclusive="left")
    waiting = {
        "hours": times, "workloads": pd.DataFrame({"defer_hours": [24.0]}, index=["work"]),
        "site_hours": pd.DataFrame({"site": "a", "hour": times,
                                    "energy_usd_per_mwh": [100.0] * 24 + [1.0] * 24}),
        "demand": pd.DataFrame({"region": "r", "hour": times,
                                "mw": [0.0] * 20 + [5.0] * 4 + [0.0] * 24}),
    }
    s = scenario(**waiting)
    assert cg.solve(s).cost_usd == pytest.approx(20.0)
    by_day = cg.solve_streamed(s, tmp_path / "days")
    assert by_day.summary["cost_usd"] == pytest.approx(2000.0)
    assert "1 of the 1 ends of windows" in str(by_day.remarks[0])
    assert "waits within its window" in (tmp_path / "days" / "run.json").read_text()
    whole = cg.solve_streamed(s, tmp_path / "whole", days=2)
    assert whole.summary["cost_usd"] == pytest.approx(20.0)
    assert not whole.remarks
