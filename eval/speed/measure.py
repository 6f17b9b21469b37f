"""Measures one library of one size, in a process of its own: `python -m eval.speed.measure --passages N --work DIR`.

Prints one JSON object. The memory is that of this process, so that nothing else may run in it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import faiss
import numpy as np

from eval.speed.corpus import questions, write_documents
from index import words
from index.durable import bytes_below
from index.embed import Embedder, open_embedder
from index.library import Library
from index.passage import Article, Document
from index.snapshot import VECTORS
from rag.retrieve import Retriever

NEAREST = 10
CHANGED = 10  # documents that are added, deleted and updated
WARM_UP = 20  # questions before those that are counted

_FIRST_ANSWER = """
import sys, time
from pathlib import Path
from rag.build import open_chatbot
from rag.settings import Settings
open_chatbot(Settings(home=Path(sys.argv[1]))).ask(sys.argv[2])
print(time.process_time())
"""


def measure(passages: int, work: Path, data: Path | None, asked: int) -> dict[str, Any]:
    """All figures of a library of about `passages` passages; times in seconds or (ms) milliseconds of the processor."""
    files = work / "files"
    write_documents(files, passages, data)
    embedder = open_embedder("")
    embedder.encode(["预热"], "query")
    found: dict[str, Any] = {"text_mb": bytes_below(files) / 1e6}
    found["before_mb"] = _memory("VmRSS")
    with Library.open(work / "home", embedder, create=True) as library:
        found["index_s"] = _seconds(lambda: library.sync([files]))
        found["peak_mb"] = _memory("VmHWM") - found["before_mb"]
        found["resync_s"] = _seconds(lambda: library.sync([files]))
        found["disk_mb"] = bytes_below(work / "home") / 1e6
        # The catalog holds them, too.
        found["vectors_mb"] = 2 * bytes_below(work / "home" / VECTORS) / 1e6
        stored = list(library.all_passages())
        found["passages"] = len(stored)
        texts = [f"{passage.context}\n{passage.text}" for passage in stored]
        found["encode_s"] = _seconds(lambda: embedder.encode(texts, "passage"))
        found |= _ask(library, embedder, questions([passage.text for passage in stored], asked + WARM_UP))
        found |= _change(library, stored[0].text)
    found["first_answer_s"] = _first_answer(work / "home", questions([stored[-1].text], 1)[0])
    return found


def _ask(library: Library, embedder: Embedder, asked: Sequence[str]) -> dict[str, Any]:
    """What a question costs in each mode (ms), as such and over the floor of the same moment; the recall of "dense"."""
    _, ids, vectors = library.catalog.all_vectors()
    flat: Any = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    place = np.array(ids)
    retriever = Retriever(library)

    def floor(question: str) -> set[int]:
        vector = embedder.encode([words.normalize(question)], "query")
        return set(place[flat.search(vector, NEAREST)[1][0]].tolist())

    found: dict[str, Any] = {}
    for mode in ("dense", "lexical", "hybrid"):
        costs, floors, recalled = [], [], 0
        for number, question in enumerate(asked):
            start = time.process_time()
            hits = retriever.search(question, NEAREST, mode)
            middle = time.process_time()
            nearest = floor(question)
            if number >= WARM_UP:
                costs.append(middle - start)
                floors.append(time.process_time() - middle)
                # A copy of a passage that was found is named with it, not beside it.
                recalled += len(nearest & {each.id for hit in hits for each in (hit.passage, *hit.also)})
        found[f"{mode}_ms"] = 1000 * median(costs)
        found[f"{mode}_x"] = median(costs) / median(floors)
        found["floor_ms"] = 1000 * median(floors)
        if mode == "dense":
            found["recall"] = recalled / (NEAREST * len(costs))
    return found


def _change(library: Library, text: str) -> dict[str, float]:
    """Seconds to add, update and delete ten documents of one passage, each with a search that sees it."""
    retriever = Retriever(library)
    text = text.replace("\n", " ")[:200]

    def put(mark: str) -> Callable[[], object]:
        def run() -> None:
            library.add_many(_document(f"new-{n}", f"{mark}{n}{text}") for n in range(CHANGED))
            retriever.search(text[:20], NEAREST)

        return run

    def remove() -> None:
        library.remove_many([f"new-{n}" for n in range(CHANGED)])
        retriever.search(text[:20], NEAREST)

    return {"add_s": _seconds(put("甲")), "update_s": _seconds(put("乙")), "delete_s": _seconds(remove)}


def _document(name: str, text: str) -> tuple[Document, bytes]:
    return Document(name, text, articles=(Article("", 0, len(text)),)), text.encode()


def _first_answer(home: Path, question: str) -> float:
    """From the start of the interpreter to the first answer from a library that was closed before."""
    command = [sys.executable, "-c", _FIRST_ANSWER, str(home), question]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    # The second time everything has been compiled, as it has once an installed Zhida was started.
    environment |= {"PYTHONPYCACHEPREFIX": str(home.parent / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    for _ in range(2):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def _seconds(task: Callable[[], object]) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start


def _memory(field: str) -> float:
    """Megabytes of this process: "VmRSS" now, "VmHWM" at most. Nan where the kernel does not tell."""
    status = Path("/proc/self/status")
    text = status.read_text(encoding="ascii") if status.exists() else ""
    match = re.search(rf"{field}:\s*(\d+) kB", text)
    return int(match[1]) * 1024 / 1e6 if match else float("nan")


def main() -> int:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--questions", type=int, default=60)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.passages, arguments.work, arguments.data, arguments.questions)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
