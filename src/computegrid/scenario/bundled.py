"""Models and facts that come with the package, and how a model is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from computegrid.errors import DataError, Fault, ScenarioError, did_you_mean
from computegrid.scenario.gaps import Fill
from computegrid.scenario.modelfile import read_model, regimes_of
from computegrid.scenario.package import sources_of, tables_of
from computegrid.scenario.scenario import Scenario
from computegrid.tables.read import inside

_HERE = Path(__file__).resolve().parent.parent
MODEL_FILE = "model.toml"


def models_folder() -> Path:
    """Folder of the bundled model files: inside an installed wheel, or of the checkout."""
    installed = _HERE / "_bundled" / "models"
    return installed if installed.is_dir() else _HERE.parent.parent / "models"


def data_folder() -> Path:
    """Folder of the bundled packages of facts."""
    installed = _HERE / "_bundled" / "data"
    return installed if installed.is_dir() else _HERE.parent.parent / "data" / "regions"


def models() -> list[str]:
    """Names of the bundled models.

    Examples
    --------
    >>> "china" in models()
    True
    """
    return sorted(path.stem for path in models_folder().glob("*.toml"))


def model_path(model: str | Path) -> Path:
    """Path of a model file: a bundled name, a TOML file, or a folder that holds ``model.toml``.

    Raises
    ------
    ScenarioError
        If there is no such model.
    """
    if isinstance(model, str) and model in models():
        return models_folder() / f"{model}.toml"
    path = Path(model)
    if path.is_dir():
        path = path / MODEL_FILE
    if not path.is_file():
        raise ScenarioError(
            f"no model {str(model)!r}: it is neither a bundled name nor a TOML file; "
            f"{did_you_mean(str(model), models())}"
        )
    return path


def facts_folder(path: Path, data: str) -> Path:
    """Folder of facts a model names: beside its file, or a bundled package.

    Raises
    ------
    DataError
        If the name leads out of the model's folder, or there is no such folder.
    """
    try:
        beside, bundled = inside(path.parent, data), inside(data_folder(), data)
    except DataError as error:
        raise DataError(f"{path.name}: data = {error}") from None
    if beside.is_dir() and (beside / "regions.csv").is_file():
        return beside
    if bundled.is_dir():
        return bundled
    known = [p.name for p in data_folder().iterdir() if p.is_dir()]
    raise DataError(
        f"{path.name}: data = {data!r} is neither a folder beside it with regions.csv nor a "
        f"bundled package; {did_you_mean(data, known)}"
    )


def load(model: str | Path, *, fill: Fill | None = None) -> Scenario:
    """Load a model: a bundled name, a TOML file, or a folder that holds ``model.toml``.

    Parameters
    ----------
    model : str or Path
    fill : {"previous", "interpolate"}, optional
        What stands for a blank or missing hour of demand or of a site's figures, in place of what
        the model file says: see :meth:`Scenario.from_tables`.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        If the model file has unknown keys, wrong values or unreadable regimes.
    DataError
        With every fault of the tables, by file, row and column.

    Examples
    --------
    >>> load("china").regimes["open-market"].title
    'Open market'
    """
    path = model_path(model)
    described = read_model(path)
    folder = facts_folder(path, described.data)
    sources = sources_of(folder)
    regimes = regimes_of(described, path.name, set(sources.index))
    name = path.resolve().parent.name if path.name == MODEL_FILE else path.stem
    notes: list[Fault] = []
    try:
        scenario = Scenario.from_tables(
            **tables_of(folder, described, notes), regimes=regimes, name=name,
            title=described.title, title_zh=described.title_zh, as_of=described.as_of,
            default_regime=described.default_regime, available_share=described.available,
            unusual=described.unusual, group_by=described.group_by,
            fill=fill or described.fill,
        )
        return replace(scenario, _notes=(*notes, *scenario._notes))
    except ScenarioError as error:
        raise ScenarioError(f"{path.name}: {str(error).splitlines()[0]}", error.faults) from None
    except DataError as error:
        if not error.faults:
            raise
        faults = [replace(fault, table=_file_of(fault.table, path, folder))
                  for fault in error.faults]
        raise DataError(f"the facts of {path.name} in {folder.name}/ cannot be used:",
                        faults) from None


def _file_of(table: str, path: Path, folder: Path) -> str:
    """The file a fault of a table is in; the table itself where it was made from others."""
    if table == "available":
        return f"{path.name} [available]"
    return f"{table}.csv" if (folder / f"{table}.csv").is_file() else table
