"""The methods in words, from what is stored: n, seeds, models, prompts, thresholds, intervals; and how to cite."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from core.appendix.standing import Standing
from core.appendix.tables import tex
from core.database import Database
from core.diversity.view import DiversityFigures
from core.llm import book
from core.methods import every
from core.moments import moment
from core.pool import pool_settings
from core.records import Pool, Run
from core.release.released import Released
from core.runs import control
from core.words import number_of

BIBTEX = """\
@inproceedings{wang2023selfinstruct,
  title = {Self-Instruct: Aligning Language Models with Self-Generated Instructions},
  author = {Wang, Yizhong and Kordi, Yeganeh and Mishra, Swaroop and Liu, Alisa and Smith, Noah A. and Khashabi, Daniel and Hajishirzi, Hannaneh},
  booktitle = {Proceedings of ACL 2023}, year = {2023}, eprint = {2212.10560}, archivePrefix = {arXiv}
}
@inproceedings{chen2024reinstruct,
  title = {REInstruct: Building Instruction Data from Unlabeled Corpus},
  author = {Chen, Shu and Guan, Xinyan and Lu, Yaojie and Lin, Hongyu and Han, Xianpei and Sun, Le},
  booktitle = {Findings of ACL 2024}, year = {2024}, eprint = {2408.10663}, archivePrefix = {arXiv}
}
@software{winnow,
  title = {Winnow: a workbench for instruction-tuning data}, year = {2026}, license = {Apache-2.0}
}
"""  # noqa: E501  BibTeX's own lines


def paragraph(
    database: Database,
    pool: Pool,
    at: Standing,
    seen: DiversityFigures,
    released: Released | None,
) -> str:
    """A pool's methods in sentences, each from what is stored; of a release as of then. No text of a row is in it."""
    runs = [
        run
        for run in reversed(control.of_pool(database, pool.id, limit=10_000))
        if every().get(run.method) and (at.at is None or run.created_at <= at.at)
    ]
    audit, agreement = at.audit, at.agreement
    said = [
        f"The data was made with Winnow from {number_of(at.seeds, 'human-written seed task')}; "
        f"{number_of(at.candidates.arrived, 'candidate task')} arrived and {at.candidates.accepted:,} were accepted"
        + (f", with {number_of(at.instances, 'instance')}." if at.instances is not None else ".")
    ]
    said += [_run(database, run) for run in runs if every()[run.method].origin is not None]
    said.append(
        f"Novelty is ROUGE-L F1 over tokens of the tokeniser “{pool_settings.of(pool).tokeniser.value}”; a candidate "
        "above a run's threshold to any accepted task or seed was dropped."
    )
    if seen.scores:
        scores = sorted(seen.scores)
        said.append(f"The median ROUGE-L to the nearest seed is {scores[len(scores) // 2]:.2f} (n = {len(scores):,}).")
    said.append(
        f"People judged {number_of(at.reviewed, 'instance')} and approved {at.approved:,}"
        + (
            f"; {number_of(len(agreement.reviewers), 'reviewer')} graded {number_of(agreement.n, 'instance')} "
            f"in common."
            if agreement.n
            else "."
        )
    )
    if audit is not None:
        its, found = audit.audit, audit.found
        share = found.table2[-1].share
        bounds = "" if share.low is None else f" [{share.low:.1f}, {share.high:.1f}]"
        so_far = f", {found.judged} of them so far" if found.judged < found.size else ""
        valid = "not judged" if share.percent is None else f"{share.percent:.1f}%{bounds}"
        said.append(
            f"A random sample of {number_of(found.size, 'instance')} of different tasks (seed {its.seed}) was "
            f"judged by "
            f"the questions of Self-Instruct's Table 2{so_far}; all fields were valid in "
            f"{valid} (95% interval)."
        )
    if released is not None:
        said.append(
            f"The release {released.name} of {moment(released.created_at)} holds "
            f"{number_of(released.rows, 'row')}, SHA-256 "
            f"{released.sha256}; "
            + (
                "Table 1, verbs, ROUGE-L and lengths are of what it held."
                if released.members is not None
                else "Table 1, verbs, ROUGE-L and lengths are of the tasks that are approved now."
            )
            + " Counts, grades, agreement and audits are as of then."
            + (f" {seen.told}" if seen.told else "")
        )
    return " ".join(said)


def in_latex(told: str) -> str:
    """The paragraph as LaTeX."""
    return tex(told.replace("“", "``").replace("”", "''")) + "\n"


def _run(database: Database, run: Run) -> str:
    settings: dict[str, Any] = dict(run.settings.get("settings") or {})
    models = sorted({one.model for one in book.of_run(database, run.id)}) or ["no model"]
    parts = [f"Run {run.id} ({every()[run.method].label}) asked {', '.join(models)}"]
    if models == ["demo"]:
        parts[0] += " (recorded replies that ship with Winnow; no model was asked)"
    for name, words in (
        ("preset", "preset {}"), ("seed", "random seed {}"), ("seeds_per_prompt", "{} seeds a prompt"),
        ("generated_per_prompt", "{} machine-made tasks a prompt"), ("novelty_threshold", "novelty threshold {}"),
        ("max_instances", "at most {} instances a task"),
    ):  # fmt: skip
        if settings.get(name) is not None:
            parts.append(words.format(settings[name]))
    templates = sorted((name, text) for name, text in settings.items() if name.endswith("_template"))
    if templates:
        whole = sha256("\x00".join(f"{name}\x00{text}" for name, text in templates).encode("utf-8", "replace"))
        parts.append(f"prompts of SHA-256 {whole.hexdigest()[:16]}")
    if step := settings.get("instructions"):
        parts.append(f"temperature {step.get('temperature')} and top-p {step.get('top_p')} for instructions")
    return ", ".join(parts) + "."
