"""What an installed copy holds beside the Python files."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("index", "rag", "eval", "ui")


def test_every_data_file_is_named_in_the_package_data():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]
    for package in PACKAGES:
        files = {
            file
            for file in (ROOT / package).rglob("*")
            if file.is_file() and file.suffix not in (".py", ".pyc")
        }
        named = {file for pattern in patterns.get(package, []) for file in (ROOT / package).glob(pattern)}
        assert files <= named, f"not in the package data of {package}: {sorted(files - named)}"
        assert files, f"no data file of {package} was found: the test looks in the wrong place"
