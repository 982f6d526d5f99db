"""The decorators."""

from __future__ import annotations

import pytest

from sequences.authoring import sequence, setup, step, teardown


@pytest.mark.parametrize(("decorator", "group"), [(setup, "setup"), (step, "main"), (teardown, "teardown")])
def test_decorators_work_with_and_without_options(decorator, group):
    @sequence
    class Example:
        @decorator
        def plain(self, run): ...

        @decorator(timeout_s=3, attempts=2)
        def with_options(self, run): ...

    found = [(step.group, step.name, step.timeout_s, step.attempts) for step in Example.__sequence__.members]
    assert found == [(group, "plain", None, None), (group, "with_options", 3, 2)]


@pytest.mark.parametrize("options", [{"timeout": 5}, {"timeout_s": 0}, {"attempts": True}, {"repeat": -1}])
def test_impossible_option_is_refused_at_once(options):
    with pytest.raises(ValueError, match=r"^step 'a': "):

        @step(**options)
        def a(self, run): ...


@pytest.mark.parametrize("decorator", [setup, teardown])
def test_resumable_is_for_main_steps_alone(decorator):
    with pytest.raises(ValueError, match=r"^step 'a': resumable is an option of @step and @group alone$"):

        @decorator(resumable=True)
        def a(self, run): ...


def test_methods_without_decorator_are_no_steps():
    @sequence
    class Example:
        def helper(self): ...

    assert Example.__sequence__.members == []
