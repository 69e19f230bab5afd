"""One shard, sifted: its texts read once, what came of each written beside, and a marker when all is on disk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from typing import Any, BinaryIO

import orjson

from core.corpus.atomic import settle, whole_file
from core.corpus.duplicates import Sketcher
from core.corpus.funnel import SelectionFunnel
from core.corpus.job import Duplicates, SelectionJob
from core.corpus.rules import RULE_IDS
from core.corpus.sampling import Sample
from core.corpus.select import glance, verdict
from core.corpus.shards import Shard
from core.corpus.texts import SourceText, Unread, read_texts

KEPT, DECISIONS, MISSES, UNREAD, SKETCHES, DONE = (
    "kept.jsonl", "decisions.jsonl", "misses.jsonl", "unread.jsonl", "sketches", "done.json",
)  # fmt: skip


def sift(job: SelectionJob, shard: Shard) -> None:
    """Go through a shard's texts and leave its files and its marker; the same bytes whoever does it, however often.

    Files of a shard, each a JSON line an entry: `kept` (source, line, hash, text, url), `decisions` (source, line,
    kept, rules) when asked for, `misses` (the near misses, with rule), `unread` (source, line, reason); `sketches`, the
    hash and MinHash of each kept text, for finding duplicates. The marker comes last and holds the counts.
    """
    fingerprint = job.fingerprint(shard)
    with ExitStack() as files:
        kinds = [KEPT, MISSES, UNREAD, SKETCHES] + [DECISIONS] * job.settings.decisions
        streams = {kind: files.enter_context(whole_file(job.shard_file(shard, kind))) for kind in kinds}
        funnel = _Sifting(job, shard, streams).run()
    settle(job.folder / "shards")
    with whole_file(job.shard_file(shard, DONE)) as stream:
        stream.write(json.dumps({"fingerprint": fingerprint, "funnel": funnel.to_json()}).encode())
    settle(job.folder / "shards")


def sifted(job: SelectionJob, shard: Shard) -> SelectionFunnel | None:
    """Return the counts of a shard that is done; None where it is not, or its file or the settings changed since."""
    try:
        marker = json.loads(job.shard_file(shard, DONE).read_bytes())
    except FileNotFoundError:
        return None
    return SelectionFunnel.from_json(marker["funnel"]) if marker["fingerprint"] == job.fingerprint(shard) else None


class _Sifting:
    def __init__(self, job: SelectionJob, shard: Shard, streams: dict[str, BinaryIO]) -> None:
        settings = job.settings
        self.job, self.shard, self.streams = job, shard, streams
        self.settings, self.rules, self.verbs = settings, settings.rules, job.verbs
        near = settings.duplicates is Duplicates.NEAR
        self.sketcher = Sketcher(settings.permutations if near else 0, settings.shingle_words)
        self.misses: dict[str, Sample[dict[str, Any]]] = {
            rule: Sample(settings.near_misses, settings.seed) for rule in RULE_IDS
        }
        self.texts = self.unread = self.kept = 0
        self.first: Counter[str] = Counter()
        self.alone: Counter[str] = Counter()
        self.each: Counter[str] = Counter()

    def run(self) -> SelectionFunnel:
        judge = self._decide if self.settings.decisions else self._glance
        for text in self._texts():
            if isinstance(text, Unread):
                self.unread += 1
                self._write(UNREAD, {"source": text.source, "line": text.line, "reason": text.reason})
                continue
            self.texts += 1
            judge(text)
        for sample in self.misses.values():
            for miss in sample.winners():
                self._write(MISSES, miss)
        each = self.each if self.settings.decisions else None
        return SelectionFunnel(self.texts, self.unread, self.kept, self.first, self.alone, each)

    def _texts(self) -> Iterator[SourceText | Unread]:
        for file in self.shard.files:
            yield from read_texts(self.job.path(file), file, self.settings.text_field, self.settings.longest_line)

    def _glance(self, text: SourceText) -> None:
        seen = glance(text.text, self.rules, self.verbs)
        if seen.first is None:
            self._keep(text)
        else:
            self.first[seen.first] += 1
            if seen.alone:
                self._miss(seen.first, text)

    def _decide(self, text: SourceText) -> None:
        decided = verdict(text.text, self.rules, self.verbs)
        decision = {"source": text.source, "line": text.line, "kept": decided.kept, "rules": decided.failed}
        self._write(DECISIONS, decision)
        if decided.kept:
            self._keep(text)
            return
        self.first[decided.failed[0]] += 1
        self.each.update(decided.failed)
        if len(decided.failed) == 1:
            self._miss(decided.failed[0], text)

    def _keep(self, text: SourceText) -> None:
        content = text.text.encode()
        digest = sha256(content)
        self.kept += 1
        self._write(KEPT, _entry(text, digest.hexdigest()))
        self.streams[SKETCHES].write(self.sketcher.sketch(digest.digest(), text.text))

    def _miss(self, rule: str, text: SourceText) -> None:
        self.alone[rule] += 1
        digest = sha256(text.text.encode()).hexdigest()
        # The text's number in the shard tells apart equal texts, and text files that all have line 1.
        self.misses[rule].offer(digest, (self.shard.index, self.texts), {"rule": rule} | _entry(text, digest))

    def _write(self, kind: str, entry: dict[str, Any]) -> None:
        self.streams[kind].write(orjson.dumps(entry) + b"\n")


def _entry(text: SourceText, text_hash: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"source": text.source, "line": text.line, "hash": text_hash, "text": text.text}
    return entry if text.url is None else entry | {"url": text.url}
