"""Which driver classes are loaded, and which are refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stations.contracts import InstrumentSettings
from stations.drivers.driver import InstrumentError
from stations.drivers.http import HttpInstrument
from stations.drivers.loading import cannot_exist, is_allowed, load_driver, runner_command
from stations.drivers.modbus_tcp import ModbusTcp
from stations.drivers.scpi import ScpiInstrument
from stations.drivers.serial_line import SerialLine


def settings(driver: str, **options: object) -> InstrumentSettings:
    return InstrumentSettings(
        name="meter-1", driver=driver, resource="TCPIP::h::1::SOCKET", options=options, commands={}, safe_state=[]
    )


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        (ScpiInstrument, "TCPIP::h::1::SOCKET"),
        (SerialLine, "/dev/x"),
        (HttpInstrument, "http://h"),
        (ModbusTcp, "modbus://h"),
    ],
)
def test_built_in_drivers_are_loaded_by_path(kind: type, resource: str) -> None:
    driver = load_driver({**settings(f"{kind.__module__}.{kind.__name__}"), "resource": resource})
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


@pytest.mark.parametrize(
    ("allowed", "is_so"),
    [
        (["a.b.C"], True),
        (["a.*"], True),
        (["a.b.*"], True),
        (["*"], True),
        (["a.b"], False),
        (["a.b.C.*"], False),
        ([], False),
    ],
)
def test_class_is_allowed_by_its_path_or_its_package(allowed: list[str], is_so: bool) -> None:
    assert is_allowed("a.b.C", allowed) is is_so
    assert not is_allowed("a.bad.C", ["a.b*", "a.b.*"])


def test_class_that_cannot_exist_is_known_without_importing_anything() -> None:
    assert cannot_exist("not_installed_here.psu.Supply").startswith("names a package that is not installed")
    assert cannot_exist("Supply") == "is no dotted path; write it like package.module.Class"
    assert cannot_exist("antigravity.Balloon") == "" and "antigravity" not in sys.modules


def test_command_line_of_a_runner_names_the_allowed_classes() -> None:
    assert runner_command([])[1:] == ["-m", "sequences.runner"]
    assert runner_command(["a.B", "c.*"])[1:] == ["-m", "sequences.runner", "--drivers", "a.B,c.*"]


def test_options_that_a_driver_cannot_use_are_refused() -> None:
    with pytest.raises(InstrumentError, match="not described as its driver needs it"):
        load_driver(settings("stations.drivers.scpi.ScpiInstrument", timeout_s="soon"))


def test_warm_up_imports_what_drivers_need_and_nothing_of_django() -> None:
    script = (
        "import sys; from stations.drivers import loading; assert 'pyvisa' not in sys.modules; loading.warm_up();"
        "assert {'pyvisa', 'pyvisa_py', 'serial'} <= set(sys.modules); assert 'django' not in sys.modules;"
        "assert not {'httpx', 'pymodbus', 'antigravity', 'this', 'numpy', 'zeroconf', 'psutil'} & set(sys.modules);"
        "loading.warm_up(['stations.drivers.http.HttpInstrument', 'stations.drivers.modbus_tcp.ModbusTcp', 'this.Zen',"
        " 'antigravity.Balloon', 'no.such.Driver'], ['this.*', 'no.*']);"
        "assert {'httpx', 'pymodbus', 'this'} <= set(sys.modules); assert 'antigravity' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)


def test_what_visa_needs_rarely_is_imported_when_it_is_needed() -> None:
    script = (
        "import sys; from stations.drivers.visa_link import resource_manager; resource_manager();"
        "assert 'numpy' not in sys.modules; from pyvisa import util; import numpy;"
        "block = b'#18' + numpy.array([1.5, 2.5], dtype='f4').tobytes();"
        "assert util.from_ieee_block(block, container=numpy.ndarray).tolist() == [1.5, 2.5];"
        "assert isinstance(resource_manager().list_resources('?*'), tuple); assert 'psutil' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
