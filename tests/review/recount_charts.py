"""What charts, Overview, What if and audits say of a pool, counted again in the plainest way from its history."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.audit import audit as audits_of
from core.audit.frozen import Audit
from core.audit.rows import audit_answers, audits
from core.database import Database
from core.database.schema import audit_looks
from core.diversity import seedscores, view
from core.diversity.lengths import length
from core.diversity.selection import STATES, TaskSelection
from core.diversity.statistics import ROUGE_BINS
from core.gate import replay, whatif
from core.gate.rules import TOO_CLOSE
from core.novelty import tokenise
from core.pool import judged_then, pools, tallies
from core.pools.funnel import funnel
from core.records import Grade
from core.review.rows import rating_history

if TYPE_CHECKING:
    from tests.review.recount import Recount

THRESHOLDS = ("0.6", "0.7", "0.8")
QUESTIONS = ("instruction_valid", "input_appropriate", "output_correct")


def check(database: Database, its: Recount, accepted: set[int], heard: Any, same: Any) -> None:
    """Compare all of it with what the rooms say; `same` is told each difference."""
    _overview(database, its, accepted, same)
    _what_if(database, its, same)
    _charts(database, its, accepted, heard, same)
    with database.read() as c:
        for audit in audits.of_pool(c, its.pool_id):
            _audit(c, audit, its, same)


def task_states(its: Recount) -> dict[int, tuple[str, str]]:
    """(state, rule) of each candidate by the decisions alone."""
    dropped: dict[int, str] = {}
    for row in its.decisions:
        if row.instance_id is None and row.kind in ("discard", "rescue"):
            dropped.pop(row.task_id, None)
            if row.kind == "discard":
                dropped[row.task_id] = row.rule
    rejected = {row.task_id for row in its.decisions if row.instance_id is None and _is_rejected(row, its)}
    found = {}
    for key, row in its.tasks.items():
        if row.origin != "seed":
            state = "rejected" if key in rejected else "discarded" if key in dropped else "accepted"
            found[key] = (state, dropped.get(key, ""))
    return found


def _is_rejected(row: Any, its: Recount) -> bool:
    events = {one.id: one for one in its.decisions if one.task_id is None and one.instance_id is None}
    event = events.get(row.event_id)
    return row.task_id is not None and event is not None and event.kind == "reject" and event.id not in its.undone


def _overview(database: Database, its: Recount, accepted: set[int], same: Any) -> None:
    found, states = funnel(database, its.pool_id), task_states(its)
    count = Counter(state for state, _ in states.values())
    first = [row for row in its.decisions if row.kind == "discard" and row.undoes is None]
    dropped = Counter(row.rule for row in first if row.instance_id is None)
    taken_back = sum(dropped.values()) - count["discarded"]
    told = found.candidates
    same(
        "candidates on Overview",
        (told.arrived, dict(told.dropped), told.rescued, told.taken_out, told.accepted),
        (len(states), dict(dropped), taken_back, count["rejected"], count["accepted"]),
    )
    out = {row.instance_id for row in its.decisions if row.instance_id is not None and _is_rejected(row, its)}
    for event in its.decisions:
        if event.task_id is None and event.instance_id is None and event.id in its.undone:
            out |= set(event.evidence.get("made", ()))
    standing: set[int] = set()
    for row in its.decisions:
        if row.instance_id is not None and row.kind in ("discard", "rescue"):
            (standing.add if row.kind == "discard" else standing.discard)(row.instance_id)
    along = {one for one in its.instances if one not in out | standing | accepted}
    told, of_answers = found.answers, Counter(row.rule for row in first if row.instance_id is not None)
    same(
        "answers on Overview",
        (told.arrived, dict(told.dropped), told.taken_out, told.accepted),
        (len(its.instances) - len(along), dict(of_answers), len(out), len(accepted)),
    )
    off: set[int] = set()
    for row in its.decisions:
        if row.kind in ("switch-off", "switch-on"):
            (off.add if row.kind == "switch-off" else off.discard)(row.task_id)
    same("seeds", found.seeds, sum(row.origin == "seed" for row in its.tasks.values()) - len(off))


def _what_if(database: Database, its: Recount, same: Any) -> None:
    """The gate once more, candidate by candidate, against the seeds and what it kept before."""
    reached = [key for key, (state, rule) in task_states(its).items() if state != "discarded" or rule == TOO_CLOSE]
    fixed = [row for key, row in _seeds(its).items() if _promoted(its).get(key) not in reached]
    with database.read() as c:
        pool = pools.by_id(c, its.pool_id)
    loaded = whatif.load(database, pool)
    for threshold in THRESHOLDS:
        kept: list[int] = []
        texts = [row.instruction for row in fixed]
        for key in sorted(reached):
            text = its.tasks[key].instruction
            if all(f1(text, other) <= Fraction(threshold) for other in texts):
                kept.append(key)
                texts.append(text)
        same(f"what if at {threshold}", loaded.point(float(threshold)).kept, len(kept))
        same(f"replay at {threshold}", replay.replay(database, pool, float(threshold)).kept, tuple(kept))


def _charts(database: Database, its: Recount, accepted: set[int], heard: Any, same: Any) -> None:
    with database.read() as c:
        seedscores.measure(database, pools.by_id(c, its.pool_id))
    seeds, promoted = _seeds(its), {task: seed for seed, task in _promoted(its).items()}
    by_task = defaultdict[int, list[int]](list)
    for one in sorted(its.instances):
        by_task[its.instances[one].task_id].append(one)
    for state in STATES:
        chosen = {
            key: [one for one in by_task[key] if _counts(one, state, accepted, heard)]
            for key, (now, _) in task_states(its).items()
            if now == ("rejected" if state == "rejected" else "accepted")
            and _is_meant([one for one in by_task[key] if one in accepted], state, heard)
        }
        look = view.look(database, its.pool_id, TaskSelection(state=state), "")
        same(f"tasks {state}", look.tasks, len(chosen))
        if state == "rejected":  # its instances are those that were taken out, counted by Overview above
            continue
        shown = [its.instances[one] for ids in chosen.values() for one in ids]
        same(
            f"lengths of {state}",
            {name: dict(counts) for name, counts in look.texts.lengths.items()},
            {
                "instruction": dict(Counter(length(its.tasks[key].instruction) for key in chosen)),
                "input": dict(Counter(length(row.input) for row in shown if row.input.strip())),
                "output": dict(Counter(length(row.output) for row in shown)),
            },
        )
        if seeds:
            nearest = [
                max(
                    (f1(its.tasks[key].instruction, s.instruction) for k, s in seeds.items() if k != promoted.get(key)),
                    default=Fraction(0),
                )
                for key in chosen
            ]
            bars = Counter(min(int(score * ROUGE_BINS), ROUGE_BINS - 1) for score in nearest)
            same(f"novelty of {state}", [one.count for one in look.rouge().bins], [bars[n] for n in range(ROUGE_BINS)])


def _audit(c: sa.Connection, audit: Audit, its: Recount, same: Any) -> None:
    items = audits.every_item(c, audit)
    place = {item.instance_id: item for item in items}
    given, words = defaultdict[int, list[Any]](list), dict[int, Any]()
    done: Counter[str] = Counter()
    for (one, reviewer, round), row in sorted(its.stands().items(), key=lambda pair: pair[1].id):
        if one in place and row.kind == "rate" and row.text_hash == place[one].text_hash:
            if round == audit.round:
                given[one].append(row)
                done[reviewer] += 1
            elif round == audit.final_round:
                words[one] = row
    whole = {who for who, n in done.items() if n == len(items)}
    heard_of = whole if len(whole) > 1 else set(done)
    differ, by_party, judged, valid = [], [], 0, []
    grades: Counter[str] = Counter()
    answers = defaultdict[str, list[bool]](list)
    for item in items:
        said, last = given[item.instance_id], words.get(item.instance_id)
        compared = [row for row in said if row.reviewer in heard_of]
        judged += bool(said)
        columns = [[row.grade for row in compared], [_valid(row) for row in compared]]
        columns += [[getattr(row, question) for row in compared] for question in QUESTIONS]
        if any(len(set(column) - {None}) > 1 for column in columns):
            differ.append(item.position)
            if last is not None and last.reviewer in {row.reviewer for row in said}:
                by_party.append(item.position)
        verdict = _decided(_valid, said, last)
        valid += [] if verdict is None else [verdict]
        letters = sorted(row.grade for row in ([last] if last is not None and last.grade else said) if row.grade)
        if letters:
            grades[letters[len(letters) // 2]] += 1
        its_answers = [_decided(lambda row, q=question: getattr(row, q), said, last) for question in QUESTIONS]
        for question, answer in zip(QUESTIONS, its_answers, strict=True):
            answers[question] += [] if answer is None else [answer]
        answers["all_valid"] += [] if None in its_answers else [all(its_answers)]
    settled = {place[one].position for one in words}
    found = audits_of.found(c, audit)
    told = (found.judged, found.disputed, found.open, found.by_party, found.valid.yes, found.valid.n)
    waits = tuple(one for one in differ if one not in settled)
    counted = (judged, tuple(differ), waits, tuple(by_party), sum(valid), len(valid))
    same(f"audit {audit.id}", told, counted)
    same(
        f"grades of audit {audit.id}",
        {g.grade.value: g.share.yes for g in found.grades},
        {g.value: grades[g.value] for g in Grade},
    )
    rows = {row.key: (row.share.yes, row.share.n) for row in found.table2}
    same(f"table 2 of audit {audit.id}", rows, {key: (sum(answers[key]), len(answers[key])) for key in rows})
    same(f"who judged audit {audit.id}", audit_answers.progress(c, audit), dict(sorted(done.items())))
    looks = c.execute(sa.select(audit_looks).where(audit_looks.c.audit_id == audit.id)).all()
    late = {
        row.id
        for look in looks
        for said in given.values()
        for row in said
        if row.reviewer == look.reviewer and row.id > look.after_rating
    }
    same(f"late in audit {audit.id}", set(audit_answers.late_ratings(c, audit)), late)


def _decided(of: Any, said: list[Any], last: Any) -> bool | None:
    if last is not None and of(last) is not None:
        return bool(of(last))
    votes = [of(row) for row in said if of(row) is not None]
    return sum(votes) * 2 > len(votes) if votes else None


def _valid(row: Any) -> bool | None:
    return row.valid if row.grade is None else row.grade in "AB"


def _is_meant(standing: list[int], state: str, heard: Any) -> bool:
    if state in ("accepted", "rejected"):
        return True
    if state == "unrated":
        return not any(heard[one][0] for one in standing)
    return any(_counts(one, state, set(standing), heard) for one in standing)


def _counts(one: int, state: str, accepted: set[int], heard: Any) -> bool:
    """Whether an instance's texts belong to what is looked at."""
    open_desk, words = heard[one]
    last = (words or open_desk)[-1].valid if open_desk else None
    fits = {"rated": bool(open_desk), "approved": last is True, "refused": last is False}
    return one in accepted and fits.get(state, True)


def _seeds(its: Recount) -> dict[int, Any]:
    return {key: row for key, row in its.tasks.items() if row.origin == "seed" and row.state == "accepted"}


def _promoted(its: Recount) -> dict[int, int]:
    return {
        row.task_id: row.evidence["from"] for row in its.decisions if row.kind == "promote" and "from" in row.evidence
    }


_KNOWN: dict[tuple[str, str], Fraction] = {}


def f1(one: str, other: str) -> Fraction:
    """ROUGE-L F1 of two texts, exactly, by the table of the longest common subsequence."""
    if (one, other) not in _KNOWN:
        mine, theirs = tokenise(one), tokenise(other)
        row = [0] * (len(theirs) + 1)
        for word in mine:
            before = row[:]
            for at, its in enumerate(theirs, 1):
                row[at] = before[at - 1] + 1 if word == its else max(before[at], row[at - 1])
        both = len(mine) + len(theirs)
        _KNOWN[one, other] = Fraction(2 * row[-1], both) if both else Fraction(0)
    return _KNOWN[one, other]


def said_by_now(c: sa.Connection, pool_id: int, same: Any) -> None:
    """What is counted as of a moment, at the end of time, against what is counted as of now."""
    its, now = judged_then.judged(c, pool_id, math.inf, 2**31 - 1), tallies.review_counts(c, pool_id)
    then = judged_then.counts(its)
    same("as of now", (then.reviewed, then.approved, then.grades), (now.reviewed, now.approved, now.grades))
    same("ratings as of now", judged_then.ratings_of(its), rating_history.of_pool(c, pool_id))
    for audit in audits.of_pool(c, pool_id):
        same("an audit as of now", audits_of.judged_items(c, audit, 2**31 - 1), audits_of.judged_items(c, audit))
