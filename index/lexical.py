"""BM25 over words and over character bigrams, kept by tantivy.

Each row has four fields: the words and the bigrams of its text, and those of its context (title,
heading, speaker). A question asks all four at once in one query. Words know what belongs together;
bigrams find names and coinages that no dictionary lists; the two together beat either. Tokens are made
by index/words.py and only counted here. Texts are not stored: the catalog has them.

No fusion with vectors, no synonyms, no query language: whatever a question holds is only words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from math import log
from operator import itemgetter
from pathlib import Path

import tantivy
from tantivy import FieldType, Occur, Query

from index import words
from index.errors import LibraryBusy, LibraryError
from index.lexical_files import check_files, checksums
from index.passage import EVERYWHERE, Where, period
from index.word_batches import tokens_and_bigrams_of

FIELDS = {"words": 1.0, "bigrams": 0.3, "context_words": 0.4, "context_bigrams": 0.12}
"""Fields of the index with the weight of each in a question, chosen on even questions of CMRC 2018."""

FILTERS = {
    "collection": "collections",
    "speaker": "speakers",
    "publisher": "publishers",
    "status": "statuses",
}
"""Fields that say where a row is from, with the field of Where that asks for them."""

CLAUSE_WEIGHT = 4.0
"""What a clause number of the question (第12条) is worth in a context: who names one wants that very clause."""

HEAP = 30_000_000
"""Bytes that one writer may fill before it writes a segment."""

CLAUSES_KEPT = 10_000
"""Words and bigrams of questions of late, as tantivy is asked for them: some 5 MB."""

_UNKNOWN: Mapping[str, int] = {}

ROWS_AT_ONCE = 1000
"""Rows whose texts are cut into words together."""

_CLAUSE_NUMBER = re.compile(r"第\d+(?:\.\d+)*[条章节款项]")


@dataclass(frozen=True, slots=True)
class LexicalRow:
    """What is indexed of one passage: its text, and its context, which is searched with less weight."""

    id: int
    document_id: int
    text: str
    context: str
    collection: str = ""
    speaker: str = ""
    publisher: str = ""
    status: str = ""
    published: str = ""
    """An ISO date, or "" when nothing says it."""


class LexicalIndex:
    """An index in one folder (or in memory), read by many processes and written by one at a time.

    Changes are seen after `commit`; those of another process after `reload`. The writer's lock is held
    from the first change to its commit only.
    """

    def __init__(
        self, folder: Path | None, create: bool = False, known: Mapping[str, int] = _UNKNOWN
    ) -> None:
        """Opens the index in `folder`; None keeps it in memory; `create` makes an empty one there first.

        `known` are the checksums that `files` gave, so far as they have been noted. Raises LibraryError if the
        folder holds no index, a damaged one, or one of other fields.
        """
        self._folder = folder
        self._schema = _schema()
        self._writer: tantivy.IndexWriter | None = None
        self._added: set[int] = set()
        """Ids of the rows that are not committed yet."""
        if folder is not None and create:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            if folder is not None and not create:
                if not tantivy.Index.exists(str(folder)):
                    raise ValueError("no index in this folder")
                check_files(folder, known)
            self._index = tantivy.Index(self._schema, path=str(folder) if folder else None)
            # Reloaded by us: tantivy's own way is a thread that polls the folder.
            self._index.config_reader("manual")
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise self._unreadable(error) from error
        self.reload()

    def files(self) -> dict[str, int]:
        """Checksums of the files that hold what is committed, by name; to be noted and given back to `__init__`."""
        return checksums(self._folder) if self._folder is not None else {}

    def __len__(self) -> int:
        """How many rows are committed."""
        return self._searcher.num_docs

    def add(self, rows: Iterable[LexicalRow]) -> None:
        """Index these rows; a row whose id is there already replaces it. Raises LibraryBusy."""
        with self._written():
            writer = self._open_writer()
            waiting = iter(rows)
            while batch := list(islice(waiting, ROWS_AT_ONCE)):
                texts, contexts = [row.text for row in batch], list({row.context for row in batch})
                cut = tokens_and_bigrams_of([*contexts, *texts])
                # The passages of one article share their context.
                around = {context: next(cut) for context in contexts}
                for row, found in zip(batch, cut, strict=True):
                    self._delete(writer, row.id)
                    self._added.add(row.id)
                    writer.add_document(_document(row, found, around[row.context]))

    def remove(self, ids: Collection[int]) -> None:
        """Forget these ids; unknown ones are passed over. Raises LibraryBusy."""
        with self._written():
            writer = self._open_writer()
            for row_id in ids:
                self._delete(writer, row_id)

    def _delete(self, writer: tantivy.IndexWriter, row_id: int) -> None:
        """Delete a row if it may be there: tantivy keeps a kilobyte for each deletion until it commits."""
        # By the text key: in tantivy 0.27 a delete by a number field finds nothing.
        key = str(row_id)
        if row_id in self._added or (len(self) and self._searcher.doc_freq("key", key)):
            writer.delete_documents_by_term("key", key)

    def commit(self) -> None:
        """Make all changes lasting and visible, and let go of the writer's lock. Raises LibraryError."""
        if self._writer is None:
            return
        with self._written():
            self._writer.commit()
            self._writer.wait_merging_threads()
        self._writer = None
        self._added = set()
        self.reload()

    def reload(self) -> None:
        """See what any process has committed so far. Raises LibraryError if it is damaged."""
        try:
            self._index.reload()
            self._searcher = self._index.searcher()
        except (ValueError, OSError) as error:
            raise self._unreadable(error) from error

    def close(self) -> None:
        """Let go of the writer's lock; changes that were not committed are dropped."""
        if self._writer is not None:
            with suppress(ValueError, OSError):  # one that has failed before; it goes either way
                self._writer.rollback()
                self._writer.wait_merging_threads()
            self._writer = None
            self._added = set()

    def search(
        self, question: str, k: int, where: Where = EVERYWHERE, documents: Collection[int] | None = None
    ) -> list[tuple[int, float]]:
        """The `k` best rows as (id, BM25 score), best first; only of those that `where` admits.

        `documents` are the ids of those that `where` names, None when it names none: an index knows ids only,
        so that renaming a document costs it nothing.

        Scores are above 0, higher is better, comparable within one question only. A row that shares
        no token with the question is not returned.
        """
        query = self._query(question)
        k = min(k, len(self))  # tantivy sets memory aside for as many as it is asked for
        if query is None or k < 1:
            return []
        filters = self._filters(where, documents)
        if filters:
            # Weighed 0: where a row comes from says nothing about the answer.
            musts = [(Occur.Must, Query.boost_query(one, 0.0)) for one in filters]
            query = Query.boolean_query([(Occur.Must, query), *musts])
        searcher = self._searcher
        hits = searcher.search(query, k, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
        found = sorted((int(row_id or 0), score) for row_id, (score, _) in zip(ids, hits, strict=True))
        return sorted(found, key=itemgetter(1), reverse=True)  # of equal scores the smaller id stays first

    def rarity(self, tokens: Iterable[str]) -> dict[str, float]:
        """How rare each token is among the rows' words: Lucene's BM25 idf, from 0 (everywhere) up.

        log(1 + (N - df + 0.5) / (df + 0.5)) with N rows, df of them holding the token; one that stands
        nowhere has the greatest. Tokens are those of `words.tokenize`.
        """
        searcher = self._searcher
        total = searcher.num_docs
        rarities = {}
        for token in tokens:
            # Rows that were removed are counted until their segment is merged.
            holding = min(total, searcher.doc_freq("words", token))
            rarities[token] = log(1 + (total - holding + 0.5) / (holding + 0.5))
        return rarities

    def _query(self, question: str) -> Query | None:
        tokens, pairs = map(_asked, words.tokens_and_bigrams(question))
        asked = {"words": tokens, "bigrams": pairs, "context_words": tokens, "context_bigrams": pairs}
        clauses = [_should(field, token) for field in FIELDS for token in asked[field]]
        return Query.boolean_query(clauses) if clauses else None

    def _filters(self, where: Where, documents: Collection[int] | None) -> list[Query]:
        """What has to hold of a row, one query a field."""
        wanted = {field: getattr(where, name) for field, name in FILTERS.items()}
        named = {field: [_keyword(value) for value in values] for field, values in wanted.items() if values}
        if documents is not None:
            named["document"] = [str(document) for document in documents]
        filters = [Query.term_set_query(self._schema, field, values) for field, values in named.items()]
        if where.readable is not None:
            readable = [_keyword(collection) for collection in where.readable]
            filters.append(Query.term_set_query(self._schema, "collection", readable))
        if where.dated:
            # Rows without a date begin and end on day 0.
            first = _day(period(where.published_from)[0]) if where.published_from else 1
            last = _day(period(where.published_to)[1]) if where.published_to else None
            for field, lower, upper in (("ends", first, None), ("begins", 1, last)):
                filters.append(Query.range_query(self._schema, field, FieldType.Integer, lower, upper))
        return filters

    def _unreadable(self, error: Exception) -> LibraryError:
        reason = str(error).partition("\n")[0]
        return LibraryError(f"无法打开词语索引 cannot open the lexical index: {self._folder}: {reason}")

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Turns what tantivy says when it cannot write into a LibraryError."""
        try:
            yield
        except (ValueError, OSError) as error:
            if "LockBusy" in str(error):
                message = f"另一个进程正在写入索引 another process is writing to the index: {self._folder}"
                raise LibraryBusy(message) from error
            reason = str(error).partition("\n")[0]
            message = f"无法写入词语索引 cannot write the lexical index: {self._folder}: {reason}"
            raise LibraryError(message) from error

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(HEAP, num_threads=1)
            # What a crash left behind goes first: tantivy would give the same names again, and then
            # refuse to write over what is there.
            self._writer.garbage_collect_files()
            self.reload()  # what another process has committed may have to be deleted
        return self._writer


def _document(row: LexicalRow, text: tuple[str, str], context: tuple[str, str]) -> tantivy.Document:
    """What tantivy gets of a row; of its text and its context the words and the bigrams."""
    document = tantivy.Document()
    document.add_integer("id", row.id)
    document.add_text("key", str(row.id))
    document.add_text("document", str(row.document_id))
    for field in FILTERS:
        document.add_text(field, _keyword(getattr(row, field)))
    begins, ends = map(_day, period(row.published)) if row.published else (0, 0)
    document.add_integer("begins", begins)
    document.add_integer("ends", ends)
    for field, value in zip(FIELDS, (*text, *context), strict=True):
        document.add_text(field, value)
    return document


def _asked(tokens: list[str]) -> list[str]:
    """Each token once, without stop words unless there is nothing else."""
    distinct = dict.fromkeys(tokens)
    return [token for token in distinct if token not in words.STOPWORDS] or list(distinct)


@lru_cache(maxsize=CLAUSES_KEPT)
def _should(field: str, token: str) -> tuple[Occur, Query]:
    """That a row's field may hold a token, weighed; the words of one question are those of many."""
    clause_number = field == "context_words" and _CLAUSE_NUMBER.match(token)
    weight = CLAUSE_WEIGHT if clause_number else FIELDS[field]
    term = Query.term_query(_schema(), field, token, "freq")
    return Occur.Should, term if weight == 1 else Query.boost_query(term, weight)


def _keyword(value: str) -> str:
    """A value as it is indexed whole; marked, since an empty one would be no term at all."""
    return f"={value}"


def _day(date: str) -> int:
    """YYYY-MM-DD as the number YYYYMMDD, which is in the same order."""
    return int(date.replace("-", ""))


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", fast=True)
    builder.add_text_field("key", tokenizer_name="raw", index_option="basic")
    for field in ("document", *FILTERS):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in ("begins", "ends"):
        builder.add_integer_field(field, indexed=False, fast=True)
    for field in FIELDS:
        # tantivy's whitespace tokenizer neither folds case nor drops long words.
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()
