"""The documents are true: the tutorials' commands run, every other command is one, and links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shlex
from pathlib import Path

import pytest

from core import pools, settings
from core.__main__ import main
from core.cli import shell
from core.database import open_database
from core.settings import PROJECT
from tests.docs import pictures

DOCS = PROJECT / "docs"
TUTORIALS = sorted((DOCS / "tutorials").glob("*.md"))
WRITTEN = [PROJECT / "README.md", *(path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "reference")]
LINKED = [*sorted(PROJECT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
FENCED = re.compile(r"```.*?```", re.DOTALL)
FILE = re.compile(r'```\w+ title="([\w.]+)"\n(.*?)```', re.DOTALL)
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"```text\n(.*?)```", re.DOTALL)
ROOM = re.compile(r'^mkdir ([\w-]+) && cd \1\nexport WINNOW_DATA_DIR="(.+)"$', re.MULTILINE)
PICTURE = re.compile(r"^!\[[^\]]{20,}\]\((\.\./pictures/[^)]+)\)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)?(#[^)\s]*)?\)")


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_the_commands_of_a_tutorial_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pools.make(open_database(settings.load().url), "demo")  # as the app's first start does: it takes the first numbers
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    text = path.read_text("utf-8")
    _make_room(text, monkeypatch)
    for name, content in FILE.findall(text):
        Path(name).write_text(content, "utf-8")
    lines, heard = _lines(text), ""
    assert len(lines) > 5
    for line in lines:
        code = main(shlex.split(line.removeprefix("winnow ")))
        said = capsys.readouterr()
        assert code == 0, f"{line}: {said.err}"
        heard += said.out
    for shown in (line for block in SHOWN.findall(text) for line in block.splitlines()):
        assert shown in heard, f"the tutorial shows a line that no command says: {shown}"


RUN = ("two-reviewers", "gold-and-repeats", "hub", "training", "what-a-release-held", "backup", "large")
REFUSED = {  # what a how-to shows that is for somebody else's numbers
    "winnow release push mine-v1 me/my-tasks --tag v1.0 --confirm https://huggingface.co me/my-tasks 500": (
        "would be --confirm https://huggingface.co me/my-tasks"
    )
}


def test_the_commands_of_how_tos_run_one_how_to_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", "")
    rows = tmp_path / "rows.jsonl"
    asks = ("Name a river of {}.", "Describe how {} smells after rain.", "{}: is it a city or a country?")
    places = ("Peru", "Kyoto", "Ghana", "Oslo")
    texts = [ask.format(place) for ask in asks for place in places]
    rows.write_text("".join(json.dumps({"instruction": text, "output": f"{text} Yes."}) + "\n" for text in texts))
    assert main(["-q", "pool", "import", "mine", str(rows), "--no-filter"]) == 0
    for instance in range(247, 259):
        assert main(["-q", "rating", "give", str(instance), "--grade", "A"]) == 0
    assert main(["-q", "rating", "give", "250", "--grade", "D", "--reviewer", "Bo"]) == 0
    for name in RUN:
        folder = tmp_path / name
        (folder / "elsewhere").mkdir(parents=True)
        monkeypatch.chdir(folder)
        (folder / rows.name).write_bytes(rows.read_bytes())
        for line in _lines((DOCS / "how-to" / f"{name}.md").read_text("utf-8")):
            code = main(shlex.split(line.removeprefix("winnow ")))
            said = capsys.readouterr()
            assert code == (line in REFUSED), f"{line}: {said.err}"
            assert REFUSED.get(line, "") in said.err, line


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_every_command_in_a_document_is_one(path: Path) -> None:
    tried: list[str] = []
    tree = shell.tree(lambda _declared, chosen: tried.append(chosen.run.__name__) or 0, str)
    lines = _lines(path.read_text("utf-8"))
    for line in lines:
        tree.main(args=shlex.split(line.removeprefix("winnow ")), prog_name="winnow", standalone_mode=False)
    assert len(tried) == len(lines)


@pytest.mark.parametrize("path", LINKED, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_links_of_a_document_lead_somewhere(path: Path) -> None:
    for file, mark in LINK.findall(FENCED.sub("", path.read_text("utf-8"))):
        there = path.parent / file if file else path
        assert there.exists(), file
        assert not mark or mark in _marks(there), f"{file}{mark}"


def test_each_tutorial_has_its_pictures_and_a_script_takes_each_of_them() -> None:
    shown: list[str] = []
    for path in TUTORIALS:
        its = PICTURE.findall(path.read_text("utf-8"))
        assert len(its) >= 2, f"{path.stem} shows too little"
        assert its == [one for one in its if (path.parent / one).is_file()]
        shown += [Path(one).stem for one in its]
    assert sorted([*shown, "../diversity"]) == sorted(one.name for one in pictures.PICTURES), "and the README's own"
    files = {path.stem: path.stat().st_size for path in pictures.FOLDER.iterdir()}
    assert set(files) == set(shown) and max(files.values()) < 150_000


def test_every_document_is_in_the_table_of_contents_and_on_the_first_page() -> None:
    contents, first = (PROJECT / "mkdocs.yml").read_text("utf-8"), (DOCS / "index.md").read_text("utf-8")
    for path in DOCS.rglob("*.md"):
        assert f": {path.relative_to(DOCS).as_posix()}\n" in contents, path
        assert f"({path.relative_to(DOCS).as_posix()})" in first or path.name == "index.md", path


def _marks(path: Path) -> set[str]:
    """The marks of a document's headings, as code hosts and the builder of pages make them."""
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {"#" + re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def _make_room(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a tutorial's first block does: a folder to work in, and a data folder of its own."""
    folder, data = ROOM.findall(text)[0]
    Path(folder).mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PWD", str(Path.cwd()))
    monkeypatch.setenv("WINNOW_DATA_DIR", os.path.expandvars(data))


def _lines(text: str) -> list[str]:
    """The commands of the blocks for a shell, without what stands behind a #."""
    return [
        line.split("  #")[0].strip()
        for block in SHELL.findall(text)
        for line in map(str.strip, block.splitlines())
        if line.startswith("winnow ")
    ]
