"""A slice of the product in a network of its own, in which there is nothing but this machine: run by test_offline.

    unshare -rn python -m tests.walls.offline FOLDER

Prints one JSON object with what became of each step.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import socket
import struct
import sys
from pathlib import Path

import httpx

from tests.waiting import PATIENCE
from ui import screenshot

SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
ELSEWHERE = ("192.0.2.1", 80)  # TEST-NET-1, RFC 5737: an address of nobody's
QUESTION = "海岳省有多少家检验检测机构？"


def loopback_up() -> None:
    """A new network's own interface is down at first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", IFF_UP, b""))


def outside_is_there() -> bool:
    """Whether anything beyond this machine could be reached."""
    try:
        socket.create_connection(ELSEWHERE, timeout=0.3).close()
    except TimeoutError:
        return True  # there is a route, at least
    except OSError:
        return False
    return True


def main() -> int:
    """All steps."""
    folder = Path(sys.argv[1])
    loopback_up()
    told: dict[str, object] = {"outside": outside_is_there()}
    docs = folder / "docs"
    docs.mkdir()
    for file in list(screenshot.SAMPLE.rglob("*.txt")):
        shutil.copy(file, docs)
    with screenshot.served(docs, folder / "home") as address, httpx.Client(timeout=PATIENCE) as client:
        told["page"] = client.get(address).status_code
        told["answer"] = client.post(f"{address}/api/ask", json={"question": QUESTION}).json()["answer"]
        told["metrics"] = client.get(f"{address}/metrics").status_code
    from ui.cli import main as zhida

    told["ask"] = zhida(["ask", QUESTION, "--home", str(folder / "home"), "--json"])
    print("\n" + json.dumps(told, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
