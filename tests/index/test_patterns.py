"""Patterns that wait: nothing is compiled before it is used, and everything can be."""

import importlib
import pkgutil
import re

import pytest

import index
import rag
from index.patterns import _Pattern, regex


def test_a_pattern_is_compiled_at_its_first_use():
    one = regex("第(\\d+)条", re.ASCII)
    assert "search" not in vars(one)
    assert one.search("按第12条办理")[1] == "12"
    assert one.sub("某条", "第3条") == "某条"
    assert (one.pattern, one.flags & re.ASCII) == ("第(\\d+)条", re.ASCII)


def test_a_mistake_shows_at_the_first_use():
    with pytest.raises(re.error):
        regex("(").search("")


@pytest.mark.parametrize("package", [index, rag])
def test_every_pattern_can_be_compiled(package):
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for name, value in vars(importlib.import_module(found.name)).items():
            if isinstance(value, _Pattern):
                assert value.pattern, f"{found.name}.{name}"
