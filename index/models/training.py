"""Trains Zhida's own embedding model: one vector per token, a text is the mean of its tokens.

    python -m index.models.training --data ../shared/data/train --out index/models/static-zh

Runs on two CPU cores in minutes and needs torch, scikit-learn, jieba and opencc, none of which is
needed to use the model. The folder it writes is read by `index.embed.StaticEmbedder` and, unchanged,
by sentence-transformers. Texts are trained in simplified characters: the caller simplifies passages
and queries before `encode`. Deterministic for a seed on one machine.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import jieba
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from index.models.tokenizer_training import dictionary_counts, train_tokenizer
from index.models.training_pairs import (
    Example,
    Ids,
    Pair,
    Sampler,
    Source,
    inverse_frequencies,
    make_source,
    read_pairs,
)

NAME = "zhida-static-zh-1"
JIEBA_DICTIONARY = Path(jieba.__file__).with_name("dict.txt")
SPECIAL_TOKENS = 2  # [UNK] and [PAD]: their vectors are zero and stay zero


@dataclass(frozen=True)
class Plan:
    """Everything that decides the outcome, beside the data."""

    dimension: int = 512
    epochs: int = 2
    seed: int = 0
    pieces: int = 50_000
    batch: int = 512
    rate: float = 3e-3  # falls linearly to `last_rate` of it
    last_rate: float = 0.05
    scale: float = 20.0  # of the cosine in the softmax
    query_dropout: float = 0.1
    passage_dropout: float = 0.2
    window: int = 150  # tokens of a passage, about 250 characters
    question_limit: int = 30_000  # examples of one source in an epoch
    question_repeats: int = 2  # for sources of human questions, which are few
    cloze_limit: int = 20_000
    lsa_rank: int = 256
    lsa_documents: int = 60_000
    lsa_share: float = 0.6  # of a vector's length at the start; the rest is random
    fusion_weight: float = 0.15  # of the standardised dense score beside the standardised lexical one
    threads: int = 2


QUESTIONS = frozenset({"cmrc2018_train", "drcd_dev", "medical_qa", "dureader_demo", "lawbench_consult"})
LICENCES = {  # as their repositories state them
    "advanced_java": "CC BY-SA 4.0",
    "cmrc2018_train": "CC BY-SA 4.0",
    "drcd_dev": "CC BY-SA 3.0",
    "dureader_demo": "Apache-2.0",
    "howtocook": "Unlicense",
    "javaguide": "Apache-2.0",
    "lawbench_consult": "Apache-2.0",
    "laws": "statutes, not under copyright",
    "medical_qa": "MIT",
    "oi_wiki": "CC BY-SA 4.0",
    "tidb_docs": "CC BY-SA 3.0",
}
LEFT_OUT = frozenset({"d2l_zh"})  # a LICENSE of its repository says non-commercial (CC BY-NC-SA 4.0)


def lsa_vectors(sources: list[Source], idf: NDArray[np.float32], plan: Plan) -> NDArray[np.float32]:
    """Unit token vectors from a truncated SVD of the TF-IDF matrix of a sample of documents."""
    rng = np.random.default_rng(plan.seed)
    documents = [np.concatenate(document) for source in sources for document in source.documents if document]
    chosen = rng.permutation(len(documents))[: plan.lsa_documents]
    lengths = np.array([len(documents[i]) for i in chosen])
    columns = np.concatenate([documents[i] for i in chosen])
    rows = np.repeat(np.arange(len(chosen)), lengths)
    counts = csr_matrix((np.ones(len(columns), np.float32), (rows, columns)), shape=(len(chosen), len(idf)))
    counts.data = ((1.0 + np.log(counts.data)) * idf[counts.indices]).astype(np.float32)
    rank = max(1, min(plan.lsa_rank, plan.dimension, len(chosen) - 1, len(idf) - 1))
    svd = TruncatedSVD(rank, n_iter=3, random_state=plan.seed).fit(counts)
    vectors = (svd.components_.T * np.sqrt(svd.singular_values_)).astype(np.float32)
    return unit_rows(vectors)


def unit_rows(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows divided by their length; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return units


def initial_vectors(sources: list[Source], idf: NDArray[np.float32], plan: Plan) -> Tensor:
    """LSA and random directions, mixed, each token as long as its idf / 8 (rare words weigh more)."""
    rng = np.random.default_rng(plan.seed)
    lsa = lsa_vectors(sources, idf, plan)
    spread = rng.standard_normal((lsa.shape[1], plan.dimension)).astype(np.float32)
    random = rng.standard_normal((len(idf), plan.dimension)).astype(np.float32)
    mixed = plan.lsa_share * unit_rows(lsa @ spread)
    mixed += math.sqrt(1.0 - plan.lsa_share**2) * unit_rows(random)
    vectors = unit_rows(mixed) * (idf / 8.0)[:, None]
    vectors[:SPECIAL_TOKENS] = 0.0
    return torch.from_numpy(vectors)


def epoch_batches(samplers: list[Sampler], plan: Plan, rng: Generator) -> list[list[Example]]:
    """All batches of an epoch in random order, each from one source and of one kind."""
    batches: list[list[Example]] = []
    for sampler in samplers:
        repeats = plan.question_repeats if sampler.source.name in QUESTIONS else 1
        for _ in range(repeats):
            batches += cut(sampler.question_examples(plan.question_limit), plan.batch)
        batches += cut(sampler.cloze_examples(plan.cloze_limit), plan.batch)
    return [batches[i] for i in rng.permutation(len(batches))]


def cut(examples: Iterator[Example], size: int) -> list[list[Example]]:
    """Lists of `size` examples; a last one of fewer than a quarter is left out."""
    every = list(examples)
    parts = [every[i : i + size] for i in range(0, len(every), size)]
    return [part for part in parts if len(part) >= max(2, min(len(every), size) // 4)]


def bag(embedding: nn.EmbeddingBag, texts: list[Ids], dropout: float, rng: Generator) -> Tensor:
    """Mean vector of each text with a share of its tokens left out (never all of them)."""
    kept = []
    for text in texts:
        mask = rng.random(len(text)) >= dropout
        kept.append(text[mask] if mask.any() else text)
    offsets = np.cumsum([0] + [len(text) for text in kept[:-1]])
    tokens = torch.from_numpy(np.concatenate(kept).astype(np.int64))
    vectors: Tensor = embedding(tokens, torch.from_numpy(offsets))
    return vectors


def contrastive_loss(query: Tensor, passage: Tensor, same: Tensor, scale: float) -> Tensor:
    """InfoNCE both ways: the i-th passage among all (positives, then negatives) for the i-th query, and
    the i-th query among all for the i-th positive; cells of the same document (`same`) don't count."""
    size = len(query)
    query, passage = functional.normalize(query), functional.normalize(passage)
    scores = (scale * query @ passage.T).masked_fill(same, -1e4)
    target = torch.arange(size)
    forward = functional.cross_entropy(scores, target)
    return 0.75 * forward + 0.25 * functional.cross_entropy(scores[:, :size].T, target)


def same_document(batch: list[Example]) -> Tensor:
    """(n, 2n) cells that are no negatives: another question's positive or negative of my document."""
    numbers = torch.tensor([example.document for example in batch])
    same = numbers[:, None] == numbers[None, :]
    diagonal = torch.eye(len(batch), dtype=torch.bool)
    return torch.cat([same & ~diagonal, same & ~diagonal], dim=1)


def batch_loss(embedding: nn.EmbeddingBag, batch: list[Example], plan: Plan, rng: Generator) -> Tensor:
    """Matryoshka loss: the whole vectors and their first halves must both find the passage."""
    query = bag(embedding, [example.query for example in batch], plan.query_dropout, rng)
    texts = [example.positive for example in batch] + [example.negative for example in batch]
    passage = bag(embedding, texts, plan.passage_dropout, rng)
    same, half = same_document(batch), plan.dimension // 2
    whole = contrastive_loss(query, passage, same, plan.scale)
    return whole + 0.5 * contrastive_loss(query[:, :half], passage[:, :half], same, plan.scale)


def train(sources: list[Source], idf: NDArray[np.float32], plan: Plan) -> NDArray[np.float32]:
    """Trains the token vectors; returns a (tokens, dimension) matrix."""
    rng = np.random.default_rng(plan.seed)
    start = initial_vectors(sources, idf, plan)
    embedding = nn.EmbeddingBag.from_pretrained(start, freeze=False, mode="mean")
    say(f"initial vectors {tuple(embedding.weight.shape)}")
    optimizer = torch.optim.Adam(embedding.parameters(), lr=plan.rate, fused=True)
    samplers = [Sampler(source, idf, plan.window, rng) for source in sources]
    for epoch in range(plan.epochs):
        batches = epoch_batches(samplers, plan, rng)
        say(f"epoch {epoch + 1}: {sum(map(len, batches)):,} examples in {len(batches)} batches")
        total = 0.0
        for step, batch in enumerate(batches):
            done = (epoch + step / len(batches)) / plan.epochs
            optimizer.param_groups[0]["lr"] = plan.rate * (1.0 - (1.0 - plan.last_rate) * done)
            optimizer.zero_grad()
            loss = batch_loss(embedding, batch, plan, rng)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach())
            if (step + 1) % 100 == 0:
                say(f"  {step + 1}/{len(batches)} loss {total / (step + 1):.3f}")
    vectors: NDArray[np.float32] = embedding.weight.detach().numpy().copy()
    vectors[:SPECIAL_TOKENS] = 0.0
    return vectors


def save(folder: Path, tokenizer: Tokenizer, vectors: NDArray[np.float32], plan: Plan) -> None:
    """Writes the sentence-transformers folder with int8 vectors and one scale per row."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = torch.from_numpy(vectors)
    scales = weights.abs().amax(1).clamp(min=1e-8) / 127
    whole = torch.round(weights / scales[:, None]).to(torch.int8)
    save_file({"embeddings": whole, "weights": scales}, folder / "model.safetensors")
    (folder / "model.safetensors").chmod(0o644)  # safetensors writes files that only their owner can read
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    # The old names: every sentence-transformers since 3.2 resolves them, 6.x to their new places.
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"},
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    write_json(folder / "modules.json", modules)
    card = {"name": NAME, "dimension": plan.dimension, "fusion_weight": plan.fusion_weight}
    write_json(folder / "zhida.json", card)


CARD = """# {name}

Zhida's own embedding model for Chinese: one vector per word, a text is the mean of its words. Trained from
nothing on the pairs below (no other model's weights or output), {dimension} dimensions (the first {half}
work alone), {pieces:,} word pieces, int8. Reads simplified Chinese and Latin letters: simplify first.
Loads in sentence-transformers as it is, and in `index.embed.StaticEmbedder` without torch.

    python -m index.models.training --data ../shared/data/train --out index/models/static-zh

with --dimension {dimension} --epochs {epochs} --seed {seed}.

## Trained on

| source | pairs | licence |
|---|---|---|
{sources}

The vectors are derived from share-alike texts too; whoever passes them on names these sources.

"""
FIGURES = "## Figures"


def write_card(path: Path, pairs: list[Pair], plan: Plan) -> None:
    """Writes the model card. Figures are measured apart and written by hand: an old card's are kept,
    so measure again after training."""
    counts = Counter(pair.source for pair in pairs)
    rows = [f"| {name} | {n:,} | {LICENCES.get(name, 'unknown')} |" for name, n in sorted(counts.items())]
    card = CARD.format(name=NAME, half=plan.dimension // 2, sources="\n".join(rows), **asdict(plan))
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    kept = FIGURES + old.partition(FIGURES)[2] if FIGURES in old else f"{FIGURES}\n\nNot measured yet.\n"
    path.write_text(card + kept, encoding="utf-8")


def write_json(path: Path, value: object) -> None:
    """Writes readable JSON with a line end."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def make_sources(pairs: list[Pair], dictionary: Path, plan: Plan) -> tuple[Tokenizer, list[Source]]:
    """Trains the tokenizer on the pairs and tokenises them by source."""
    by_source: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_source.setdefault(pair.source, []).append(pair)
    texts = {
        name: [*dict.fromkeys(pair.positive for pair in part), *(pair.query for pair in part)]
        for name, part in by_source.items()
    }
    tokenizer = train_tokenizer(texts, dictionary_counts(dictionary), plan.pieces)
    say(f"tokenizer with {tokenizer.get_vocab_size():,} pieces")
    return tokenizer, [make_source(name, part, tokenizer) for name, part in by_source.items()]


def say(message: str) -> None:
    """Prints one line of progress with the seconds since the start."""
    print(f"{time.perf_counter() - START:6.1f} s  {message}", flush=True)


START = time.perf_counter()


def run(data: Path, out: Path, plan: Plan, dictionary: Path = JIEBA_DICTIONARY) -> None:
    """Trains from the pairs in `data` and the words in `dictionary`, and writes the model to `out`."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    pairs = [pair for pair in read_pairs(data) if pair.source not in LEFT_OUT]
    say(f"{len(pairs):,} pairs")
    tokenizer, sources = make_sources(pairs, dictionary, plan)
    say("tokenised")
    idf = inverse_frequencies(sources, tokenizer.get_vocab_size())
    vectors = train(sources, idf, plan)
    save(out, tokenizer, vectors, plan)
    write_card(out / "README.md", pairs, plan)
    size = sum(path.stat().st_size for path in out.iterdir() if path.is_file())
    say(f"written to {out}, {size / 1e6:.1f} MB")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train Zhida's embedding model.")
    parser.add_argument("--data", type=Path, required=True, help="folder with *.jsonl.gz pairs")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--dimension", type=int, default=Plan.dimension)
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    given = parser.parse_args()
    run(given.data, given.out, Plan(dimension=given.dimension, epochs=given.epochs, seed=given.seed))


if __name__ == "__main__":
    main()
