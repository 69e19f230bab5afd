"""Why a verb shows nothing, and the nearest act; said once for all verbs that look at what a pool holds."""

from __future__ import annotations

import shlex


def no_tasks(pool: str) -> str:
    """The sentence for a pool in which nothing was grown or imported, or of which nothing is accepted."""
    named = shlex.quote(pool)
    return (
        f"{pool} has no accepted task beside its seeds yet: `winnow run start {named}` grows some, "
        f"`winnow pool import {named} FILE` brings a file's."
    )


def nothing_fits(pool: str, listed: str) -> str:
    """The sentence for a filter that means nothing; `listed`: the verb that shows what there is."""
    return f"Nothing of {pool} fits; leave an option out, or see what is there: `winnow {listed} {shlex.quote(pool)}`."
