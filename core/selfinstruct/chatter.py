"""What a chat reply puts around its matter: greetings, farewells, headings, drawn lines, marks of emphasis."""

from __future__ import annotations

import re

MARK = r"\*\*\*|\*\*|__|\*|_|`"
RULE = re.compile(r"[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*\Z")
FENCE = re.compile(r"[ \t>]*(?:```|~~~)")
TITLE = re.compile(r"[ \t]*(?:#{1,6}[ \t].*|(?:\*\*|__)[^*_]+(?:\*\*|__)[:：]?)[ \t]*\Z")
HEADING = re.compile(r"[ \t]*(?:#{1,6}[ \t].*|(?:\*\*|__)[^*_]+(?:\*\*|__)[:：]?|[^.!?\n]{1,60}[:：])[ \t]*\Z")
GREETING = re.compile(
    r"\W*(?:sure|certainly|of course|absolutely|okay|ok|great|gladly|here (?:are|is)|here[’']s|below (?:are|is)|"
    r"i[’']?(?:m| am) sorry|sorry|i (?:can[’']?t|cannot)|i[’']d be|i[’']ll|i[’']ve|as an ai|continuing)\b",
    re.IGNORECASE,
)
FAREWELL = re.compile(
    r"\W*(?:let me know|i hope|hope (?:this|these)|feel free|would you like|"
    r"if you[’']?(?:d| would)? (?:like|need|want)|these|all of these|note|please (?:let|note)|thank)\b",
    re.IGNORECASE,
)
HOPES = re.compile(r"\W*(?:i )?hope (?:this|that|it|these) helps?[\W_]*\Z", re.IGNORECASE)
ABOUT_ITSELF = re.compile(
    r"\b(?:examples?|instances?|tasks?|instructions?|list|format|layout|more|another|adjust\w*|modif\w*|variations?)\b",
    re.IGNORECASE,
)
