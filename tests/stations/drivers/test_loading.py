"""Which driver classes are loaded, and which are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stations.contracts import InstrumentSettings
from stations.drivers.driver import InstrumentError
from stations.drivers.loading import load_driver
from stations.drivers.scpi import ScpiInstrument
from stations.drivers.serial_line import SerialLine


def settings(driver: str, **options: object) -> InstrumentSettings:
    return InstrumentSettings(
        name="meter-1", driver=driver, resource="TCPIP::h::1::SOCKET", options=options, commands={}, safe_state=[]
    )


@pytest.mark.parametrize("kind", [ScpiInstrument, SerialLine])
def test_built_in_drivers_are_loaded_by_path(kind: type) -> None:
    driver = load_driver(settings(f"{kind.__module__}.{kind.__name__}"))
    assert (type(driver), driver.name, driver.version) == (kind, "meter-1", "1.0")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("os.system", "not allowed"),
        ("no.such.Driver", "cannot be loaded"),
        ("stations.drivers.scpi.Missing", "cannot be loaded"),
        ("os.getpid", "a driver that is none"),
    ],
)
def test_other_paths_are_refused_with_instrument_and_address(path: str, problem: str) -> None:
    allowed = () if problem == "not allowed" else (path,)
    with pytest.raises(InstrumentError, match=f"meter-1 at TCPIP::h::1::SOCKET has .*{problem}") as refusal:
        load_driver(settings(path), allowed)
    assert path in str(refusal.value)


def test_options_that_a_driver_cannot_use_are_refused() -> None:
    with pytest.raises(InstrumentError, match="not described as its driver needs it"):
        load_driver(settings("stations.drivers.scpi.ScpiInstrument", timeout_s="soon"))


def test_warm_up_imports_what_drivers_need_and_nothing_of_django() -> None:
    script = (
        "import sys; from stations.drivers import loading; assert 'pyvisa' not in sys.modules; loading.warm_up();"
        "assert {'pyvisa', 'pyvisa_py', 'serial'} <= set(sys.modules); assert 'django' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
