"""A cache of compiled functions that is damaged or cannot be written costs time, not the answer."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, warnings
sys.path.insert(0, sys.argv[1])
import kept
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    answer = kept.twice(3.0)
print(answer, *[str(one.message) for one in said], sep="|")
"""
KEPT = """
from computegrid.solvers.network_kernel import _compiled

def once(x):
    return x + x

twice = _compiled(once)
"""


@pytest.fixture
def run(tmp_path):
    """Compile a small function in a process of its own, its cache in a folder of its own."""
    cache = tmp_path / "cache"
    (tmp_path / "kept.py").write_text(KEPT, "utf-8")

    def once() -> list[str]:
        done = subprocess.run([sys.executable, "-c", PROGRAM, tmp_path], capture_output=True,
                              text=True, timeout=300, check=False,
                              env={**os.environ, "NUMBA_CACHE_DIR": str(cache)})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().split("|")

    return once, cache


def kept(cache: Path, ending: str) -> list[Path]:
    return sorted(path for path in cache.rglob(f"*{ending}") if "once" in path.name)


@pytest.mark.parametrize(("ending", "damage"), [
    (".nbi", b""), (".nbi", "half"), (".nbc", "half"), (".nbc", b"not a cache at all")])
def test_a_damaged_cache_is_compiled_anew_and_mended(run, ending, damage):
    once, cache = run
    assert once() == ["6.0"]
    (path,) = kept(cache, ending)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage == "half" else damage)
    answer, *said = once()
    assert answer == "6.0"
    assert len(said) == 1 and "cannot be read" in said[0] and "NUMBA_CACHE_DIR" in said[0]
    assert once() == ["6.0"], "what was compiled anew is kept"


@pytest.mark.parametrize("kind", ["folder", "directory of that name"])
def test_a_cache_that_cannot_be_written_is_done_without(run, kind):
    once, cache = run
    assert once() == ["6.0"]
    (index,), (data,) = kept(cache, ".nbi"), kept(cache, ".nbc")
    index.unlink(), data.unlink()
    if kind == "folder":
        if os.geteuid() == 0:
            pytest.skip("the superuser writes everywhere")
        index.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    else:
        index.mkdir()
    answer, *said = once()
    assert answer == "6.0"
    assert kind == "folder" or (len(said) == 1 and "is compiled anew" in said[0])
