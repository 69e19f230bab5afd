"""The tables. Migrations create them (`migrations/versions`); a test holds the two together.

History is append-only: `requests`, `replies`, `ratings`, `decisions`, `edits` and `journal` are only ever
inserted into.
What changes is state that could be derived from them, kept beside for speed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

# What a database's text cannot hold: half a surrogate pair (UTF-8 has none) and, in PostgreSQL, NUL. They are stored as
# characters at the end of the last private plane, and those, where a text really has one, behind a mark.
MARK = "\U0010f7ff"
UNSTORABLE = re.compile("[\0\ud800-\udfff\U0010f7ff-\U0010ffff]")
STORED = re.compile("\U0010f7ff(.)|[\U0010f800-\U0010ffff]", re.DOTALL)


class AnyText(TypeDecorator[str]):
    """Text exactly as it came, whatever characters it has."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return UNSTORABLE.sub(_stored, value)

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        if value is None or value.isascii():
            return value
        return STORED.sub(_as_it_came, value)

    def bound(self, values: Sequence[str | None]) -> Sequence[str | None]:
        """Many values as they are stored: looked at one by one only where not all of them are plain."""
        together = "".join(filter(None, values))
        if together.isascii() and "\0" not in together:
            return values
        return [self.process_bind_param(value, None) for value in values]


def _stored(found: re.Match[str]) -> str:
    character = found[0]
    if "\ud800" <= character <= "\udfff":
        return chr(ord(character) + 0x102000)
    return MARK + ("0" if character == "\0" else character)


def _as_it_came(found: re.Match[str]) -> str:
    if found[1] is None:
        return chr(ord(found[0]) - 0x102000)
    return "\0" if found[1] == "0" else found[1]


class AnyJSON(TypeDecorator[Any]):
    """JSON whose texts may have any characters, as `AnyText`; NaN and the infinities are kept as texts."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)  # a path into the JSON is no JSON itself

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return _each_text(value, lambda text: UNSTORABLE.sub(_stored, text))

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return _each_text(value, lambda text: STORED.sub(_as_it_came, text))


class HexHash(TypeDecorator[str]):
    """A SHA-256 in hex, stored as its 32 bytes: half the room of its text."""

    impl = sa.LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | bytes | None, dialect: Any) -> bytes | None:
        return bytes.fromhex(value) if isinstance(value, str) else value

    def process_result_value(self, value: bytes | None, dialect: Any) -> str | None:
        return value.hex() if value is not None else None


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else change(value)
    if isinstance(value, Mapping):
        return {_each_text(str(key), change): _each_text(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_each_text(item, change) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _ref(name: str, to: str, nullable: bool = True) -> sa.Column[int]:
    return sa.Column(name, sa.ForeignKey(f"{to}.id"), nullable=nullable)


pools = sa.Table(
    "pools",
    metadata,
    _id(),
    sa.Column("name", AnyText, nullable=False, unique=True),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("archived_at", sa.Float),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),  # how often its seeds or tokeniser have changed
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("name", AnyText, primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

runs = sa.Table(
    "runs",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("budget", sa.JSON, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("message", AnyText, nullable=False, server_default=""),
    sa.Column("asked", sa.Text, nullable=False, server_default=""),  # "pause" or "stop", by any session
    sa.Column("owner", sa.Text),
    sa.Column("lease_until", sa.Float, nullable=False, server_default="0"),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("started_at", sa.Float),
    sa.Column("ended_at", sa.Float),
    sa.Index(None, "pool_id", "id"),
    sa.Index(None, "state"),
)

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("run_id", sa.ForeignKey("runs.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("plan", sa.JSON, nullable=False),  # what was drawn, so that a resume draws the same
    sa.Column("counts", sa.JSON),
    sa.Column("planned_at", sa.Float, nullable=False),
    sa.Column("admitted_at", sa.Float),
)

requests = sa.Table(
    "requests",
    metadata,
    _id(),
    _ref("run_id", "runs", nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("batch", sa.Integer),
    sa.Column("task_id", sa.Integer),  # no foreign key: tasks name requests, and a circle could not be created
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("base_url", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.UniqueConstraint("run_id", "key"),
)

replies = sa.Table(
    "replies",
    metadata,
    _id(),
    _ref("request_id", "requests", nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("error", AnyText),  # null: the reply below is the answer
    sa.Column("text", AnyText),
    sa.Column("thoughts", AnyText),
    sa.Column("finish_reason", sa.Text),
    sa.Column("prompt_tokens", sa.Integer),
    sa.Column("completion_tokens", sa.Integer),
    sa.Column("usd", sa.Float),  # null: price unknown
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("body", sa.JSON),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index(None, "request_id"),
)

parcels = sa.Table(
    "parcels",
    metadata,
    _id(),
    _ref("run_id", "runs", nullable=False),
    sa.Column("name", sa.Text, nullable=False, unique=True),  # by which a batch is found again after a crash
    sa.Column("delivery", sa.Text, nullable=False),  # batch or file
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.Column("file_id", sa.Text),
    sa.Column("batch_id", sa.Text),
    sa.Column("status", AnyText, nullable=False, server_default=""),  # the server's last word on it
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("cancel_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("sent_at", sa.Float),
    sa.Index(None, "run_id", "stage"),
)

parcel_rows = sa.Table(
    "parcel_rows",
    metadata,
    sa.Column("parcel_id", sa.ForeignKey("parcels.id"), primary_key=True),
    sa.Column("request_id", sa.ForeignKey("requests.id"), primary_key=True),
    sa.Column("sent", sa.JSON(none_as_null=True)),  # null: the recorded body as it is
    sa.Column("state", sa.Text, nullable=False),  # out, here (its answer is below, unread), read, lost
    sa.Column("answer", AnyText),  # the line that came home, until it is read into `replies`
    sa.Column("came_at", sa.Float),
    sa.Index(None, "request_id"),
)

model_findings = sa.Table(
    "model_findings",
    metadata,
    sa.Column("base_url", sa.Text, primary_key=True),
    sa.Column("endpoint", sa.Text, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("parameter", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("value", sa.JSON),
    sa.Column("said", AnyText, nullable=False, server_default=""),
    sa.Column("as_of", sa.Text, nullable=False, server_default=""),
)

imports = sa.Table(
    "imports",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    sa.Column("file_name", AnyText, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index(None, "pool_id", "sha256"),
)

tasks = sa.Table(
    "tasks",
    metadata,
    _id(),  # ids grow in order of arrival: the order in which the novelty gate sees a pool's candidates
    _ref("pool_id", "pools", nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_classification", sa.Boolean),
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    _ref("run_id", "runs"),
    _ref("request_id", "requests"),
    _ref("import_id", "imports"),
    sa.Column("batch", sa.Integer),
    sa.Column("name", AnyText),
    sa.Column("instruction", AnyText, nullable=False),
    sa.Column("instruction_hash", sa.Text, nullable=False),
    sa.Column("rule", sa.Text),  # of the latest discard, null while accepted
    _ref("nearest_id", "tasks"),
    sa.Column("nearest_score", sa.Float),
    _ref("seed_id", "tasks"),
    sa.Column("seed_score", sa.Float),
    sa.Column("paired", sa.Boolean, nullable=False, server_default=sa.false()),  # its pairs are in `similar`
    sa.Column("completed_at", sa.Float),  # its instances have been asked for and admitted
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),  # the pool's when seed and pairs were measured
    sa.Index(None, "pool_id", "state", "origin"),
    sa.Index(None, "pool_id", "id"),
    # Hashes come in no order: see `parts.same_hash`.
    sa.Index("ix_tasks_by_hash", "pool_id", sa.literal_column("substr(instruction_hash, 1, 12)")),
    sa.Index(None, "run_id", "batch"),
)

instances = sa.Table(
    "instances",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("task_id", "tasks", nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("is_seed", sa.Boolean, nullable=False),  # its task is a seed: prompts, but is not reviewed or released
    sa.Column("state", sa.Text, nullable=False),  # accepted only while its task is
    sa.Column("rule", sa.Text),  # "task" where the whole task was discarded or rejected
    _ref("request_id", "requests"),
    sa.Column("has_input", sa.Boolean, nullable=False),
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("rated", sa.Integer, nullable=False, server_default="0"),  # reviewers with a current rating of this text
    sa.Column("grade", sa.Text),  # the latest current rating's, for lists and counts; a release asks the ratings
    sa.Column("valid", sa.Boolean),
    sa.Column("input", AnyText, nullable=False),
    sa.Column("output", AnyText, nullable=False),
    sa.Index(None, "task_id", "position"),
    sa.Index(None, "pool_id", "is_seed", "state", "rated", "task_id", "position"),
    sa.Index(None, "pool_id", "is_seed", "state", "rated", "grade", "valid"),  # counts without touching text
    sa.Index(None, "pool_id", "is_seed", "state", "rule"),  # the same
    # A task's come together. The condition leaves none out: it keeps the index for who says it too, `parts.is_hash`.
    sa.Index(
        "ix_instances_by_hash",
        "task_id",
        sa.literal_column("substr(text_hash, 1, 12)"),
        sqlite_where=sa.literal_column("text_hash <> ''"),
    ),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("task_id", "tasks"),
    _ref("instance_id", "instances"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rule", sa.Text),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    _ref("undoes", "decisions"),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("event_id", sa.Integer),  # the decision that this one is a part of, where one act touched many
    sa.Index(None, "pool_id", "kind", "rule"),
    sa.Index(None, "pool_id", "actor", "id"),
    sa.Index(None, "event_id"),
    sa.Index(None, "undoes"),
    sa.Index(None, "task_id"),
    sa.Index(None, "instance_id"),
    # The history's: what filters did by themselves, and the parts of an act on many, are not in it. In PostgreSQL too,
    # as its migration says; said here as well, every start would load that dialect.
    sa.Index(
        "ix_decisions_by_people",
        "pool_id",
        "at",
        sqlite_where=sa.literal_column("actor <> '' AND event_id IS NULL"),
    ),
)

# Counts of the three tables above. The database keeps them by its own triggers, in the transaction that changes what is
# counted; no program writes them, and a count that has come to nothing may stay as 0.
task_counts = sa.Table(
    "task_counts",
    metadata,
    sa.Column("pool_id", sa.ForeignKey("pools.id"), primary_key=True),
    sa.Column("origin", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),  # "" without one
    sa.Column("n", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

instance_counts = sa.Table(
    "instance_counts",
    metadata,
    sa.Column("pool_id", sa.ForeignKey("pools.id"), primary_key=True),
    sa.Column("is_seed", sa.Boolean, primary_key=True),
    sa.Column("state", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("rated", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("grade", sa.Text, primary_key=True),  # "" without one
    sa.Column("valid", sa.Integer, primary_key=True, autoincrement=False),  # 1 valid, 0 not, -1 nobody says
    sa.Column("n", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

discard_counts = sa.Table(
    "discard_counts",
    metadata,
    sa.Column("pool_id", sa.ForeignKey("pools.id"), primary_key=True),
    sa.Column("of_instance", sa.Boolean, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)

# By what PostgreSQL finds who names a row that goes. SQLite is not asked to look then; it has none of these.
NAMING = {
    *(("tasks", name) for name in ("seed_id", "nearest_id", "import_id", "request_id")),
    *(("instances", name) for name in ("request_id",)),
    *(("similar", name) for name in ("other_id",)),
    *(("audit_items", name) for name in ("task_id", "instance_id")),
    *(("edits", name) for name in ("instance_id",)),
    *(("standings", name) for name in ("rating_id",)),
    *(("beside", name) for name in ("import_id", "pool_id")),
    *(("corpus_texts", name) for name in ("run_id", "taken_by")),
    *(("embeddings", name) for name in ("run_id",)),
    *(("evaluation_responses", name) for name in ("run_id", "request_id")),
    *(("evaluation_preferences", name) for name in ("run_id", "request_id")),
    *(("evaluation_units", name) for name in ("task_id",)),
    *(("evaluation_ratings", name) for name in ("undoes",)),
}
# SQLite's index of words: what can be asked of it, by its tables; and PostgreSQL's, two indexes.
WORDS = {("tasks", "ix_tasks_words"), ("instances", "ix_instances_words")}
SEARCHED = {("task_words", "instruction"), ("instance_words", "input"), ("instance_words", "output")}
# Every trigger, with its table, on each database: one that lacks a trigger counts wrongly without a word.
TRIGGERS = {
    "sqlite": {
        *(("tasks", f"task_counts_{event}") for event in ("come", "gone", "moved")),
        *(("instances", f"instance_counts_{event}") for event in ("come", "gone", "moved")),
        *(("decisions", f"discard_counts_{event}") for event in ("come", "gone")),
        *(("tasks", "task_words_changed"), ("instances", "instance_words_changed")),
    },
    "postgresql": {
        *(("tasks", f"task_counts_{event}") for event in ("insert", "delete", "update")),
        *(("instances", f"instance_counts_{event}") for event in ("insert", "delete", "update")),
        *(("decisions", f"discard_counts_{event}") for event in ("insert", "delete")),
    },
}

edits = sa.Table(
    "edits",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("task_id", "tasks", nullable=False),
    _ref("instance_id", "instances"),
    sa.Column("field", sa.Text, nullable=False),  # instruction, input, output, is_classification, name
    sa.Column("before", sa.JSON),
    sa.Column("after", sa.JSON),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index(None, "task_id"),
    sa.Index(None, "pool_id", "at"),
)

similar = sa.Table(
    "similar",
    metadata,
    sa.Column("task_id", sa.ForeignKey("tasks.id"), primary_key=True),  # the later arrival
    sa.Column("other_id", sa.ForeignKey("tasks.id"), primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    sqlite_with_rowid=False,
)

ratings = sa.Table(
    "ratings",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("instance_id", "instances", nullable=False),
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("round", sa.Text, nullable=False, server_default=""),  # "" for the open desk, else an audit's
    sa.Column("kind", sa.Text, nullable=False),  # rate, skip, undo
    _ref("undoes", "ratings"),
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("grade", sa.Text),
    sa.Column("valid", sa.Boolean),
    sa.Column("instruction_valid", sa.Boolean),
    sa.Column("input_appropriate", sa.Boolean),
    sa.Column("output_correct", sa.Boolean),
    sa.Column("flags", sa.JSON, nullable=False),
    sa.Column("note", AnyText, nullable=False, server_default=""),
    sa.Column("seconds", sa.Float),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("from_file", sa.Boolean, nullable=False, server_default=sa.false()),  # no act at a desk of ours
    sa.Index(None, "instance_id", "reviewer", "round"),
    sa.Index(None, "pool_id", "reviewer", "round", "id"),
    sa.Index(None, "pool_id", "at"),
    sa.Index(None, "undoes"),
)

standings = sa.Table(
    "standings",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    sa.Column("reviewer", sa.Text, primary_key=True),
    sa.Column("round", sa.Text, primary_key=True),
    _ref("pool_id", "pools", nullable=False),
    _ref("rating_id", "ratings", nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # rate or skip
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("grade", sa.Text),
    sa.Column("valid", sa.Boolean),
    sa.Index(None, "pool_id", "reviewer", "round", "kind"),
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    sa.Column("round", sa.Text, primary_key=True),
    sa.Column("slot", sa.Integer, primary_key=True),  # 0 unless overlap is wanted
    sa.Column("reviewer", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Float, nullable=False),
    sa.Index(None, "reviewer", "round"),
)

queues = sa.Table(
    "queues",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("filter", sa.JSON, nullable=False),
    sa.Column("ordering", sa.Text, nullable=False),  # oldest, random, least-reviewed, most-uncertain
    sa.Column("seed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("wanted", sa.Integer, nullable=False, server_default="1"),  # ratings that an item needs
    sa.Column("overlap", sa.Boolean, nullable=False, server_default=sa.false()),  # several may hold an item at once
    sa.Column("repeat_share", sa.Float, nullable=False, server_default="0"),
    sa.Column("gold_share", sa.Float, nullable=False, server_default="0"),
    sa.Column("waiting", sa.Integer, nullable=False, server_default="0"),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),
    sa.Column("synced_id", sa.Integer, nullable=False, server_default="0"),  # instances up to here were considered
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("archived_at", sa.Float),
    sa.Index(None, "pool_id", "id"),
)

queue_items = sa.Table(
    "queue_items",
    metadata,
    sa.Column("queue_id", sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    sa.Column("state", sa.Integer, nullable=False),  # 0 waits, 1 has the ratings that the queue wants, 2 was taken out
    sa.Column("place", sa.BigInteger, nullable=False),  # the lowest comes first
    sa.Column("rated", sa.Integer, nullable=False),
    sa.Index(None, "queue_id", "state", "place"),
    sa.Index(None, "instance_id"),
    sqlite_with_rowid=False,
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    sa.Column("reviewer", sa.Text, primary_key=True),
    sa.Column("round", sa.Text, primary_key=True),
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("said", sa.JSON, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)

flagged = sa.Table(
    "flagged",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    sa.Column("flag", sa.Text, primary_key=True),
    sa.Column("reviewer", sa.Text, primary_key=True),  # whose rating raises it, "" for a decision
    _ref("pool_id", "pools", nullable=False),
    sa.Index(None, "pool_id", "flag"),
)

audits = sa.Table(
    "audits",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("filter", sa.JSON, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),  # as asked; the population may have held fewer
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("stratify_by", sa.Text, nullable=False, server_default=""),
    sa.Column("allocation", sa.Text),
    sa.Column("tasks", sa.JSON, nullable=False),  # of the population, by stratum
    sa.Column("instances", sa.JSON, nullable=False),
    sa.Column("newest_task", sa.Integer, nullable=False),  # what arrived later was not in the population
    sa.Column("population_hash", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("guidelines", AnyText),  # the pool's own rules at the draw; null in audits drawn before they were kept
    sa.Column("actor", AnyText, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.true()),  # all its items are there
    sa.Index(None, "pool_id", "id"),
)

audit_items = sa.Table(
    "audit_items",
    metadata,
    sa.Column("audit_id", sa.ForeignKey("audits.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # from 1, in the order of the draw
    _ref("task_id", "tasks", nullable=False),
    _ref("instance_id", "instances", nullable=False),
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("instruction", AnyText, nullable=False),  # as drawn, whatever is edited later
    sa.Column("input", AnyText, nullable=False),
    sa.Column("output", AnyText, nullable=False),
    sa.Column("stratum", AnyText, nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),  # what it has in common with others, as drawn
    sa.Column("of_task", sa.Integer, nullable=False, server_default="1"),  # instances of its task in the population
    sa.UniqueConstraint("audit_id", "instance_id"),
)

audit_looks = sa.Table(
    "audit_looks",
    metadata,
    sa.Column("audit_id", sa.ForeignKey("audits.id"), primary_key=True),
    sa.Column("reviewer", sa.Text, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),  # when they first saw what others had said
    sa.Column("after_rating", sa.Integer, nullable=False, server_default="0"),  # the latest rating of all at that time
)

releases = sa.Table(
    "releases",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("path", AnyText, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # folder, zip, file
    sa.Column("predicate", sa.JSON, nullable=False),
    sa.Column("options", sa.JSON, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("excluded", sa.JSON, nullable=False),  # by reason
    sa.Column("files", sa.JSON, nullable=False),  # path, bytes, sha256, rows
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),  # of the manifest, or of the one file
    sa.Column("actor", AnyText, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("members", sa.Integer),  # how many `members` has, once it has all of them; null: not known
    sa.Index(None, "pool_id", "id"),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("release_id", sa.ForeignKey("releases.id"), primary_key=True),
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    sa.Column("text_hash", HexHash, nullable=False),  # of the text that went out, as ratings name it
    sa.Index(None, "instance_id"),
    sqlite_with_rowid=False,
)

finetunes = sa.Table(
    "finetunes",
    metadata,
    _id(),
    _ref("pool_id", "pools"),  # null where the release is not of this database
    sa.Column("release_path", AnyText, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("endpoint", sa.Text, nullable=False),
    sa.Column("model", AnyText, nullable=False),
    sa.Column("file", AnyText, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("epochs", sa.Integer, nullable=False),
    sa.Column("usd", sa.Float),  # as estimated; null: price unknown
    sa.Column("file_id", sa.Text, nullable=False, server_default=""),  # the service's, once it has the file
    sa.Column("job_id", sa.Text, nullable=False, server_default=""),  # the service's, once it has the job
    sa.Column("state", sa.Text, nullable=False, server_default=""),
    sa.Column("result", AnyText, nullable=False, server_default=""),  # the tuned model's name
    sa.Column("error", AnyText, nullable=False, server_default=""),
    sa.Column("actor", AnyText, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index(None, "pool_id", "id"),
)

parses = sa.Table(
    "parses",
    metadata,
    sa.Column("parser", sa.Text, primary_key=True),  # the key of a `core.diversity.parser.Parser`
    sa.Column("text_hash", sa.Text, primary_key=True),  # of an instruction, whatever pool it is in
    sa.Column("verb", AnyText),
    sa.Column("noun", AnyText),
    sqlite_with_rowid=False,
)

maps = sa.Table(
    "maps",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("run_id", "runs", nullable=False),
    sa.Column("recipe", AnyJSON, nullable=False),
    sa.Column("made_with", sa.JSON, nullable=False),  # packages and their versions
    sa.Column("texts", sa.Integer, nullable=False),
    sa.Column("titles", AnyJSON, nullable=False),  # [[x, y, words], ...] of dense places
    sa.Column("left_out", sa.JSON, nullable=False, server_default="[]"),  # hashes of texts that no vector came for
    sa.Column("trust", sa.Float, nullable=False),  # trustworthiness, 0 to 1
    sa.Column("trusted", sa.Integer, nullable=False),  # over how many texts, drawn by the recipe's seed
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.true()),  # all its points are there
    sa.Index(None, "pool_id", "id"),
)

nearness = sa.Table(
    "nearness",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("run_id", "runs", nullable=False),
    sa.Column("moment", sa.JSON, nullable=False),  # what it is of: it is of today while that is the same
    sa.Column("texts", sa.Integer, nullable=False),  # seeds and candidates
    sa.Column("seeds", sa.Integer, nullable=False),
    sa.Column("done", sa.Integer, nullable=False, server_default="0"),  # texts that are compared, whatever happens now
    sa.Column("step", sa.Integer, nullable=False, server_default="0"),  # how often that was kept
    sa.Column("pairs", sa.Integer, nullable=False, server_default="0"),  # that decide
    sa.Column("seconds", sa.Float, nullable=False, server_default="0"),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Index(None, "pool_id", "id"),
)

nearness_parts = sa.Table(
    "nearness_parts",
    metadata,
    sa.Column("nearness_id", sa.ForeignKey("nearness.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),  # of an array of numbers
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),  # a part of it, packed
)

embedding_asks = sa.Table(
    "embedding_asks",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("run_id", "runs", nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # of the request
    sa.Column("server", AnyText, nullable=False),
    sa.Column("model", AnyText, nullable=False),
    sa.Column("prefix", AnyText, nullable=False),  # what stood before each text
    sa.Column("texts", sa.JSON, nullable=False),  # [[hash, characters that are sent or null: all], ...] in their order
    sa.Column("reply", sa.LargeBinary),  # the vectors as they came, until they are read
    sa.UniqueConstraint("run_id", "key"),
    sa.Index(None, "pool_id"),
)

embeddings = sa.Table(
    "embeddings",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("run_id", "runs", nullable=False),  # which paid for it
    sa.Column("server", AnyText, nullable=False),
    sa.Column("model", AnyText, nullable=False),
    sa.Column("prefix", AnyText, nullable=False),
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("read_to", sa.Integer),  # characters that the model was given; null: all
    sa.Column("vector", sa.LargeBinary, nullable=False),  # of length 1, as 16-bit floats, little end first
    sa.UniqueConstraint("pool_id", "server", "model", "prefix", "text_hash", name="uq_embeddings_of_a_text"),
)

map_points = sa.Table(
    "map_points",
    metadata,
    sa.Column("map_id", sa.ForeignKey("maps.id"), primary_key=True),
    sa.Column("text_hash", sa.Text, primary_key=True),  # of the instruction that was placed
    sa.Column("x", sa.Float, nullable=False),
    sa.Column("y", sa.Float, nullable=False),
    sa.Column("density", sa.Float, nullable=False),  # 1 at the densest place
    sqlite_with_rowid=False,
)

corpus_texts = sa.Table(
    "corpus_texts",
    metadata,
    _id(),  # ids grow in the order of the corpus
    _ref("pool_id", "pools", nullable=False),
    _ref("run_id", "runs", nullable=False),  # the selection that brought it
    sa.Column("text_hash", sa.Text, nullable=False),
    sa.Column("source", AnyText, nullable=False),  # its file, as it was named
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("url", AnyText),
    sa.Column("state", sa.Text, nullable=False),  # waiting, taken, asked, failed, off
    _ref("taken_by", "runs"),  # the run that asks, or asked, for its instruction
    sa.Column("note", AnyText, nullable=False, server_default=""),  # why it failed
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("text", AnyText, nullable=False),
    sa.UniqueConstraint("pool_id", "text_hash"),
    sa.Index(None, "pool_id", "state", "id"),
)

corpus_misses = sa.Table(
    "corpus_misses",
    metadata,
    _id(),
    _ref("run_id", "runs", nullable=False),
    sa.Column("rule", sa.Text, nullable=False),  # the only one that the text failed
    sa.Column("source", AnyText, nullable=False),
    sa.Column("line", sa.Integer, nullable=False),
    sa.Column("text", AnyText, nullable=False),
    sa.Index(None, "run_id", "rule", "id"),
)

reversals = sa.Table(
    "reversals",
    metadata,
    sa.Column("request_id", sa.ForeignKey("requests.id"), primary_key=True),  # the request for a text's instruction
    _ref("text_id", "corpus_texts", nullable=False),
    sa.Index(None, "text_id"),
)

groundings = sa.Table(
    "groundings",
    metadata,
    sa.Column("instance_id", sa.ForeignKey("instances.id"), primary_key=True),
    _ref("pool_id", "pools", nullable=False),
    sa.Column("text_hash", sa.Text, nullable=False),  # of the instance as it was measured
    sa.Column("support", sa.Float, nullable=False),
    sa.Column("unsupported", sa.Integer, nullable=False),  # numbers and names that the source doesn't have
    sa.Column("found", sa.JSON, nullable=False),  # sentences with their support, numbers, names
    sa.Index(None, "pool_id", "support"),
)

evaluation_sets = sa.Table(
    "evaluation_sets",
    metadata,
    _id(),
    sa.Column("name", AnyText, nullable=False, unique=True),
    sa.Column("layout", sa.Text, nullable=False),  # of the file: user-tasks, superni, alpaca-eval, rows
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("actor", AnyText, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.true()),  # all its tasks are there
)

evaluation_tasks = sa.Table(
    "evaluation_tasks",
    metadata,
    _id(),
    _ref("set_id", "evaluation_sets", nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # in the file, from 1
    sa.Column("external_id", AnyText, nullable=False, server_default=""),
    sa.Column("instruction", AnyText, nullable=False),
    sa.Column("input", AnyText, nullable=False),
    sa.Column("references", sa.JSON, nullable=False),
    sa.Column("cluster", AnyText, nullable=False),  # the task that several instances share: they move together
    sa.Column("category", AnyText, nullable=False, server_default=""),  # a task category, or the application
    sa.Column("domain", AnyText, nullable=False, server_default=""),
    sa.Column("text_key", sa.Text, nullable=False),  # of instruction and input: what responses are joined by
    sa.Column("seal", sa.Text, nullable=False),  # of the instruction's words: what may not enter a pool
    sa.Index(None, "set_id", "position"),
    sa.Index(None, "seal"),
)

evaluation_models = sa.Table(
    "evaluation_models",
    metadata,
    _id(),
    sa.Column("name", AnyText, nullable=False, unique=True),
    _ref("release_id", "releases"),  # what it learned from, where that is of this database
    sa.Column("data", AnyText, nullable=False, server_default=""),  # else in words: an outside set, a folder
    sa.Column("size", sa.Integer),  # training instances
    sa.Column("quality", AnyText, nullable=False, server_default=""),  # the line that it belongs to on a curve
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created_at", sa.Float, nullable=False),
)

evaluation_responses = sa.Table(
    "evaluation_responses",
    metadata,
    _id(),
    _ref("set_id", "evaluation_sets", nullable=False),
    _ref("task_id", "evaluation_tasks", nullable=False),
    _ref("model_id", "evaluation_models", nullable=False),
    _ref("run_id", "runs"),
    _ref("request_id", "requests"),
    sa.Column("finish_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("length", sa.Integer, nullable=False),  # characters
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("text", AnyText, nullable=False),
    sa.UniqueConstraint("task_id", "model_id"),
    sa.Index(None, "set_id", "model_id"),
)

evaluation_preferences = sa.Table(
    "evaluation_preferences",
    metadata,
    _id(),
    _ref("set_id", "evaluation_sets", nullable=False),
    _ref("task_id", "evaluation_tasks", nullable=False),
    _ref("baseline_id", "evaluation_models", nullable=False),
    _ref("model_id", "evaluation_models", nullable=False),
    sa.Column("annotator", AnyText, nullable=False),
    _ref("run_id", "runs"),  # null where imported
    _ref("request_id", "requests"),
    sa.Column("model_first", sa.Boolean, nullable=False),  # the order in which the judge read the two
    sa.Column("preference", sa.Float),  # 1 the baseline, 2 the model, 1.5 a draw; null: no verdict could be read
    sa.Column("baseline_length", sa.Integer, nullable=False),
    sa.Column("model_length", sa.Integer, nullable=False),
    sa.Column("prompt_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.UniqueConstraint(  # named, for its own name would be longer than PostgreSQL's names may be
        *("task_id", "baseline_id", "model_id", "annotator", "model_first", "prompt_hash"),
        name="uq_evaluation_preferences_judgement",
    ),
    sa.Index(None, "set_id", "annotator"),
)

evaluation_rounds = sa.Table(
    "evaluation_rounds",
    metadata,
    _id(),
    _ref("set_id", "evaluation_sets", nullable=False),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # grade or choose
    sa.Column("side", sa.Integer, nullable=False),  # responses on screen at once
    sa.Column("overlap", sa.Float),  # raters that an item wants, 1.3 for a third of them twice; null: everybody all
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("imported", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("actor", AnyText, nullable=False, server_default=""),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("closed_at", sa.Float),  # from then on nobody owes anything
    sa.Column("whole", sa.Boolean, nullable=False, server_default=sa.true()),  # all its items are there
    sa.Index(None, "set_id", "id"),
)

evaluation_units = sa.Table(
    "evaluation_units",
    metadata,
    sa.Column("round_id", sa.ForeignKey("evaluation_rounds.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    _ref("task_id", "evaluation_tasks", nullable=False),
    sa.Column("responses", sa.JSON, nullable=False),  # ids of those judged together
    sa.Column("wanted", sa.Integer),
    sa.Column("rated", sa.Integer, nullable=False, server_default="0"),  # raters whose judgement stands
)

evaluation_seats = sa.Table(
    "evaluation_seats",
    metadata,
    sa.Column("round_id", sa.ForeignKey("evaluation_rounds.id"), primary_key=True),
    sa.Column("reviewer", AnyText, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # in the reviewer's own order, from 1
    sa.Column("unit", sa.Integer, nullable=False),
    sa.Column("shown", sa.JSON, nullable=False),  # response ids from left to right, as drawn for this reviewer
    sa.Column("state", sa.Text, nullable=False, server_default=""),  # "", rate or skip: what stands
    sa.Column("rating_id", sa.Integer),
    sa.Column("begun", sa.JSON),  # what was said of it so far, over a reload
    sa.Column("held_until", sa.Float),  # on its reviewer's screen until then: others are given other items first
    sa.UniqueConstraint("round_id", "reviewer", "unit"),
    sa.Index(None, "round_id", "held_until"),
)

evaluation_ratings = sa.Table(
    "evaluation_ratings",
    metadata,
    _id(),
    _ref("round_id", "evaluation_rounds", nullable=False),
    sa.Column("unit", sa.Integer, nullable=False),
    sa.Column("reviewer", AnyText, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),  # rate, skip, undo, last-word
    _ref("undoes", "evaluation_ratings"),
    sa.Column("said", sa.JSON, nullable=False),  # grades by response id, or the choice; note, flags
    sa.Column("seconds", sa.Float),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index(None, "round_id", "reviewer", "id"),
    sa.Index(None, "round_id", "kind", "unit"),
)

evaluation_looks = sa.Table(
    "evaluation_looks",
    metadata,
    sa.Column("set_id", sa.ForeignKey("evaluation_sets.id"), primary_key=True),
    sa.Column("reviewer", AnyText, primary_key=True),
    sa.Column("at", sa.Float, nullable=False),  # when they first saw which model gave which answer
    sa.Column("after_rating", sa.Integer, nullable=False, server_default="0"),  # the set's latest event by then
)

beside = sa.Table(
    "beside",
    metadata,
    _id(),
    _ref("pool_id", "pools", nullable=False),
    _ref("task_id", "tasks", nullable=False),
    _ref("instance_id", "instances"),  # null where the row brought an instruction alone
    _ref("import_id", "imports"),
    sa.Column("line", sa.Integer),  # of the file
    sa.Column("context", sa.Text, nullable=False, server_default=""),  # digest of system and turns, "" without any
    sa.Column("digest", sa.Text, nullable=False),  # of all that follows: the same row adds it once
    sa.Column("system", AnyText, nullable=False, server_default=""),
    sa.Column("turns", AnyJSON),  # [[role, text], ...] before the instruction
    sa.Column("thoughts", AnyText, nullable=False, server_default=""),
    sa.Column("rejected", AnyJSON),  # texts of answers that somebody held for worse than the output
    sa.Column("extra", AnyJSON),  # the row's other fields, by name
    sa.Index(None, "instance_id"),
    sa.Index(None, "task_id", "instance_id"),
)

journal = sa.Table(
    "journal",
    metadata,
    _id(),
    _ref("pool_id", "pools"),  # null: of the whole database
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("about", sa.Integer),  # the number of the run, import or queue; no foreign key: several kinds
    sa.Column("detail", AnyText, nullable=False, server_default=""),
    sa.Column("actor", AnyText, nullable=False, server_default=""),  # "": nobody, or not known
    sa.Column("at", sa.Float, nullable=False),
    sa.Index(None, "pool_id", "at"),
    sa.Index(None, "pool_id", "actor"),
    sa.Index(None, "kind", "about"),
)

tombstones = sa.Table(
    "tombstones",
    metadata,
    _id(),
    sa.Column("pool_id", sa.Integer, nullable=False),  # of the pool that was deleted for good
    sa.Column("name", AnyText, nullable=False),
    sa.Column("reason", AnyText, nullable=False),
    sa.Column("actor", AnyText, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),  # rows of each table that went
    sa.Column("at", sa.Float, nullable=False),
)
