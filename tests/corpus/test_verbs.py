"""Our own verb list, and one that the user brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.corpus.verbs import own_verbs, read_verbs, verbs_from_json, verbs_to_json
from core.records import Refused


def test_our_own_list_knows_common_verbs_in_both_forms() -> None:
    verbs = own_verbs()
    assert {"be", "choose", "cut", "make", "run", "use", "write"} <= verbs.base
    assert {"being", "choosing", "cutting", "making", "running", "travelling", "traveling"} <= verbs.ing
    assert not {"the", "of", "choosing", "chose"} & verbs.base
    assert not {"choose", "the"} & verbs.ing


def test_our_own_list_knows_what_prefixes_and_spellings_make_of_verbs() -> None:
    verbs = own_verbs()
    assert {
        "rehydrate",
        "unplug",
        "reboot",
        "outgun",
        "repot",
        "organise",
        "organize",
        "analyse",
        "analyze",
    } <= verbs.base
    assert {"rehydrating", "unplugging", "rebooting", "organising", "organizing"} <= verbs.ing
    assert not {"outcome", "outside", "understudies", "recipe", "subway", "overall", "unit", "under"} & verbs.base
    assert not {"during", "incoming", "upcoming"} & verbs.ing


def test_a_users_list_is_read_from_json_and_from_text(tmp_path: Path) -> None:
    rows = tmp_path / "verbs.json"
    rows.write_text('[["run", "ran", "run", "runs", "running"], ["ask", "asking"]]', encoding="utf-8")
    lines = tmp_path / "verbs.txt"
    lines.write_text("run ran run runs running\n\nask,asking\n", encoding="utf-8")
    for path in (rows, lines):
        verbs = read_verbs(path)
        assert verbs.base == {"run", "ask"}
        assert verbs.ing == {"running", "asking"}
        assert verbs_from_json(verbs_to_json(verbs)) == verbs


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[["run"], "ask"]', "Row 2"),
        ("[[]]", "Row 1"),
        ("[[1]]", "Row 1"),
        ("[", "not JSON"),
        ("", "empty"),
        ("[]", "empty"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_by_row(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "verbs.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Refused, match=says):
        read_verbs(path)
