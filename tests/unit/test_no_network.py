"""Load, solve, save and draw open no socket."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import computegrid as cg


def test_no_socket_is_opened(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket.socket, "__init__", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    scenario = cg.load(small_model)
    dispatch = cg.solve(scenario, scenario.default_regime)
    cg.read(dispatch.save(tmp_path / "run"))
    dispatch.explore().save(str(tmp_path / "map.html"))
    assert (tmp_path / "map.html").stat().st_size > 1000
    assert cg.solve_pyomo(cg.to_pyomo(scenario)).status == "optimal"
    with pytest.raises(AssertionError, match="a socket was opened"):
        socket.socket()


def test_nothing_that_runs_what_it_reads() -> None:
    source = Path(cg.__file__).parent
    banned = ("pickle.load", "yaml.load", "eval(", "exec(", "allow_pickle=True", "os.system(")
    for file in source.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for word in banned:
            assert word not in text, f"{file.name} uses {word}"
