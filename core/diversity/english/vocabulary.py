"""English words whose grammar a tree does not show."""

from __future__ import annotations


def each(words: str) -> frozenset[str]:
    """The words of a text, one by one."""
    return frozenset(words.split())


_FORMS_OF_AUXILIARIES = {
    "be": "am is are was were be been being 'm 's 're m s re ai",
    "have": "have has had having 've 'd ve",
    "do": "do does did doing",
}
AUXILIARY = {form: verb for verb, forms in _FORMS_OF_AUXILIARIES.items() for form in forms.split()}
"""Form of an auxiliary -> its base form."""

CLAUSE_TAKERS = each(
    """want need ask tell help let allow expect like prefer require encourage persuade convince enable cause force order
    advise invite teach remind request instruct intend get see watch hear keep have leave"""
)
"""Verbs that take "noun to do" or "noun doing" as one clause; after any other verb such a noun is the plain object."""

THAT_TAKERS = each(
    """imagine suppose assume pretend say think believe know ensure note remember explain show hope find guess mean feel
    suggest recommend check verify prove determine conclude claim argue state mention notice realize understand confirm
    demonstrate predict report decide consider bet wish fear doubt swear"""
)
"""Verbs that take a statement ("imagine you are ..."), whose subject is no object of theirs."""

GIVERS = each(
    """give tell show send teach offer make provide ask read write lend hand pay bring buy grant sing play feed serve
    sell pass throw promise award"""
)
"""Verbs with an indirect object: "give students tips" is about tips."""

PARTICLE_VERBS = frozenset(
    (verb, particle)
    for particle, verbs in {
        "on": "take put turn try",
        "over": "take",
        "out": "carry try fill print write point list act",
        "up": "set make look sum",
        "down": "write jot break",
        "in": "fill",
        "off": "turn",
    }.items()
    for verb in verbs.split()
)
"""Transitive verbs whose particle a parser may take for a preposition: "take on the role"."""

NEVER_NOUNS = each(
    "following above below same given first second third last next other former latter right best one two"
)
TIMES = each("today tonight tomorrow yesterday")
"""Nouns that say when, and so are no objects: "what should I cook tonight"."""

ASSIGNMENTS = each(
    """task goal aim job objective purpose assignment challenge exercise mission hobby plan activity step role focus
    project dream idea"""
)
"""Subjects that "is" equates with a gerund: "your task is writing a story", but "she is writing a story"."""

NAMING_WORDS = each("named called titled entitled labelled labeled")

MODERN_VERBS = each("roleplay brainstorm refactor tokenize proofread debug reword rephrase summarise")
"""Verbs that the lemma lexicon does not know."""

NOUN_LEMMAS = {
    **{word: word for word in each("data media news lyrics thanks pants pandas keras kubernetes postgres aws")},
    "pros": "pro",
    "cons": "con",
    "leaves": "leaf",
    "axes": "axis",
}
"""Nouns whose base form the lemma lexicon gets wrong or splits."""
