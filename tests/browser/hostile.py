"""Texts that try to be more than text."""

from __future__ import annotations

from core import pools
from core.database import Database
from core.diversity.parser import BUILT_IN, LEXICON, parser_named
from core.diversity.rows import parses
from core.pool import arrivals, judging, tasks
from core.pool import pools as pool_store
from core.pool.arrivals import NewInstance, NewTask
from core.pool.judgement import Judgement
from core.records import Discard, Grade, Origin
from core.seeds.seeds import Seed

NAME = "<b>MARKED</b> **BOLD** ![p](http://evil.example/p.png) $x^2$ :red[x]"
TEXTS = (
    "Write <b>MARKED</b> and <a href='http://evil.example/a'>MARKED</a> in **BOLD** and [MARKED](http://evil.example/l).",
    "![picture](http://evil.example/p.png) <img src=http://evil.example/i.png onerror=\"document.title='taken'\">",
    "<script>document.title='taken'</script><iframe src=http://evil.example/f></iframe><style>*{display:none}</style>",
    '=HYPERLINK("http://evil.example/h") +1 -1 @SUM(A1) $\\sqrt{2}$ $$E=mc^2$$ :material/home: :smile: `code`',
    "nul \x00 bell \x07 escape \x1b[31m right to left \u202e\u05e9\u05dc\u05d5\u05dd \u0627\u0644 lone \ud800 end",
    "# BOLD\n\n> quote\n\n| a | b |\n|---|---|\n\n<svg onload=\"document.title='taken'\"></svg> " + "long" * 2_000,
    "<link rel=stylesheet href=//evil.example/s.css><meta http-equiv=refresh content='0;url=http://evil.example/m'>",
)
RENDERED = """() => {
  const found = [];
  const leads = (address) => {
    try { return new URL(address, location).hostname.includes('evil') } catch { return address.includes('evil') }
  };
  for (const element of document.querySelectorAll('*'))
    for (const attribute of element.attributes)
      if (['src', 'href', 'xlink:href', 'srcset', 'action', 'data', 'content', 'poster'].includes(attribute.name)
          && leads(attribute.value)) found.push(element.outerHTML.slice(0, 200));
  for (const element of document.querySelectorAll('b, strong, em, i, h1, h2, a, [style*="font-weight: bold"]'))
    if (/MARKED|BOLD/.test(element.textContent) && !/<b>|[*]{2}|# BOLD/.test(element.textContent))
      found.push(element.outerHTML.slice(0, 200));
  if (document.querySelector('.katex')) found.push('a formula');
  if (document.querySelector('[data-testid=stException]'))
    found.push(document.querySelector('[data-testid=stException]').textContent);
  if (document.title === 'taken') found.push('a script ran');
  return found;
}"""


def hostile(database: Database) -> None:
    """A pool of such texts in every place that a text can be in, with a hostile name."""
    made = pools.make(database, NAME, own_seeds=[Seed(text, text, ((text, text),), False) for text in TEXTS])
    near = {"task": 1, "score": 0.8, "instruction": TEXTS[0]}
    with database.write() as c:
        pool_store.configure(c, made.id, parser=LEXICON)
        kept = [
            NewTask(
                Origin.IMPORT,
                f"{text} {number}",
                number % 2 == 0,
                (NewInstance(text, text), NewInstance(text, text, Discard("same-as-input"))),
                name=text,
                completed=True,
            )
            for number, text in enumerate(TEXTS * 3)
        ]
        dropped = [
            NewTask(
                Origin.IMPORT, text, discard=Discard("too-close", {"score": 0.8, "threshold": 0.7, "closest": [near]})
            )
            for text in TEXTS
        ]
        dropped += [NewTask(Origin.IMPORT, text, discard=Discard("unfit-word", {"word": text})) for text in TEXTS]
        ids = arrivals.add(c, made.id, [*kept, *dropped])
        hashes = [tasks.instruction_hash(task.instruction) for task in kept]
        for key in (parser_named(LEXICON).key, parser_named(BUILT_IN).key):
            pairs = [(f"<b>MARKED</b>{n % 5}", f"<a href='http://evil.example'>{n}</a>") for n in range(len(kept))]
            parses.keep(c, key, hashes, pairs)
        for task in tasks.by_ids(c, ids[:4]):
            one = task.instances[0]
            judging.rate(
                c, one.id, NAME, one.text_hash, Judgement(grade=Grade.C, flags=("<b>MARKED</b>",), note=TEXTS[1])
            )
