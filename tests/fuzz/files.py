"""What happens to files on the way: encodings, cuts, strangers in the folder, changed runs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from mutations import Mutation, Rng, pick


def spoil_folder(rng: Rng, folder: Path, data: str) -> Mutation:
    """Change the bytes of one file of a model's folder, or which files are there."""
    files = [*sorted((folder / data).glob("*.csv")), folder / "model.toml"]
    file = pick(rng, files)
    raw = file.read_bytes()
    text = raw.decode("utf-8")
    how = pick(
        rng,
        (
            "bom",
            "crlf",
            "blank lines",
            "utf-16",
            "latin-1",
            "semicolons",
            "cut",
            "empty",
            "header alone",
            "gone",
            "stranger",
            "folder",
            "gzip",
            "nul",
            "quote",
            "ragged",
            "header twice",
            "link",
            "comment",
            "huge field",
            "byte",
        ),
    )
    toml, name = file.suffix == ".toml", file.stem
    same = {
        "bom": b"\xef\xbb\xbf" + raw,
        "crlf": text.replace("\n", "\r\n").encode(),
        "blank lines": raw + b"\n\n",
    }
    other = {
        "utf-16": text.encode("utf-16"),
        "latin-1": text.encode("latin-1", "replace") + b"\xe9",
        "semicolons": text.replace(",", ";").replace(".", ",").encode(),
        "empty": b"",
        "cut": raw[: int(rng.integers(len(raw)))],
        "header alone": raw.split(b"\n")[0] + b"\n",
        "gzip": gzip.compress(raw, mtime=0),
        "nul": raw + b"\x00",
        "quote": raw + b'"',
        "ragged": raw + b"x,\n",
        "header twice": raw + raw.split(b"\n")[0] + b"\n",
        "comment": b"# a comment\n" + raw,
        "huge field": raw + b'"' + b"x" * 200_000 + b'"\n',
    }
    if how in same:
        file.write_bytes(same[how])
        return Mutation(f"file: {how}", "other" if toml and how == "bom" else "same", name)
    if how in other:
        file.write_bytes(other[how])
        return Mutation(f"file: {how}", "other", name)
    if how == "byte":
        at = int(rng.integers(len(raw)))
        file.write_bytes(raw[:at] + bytes([int(rng.integers(256))]) + raw[at + 1 :])
    elif how == "stranger":
        stranger = pick(rng, (".DS_Store", "notes.txt", f"{name} (copy).csv", f"~${name}.xlsx"))
        (folder / data / stranger).write_bytes(b"\x00\xff of somebody")
        return Mutation("file: stranger", "same", stranger)
    else:
        file.unlink()
        if how == "folder":
            file.mkdir()
        elif how == "link":
            file.symlink_to("/etc/passwd")
    return Mutation(f"file: {how}", "other", "" if how == "gone" else name)


def spoil_run(rng: Rng, run: Path) -> Mutation:
    """Change one file of a saved run."""
    files = sorted(path for path in run.rglob("*") if path.is_file())
    file = pick(rng, files)
    raw = file.read_bytes()
    how = pick(rng, ("cut", "byte", "gone", "empty", "other", "folder", "json", "json", "link"))
    name = str(file.relative_to(run))
    if how == "json":
        file = run / "run.json"
        told = json.loads(file.read_text("utf-8"))
        spot, key = told, pick(rng, told)
        while isinstance(spot[key], dict) and spot[key] and rng.random() < 0.8:
            spot, key = spot[key], pick(rng, spot[key])
        spot[key] = pick(rng, (None, 5, "x", [], {}, True, [None], {"kind": "Limit"}))
        file.write_text(json.dumps(told), "utf-8")
        return Mutation("run.json", "wrong", "run.json", str(key), "", str(spot[key]))
    if how == "cut":
        file.write_bytes(raw[: int(rng.integers(max(len(raw), 1)))])
    elif how == "byte":
        at = int(rng.integers(max(len(raw), 1)))
        file.write_bytes(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
    elif how == "other":
        file.write_bytes(pick(rng, files).read_bytes())
    elif how == "empty":
        file.write_bytes(b"")
    else:
        file.unlink()
        if how == "folder":
            file.mkdir()
        elif how == "link":
            file.symlink_to("/etc/passwd")
    return Mutation(f"run: {how}", "wrong", name)
