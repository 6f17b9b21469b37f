"""Fixtures for every test: a small embedder that needs no model, and folders of Chinese documents."""

from __future__ import annotations

import os
import signal
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

# A run that was started in the background ignores Ctrl-C, and so would every process it starts, also those
# whose answer to Ctrl-C is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What the machine of somebody who runs the tests is set up for is not what is tested: neither a library of his own
# nor the proxy through which he reaches the internet, which knows nothing of servers on 127.0.0.1.
for _name in list(os.environ):
    if (_name.startswith("ZHIDA_") and _name != "ZHIDA_PAYLOADS") or _name.lower().endswith("_proxy"):
        del os.environ[_name]

# How long an example may take or takes to be made up says more about the machine than about the code. And a run says
# something about the code only when the next one would say the same: `--hypothesis-profile=random` looks for new ones.
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("zhida", settings.get_profile("random"), derandomize=True)
settings.load_profile("zhida")


@dataclass
class HashingEmbedder:
    """Counts character bigrams into `dimension` buckets: texts that share words are near each other.

    Deterministic and quick; `encoded` counts the passages that it has been given, so that a test can say
    what was not encoded again.
    """

    name: str = "hashing"
    dimension: int = 64
    fusion_weight: float = 0.5
    encoded: int = 0

    def encode(self, texts: Sequence[str], kind: Literal["passage", "query"]) -> NDArray[np.float32]:
        """Unit vectors, float32 of shape (len(texts), dimension); zero rows for texts of one character."""
        self.encoded += len(texts) if kind == "passage" else 0
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for first, second in zip(text, text[1:], strict=False):
                row[zlib.crc32((first + second).encode("utf-8", "replace")) % self.dimension] += 1
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        return np.asarray(vectors / lengths, dtype=np.float32)


@pytest.fixture
def embedder() -> HashingEmbedder:
    """An embedder for tests of what stands above embedding."""
    return HashingEmbedder()


TEXTS = {
    "质量.txt": "质量管理体系的文件应当定期评审。评审由质量部组织，每年至少一次。",
    "计量/校准.txt": "计量器具应当按周期送检校准。校准证书由计量室保存三年。",
    "计量/报废.txt": "无法修复的计量器具应当报废。报废由设备科批准。",
    "采购.txt": "供应商每两年重新评价一次。评价结果分为甲乙丙三级。",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of four short Chinese documents, one level of folders deep."""
    root = tmp_path / "文件"
    for name, text in TEXTS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root
