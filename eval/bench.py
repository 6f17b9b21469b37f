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
from eval.run import run_gold, score_run
from eval.summary import summarise, table
from eval.systems.zhida import ZhidaSystem
from rag.build import open_chatbot, open_library
from rag.settings import Settings

SAMPLE = Path(__file__).parent / "sets" / "sample"


def main() -> int:
    """Index the sample in a temporary folder, ask its gold questions, print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home")
        start = time.process_time()
        with open_library(settings, create=True) as library:
            library.sync([SAMPLE / "documents"])
            indexed = time.process_time() - start
        start = time.process_time()
        with open_library(settings) as library:
            opened = time.process_time() - start
            system = ZhidaSystem(open_chatbot(settings, library), settings)
            gold = read_gold(SAMPLE / "gold.jsonl").approved()
            start = time.process_time()
            run_gold(gold, system, Path(folder) / "run")
            per_answer = (time.process_time() - start) / len(gold.items)
            passages = library.status().passages
        run = score_run(Path(folder) / "run")
    print(f"passages         {passages:>7}")
    print(f"index, CPU s     {indexed:>7.2f}")
    print(f"open, CPU s      {opened:>7.2f}")
    print(f"answer, CPU ms   {per_answer * 1000:>7.1f}")
    print(table(summarise(run.scores, seed=run.info.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
