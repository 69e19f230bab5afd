"""What an argument is, in one place for all verbs that take one of its name; a verb's own sentence goes before."""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Mapping, Sequence

SAYS: Mapping[str, str] = {
    "action": "what to do",
    "after": "go on behind this number, with which a list ended",
    "base_url": "the address of a server that speaks OpenAI's protocol",
    "budget_requests": "requests at most; the run ends before it sends more",
    "budget_seconds": "seconds at most; the run ends then",
    "budget_tokens": "tokens at most, of prompts and replies together",
    "budget_usd": "dollars at most; needs the model's price",
    "classification": "whether it is a classification task",
    "concurrency": "requests under way at once, at most",
    "confirm": "do it; without, only what would happen is said",
    "earlier": "the number of the earlier audit",
    "endpoint": "completions for base models, chat for chat models",
    "engine": "who does the work: this machine, or a Ray cluster",
    "epochs": "how often the service goes through the data",
    "file": "a file",
    "folder": "a release's folder",
    "grade": "A satisfying, B minor faults, C significant errors, D invalid",
    "id": "its number, as the list says it",
    "input": "its input; may be empty",
    "instance": "the number of an instance",
    "instruction": "its instruction",
    "its_input": "only with an input, or without one",
    "kind": "only acts of this kind",
    "later": "the number of the later audit",
    "limit": "how many at most",
    "max_tokens": "tokens of a reply at most",
    "model": "a model's name",
    "name": "its name",
    "note": "a remark that is kept with it",
    "order": "which item comes first",
    "of_run": "only what this run made",
    "origin": "only what came this way",
    "output": "its output",
    "pool": "the pool's name",
    "port": "of this machine, at which browsers find it",
    "preset": "thresholds that go together",
    "provider": "a server by its name, instead of an address",
    "rated": "only what is rated, or what is not",
    "reason": "why; it is kept in the history",
    "round": "the number of a blind round",
    "run": "only what this run made",
    "run_id": "the number of a run",
    "seed": "the same seed draws the same",
    "shell": "which shell",
    "task": "the number of a task",
    "temperature": "of sampling; left out where the model takes none",
    "text": "the number of a text",
    "timeout": "seconds that one request may take",
    "what": "what the file holds",
}
OF_A_NOUN: Mapping[tuple[str, str], str] = {
    ("audit", "id"): "the number of the audit",
    ("batch", "file"): "where the requests are written, as JSON Lines",
    ("evaluate", "kind"): "what raters do: grade each response, or compare two",
    ("evaluate", "grade"): "the last word",
    ("evaluate", "name"): "the evaluation set",
    ("finetune", "id"): "the number of the job",
    ("history", "instance"): "only what was done to this instance",
    ("history", "task"): "only what was done to this task",
    ("item", "name"): "the flag",
    ("queue", "name"): "the queue's name",
}
OF_A_FILTER: Mapping[str, str] = {
    "classification": "only classification tasks, or the others",
}


def explain(declared: argparse.ArgumentParser, path: Sequence[str]) -> None:
    """Give every argument of a verb that has no sentence of its own the one that stands here."""
    for action in declared._actions:
        if action.help:
            continue
        own = OF_A_NOUN.get((path[0], action.dest))
        chosen = OF_A_FILTER.get(action.dest) if action.choices and path[0] != "seeds" else None
        action.help = own or chosen or SAYS.get(action.dest)


_FOR = re.compile(r"^for [\w, -]+?: |, for [\w, -]+$")  # whose it is, where verbs share a parser


def keep(found: argparse.ArgumentParser, name: str, verbs: Collection[str]) -> None:
    """Leave in a verb's help what is its own, of a parser that it shares with other `verbs`."""

    def whose(told: str | None) -> set[str]:
        said = re.findall(r"\bfor (\w+(?: and \w+)*)", told or "")
        return {one for words in said for one in words.split(" and ")} & {*verbs}

    for group in found._action_groups:
        of_group = whose(group.title)
        for action in group._group_actions:
            its = of_group or whose(action.help)
            if its:
                action.help = _FOR.sub("", action.help or "") if name in its else argparse.SUPPRESS
        if of_group:
            group.title = _FOR.sub("", group.title or "")
