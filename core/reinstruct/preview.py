"""Before anything is sent: the exact requests for the next text, and what a run will probably take."""

from __future__ import annotations

from dataclasses import dataclass

from core.corpus import shelf
from core.corpus.texts_kept import CorpusText
from core.database import Database
from core.llm import target as models
from core.llm.prices import Estimate, estimate
from core.pool import tasks
from core.records import Request
from core.reinstruct.plan import ReinstructPlan, reverse_request, rewrite_request
from core.reinstruct.prompts import draw_examples, seed_pairs

UNKNOWN = "(the instruction that the first request brings)"


@dataclass(frozen=True, slots=True)
class ReinstructPreview:
    """The next text, the request for its instruction, that for its answer, and the cost of both (an estimate)."""

    text: CorpusText
    reverse: Request
    rewrite: Request
    a_text: Estimate


def preview(database: Database, pool_id: int, plan: ReinstructPlan) -> ReinstructPreview | None:
    """What a run of this plan would send first; None while no text waits."""
    settings = plan.settings
    waiting = shelf.waiting(database, pool_id, limit=1)
    with database.read() as c:
        pairs = seed_pairs(tasks.seeds(c, pool_id))
    if not waiting:
        return None
    text = waiting[0]
    examples = draw_examples(pairs, text.text_hash, settings.seed, settings.shots, settings.longest_example)
    asked = reverse_request(plan, "", text.text, examples)
    answered = rewrite_request(plan, "", text.text, UNKNOWN)
    known = models.prices_at(database, plan.target)
    first, second = estimate(asked, known), estimate(answered, known)
    return ReinstructPreview(text, asked, answered, _sum(first, second))


def _sum(one: Estimate, other: Estimate) -> Estimate:
    return Estimate(
        one.prompt_tokens + other.prompt_tokens,
        one.completion_tokens + other.completion_tokens,
        None if one.usd is None or other.usd is None else one.usd + other.usd,
        one.most_prompt_tokens + other.most_prompt_tokens,
        one.most_completion_tokens + other.most_completion_tokens,
        None if one.most_usd is None or other.most_usd is None else one.most_usd + other.most_usd,
    )
