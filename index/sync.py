"""Makes a library hold exactly the files of some folders: what came, changed, moved and went.

A file is known by the SHA-256 of its bytes. What is unchanged is neither read nor encoded again, and a
file that was renamed or moved keeps its passages and vectors. One file that cannot be read never stops
the others, and keeps the version that the library has of it.

Files are read in several processes ahead of the encoding and storing, which is done here, and stored in the
order of their formats and names, a few documents in each transaction. A sync that is broken off, by Ctrl-C or for good, is
carried on by the next one: what was stored is unchanged then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from index.catalog import DocumentInfo
from index.durable import sha256_of_file
from index.errors import ReadError
from index.library_writer import PENDING, READING, Reading, Writer, reading_number
from index.passage import Hygiene
from index.previous import keep_previous
from index.readers import check_suffix, suffix_of
from index.readers.archive import Member, list_members
from index.readers.sandbox import IN_PLACE, is_small_text, limits_for
from index.reading import Job, Readings, cores, read_file
from index.scan import Found, label, scan

PASSAGES_AT_ONCE = 256  # encoded together and stored in one transaction
SECONDS_AT_ONCE = 2.0  # or what has been read in this time, with a slow reader or model
LARGE_COUNT, LARGE_SHARE = 10, 0.1  # more removed and replaced than both is kept to be undone
ARCHIVE = ".zip"
INDEX_EVERY = 1.0  # seconds between two commits of the lexical index during a long sync

NOTHING = "没有可读的文件，库保持不变 no readable file, the library is left as it was"


@dataclass(frozen=True, slots=True)
class Progress:
    """One more file has been dealt with: its document is stored, or it failed (then `passages` is 0).

    Counts files that had to be read: `done` and `stored` so far, of `total`; with their sizes in bytes.
    """

    done: int
    total: int
    name: str
    passages: int
    stored: int = 0
    bytes_done: int = 0
    bytes_total: int = 0


@dataclass(slots=True)
class SyncReport:
    """What a sync did. The lists hold names of documents; `moved` are new names, `failed` (path, reason).

    `documents` and `passages` count the whole library afterwards. `message` is empty, or says for the
    user why nothing was done. `notices` are what a reader has to say of a document: pages that need OCR, say.
    """

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    notices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    documents: int = 0
    passages: int = 0
    seconds: float = 0.0
    files: dict[str, Hygiene] = field(default_factory=dict)
    """What cleaning did to each file that was read, by name."""
    message: str = ""

    def as_dict(self) -> dict[str, object]:
        """The report in the form that `zhida sync --json` promises."""
        return {
            "added": self.added,
            "updated": self.updated,
            "moved": self.moved,
            "removed": self.removed,
            "unchanged": self.unchanged,
            "failed": [{"path": path, "error": error} for path, error in self.failed],
            "notices": {name: list(said) for name, said in self.notices.items()},
            "documents": self.documents,
            "passages": self.passages,
            "seconds": round(self.seconds, 3),
            "message": self.message,
        }


@dataclass(slots=True)
class Plan:
    """What has to happen to make the library hold some files; `moved` is (old name, new name)."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def plan(
    files: Mapping[str, str],
    stored: Collection[DocumentInfo],
    kept: Collection[str] = (),
    again: bool = False,
    reading: int = READING,
) -> Plan:
    """Lays the files of the folders (name → SHA-256) beside the stored documents.

    Documents in `kept` stay although there is no such file to read. With `again`, what is unchanged counts
    as updated; so does what another version of the readers has read, or has split to another length (`reading`
    is the number of today's way, see index.library_writer).
    """
    known = {info.name: info for info in stored}
    result = Plan()
    gone: dict[str, list[str]] = {}
    for name, info in known.items():
        if name not in files and name not in kept:
            gone.setdefault(_alike(info.sha256, name), []).append(name)
    for name, sha256 in files.items():
        if name in known:
            fresh = (known[name].sha256, known[name].reading) == (sha256, reading) and not again
            (result.unchanged if fresh else result.updated).append(name)
        elif not again and (olds := gone.get(_alike(sha256, name))) and known[olds[0]].reading == reading:
            result.moved.append((olds.pop(0), name))
        else:
            result.added.append(name)
    result.removed = sorted(name for names in gone.values() for name in names)
    return result


def _alike(sha256: str, name: str) -> str:
    """What two files have in common that are read alike: their bytes, and the suffix that chooses the reader."""
    return sha256 + suffix_of(name)


def sync(
    writer: Writer,
    paths: Sequence[Path],
    rebuild: bool,
    on_progress: Callable[[Progress], None] | None,
    collection: str = "",
    workers: int = 0,
) -> SyncReport:
    """Carry out a sync; see index.library.Library.sync for what it promises. `workers` is how many processes
    read files at a time, 0 for as many as there are cores."""
    started = time.perf_counter()
    run = _Run(writer, on_progress, collection, workers or cores())
    run.sync(paths, rebuild)
    totals = writer.catalog.totals()
    run.report.documents, run.report.passages = totals.documents, totals.passages
    run.report.seconds = time.perf_counter() - started
    return run.report


class _Run:
    """One sync under way: files that have been read wait in a batch until they are encoded and stored."""

    def __init__(
        self, writer: Writer, on_progress: Callable[[Progress], None] | None, collection: str, workers: int
    ) -> None:
        self.report = SyncReport()
        self._writer = writer
        self._collection = collection
        self._workers = workers
        self._on_progress = on_progress
        self._batch: list[Reading] = []
        self._batch_since = time.monotonic()
        self._indexed = time.monotonic()
        self._done = self._stored = self._bytes_done = self._bytes_total = 0
        self._jobs: dict[str, Job] = {}  # by name
        self._members: dict[str, Member] = {}  # files in archives, by name
        self._rebuilding = False

    def sync(self, paths: Sequence[Path], rebuild: bool) -> None:
        found = scan(paths, self._writer.home)
        report = self.report
        report.failed = found.failed
        everything = self._writer.catalog.documents()
        stored = [info for info in everything if info.collection == self._collection]
        hashes = self._hashes(found)
        # What lies where a document came from, and cannot be read now, does not cost us the document; what came
        # from no folder is not missing in one.
        kept = {info.name for info in stored if info.sent or found.keeps(info.name)}
        if not hashes:
            report.failed = report.failed or [(str(path), "没有文件 no files") for path in paths]
            report.message = NOTHING
            return
        number = reading_number(self._writer.passage_length)
        todo = plan(hashes, stored, kept, again=rebuild, reading=number)
        if rebuild or _is_large(todo, len(stored)):
            keep_previous(self._writer.catalog)
        if rebuild:
            self._rebuild(found.files, todo, {(info.name, info.collection) for info in everything})
        else:
            try:
                self._apply(found.files, todo)
            except KeyboardInterrupt:  # perhaps between a commit and the count of it
                left = plan(hashes, self._stored_documents(), kept, reading=number)
                self._tell_last(len(self._jobs) - len(left.added) - len(left.updated))
                raise
        self._writer.catch_up()
        self._writer.fold_if(PENDING)
        if report.updated or report.removed:
            self._writer.drop_originals()
        if self._done:
            self._writer.catalog.checkpoint()

    def _stored_documents(self) -> list[DocumentInfo]:
        return [info for info in self._writer.catalog.documents() if info.collection == self._collection]

    def _hashes(self, found: Found) -> dict[str, str]:
        hashes: dict[str, str] = {}
        for name, file in list(found.files.items()):
            try:
                check_suffix(name)  # a film need not be opened for that
                if suffix_of(name) == ARCHIVE:
                    hashes |= self._members_of(file, name, found)
                else:
                    hashes[name] = sha256_of_file(file)
            except ReadError as error:
                found.fail(file, str(error), name)
            except OSError as error:
                found.fail(file, f"无法读取 cannot be read: {error.strerror}", name)
        return hashes

    def _members_of(self, file: Path, name: str, found: Found) -> dict[str, str]:
        """Name → SHA-256 of the files in an archive; each is then a file like any other."""
        contents = list_members(file, name)
        for inner, reason in contents.failed:
            found.fail(Path(f"{file}{inner.removeprefix(name)}"), reason, inner)
        self._members |= {member.name: member for member in contents.members}
        return {member.name: member.sha256 for member in contents.members}

    def _apply(self, files: Mapping[str, Path], todo: Plan) -> None:
        report = self.report
        self._writer.rename(todo.moved, self._collection)
        report.moved, report.unchanged = [new for _, new in todo.moved], todo.unchanged
        failed = self._read_all(files, [*todo.added, *todo.updated])
        report.added = [name for name in todo.added if name not in failed]
        report.updated = [name for name in todo.updated if name not in failed]
        if not (report.added or report.updated or report.unchanged or report.moved):
            report.message = NOTHING
            return
        # Last, so that a crash on the way never leaves less than there was.
        self._writer.remove(todo.removed, self._collection)
        report.removed = todo.removed

    def _rebuild(self, files: Mapping[str, Path], todo: Plan, stored: set[tuple[str, str]]) -> None:
        """All in one transaction, since vectors of two models must never stand side by side."""
        self._rebuilding = self._writer.encode_all = True
        with self._writer.catalog.writing():
            self._apply(files, todo)
            done = {*self.report.added, *self.report.updated, *self.report.removed}
            self._writer.encode_again(sorted(stored - {(name, self._collection) for name in done}))
            self._writer.prepare_uncommitted()

    def _read_all(self, files: Mapping[str, Path], names: Sequence[str]) -> set[str]:
        """Read, encode and store these files; returns the names of those that failed."""
        # What may take long is read last, so that the rest can be searched soon.
        ordered = sorted(names, key=lambda name: (limits_for(name).seconds, name))
        self._jobs = {name: self._job(name, files) for name in ordered}
        self._bytes_total = sum(job.size for job in self._jobs.values())
        self._batch_since = time.monotonic()
        failed: set[str] = set()
        with closing(self._readings(list(self._jobs.values()))) as outcomes:
            for job, outcome in outcomes:
                if isinstance(outcome, Reading):
                    self._batch.append(outcome.moved_to(self._collection))
                elif outcome is not None:
                    failed.add(job.name)
                    self.report.failed.append((label(self._path_of(job.name, files)), str(outcome)))
                    self._advance(job, 0)
                waited = time.monotonic() - self._batch_since
                if sum(len(r.passages) for r in self._batch) >= PASSAGES_AT_ONCE or waited > SECONDS_AT_ONCE:
                    self._store()
        self._store()
        return failed

    def _job(self, name: str, files: Mapping[str, Path]) -> Job:
        source = self._members.get(name) or files[name]
        if isinstance(source, Member):
            return Job(name, source, source.size)
        try:
            return Job(name, source, source.stat().st_size)
        except OSError:  # gone by now, as reading it will say
            return Job(name, source, 0)

    def _readings(self, jobs: Sequence[Job]) -> Generator[tuple[Job, Reading | ReadError | None], None, None]:
        """What came of each file; with None now and then while one takes long, so that what waits can be stored."""
        length = self._writer.passage_length
        if sum(job.size for job in jobs) <= IN_PLACE and all(is_small_text(j.name, j.size) for j in jobs):
            for job in jobs:  # read sooner than a process would be started
                yield job, _outcome(job, length)
            return
        with Readings(jobs, self._workers, length) as readings:
            for job in jobs:
                while (outcome := readings.next(SECONDS_AT_ONCE)) is None:
                    yield job, None
                yield job, outcome

    def _path_of(self, name: str, files: Mapping[str, Path]) -> str:
        """Where a file lies, for the report; of one in an archive, the archive's path with its name there."""
        member = self._members.get(name)
        if member is None:
            return str(files[name])
        outer = next(each for each, file in files.items() if file == member.archive)
        return f"{member.archive}{name.removeprefix(outer)}"

    def _store(self) -> None:
        batch, self._batch = self._batch, []
        self._batch_since = time.monotonic()
        if not batch:
            return
        self._writer.store(batch)
        for reading in batch:
            self.report.files[reading.document.name] = reading.document.hygiene
            if reading.document.notices:
                self.report.notices[reading.document.name] = reading.document.notices
            self._stored += 1
            self._advance(self._jobs[reading.document.name], len(reading.passages))
        if not self._rebuilding and time.monotonic() - self._indexed > INDEX_EVERY:
            self._writer.catch_up()
            self._writer.fold_if(PENDING, share=1)  # doubling, so that a long sync writes each vector twice
            self._indexed = time.monotonic()

    def _advance(self, job: Job, passages: int) -> None:
        self._done += 1
        self._bytes_done += job.size
        if self._on_progress is not None:
            counts = self._stored, self._bytes_done, self._bytes_total
            self._on_progress(Progress(self._done, len(self._jobs), job.name, passages, *counts))

    def _tell_last(self, stored: int) -> None:
        if self._on_progress is not None and self._jobs:
            counts = stored, self._bytes_done, self._bytes_total
            self._on_progress(Progress(self._done, len(self._jobs), "", 0, *counts))


def _is_large(todo: Plan, stored: int) -> bool:
    """Whether so much is taken away or replaced that a person may want it back: a wrong folder, say."""
    return len(todo.removed) + len(todo.updated) > max(LARGE_COUNT, LARGE_SHARE * stored)


def _outcome(job: Job, passage_length: int) -> Reading | ReadError:
    try:
        return read_file(job.file, job.name, passage_length)
    except ReadError as error:
        return error
