"""The units that measurements, parameters and limits may carry. A name, not a conversion: values stay in their unit."""

from __future__ import annotations

import difflib

from sequences.wording import quoted, shown

UNITS = frozenset(
    """
    V mV uV kV A mA uA nA W mW kW VA ohm mohm kohm Mohm F mF uF nF pF H mH uH
    Hz kHz MHz GHz s ms us ns min h
    degC K % ppm dB dBm dBV deg rad
    m mm um nm cm km g kg N Nm Pa kPa bar mbar L mL
    m/s m/s2 rpm lx lm cd C Ah mAh Wh J T mT
    px B kB MB GB bit bit/s count 1/s
    """.split()
)


# What people write who think of one of these, in any case and with any prefix.
_OTHERWISE = {
    "volt": "V", "ampere": "A", "amp": "A", "watt": "W", "ω": "ohm", "ohms": "ohm", "farad": "F", "henry": "H",
    "hertz": "Hz", "sec": "s", "second": "s", "seconds": "s", "minute": "min", "hour": "h", "°c": "degC",
    "celsius": "degC", "kelvin": "K", "percent": "%", "meter": "m", "metre": "m", "pixel": "px", "pixels": "px",
}  # fmt: skip


def check_unit(unit: object) -> list[str]:
    """The problem with a unit's name, if there is one; the empty name is no unit and fine."""
    if unit == "" or (isinstance(unit, str) and unit in UNITS):
        return []
    if not isinstance(unit, str):
        return [f"a unit must be a text, it is {shown(unit)}"]
    near = _nearest(unit)
    return [f"unknown unit '{quoted(unit)}'" + (f" (did you mean '{near}'?)" if near else "")]


def _nearest(unit: str) -> str | None:
    """The unit that was meant: another word for it, another way to write it, or one of nearly the same letters."""
    wanted = unit.strip().replace("\N{MICRO SIGN}", "u").replace("\N{GREEK SMALL LETTER MU}", "u")
    if wanted in UNITS:
        return wanted
    small = wanted.lower()
    if small in _OTHERWISE:
        return _OTHERWISE[small]
    prefixed = wanted[:1] + _OTHERWISE.get(small[1:], "?")
    if prefixed in UNITS:
        return prefixed
    in_other_case = [known for known in UNITS if known.lower() == small]
    if in_other_case:
        return max(in_other_case, key=lambda known: sum(map(str.__eq__, known, wanted)))
    near = difflib.get_close_matches(quoted(wanted), sorted(UNITS), n=1, cutoff=0.5)
    return near[0] if near else None
