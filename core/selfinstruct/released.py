"""The preset `paper_prompts`: the released program's own prompts, read from a user's copy of its files.

They are not ours to ship. Winnow reads the files as data and runs nothing of them; with these templates it sends what
the released program sends, byte for byte (`tests/selfinstruct/test_released.py`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.bounded_file import WRITTEN, text
from core.foreign import told
from core.records import Refused

QUESTION, INPUT_FIRST, OUTPUT_FIRST = "template_1", "input_first_template_for_gen", "output_first_template_for_clf"
FILES = {
    "clf_task_template.py": (QUESTION,),
    "instance_gen_template.py": (INPUT_FIRST, OUTPUT_FIRST),
    "bootstrap_instructions.py": (),
}
"""The files by name, with the texts that each holds; the last has the two opening lines of step 1 in its code."""

# Each worked question ends in a line that asks and answers.
_ASKED = re.compile(r"^Task:[^\n]*\n([^\n]+?) (?:Yes|No)$", re.MULTILINE)


def read_folder(folder: Path) -> dict[str, str]:
    """Return the settings that the files in a folder, or below it, give; Refused where one or its text is missing."""
    found = {}
    for name in FILES:
        files = sorted(folder.rglob(name)) if folder.is_dir() else []
        if not files:
            raise Refused(
                f"There is no {name} in {folder}; name the folder of the released program that has "
                f"{', '.join(FILES)} (in its self_instruct and templates folders)."
            )
        try:
            found[name] = text(files[0], WRITTEN, "a file of the released program")
        except OSError as error:
            raise Refused(f"{files[0]} cannot be read: {told(error)}.") from error
    return read(found)


def read(files: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that the files give, by name of a setting; `files` are contents by name of a file."""
    missing = [name for name in FILES if name not in files]
    if missing:
        raise Refused(f"The preset paper_prompts needs {', '.join(FILES)} too; {', '.join(missing)} is missing.")
    texts: dict[str, str] = {}
    for name, wanted in FILES.items():
        held = dict(_texts(_tree(name, files[name])))
        lacking = [text for text in wanted if text not in held]
        if lacking:
            raise Refused(f"{name} has no text {lacking[0]}; it is not the released program's file.")
        texts |= {text: held[text] for text in wanted}
    asked = set(_ASKED.findall(texts[QUESTION]))
    if len(asked) != 1:
        raise Refused("clf_task_template.py does not ask one and the same question of every task; it is another file.")
    labelled, plain = _openings(_tree("bootstrap_instructions.py", files["bootstrap_instructions.py"]))
    return {
        "instructions_template": plain + "{examples}\n{next}.",
        "classification_only_template": labelled + "{examples}\n{next}.",
        "classification_template": f"{texts[QUESTION]} {{instruction}}\n{asked.pop()}",
        "input_first_template": f"{texts[INPUT_FIRST]} {{instruction}}\n",
        "output_first_template": f"{texts[OUTPUT_FIRST]} {{instruction}}\n",
    }


def _tree(name: str, content: str) -> ast.Module:
    try:
        return ast.parse(content)
    except (SyntaxError, ValueError) as error:
        raise Refused(f"{name} is not a Python file: {told(error)}.") from error


def _texts(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Every assignment of a plain text to a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


def _openings(tree: ast.Module) -> tuple[str, str]:
    """The opening lines of step 1: for classification tasks, and for all."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "encode_prompt":
            for choice in (inner for inner in ast.walk(node) if isinstance(inner, ast.If) and inner.orelse):
                either = [dict(_texts(ast.Module(body, []))).get("prompt") for body in (choice.body, choice.orelse)]
                if either[0] is not None and either[1] is not None:
                    return either[0], either[1]
    raise Refused("bootstrap_instructions.py does not choose between two opening lines; it is another file.")
