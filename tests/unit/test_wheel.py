"""An installed wheel finds its facts, its models and its maps' assets."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True, capture_output=True, timeout=300,
    )
    return next(out.glob("*.whl"))


def test_the_wheel_holds_facts_models_and_assets(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("computegrid/_bundled/models/china.toml",
                   "computegrid/_bundled/models/model.schema.json",
                   "computegrid/_bundled/data/china/regions.csv",
                   "computegrid/_bundled/data/world/sites.csv", "computegrid/py.typed"):
        assert needed in names
    assert any(name.startswith("computegrid/maps/assets/") for name in names)
    assert not [name for name in names if name.endswith((".pyc", ".nbi", ".nbc"))]
    assert wheel.stat().st_size < 10_000_000


def test_the_installed_wheel_runs_a_model(wheel, tmp_path):
    """Unpacked far from the checkout, with the checkout's source not importable."""
    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import computegrid as cg\n"
        "assert cg.__file__.startswith(sys.argv[1]), cg.__file__\n"
        "from computegrid.scenario.bundled import data_folder, models_folder\n"
        "assert str(data_folder()).startswith(sys.argv[1])\n"
        "assert str(models_folder()).startswith(sys.argv[1])\n"
        "assert cg.models() == ['china', 'europe', 'gulf', 'usa', 'world']\n"
        "s = cg.load('china')\n"
        "print(len(s.regions), cg.Dispatch.explore)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(target)], cwd=tmp_path,
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("34")
