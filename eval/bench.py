"""Speed and quality on the sample corpus in one run: `make bench`.

Prints the seconds of processor time to index, to open and per answer, and the summary of the gold set.
Figures of time are for comparison within one run on one machine only.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from eval.gold import read_gold
from eval.run import ask_all, score_all, table
from rag.build import open_chatbot, open_library
from rag.settings import Settings

SAMPLE = Path(__file__).parent / "sets" / "sample"


def main() -> int:
    """Index the sample in a temporary folder, ask its gold questions, print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        start = time.process_time()
        with open_library(settings, create=True) as library:
            library.sync([SAMPLE / "documents"])
            indexed = time.process_time() - start
        start = time.process_time()
        with open_library(settings) as library:
            opened = time.process_time() - start
            chatbot = open_chatbot(settings, library)
            gold = read_gold(SAMPLE / "gold.jsonl")
            start = time.process_time()
            answers = ask_all(chatbot, gold)
            per_answer = (time.process_time() - start) / len(answers)
            passages = library.status().passages
    print(f"passages         {passages:>7}")
    print(f"index, CPU s     {indexed:>7.2f}")
    print(f"open, CPU s      {opened:>7.2f}")
    print(f"answer, CPU ms   {per_answer * 1000:>7.1f}")
    print(table(score_all(gold, answers)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
