"""`zhida verify`: every checksum and every count of the library. Code 1 when something is wrong."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from ui.commands.options import settings_of
from ui.console import as_json, printable, say

HELP = "核对每个校验和与计数 check every checksum and every count"
WRONG = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `zhida verify`."""
    parser.add_argument("--json", action="store_true", help="输出 JSON print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Prints a line for each check."""
    # What opening would mend by itself is looked at as it is, so that nothing is hidden.
    from index.catalog import Catalog
    from index.library_home import find_catalog
    from index.verify import verify

    catalog = Catalog(find_catalog(settings_of(arguments).home), create=False)
    checks = verify(catalog)
    catalog.close()
    if arguments.json:
        say(as_json([asdict(check) for check in checks]))
    else:
        for check in checks:
            say(f"{'✓' if check.sound else '✗'} {check.name}: {printable(check.detail)}")
    return 0 if all(check.sound for check in checks) else WRONG
