"""Records of tools and projects whose rows are no plain columns, as rows of plain columns.

A shape gives the rows that a record holds, in columns whose names tell their roles, and what each column of the record
became. Everything that it does not use stays in the rows under its own name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.importing.roles import NEGATIVE, POSITIVE, VERDICT, Role, known
from core.importing.talk import Unreadable

Fields = Mapping[str, Any]

DEPTH = 60  # of a tree of messages


@dataclass(frozen=True, slots=True)
class Shaped:
    """A record as plain rows. `fields`: what columns of the record became, where their names alone do not say it."""

    format: str
    rows: Sequence[Fields]
    fields: Mapping[str, Role] = field(default_factory=dict)


def shaped(row: Fields) -> Shaped | None:
    """The record as plain rows; None where its columns are plain already. Raises Unreadable."""
    for is_it, shape in _SHAPES:
        if is_it(row):
            return shape(row)
    return None


def _oasst(row: Fields) -> Shaped:
    """A tree of messages: each question with its best answer, the lower ranks rejected, what came before as turns."""
    found = list(_asked(row["prompt"], [], 0))
    rest = {name: value for name, value in row.items() if name != "prompt"}
    return Shaped("oasst", [{**rest, **one} for one in found], {"prompt": Role.CONVERSATION})


def _asked(message: Any, before: list[dict[str, str]], depth: int) -> Iterator[dict[str, Any]]:
    if depth > DEPTH or not isinstance(message, Mapping):
        raise Unreadable("the tree of messages is too deep, or one of them is none")
    replies = [r for r in message.get("replies") or () if isinstance(r, Mapping) and not r.get("deleted")]
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        raise Unreadable("a message of the tree has no text")
    asked = {"instruction": text, "turns_before": list(before), **_about(message)}
    ranked = [reply for reply in replies if isinstance(reply.get("rank"), int)]
    if len(replies) > 1 and len(ranked) == len(replies):
        best, *worse = sorted(replies, key=lambda reply: int(reply["rank"]))
        rejected = [reply.get("text") for reply in worse]
        beside = {"rejected about": [about_it for reply in worse if (about_it := _about(reply))]}
        yield {**asked, "output": best.get("text"), "output about": _about(best), "rejected": rejected, **beside}
    elif replies:
        yield from ({**asked, "output": reply.get("text"), "output about": _about(reply)} for reply in replies)
    elif not before:
        yield asked  # a question that nobody answered
    for reply in replies:
        said = [*before, {"role": "user", "content": text}, {"role": "assistant", "content": str(reply.get("text"))}]
        for further in reply.get("replies") or ():
            if isinstance(further, Mapping) and further.get("replies"):
                yield from _asked(further, said, depth + 1)


def _about(message: Fields) -> dict[str, Any]:
    """What a message says beside its text and its place in the tree."""
    return {name: value for name, value in message.items() if name not in ("text", "replies", "role", "parent_id")}


def _ultrafeedback(row: Fields) -> Shaped:
    """Several answers with scores: the best is the output, those with a lower score are rejected."""
    answers = [one for one in row["completions"] if isinstance(one, Mapping)]
    texts = [one.get("response", one.get("text")) for one in answers]
    best, rejected = _best(texts, [_score(one) for one in answers])
    fields = {"completions": Role.OUTPUT}
    rest = {name: value for name, value in row.items() if name != "completions"}
    about = [{k: v for k, v in one.items() if k not in ("response", "text")} for one in answers]
    return Shaped("ultrafeedback", [{**rest, "output": best, "rejected": rejected, "completions about": about}], fields)


def _distilabel(row: Fields) -> Shaped:
    texts = list(row["generations"])
    scores = [one if isinstance(one, int | float) else None for one in row["ratings"]]
    best, rejected = _best(texts, scores)
    rest = {name: value for name, value in row.items() if name != "generations"}
    others = {"generations": texts} if len(texts) > 1 + len(rejected) else {}
    fields = {"generations": Role.OUTPUT}
    return Shaped("distilabel", [{**rest, **others, "output": best, "rejected": rejected}], fields)


def _nectar(row: Fields) -> Shaped:
    """Several answers with ranks: the first is the output, the others are rejected."""
    answers = sorted(row["answers"], key=lambda one: float(one["rank"]))
    rest = {name: value for name, value in row.items() if name != "answers"}
    about = [{name: value for name, value in one.items() if name != "answer"} for one in answers]
    best, *worse = [one["answer"] for one in answers]
    shown = {**rest, "output": best, "rejected": worse, "answers about": about}
    return Shaped("nectar", [shown], {"answers": Role.OUTPUT})


def _is_ranked(row: Fields) -> bool:
    listed = row.get("answers")
    return _has_objects(row, "answers") and all(
        isinstance(one, Mapping) and isinstance(one.get("answer"), str) and isinstance(one.get("rank"), int | float)
        for one in listed or ()
    )


def _best(texts: Sequence[Any], scores: Sequence[float | None]) -> tuple[Any, list[Any]]:
    """The answer with the highest score (the first of equals), and those with a lower one."""
    if not texts:
        return None, []
    known_scores = [score for score in scores if score is not None]
    if not known_scores or len(scores) != len(texts):
        return texts[0], []
    top = max(known_scores)
    at = scores.index(top)
    return texts[at], [text for text, score in zip(texts, scores, strict=True) if score is not None and score < top]


def _score(answer: Fields) -> float | None:
    for name in ("overall_score", "score", "rating", "fine-grained_score", "fine_grained_score"):
        value = answer.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def _openai_dpo(row: Fields) -> Shaped:
    given = row["input"]
    rest = {name: value for name, value in row.items() if name != "input"}
    inner = {f"input.{name}": value for name, value in given.items() if name != "messages"}
    return Shaped("openai-dpo", [{**rest, **inner, "prompt": given["messages"]}], {"input": Role.CONVERSATION})


def _argilla(row: Fields) -> Shaped:
    """A record of Argilla: its fields are the columns; discarded by all who answered means that it was held for bad."""
    flat: dict[str, Any] = {f"fields.{name}": _value(value) for name, value in row["fields"].items()}
    flat |= {name: value for name, value in row.items() if name != "fields"}
    fields = {f"fields.{name}": known(name) for name in row["fields"]}
    responses = list(_responses(row.get("responses")))
    statuses = [status for status, _ in responses]
    if row.get("status") == "discarded" or (statuses and set(statuses) == {"discarded"}):
        flat[VERDICT], fields["responses"] = "discarded", Role.LABEL
    if not any(known(name) is Role.OUTPUT for name in row["fields"]):
        said = [answers for status, answers in responses if status != "discarded"]
        texts = [(name, text) for answers in said for name, text in answers.items() if isinstance(text, str)]
        named = [text for name, text in texts if known(name) is Role.OUTPUT]
        if named:
            flat["output"], fields["responses"] = named[0], Role.OUTPUT
    return Shaped("argilla", [flat], fields)


def _responses(responses: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(status, answers by question) of each response, as both of Argilla's formats have them."""
    if isinstance(responses, Mapping):  # by question
        for name, each in responses.items():
            for one in each if isinstance(each, list) else ():
                if isinstance(one, Mapping):
                    yield str(one.get("status", "submitted")), {name: _value(one)}
    for one in responses if isinstance(responses, list) else ():
        if isinstance(one, Mapping):
            values = one.get("values") or {}
            answers = {name: _value(value) for name, value in values.items()} if isinstance(values, Mapping) else {}
            yield str(one.get("status", "submitted")), answers


def _value(value: Any) -> Any:
    return value["value"] if isinstance(value, Mapping) and "value" in value else value


def _label_studio(row: Fields) -> Shaped:
    """A task of Label Studio: its data are the columns, a text that somebody wrote the output, a choice the label."""
    flat: dict[str, Any] = {f"data.{name}": value for name, value in row["data"].items()}
    flat |= {name: value for name, value in row.items() if name != "data"}
    fields = {f"data.{name}": known(name) for name in row["data"]}
    texts: list[tuple[str, str]] = []
    choices: list[str] = []
    for annotation in row.get("annotations") or row.get("completions") or ():
        if not isinstance(annotation, Mapping) or annotation.get("was_cancelled"):
            continue
        for one in annotation.get("result") or ():
            value = one.get("value") if isinstance(one, Mapping) else None
            if not isinstance(value, Mapping):
                continue
            written, chosen = value.get("text"), value.get("choices")
            if one.get("type") == "textarea" and written:
                texts.append((str(one.get("from_name")), "\n".join(written) if isinstance(written, list) else written))
            choices += [str(choice).strip().lower() for choice in chosen or ()]
    named = [text for name, text in texts if known(name) is Role.OUTPUT] or [text for _, text in texts]
    if named:  # what a person wrote stands above what the task came with
        before = next((flat[name] for name in fields if fields[name] is Role.OUTPUT), None)
        for name in [name for name in fields if fields[name] is Role.OUTPUT]:
            fields[name] = Role.REJECTED
            del flat[name]
        flat["output"], fields["annotations"] = named[-1], Role.OUTPUT
        if isinstance(before, str) and before != named[-1]:
            flat["rejected"] = [before]
    judged = [choice for choice in choices if choice in NEGATIVE | POSITIVE]
    if judged:
        flat[VERDICT] = judged[-1]
        fields.setdefault("annotations", Role.LABEL)
    return Shaped("label-studio", [flat], fields)


def _prodigy(row: Fields) -> Shaped:
    """An example of Prodigy: `answer` is what a person decided, `accept` which of the options they chose."""
    flat = {name: value for name, value in row.items() if name not in ("answer", "options")}
    fields = {"answer": Role.LABEL}
    if row["answer"] != "ignore":
        flat[VERDICT] = row["answer"]
    else:
        flat["answered"] = "ignore"
    options = {str(one.get("id")): one.get("text") for one in row.get("options") or () if isinstance(one, Mapping)}
    if options:
        taken = [str(one) for one in row.get("accept") or ()]
        texts = [options[one] for one in taken if isinstance(options.get(one), str)]
        if texts:
            flat["output"], fields["options"] = texts[0], Role.OUTPUT
            flat["rejected"] = [text for one, text in options.items() if one not in taken and isinstance(text, str)]
        else:
            flat["options"] = row["options"]
    if "user_input" in flat and "output" not in flat and {"prompt", "text", "instruction"} & flat.keys():
        flat["output"], fields["user_input"] = flat.pop("user_input"), Role.OUTPUT
    return Shaped("prodigy", [flat], fields)


def _kiln(row: Fields) -> Shaped:
    """A run of a Kiln task: the repaired output where there is one, with the first one rejected."""
    flat: dict[str, Any] = {name: value for name, value in row.items() if name not in ("input", "output")}
    flat["instruction"] = row["input"]
    fields = {"input": Role.INSTRUCTION, "output": Role.OUTPUT}
    output, text = row["output"], row["output"].get("output")
    flat["output about"] = {name: value for name, value in output.items() if name != "output"}
    repaired = row.get("repaired_output") or row.get("fixed_output")
    if isinstance(repaired, Mapping) and isinstance(repaired.get("output"), str):
        flat["output"], flat["rejected"] = repaired["output"], [text]
        fields["repaired_output"] = Role.OUTPUT
    else:
        flat["output"] = text
    middle = row.get("intermediate_outputs")
    if isinstance(middle, Mapping):
        thoughts = [value for value in middle.values() if isinstance(value, str) and value.strip()]
        if thoughts:
            flat["thoughts"], fields["intermediate_outputs"] = "\n\n".join(thoughts), Role.THOUGHTS
            del flat["intermediate_outputs"]
    rating = output.get("rating")
    if (
        isinstance(rating, Mapping)
        and rating.get("type") == "pass_fail"
        and isinstance(rating.get("value"), int | float)
    ):
        flat[VERDICT] = rating["value"] >= 0.5
    return Shaped("kiln", [flat], fields)


def _self_instruct_raw(row: Fields) -> Shaped:
    """The released program's instances before they were read: its own reader reads them."""
    from core.selfinstruct import parsing

    text = row["raw_instances"]
    pairs = parsing.instances(text, parsing.LABEL in text)
    rest = {name: value for name, value in row.items() if name != "raw_instances"}
    shown = [{"input": given, "output": answer} for given, answer in pairs]
    if not shown:
        return Shaped("self-instruct-raw", [{**rest, "raw_instances": text}])
    return Shaped("self-instruct-raw", [{**rest, "instances": shown}], {"raw_instances": Role.INSTANCES})


END = "<|endoftext|>"
_ASKED = re.compile(r"\s*Output:\s*$")
_GIVEN = re.compile(r"\n+Input:[ \n]?")


def _self_instruct_tuning(row: Fields) -> Shaped:
    """The released files for fine-tuning: instruction and input stand in one prompt, in one of several layouts."""
    prompt = _ASKED.sub("", row["prompt"]).removeprefix("Task: ")
    instruction, *given = _GIVEN.split(prompt, maxsplit=1)
    rest = {name: value for name, value in row.items() if name not in ("prompt", "completion")}
    flat = {"instruction": instruction.strip(), "input": given[0].strip() if given else ""}
    output = row["completion"].removesuffix(END).strip()
    fields = {"prompt": Role.INSTRUCTION, "completion": Role.OUTPUT}
    return Shaped("self-instruct-finetuning", [{**rest, **flat, "output": output}], fields)


def _is(name: str, kind: type | tuple[type, ...], *others: str) -> Callable[[Fields], bool]:
    return lambda row: isinstance(row.get(name), kind) and all(other in row for other in others)


def _has_objects(row: Fields, name: str) -> bool:
    return isinstance(row.get(name), list) and bool(row[name]) and isinstance(row[name][0], Mapping)


_SHAPES: tuple[tuple[Callable[[Fields], bool], Callable[[Fields], Shaped]], ...] = (
    (_is("prompt", Mapping, "message_tree_id"), _oasst),
    (lambda row: _has_objects(row, "completions") and ("response" in row["completions"][0]), _ultrafeedback),
    (_is_ranked, _nectar),
    (lambda row: isinstance(row.get("generations"), list) and isinstance(row.get("ratings"), list), _distilabel),
    (lambda row: isinstance(row.get("input"), Mapping) and "messages" in row["input"], _openai_dpo),
    (_is("fields", Mapping), _argilla),
    (
        lambda row: isinstance(row.get("data"), Mapping) and ("annotations" in row or "predictions" in row),
        _label_studio,
    ),
    (
        lambda row: (
            row.get("answer") in ("accept", "reject", "ignore") and ("_task_hash" in row or "_input_hash" in row)
        ),
        _prodigy,
    ),
    (lambda row: isinstance(row.get("output"), Mapping) and "output" in row["output"] and "input" in row, _kiln),
    (_is("raw_instances", str, "instruction"), _self_instruct_raw),
    (
        lambda row: isinstance(row.get("completion"), str) and row["completion"].endswith(END) and _text(row, "prompt"),
        _self_instruct_tuning,
    ),
)


def _text(row: Fields, name: str) -> bool:
    return isinstance(row.get(name), str)
