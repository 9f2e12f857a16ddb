"""Rules and regimes: what a law, a licence or a policy does to lanes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, ClassVar, Literal

from computegrid.errors import Fault, ScenarioError, did_you_mean
from computegrid.scenario.select import plain

QUANTITIES = {
    "it_mw": "MW",
    "power_mw": "MW",
    "energy_mwh": "MWh",
    "carbon_t": "t",
    "spend_usd": "USD",
    "gbps": "Gbit/s",
    "utilisation": "1",
}
"""Quantity of a rule and its unit."""
RATES = frozenset({"it_mw", "power_mw", "gbps", "utilisation"})
"""Quantities that are rates: over the horizon they are weighted means, the others are sums."""

Selector = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What the kinds of rule have in common.

    Parameters
    ----------
    label : str
        Name of the rule, unique in its regime.
    demand : mapping
        Selector over the columns of regions and workloads; ``{}`` selects all.
    supply : mapping
        Selector over the columns of sites; ``{}`` selects all. Both selectors also take lane
        columns: ``rtt_ms``, ``distance_km``, ``network_usd_per_mwh``, ``same_<column>`` and, where
        the scenario knows routes, ``corridor``.
    hours : mapping or list or None
        Hours in which it holds: a list of hours, or a selector over ``hour``, ``hour_utc``,
        ``month``, ``day`` and other columns of the hours; None is always. A year, a month or a
        day (``"2025"``, ``"2025-07"``, ``"2025-07-31"``) is all of it, as the upper end too.
    source : str
        Law, licence or paper it comes from.
    note : str
        What a reader should know of how it is modelled.

    Notes
    -----
    A condition is a value, a list of values, ``{"not": ...}``, ``{"min": ..., "max": ...}`` or
    ``{"has": ...}`` (the cell lists the value among parts with ``;`` between them). Ranges,
    tuples, sets, arrays, pandas indices and series are lists.
    """

    label: str
    demand: Selector = field(default_factory=dict)
    supply: Selector = field(default_factory=dict)
    hours: Selector | list[Any] | None = None
    source: str = ""
    note: str = ""

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        if not isinstance(self.label, str) or not self.label.strip():
            raise ScenarioError(f"a {self.kind} needs a label; give it a name a reader will know")
        for name in ("source", "note"):
            if not isinstance(getattr(self, name), str):
                raise ScenarioError(f"rule {self.label!r}: {name} is text; "
                                    f"got {getattr(self, name)!r}")
        for name in ("demand", "supply"):
            selector = getattr(self, name)
            if not isinstance(selector, Mapping) or not all(isinstance(c, str) for c in selector):
                raise ScenarioError(
                    f"rule {self.label!r}: {name} must be a mapping from column to condition, "
                    f"e.g. {{'control': 'US'}}; got {getattr(self, name)!r}"
                )
        for name in ("demand", "supply", "hours", "each"):
            if getattr(self, name, None) is not None:
                object.__setattr__(self, name, self._plain(name))

    @property
    def when(self) -> Selector | list[Any] | None:
        """Hours in which the rule holds; None is always."""
        return self.hours

    def _plain(self, name: str) -> Any:
        """What was given, its sequences as lists."""
        try:
            return plain(getattr(self, name))
        except (TypeError, ValueError) as error:
            raise ScenarioError(f"rule {self.label!r}: {name} cannot be read: {error}") from None

    def _number(self, name: str, *, lower: float = -math.inf) -> None:
        value = getattr(self, name)
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(
            value
        ) or value < lower:
            least = "" if lower == -math.inf else f", at least {lower:g}"
            raise ScenarioError(
                f"rule {self.label!r}: {name} must be a finite number{least}; got {value!r}"
            )
        object.__setattr__(self, name, float(value))

    def _check_each(self) -> None:
        each = getattr(self, "each", None)
        columns = [each] if isinstance(each, str) else each
        if each is not None and not (
            isinstance(columns, (list, tuple)) and all(isinstance(c, str) for c in columns)
        ):
            raise ScenarioError(
                f"rule {self.label!r}: each is a column or a list of columns; got {each!r}")


@dataclass(frozen=True, kw_only=True)
class Forbid(Rule):
    r"""The selected lanes carry nothing: :math:`f_{\ell,t} \le 0`.

    Examples
    --------
    >>> Forbid(label="us-freeze", supply={"control": "US"}, source="EO 14203").kind
    'Forbid'
    """

    kind: ClassVar[str] = "Forbid"


@dataclass(frozen=True, kw_only=True)
class Limit(Rule):
    r"""A bound on a quantity of the selected lanes, one row per ``each`` group.

    .. math:: \underline q \le \sum_{\ell} q_{\ell,t} f_{\ell,t} \le \overline q

    Parameters
    ----------
    quantity : {"it_mw", "power_mw", "energy_mwh", "carbon_t", "spend_usd", "gbps", "utilisation"}
        Work [MW], IT power drawn [MW], electricity [MWh], emissions [t], operating spend
        (energy, rent, network) [USD], bandwidth [Gbit/s], power drawn over what the selected
        sites have available [1].
    max, min : float
        Bounds in the quantity's unit; at least one.
    per : {"hour", "horizon"}
        A row for every hour, or one for the whole horizon. Over the horizon rates (MW, Gbit/s,
        utilisation) are means and amounts (MWh, t, USD) are sums, both weighted by the hours.
    each : str or list of str
        Columns whose every combination gets a row of its own.
    penalty_usd : float
        The bound may be broken at this cost per unit (of an hour's rate: per unit and hour);
        None makes it hard.

    Examples
    --------
    >>> Limit(label="cap", quantity="carbon_t", max=1e6, per="horizon").unit
    't'
    """

    quantity: str
    max: float | None = None
    min: float | None = None
    per: Literal["hour", "horizon"] = "hour"
    each: str | list[str] | None = None
    penalty_usd: float | None = None

    kind: ClassVar[str] = "Limit"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_quantity(self.label, self.quantity)
        _check_bounds(self)
        if self.per not in ("hour", "horizon"):
            raise ScenarioError(
                f"rule {self.label!r}: per must be 'hour' or 'horizon'; got {self.per!r}"
            )
        self._number("penalty_usd", lower=0.0)
        self._check_each()

    @property
    def unit(self) -> str:
        """Unit of the bounds."""
        return QUANTITIES[self.quantity]


@dataclass(frozen=True, kw_only=True)
class Share(Rule):
    r"""The selected flow is at most (at least) a fraction of the demand selected, in energy.

    .. math:: \underline\varphi \sum_{a,t} h_t d_{a,t} \le \sum_{\ell,t} h_t f_{\ell,t}
              \le \overline\varphi \sum_{a,t} h_t d_{a,t}

    Parameters
    ----------
    max, min : float
        Fractions, 0 to 1; at least one.
    each : str or list of str
        Columns whose every combination gets a row of its own: a column of the demand groups both
        sides, a column of the sites groups the flow only, ``"hour"`` makes a row for every hour.

    Examples
    --------
    >>> Share(label="eu-40", demand={"bloc": "EU"}, supply={"control": "EU"}, min=0.4).min
    0.4
    """

    max: float | None = None
    min: float | None = None
    each: str | list[str] | None = None

    kind: ClassVar[str] = "Share"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_bounds(self)
        for name in ("max", "min"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 1:
                raise ScenarioError(
                    f"rule {self.label!r}: {name} is a fraction from 0 to 1; got {value!r}"
                    + (" (40 % is 0.4)" if 1 < value <= 100 else "")
                )
        self._check_each()


@dataclass(frozen=True, kw_only=True)
class Charge(Rule):
    """A cost on the selected lanes, ``usd`` per unit of ``quantity``.

    Parameters
    ----------
    quantity : str
        As in :class:`Limit`, without ``utilisation``; rates are charged per unit and hour.
    usd : float
        USD per MWh of work (``it_mw``), per MWh drawn by IT (``power_mw``) or at the meter
        (``energy_mwh``), per t, per USD, per Gbit/s and hour. Negative is a subsidy.

    Examples
    --------
    >>> Charge(label="ets", quantity="carbon_t", usd=82.5).usd
    82.5
    """

    quantity: str
    usd: float

    kind: ClassVar[str] = "Charge"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_quantity(self.label, self.quantity)
        if self.quantity == "utilisation":
            raise ScenarioError(f"rule {self.label!r}: utilisation can be limited, not charged")
        if self.usd is None:
            raise ScenarioError(f"rule {self.label!r}: usd must be a finite number; got None")
        self._number("usd")


@dataclass(frozen=True, init=False)
class Defer(Rule):
    r"""The selected work may wait up to ``hours``: :math:`D_a = D`.

    It holds in place of the ``defer_hours`` of the workloads, and of what an earlier rule of the
    regime says of the same work; 0 is no waiting at all. So "shift against not" is one
    :func:`computegrid.compare`.

    Parameters
    ----------
    workload : str or list of str
        Which work; together with ``demand``, all of it where neither is given.
    hours : float
        How long it may wait within a chain of hours [h].
    label : str
        Left out it is made of the workload.

    Examples
    --------
    >>> Defer("training", 24).label, Defer(workload="training", hours=24).hours
    ('defer training', 24.0)
    """

    label: str = field(default="", kw_only=True)
    workload: str | list[str] | None = field(default=None, kw_only=True)
    hours: float = field(kw_only=True)  # type: ignore[assignment]

    kind: ClassVar[str] = "Defer"

    def __init__(
        self, workload: Any = None, hours: Any = None, *, label: str = "",
        demand: Selector | None = None, supply: Selector | None = None, source: str = "",
        note: str = "",
    ) -> None:
        named = [] if workload is None else plain(workload)
        named = named if isinstance(named, list) else [named]
        both = dict(demand) if isinstance(demand, Mapping) else demand or {}
        if workload is not None and isinstance(both, dict):
            both = {**both, "workload": plain(both.get("workload", workload))}
        values = {"label": label or f"defer {', '.join(map(str, named)) or 'all'}",
                  "workload": plain(workload), "hours": hours, "demand": both,
                  "supply": {} if supply is None else supply, "source": source, "note": note}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        super().__post_init__()
        if workload is not None and self.demand["workload"] != self.workload:
            raise ScenarioError(f"rule {self.label!r}: workload stands twice, as {workload!r} and "
                                "in demand; give one")
        if self.supply:
            raise ScenarioError(f"rule {self.label!r}: a Defer is of work wherever it is done; "
                                f"leave supply out; got {dict(self.supply)!r}")
        if hours is None:
            raise ScenarioError(f"rule {self.label!r}: hours says how long work may wait; got None")
        self._number("hours", lower=0.0)

    @property
    def when(self) -> None:
        """It holds always: ``hours`` is how long work may wait."""
        return None


RULES: dict[str, type[Rule]] = {r.kind: r for r in (Forbid, Limit, Share, Charge, Defer)}


@dataclass(frozen=True)
class Regime:
    """A named list of rules.

    Parameters
    ----------
    name : str
        Short name, e.g. ``"eu-control"``.
    rules : sequence of Rule
        Own rules; one with the label of a rule of ``extends`` replaces it.
    extends : Regime or None
        Regime whose rules hold too.
    title, title_zh, source, note : str
        What people read.

    Raises
    ------
    ScenarioError
        If two of its own rules carry the same label, or a rule is not a rule.

    Examples
    --------
    >>> base = Regime("eu", [Charge(label="ets", quantity="carbon_t", usd=80.0)])
    >>> tight = Regime("eu-control", [Forbid(label="us", supply={"control": "US"})], extends=base)
    >>> [rule.label for rule in tight.rules]
    ['ets', 'us']
    """

    name: str
    rules: tuple[Rule, ...] = ()
    extends: Regime | None = field(default=None, repr=False)
    title: str = ""
    title_zh: str = ""
    source: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        if _is_no_list(self.rules):
            raise ScenarioError(f"regime {self.name!r}: rules is a list of rules; "
                                f"got {self.rules!r}")
        if self.extends is not None and not isinstance(self.extends, Regime):
            raise ScenarioError(f"regime {self.name!r}: extends is a Regime, not its name; "
                                f"got {self.extends!r}")
        own = tuple(self.rules)
        faults = [
            Fault(f"regime {self.name}",
                  f"expected Forbid, Limit, Share, Charge or Defer, got {rule!r}")
            for rule in own if not isinstance(rule, Rule)
        ]
        labels = [rule.label for rule in own if isinstance(rule, Rule)]
        faults += [
            Fault(f"regime {self.name}", "two rules carry this label", value=label,
                  cure="give each its own")
            for label in sorted({label for label in labels if labels.count(label) > 1})
        ]
        if faults:
            raise ScenarioError(f"regime {self.name!r} cannot be used:", faults)
        inherited = self.extends.rules if self.extends is not None else ()
        replaced = {rule.label: rule for rule in own}
        merged = [replaced.pop(rule.label, rule) for rule in inherited]
        object.__setattr__(self, "rules", (*merged, *replaced.values()))
        object.__setattr__(self, "title", self.title or self.name)


OPEN_MARKET = "open-market"
"""Name of the regime in which everything holds that no policy asked for."""


def as_regime(
    regime: str | Regime | Iterable[Rule] | None, known: Mapping[str, Regime],
    default: str | None = None,
) -> Regime:
    """Return the regime meant: a name among ``known``, a Regime, a list of rules, or None.

    None is the regime named ``default``, and no rules where there is none; an empty list is no
    rules always.

    Examples
    --------
    >>> known = {"status-quo": Regime("status-quo", [Forbid(label="us", supply={"control": "US"})])}
    >>> [as_regime(what, known, "status-quo").name for what in (None, [])]
    ['status-quo', 'no rules']

    Raises
    ------
    ScenarioError
        If the name is not known or the list holds something else than rules.
    """
    if regime is None:
        return Regime("no rules") if default is None else as_regime(default, known)
    if isinstance(regime, Regime):
        return regime
    if isinstance(regime, str):
        if regime not in known:
            raise ScenarioError(f"no regime {regime!r}; {did_you_mean(regime, known)}")
        return known[regime]
    if isinstance(regime, Rule):
        return Regime(regime.label, (regime,))
    try:
        rules = tuple(regime)
    except TypeError:
        raise ScenarioError(
            f"regime must be a name, a Regime, a list of rules or None; got {regime!r}"
        ) from None
    return Regime("own rules" if rules else "no rules", rules)


def open_market(known: Mapping[str, Regime], default: str | None) -> Regime:
    """Return the regime that policies are measured from.

    The regime named ``open-market``; without one, what the default regime extends in the end; no
    rules where there is neither.

    Examples
    --------
    >>> start = Regime("spare", [Forbid(label="full", supply={"site": "far"})])
    >>> known = {"spare": start, "now": Regime("now", extends=start)}
    >>> open_market(known, "now").name, open_market({}, None).name
    ('spare', 'no rules')
    """
    found = known.get(OPEN_MARKET) or as_regime(None, known, default)
    while found.name != OPEN_MARKET and found.extends is not None:
        found = found.extends
    return found


def _is_no_list(rules: object) -> bool:
    return isinstance(rules, Rule | str) or not isinstance(rules, Iterable)


def _check_quantity(label: str, quantity: str) -> None:
    if quantity not in QUANTITIES:
        raise ScenarioError(
            f"rule {label!r}: no quantity {quantity!r}; {did_you_mean(quantity, QUANTITIES)}"
        )


def _check_bounds(rule: Limit | Share) -> None:
    if rule.max is None and rule.min is None:
        raise ScenarioError(f"rule {rule.label!r}: give max, min or both")
    rule._number("max")
    rule._number("min")
    if rule.max is not None and rule.min is not None and rule.min > rule.max:
        raise ScenarioError(f"rule {rule.label!r}: min {rule.min:g} is above max {rule.max:g}")
