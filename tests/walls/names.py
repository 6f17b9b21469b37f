"""Names of files that lead elsewhere, name devices, or cannot be written: two hundred and more."""

from __future__ import annotations

from itertools import product
from urllib.parse import quote

_CLIMBS = (
    "../",
    "../../../../../../",
    "..\\..\\..\\",
    "..;/",
    "....//....//",
    "..././..././",
    "./../",
    "a/../../",
    "%2e%2e%2f",
    "%2e%2e/",
    "..%2f",
    "..%5c",
    "%252e%252e%252f",
    "..%c0%af",
    "..%e0%80%af",
    "..%u2215",
    "\uff0e\uff0e\uff0f",
    "\u2025/",
    "\u2024\u2024/",
    "..\u2215",
    "..\u2044",
    "..\u29f5",
    "..\\/",
    "\\..\\",
    "/",
    "//",
    "\\\\server\\share\\",
    "C:\\",
    "C:/",
    "c:",
    "\\\\?\\C:\\",
    "\\\\.\\",
    "file:///",
    "file:\\\\",
    "http://evil.example/",
    "~/",
    "~root/",
    "/proc/self/root/",
    "/proc/self/cwd/../",
    "/dev/fd/../",
    "\x00/../",
    "a\x00/../../",
)
_TARGETS = ("outside.txt", "etc/passwd.txt", "home/catalog.txt", ".ssh/authorized_keys.txt")
_DEVICES = "CON PRN AUX NUL COM1 LPT1 CONIN$ CLOCK$ con aux. nul.tar COM1:x".split()
_ODD = (
    "\u202etxt.exe.txt",
    "\u2066..\u2069/a.txt",
    "\u200b../a.txt",
    "\ufeff.txt",
    "a\u0000b.txt",
    "a\r\nSet-Cookie: x=1\r\n\r\n.txt",
    'a"; filename="b.txt',
    "a';b.txt",
    "a%00.txt",
    "a\x1b[2J\x07.txt",
    "a\x7f.txt",
    "$(touch outside).txt",
    "`touch outside`.txt",
    "|touch outside;.txt",
    "-rf.txt",
    "--help.txt",
    "%s%n%x.txt",
    "{0.__class__}.txt",
    "=cmd|' /C calc'!A0.txt",
    "'; DROP TABLE documents;--.txt",
    "名" * 300 + ".txt",
    "a" * 5000 + ".txt",
    "../" * 1500 + "a.txt",
    "a.txt" * 200,
    "😀" * 120 + ".txt",
    "e\u0301" * 200 + ".txt",
    "\u0300" * 300 + ".txt",
    ".txt",
    "..txt",
    "...txt",
    " .txt",
    "a.txt.",
    "a.txt ",
    "a.txt::$DATA",
    "a.txt:stream",
    "<script>hit(1)</script>.txt",
    "*?.txt",
    "a\u2028b.txt",
    "\udcff.txt",
)


def nasty_names() -> list[str]:
    """Each once; all but a few would be text files."""
    made = [climb + target for climb, target in product(_CLIMBS, _TARGETS)]
    made += [f"{device}.txt" for device in _DEVICES]
    made += _ODD
    made += [quote(name, safe="") for name in made[:12]]
    return list(dict.fromkeys(made))
