"""The units that measurements, parameters and limits may carry. A name, not a conversion: values stay in their unit."""

from __future__ import annotations

import difflib

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


def check_unit(unit: object) -> list[str]:
    """The problem with a unit's name, if there is one; the empty name is no unit and fine."""
    if unit == "" or (isinstance(unit, str) and unit in UNITS):
        return []
    near = difflib.get_close_matches(str(unit), UNITS, n=1, cutoff=0.5)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return [f"unknown unit '{unit}'{hint}"]
