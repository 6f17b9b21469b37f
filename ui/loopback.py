"""Which names and addresses mean this machine: where `serve` may listen, and what a request may call it.

Names other than localhost are never looked up: a resolver that somebody else controls could answer
anything.
"""

from __future__ import annotations

import ipaddress
import re

_HOST = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::\d*)?")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`, a name or an address without brackets and port."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_address(host: str) -> bool:
    """Whether `host` is an address, without brackets and port, and not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def host_name(header: str) -> str | None:
    """The name or address in the value of a Host header, in lower case; None if it is none."""
    match = _HOST.fullmatch(header)
    return None if match is None else (match["name"] if match["v6"] is None else match["v6"]).lower()


def names_this_machine(header: str) -> bool:
    """Whether the value of a Host header, such as 127.0.0.1:7860 or [::1], is a loopback one."""
    name = host_name(header)
    return name is not None and is_loopback(name)
