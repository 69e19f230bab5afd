"""What a judge's sheet says, in words: the same on the page and on the command line."""

from __future__ import annotations

import time

from core.evaluation.judge_sheet import JudgeSheet
from core.evaluation.resampling import Interval
from core.words import number_of


def rows_of_sheet(sheet: JudgeSheet) -> list[tuple[str, str]]:
    """(what, how it is) of the judge's habits, its agreement with people and what people would say."""
    since, until = (time.strftime("%d %b %Y", time.gmtime(at)) for at in (sheet.since, sheet.until))
    return [
        ("judgements", f"{sheet.judgements:,}, {sheet.unparsed:,} without a verdict"),
        ("alike in both orders", f"{_percent(sheet.consistent)} of {number_of(sheet.both_orders, 'pair')}"),
        ("prefers what it reads first", _percent(sheet.prefers_first)),
        ("prefers the longer answer", _percent(sheet.prefers_longer)),
        ("agrees with people", _agreement(sheet)),
        ("people's win rate of all that it judged", sheet.estimate_because or _percent(sheet.estimate)),
        ("judged", since if since == until else f"{since} to {until}"),
        ("prompt", ", ".join(each[:12] for each in sheet.prompt_hashes) or "not known"),
    ]


def _agreement(sheet: JudgeSheet) -> str:
    if not sheet.shared:
        return "not known: people have judged none of its pairs"
    return f"{_percent(sheet.agrees)} of {number_of(sheet.shared, 'pair')} that both judged"


def _percent(its: Interval) -> str:
    if its.value is None:
        return "not known"
    return f"{its.value:.0f}%" + (f" [{its.low:.0f}, {its.high:.0f}]" if its.low is not None else "")
