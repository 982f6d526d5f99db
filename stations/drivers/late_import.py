"""Importing a library without what it imports only in case of need."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Late(ModuleType):
    """Stands for a module that is imported when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def late_import(*modules: str) -> Iterator[None]:
    """Let whatever is imported meanwhile get the installed ones of these modules on their first use, not now.

    For processes that import with one thread, and `import module`, not `from module import …`.
    """
    late = {
        name: _Late(name) for name in modules if name not in sys.modules and importlib.util.find_spec(name) is not None
    }
    sys.modules.update(late)
    try:
        yield
    finally:
        for name, module in late.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
