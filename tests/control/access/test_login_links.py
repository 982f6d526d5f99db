"""What a host must be for one-time links to work."""

from __future__ import annotations

import pytest

from control.access.login_links import is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("pc", False),
        ("[::1]", True),
        ("", False),
    ],
)
def test_loopback_is_what_only_this_host_reaches(host, expected):
    assert is_loopback(host) is expected
