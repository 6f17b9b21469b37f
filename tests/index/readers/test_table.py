"""The table of readers: every suffix leads to a function, loaded when it is first needed."""

import subprocess
import sys
from importlib import import_module, util
from pathlib import Path

import pytest

from index.errors import ReadError
from index.readers import READERS, read, suffix_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("reader", sorted(set(READERS.values())))
def test_each_entry_names_a_function(reader):
    module, _, function = reader.partition(":")
    if util.find_spec(module) is None:
        pytest.skip(f"{module} is not there yet")
    assert callable(getattr(import_module(module), function))


@pytest.mark.parametrize(
    ("name", "suffix"), [("a.PDF", ".pdf"), ("报告/2024.年报/说明", ""), ("a.tar.gz", ".gz")]
)
def test_the_suffix_is_that_of_the_file_in_small_letters(name, suffix):
    assert suffix_of(name) == suffix


def test_plain_text_loads_no_parser_of_other_formats():
    code = (
        "import sys; from index.readers import read; read('甲。'.encode(), 'a.txt'); "
        "bad = {'lxml', 'pypdfium2', 'openpyxl', 'email', 'numpy'} & sys.modules.keys(); sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(READERS, ".none", "no_such_package.module:read")
    with pytest.raises(ReadError, match="no_such_package"):
        read(b"x", "a.none")
