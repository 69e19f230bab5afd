"""The audit's report: complete, self-contained, and deaf to whatever the judged texts try."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.audit.findings import findings
from core.audit.judged import JudgedItem
from core.audit.report import AuditReport
from core.audit.report_file import write
from core.audit.report_html import html
from core.audit.report_markdown import fence, markdown, span
from core.pool.guidelines import DEFAULT, as_text, guidelines
from core.records import Grade, Rating, Refused, text_hash
from core.statistics.sampling import Allocation, Member, draw

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> ![p](http://evil.example/p.png) [l](javascript:alert(3)) "
    "</div></td></textarea>\n```\n![q](http://evil.example/q.png)\n~~~\n# heading\n| a | b |\n{{ 7*7 }} {% raw %} "
    "<http://evil.example> www.evil.example `tick` \\| x\x00\x1b[31m\ud800 \u202eend"
)


def report(
    texts: tuple[str, str, str] = ("Say hello.", "", "Hello."),
    reviewers: tuple[str, ...] = ("ines", "jonas"),
    word: str = "November",
    size: int = 20,
    note: str = "",
) -> AuditReport:
    """A report of a small audit whose texts and names are all as given."""
    exact = text_hash(*texts)
    sample = draw([Member(n, ((n + 1000, exact),), word if n % 2 else "other") for n in range(1, 41)], size, 7)
    items = tuple(
        JudgedItem(
            drawn.position, drawn.task_id, drawn.instance_id, drawn.text_hash, *texts, drawn.stratum,
            {"verb": word if drawn.position % 3 else "write", word: "1"},
            tuple(
                Rating(tuple(Grade)[(drawn.position * (at + 1)) % 4], None, True, drawn.position % 2 == 0,
                       drawn.position % 3 == 0, (word,), note or word, id=0, instance_id=drawn.instance_id,
                       reviewer=who, text_hash=exact, at=1.7e9 + at)
                for at, who in enumerate(reviewers)
            ),
        )
        for drawn in sample.items
    )  # fmt: skip
    found = findings(items, sample.instances)
    return AuditReport(word, word, word, 1.7e9, 1.7e9, sample, guidelines(word), found, items)


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.blocks: list[str] = []
        self._in_block = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._in_block = tag == "div" and any(
            name == "class" and "text" in (value or "").split() for name, value in attrs
        )
        if self._in_block:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_block = False

    def handle_data(self, text: str) -> None:
        if self._in_block:
            self.blocks[-1] += text


# What is in it


def test_both_reports_show_every_judged_item_with_every_reviewers_rating():
    made = report(texts=("Name a fruit.", "A yellow one.", "Banana."), note="looks fine")
    for text in (html(made), markdown(made)):
        assert text.count("Name a fruit.") == text.count("A yellow one.") == text.count("Banana.") == 20
        assert text.count("looks fine") == 40
        assert text.count("ines") >= 20 and text.count("jonas") >= 20
        assert text.count(text_hash("Name a fruit.", "A yellow one.", "Banana.")) == 20


def test_both_reports_name_the_seed_the_sample_and_the_population():
    made = report()
    for text in (html(made), markdown(made)):
        assert made.sample.fingerprint in text
        assert made.sample.population_hash in text
        assert "20 of 40 tasks were drawn without replacement" in text
        assert "seed 7" in text


def test_table_2_stands_beside_the_papers_figures():
    made = report()
    lines = [line for line in markdown(made).splitlines() if line.startswith(("| Does the", "| Is the", "| Are all"))]
    assert [line.split(" | ")[5] for line in lines] == ["92", "79", "58", "54"]
    assert lines[0].split(" | ")[1:3] == ["20", "20"]
    for row in made.findings.table2:
        assert f"paper {row.paper.percent:.1f}%" in html(made)


def test_agreement_is_shown_with_the_papers_figures_and_what_it_means():
    made = report()
    for text in (html(made), markdown(made)):
        assert "0.57/0.58" in text
        assert "Krippendorff" in text
    assert made.findings.agreement.krippendorff_alpha.meaning in markdown(made)


def test_one_reviewer_has_no_agreement_to_show():
    alone = report(reviewers=("ines",))
    assert alone.findings.agreement is None
    assert "Agreement" not in markdown(alone)
    assert 'id="agreement"' not in html(alone)


def test_an_audit_that_nobody_has_judged_yet_says_so_everywhere():
    empty = report(reviewers=())
    for text in (html(empty), markdown(empty)):
        assert "None of the 20 sampled items was judged" in text
        assert text.count("Not judged yet.") == 20
        assert not re.search(r"\bnan\b", text, re.I)


def test_undefined_figures_say_undefined():
    one = draw([Member(n, ((n, "h"),)) for n in range(12)], 12, 7)
    alike = tuple(
        JudgedItem(i.position, i.task_id, i.instance_id, "h", "a", "b", "c",
                   ratings=tuple(Rating(Grade.A, id=0, instance_id=i.instance_id, reviewer=who, text_hash="h")
                                 for who in "xy"))
        for i in one.items
    )  # fmt: skip
    made = AuditReport("a", "p", "all", 0, 0, one, guidelines(), findings(alike, one.instances), alike)
    assert html(made).count("Undefined: ") == markdown(made).count("| undefined |") == 5


def test_the_pools_share_counts_every_stratum():
    made = report()
    assert made.findings.pool.population == 40
    assert made.findings.as_json()["pool"]["percent"] == made.findings.pool.percent


def test_the_command_line_gets_plain_numbers():
    made = report().findings.as_json()
    assert set(made["questions"]) == {"instruction_valid", "input_appropriate", "output_correct", "all_valid"}
    assert set(made["questions"]["all_valid"]) == {"n", "yes", "percent", "low", "high"}
    assert sum(made["grades"].values()) == 20
    assert {"n", "raw", "cohen_kappa", "cohen_kappa_valid", "weighted_kappa", "krippendorff_alpha", "spearman"} <= set(
        made["agreement"]
    )


def test_the_same_report_is_written_byte_for_byte_again():
    assert html(report()) == html(report())
    assert markdown(report()) == markdown(report())


def test_a_stratified_sample_says_how_it_was_drawn():
    sample = draw([Member(n, ((n, "h"),), "even" if n % 2 else "odd") for n in range(40)], 10, 7, Allocation.EQUAL)
    made = AuditReport("a", "p", "all", 0, 0, sample, DEFAULT, findings((), sample.instances), ())
    assert "as many from each stratum" in markdown(made)
    assert "`even` 20, `odd` 20" in markdown(made)


# Nothing leaves, nothing runs


def test_the_page_loads_nothing_and_runs_nothing():
    page = Page(html(report(texts=(HOSTILE,) * 3, word=HOSTILE, reviewers=(HOSTILE, "b"), note=HOSTILE)))
    assert not {"script", "img", "link", "iframe", "object", "embed", "form", "base", "audio", "video"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "srcset", "action")]
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    styles = html(report()).split("<style>")[1].split("</style>")[0]
    assert "url(" not in styles and "@import" not in styles


def test_hostile_text_makes_no_tag_and_is_shown_whole():
    hostile = report(texts=(HOSTILE,) * 3, word=HOSTILE, reviewers=(HOSTILE, "b"), note=HOSTILE)
    tame = report(texts=("x",) * 3, word="y", reviewers=("a", "b"))
    assert sorted(Page(html(hostile)).tags) == sorted(Page(html(tame)).tags)
    shown = HOSTILE.replace("\x00", "␀").replace("\x1b", "␛").replace("\ud800", "\ufffd")
    assert Page(html(hostile)).blocks.count(shown) == 61  # three texts of 20 items, and the pool's own rules
    assert "{{ 7*7 }}" in html(hostile) and "{% raw %}" in html(hostile)


def test_hostile_text_makes_no_link_image_heading_or_html_in_markdown():
    hostile = report(texts=(HOSTILE,) * 3, word=HOSTILE, reviewers=(HOSTILE, "b"), note=HOSTILE)
    tame = report(texts=("x",) * 3, word="y", reviewers=("a", "b"))
    assert kinds(markdown(hostile)) == kinds(markdown(tame))
    assert not {"html_block", "html_inline", "link_open", "image"} & set(kinds(markdown(hostile)))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("`~|\\<>![]()#*_ \n\tab:&\r"), max_size=60))
def test_no_text_escapes_its_fence(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(f"before\n\n{fence(text)}\n\nafter\n")
    assert [token.type for token in tokens if token.nesting >= 0] == [
        "paragraph_open", "inline", "fence", "paragraph_open", "inline",
    ]  # fmt: skip
    block = next(token for token in tokens if token.type == "fence")
    assert block.content == text.replace("\r\n", "\n").replace("\r", "\n") + "\n"


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("`~|\\<>![]()#*_ \n\tab:&\r"), max_size=60))
def test_no_text_escapes_its_code_span_even_in_a_table(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(f"| a | b |\n| --- | --- |\n| {span(text)} | end |\n")
    cells = [token for token in tokens if token.type == "inline"]
    assert [cell.content for cell in cells[:2]] + [cells[-1].content] == ["a", "b", "end"]
    assert len(cells) == 4
    assert {child.type for child in cells[2].children} <= {"code_inline", "text"}
    assert cells[2].content == "–" or [child.type for child in cells[2].children] == ["code_inline"]


def kinds(source: str) -> list[str]:
    """The kinds of all blocks and of everything inline, in order of first sight."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(source)
    inline = [child.type for token in tokens for child in token.children or []]
    return sorted([token.type for token in tokens] + [kind for kind in inline if kind != "text"])


# Files


def test_a_report_is_written_whole_under_the_name_that_was_asked(tmp_path: Path):
    made = report(texts=(HOSTILE,) * 3)
    write(made, tmp_path / "audit.html")
    write(made, tmp_path / "audit.MD")
    assert (tmp_path / "audit.html").read_text(encoding="utf-8") == html(made)
    assert (tmp_path / "audit.MD").read_text(encoding="utf-8") == markdown(made)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.MD", "audit.html"]


def test_another_ending_is_refused_with_what_to_do(tmp_path: Path):
    with pytest.raises(Refused, match=r"ends in \.html or \.md"):
        write(report(), tmp_path / "audit.docx")
    assert list(tmp_path.iterdir()) == []


# Guidelines


def test_guidelines_define_every_grade_and_question_and_end_with_the_pools_own():
    text = as_text(guidelines("Code must run."))
    assert [rule.grade for rule in DEFAULT.grades] == list(Grade)
    assert re.findall(r"^([A-D])  ", text, re.M) == ["A", "B", "C", "D"]
    for question in DEFAULT.questions:
        assert question.text in text and question.yes in text and question.no in text
    assert text.rstrip().endswith("Rules of this pool\n\nCode must run.")
    assert "Rules of this pool" not in as_text(DEFAULT)
