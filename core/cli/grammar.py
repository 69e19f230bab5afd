"""The grammar of the command line: every noun and verb in the order of the work, and the page that does the same.

A line's `words` are what the verb is declared under (`room` is the module of `core.cli` that declares it): where they
are today's short form (`generate POOL`), that form goes on working beside the noun and its verb (`run start POOL`).
Nothing of a room is loaded to read this table, so that help, completion and a slip of the pen cost nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing to do: `winnow NOUN NAME`, in one sentence, declared in `room` under `words`; `page` does it too."""

    noun: str
    name: str
    says: str
    room: str
    words: tuple[str, ...]
    page: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """The words that a person types before its options."""
        return (self.noun, self.name) if self.name else (self.noun,)


NOUNS: Mapping[str, str] = {
    "pool": "a dataset project: make, fill, look at, put away",
    "seeds": "the human-written tasks of a pool",
    "corpus": "REInstruct: from unlabeled texts to tasks",
    "run": "long work: start, watch, pause, resume, stop",
    "batch": "requests that go together: at a server for half the price, or by a file",
    "discard": "what the filters dropped, and the way back",
    "task": "instructions: list, find, look at one whole",
    "item": "single instances: look, edit, split, merge, take out, flag",
    "diversity": "verbs and nouns, ROUGE-L to the seeds, lengths, Table 1",
    "queue": "what waits for reviewers",
    "rating": "judgements: give, take back, settle, in and out by file",
    "audit": "a random sample that can be trusted",
    "release": "what goes out, by a rule, checked",
    "finetune": "train a model on a release, at a service",
    "evaluate": "does a model trained on this data do better?",
    "model": "servers, models, prices",
    "project": "the whole project as one readable file",
}


def _of(noun: str, room: str, page: str, *lines: tuple[str, str, str]) -> tuple[Verb, ...]:
    """Verbs of one noun: (name, the words it is declared under, its sentence)."""
    return tuple(Verb(noun, name, says, room, tuple(words.split()), page) for name, words, says in lines)


VERBS: tuple[Verb, ...] = (
    *_of(
        *("pool", "pool", "pools"),
        ("make", "pool make", "make a pool with the built-in seeds"),
        ("list", "pools", "list the pools and where they stand"),
        ("show", "pool show", "where one pool stands, from seeds to release"),
        ("rename", "pool rename", "give a pool another name"),
        ("archive", "pool archive", "put a pool away; nothing in it changes"),
        ("restore", "pool restore", "take a pool out of the archive"),
        ("set", "pool set", "choose a pool's tokeniser, or its own rules for reviewers"),
        ("delete", "pool-delete", "delete a pool for good, once it is confirmed; only a tombstone stays"),
    ),
    *_of("pool", "importing", "pools", ("import", "import", "bring a file of tasks into a pool, or look at it first")),
    *_of(
        *("pool", "grow", "whatif"),
        ("novelty", "novelty", "replay the novelty gate at another threshold over what is stored"),
    ),
    *_of(
        *("pool", "maps", "map"),
        ("map", "pool-map", "place a pool's instructions by meaning, in a process of its own; as CSV and SVG"),
    ),
    *_of("pool", "whatif", "whatif", ("branch", "pool-branch", "make a new pool as if the gate had used a threshold")),
    *_of(
        *("seeds", "seeds", "seeds"),
        ("list", "seed list", "list a pool's seeds"),
        ("add", "seed add", "add one seed, or those of a file"),
        ("edit", "seed edit", "change a seed's text; what it was stays in the history"),
        ("on", "seed on", "switch seeds on"),
        ("off", "seed off", "switch seeds off: they prompt nothing and novelty is not measured against them"),
        ("yield", "seed yield", "what each seed brings: accepted and approved tasks of the prompts that showed it"),
        ("promote", "seed promote", "copy an approved task into its pool's seeds"),
    ),
    *_of("seeds", "pool", "seeds", ("export", "seeds", "write a pool's seeds to a JSON Lines file")),
    *_of(
        *("corpus", "corpus", "corpus"),
        ("select", "corpus select", "select texts that read like answers; interrupted it goes on"),
        ("reverse", "corpus reverse", "let a model write the instruction that a text answers"),
        ("rewrite", "corpus rewrite", "let a model write a clean answer to each instruction"),
        ("run", "corpus run", "reverse and rewrite in turn"),
        ("training-data", "reinstruct training-data", "write the reverse and rewrite models' training files"),
    ),
    *_of(
        *("corpus", "texts", "corpus"),
        ("texts", "corpus-texts", "list or search the selected texts"),
        ("leave-out", "corpus-leave-out", "leave selected texts out, or let them wait again"),
    ),
    *_of(
        *("corpus", "answers", "corpus"),
        ("answers", "corpus-answers", "list rewritten answers by how far their text supports them; queue them"),
    ),
    *_of("run", "grow", "generate", ("start", "generate", "grow a pool by Self-Instruct; an interrupted run goes on")),
    *_of(
        *("run", "runs", "overview"),
        ("list", "runs", "list what waits or works, or a pool's runs"),
        ("show", "run show", "one run: state, counts, what it dropped and spent; --json: its settings too"),
        ("pause", "run pause", "ask a run to pause; what is on its way comes home first"),
        ("resume", "run resume", "go on with a run that was put down, here and now"),
        ("stop", "run stop", "ask a run to stop; what is on its way comes home first"),
    ),
    *_of(
        *("run", "exchanges", "generate"),
        ("request", "run-request", "one request as it was sent, and all that came back"),
    ),
    *_of(
        *("batch", "batch", "generate"),
        ("list", "batch list", "what is under way at servers, of all runs or of one"),
        ("out", "batch out", "write the requests that a run waits for, as a file"),
        ("in", "batch in", "read the answers to such a file, and go on with their run"),
        ("cancel", "batch cancel", "ask the server to give a run's batches up"),
        ("drop", "batch drop", "wait for nothing more of a run's batches and files"),
    ),
    *_of(
        *("discard", "see", "ledger"),
        ("list", "discards", "survival by rule, and what was dropped; --rescue and --put-back change it"),
    ),
    *_of(
        *("task", "tasks", "review"),
        ("list", "task list", "list a pool's tasks in order of arrival"),
        ("show", "task show", "one task whole: instances, neighbours, discard, edits, lineage"),
        ("search", "task search", "find tasks by words in instruction, input or output"),
    ),
    *_of(
        *("item", "items", "review"),
        ("show", "item show", "one instance with what you may see of its ratings"),
        ("list", "item list", "list the instances that a filter means"),
        ("edit", "item edit", "change a text; ratings of the old text become stale"),
        ("split", "item split", "replace an instance by several of the same task"),
        ("merge", "item merge", "let one instance stand for others of its task"),
        ("reject", "item reject", "take instances, or a whole task, out of the pool with a reason"),
        ("flag", "item flag", "raise a flag on instances, or lower one that was raised so"),
    ),
    *_of(
        *("diversity", "diversity", "diversity"),
        ("show", "diversity", "verbs and nouns, ROUGE-L to the seeds, lengths, also as a page of charts"),
    ),
    *_of(
        *("diversity", "parsers", "diversity"),
        ("parser", "parser", "list the parsers that can run here, or download one"),
    ),
    *_of(
        *("diversity", "near", "near"),
        ("near", "diversity-near", "ROUGE-L to the nearest other task, and groups of near duplicates"),
    ),
    *_of("diversity", "grow", "diversity", ("table1", "statistics", "the numbers of the paper's Table 1 for a pool")),
    *_of(
        *("queue", "queues", "review"),
        ("make", "queue make", "make a queue over what a filter means"),
        ("list", "queue list", "list a pool's queues, how far they and their reviewers are"),
        ("close", "queue close", "put a queue away; the ratings given in it stay"),
        ("refresh", "queue refresh", "take in what fits by now"),
    ),
    *_of(
        *("rating", "rating", "review"),
        ("give", "rating give", "judge one instance"),
        ("undo", "rating undo", "take your latest rating, edit or rejection back"),
        ("differences", "rating differences", "the items on which reviewers differ, as far as you may see them"),
        ("settle", "rating settle", "say the last word on an item whose reviewers differ"),
        ("gold", "rating gold", "keep a known answer, to be mixed into queues"),
    ),
    *_of(
        *("rating", "judge", "review"),
        ("export", "ratings export", "write a pool's ratings, of every round, to JSON Lines"),
        ("import", "ratings import", "take ratings in from a file"),
        ("agreement", "agreement", "how far the reviewers of a pool agree"),
    ),
    *_of(
        *("audit", "audit", "audit"),
        ("new", "audit new", "draw an audit of a pool"),
        ("list", "audit list", "list a pool's audits"),
        ("items", "audit items", "the frozen sample as JSON Lines that reviewers can fill in elsewhere"),
        ("import", "audit import", "bring filled-in items back"),
        ("next", "audit next", "the item of an audit that is next for you"),
        ("judge", "audit judge", "judge the items of an audit one after the other, blind"),
        ("undo", "audit undo", "take your latest answer in an audit back, or give it again"),
        ("settle", "audit settle", "say the last word on an item whose reviewers differ"),
        ("show", "audit show", "Table 2, grades and agreement of an audit"),
        ("compare", "audit compare", "what changed between two audits, and whether chance can have done it"),
        ("report", "audit report", "write an audit's report as HTML and Markdown"),
    ),
    *_of(
        *("release", "release", "release"),
        ("make", "export", "write the instances that a rule admits, read them back and check them"),
        ("verify", "verify", "check every byte of a release"),
        ("push", "push", "send a release to the Hugging Face Hub; without --confirm only show what would go"),
    ),
    *_of(
        *("release", "releases", "release"),
        ("list", "release-list", "list a pool's releases"),
        ("show", "release-show", "one release: rule, counts, files, and what became of what it held"),
        ("members", "release-members", "read what earlier releases held from their files, once"),
        ("preview", "release-preview", "what a rule would let out now, and why the rest stays"),
        ("audit", "release-audit", "draw an audit of what a rule lets out"),
    ),
    *_of(
        *("release", "appendix", "release"),
        ("appendix", "appendix", "a paper's appendix: tables and charts as LaTeX, SVG, PDF and CSV, with the methods"),
    ),
    *_of(
        *("finetune", "release", "release"),
        ("plan", "finetune plan", "show what would be sent and what it would cost; sends nothing"),
        ("start", "finetune start", "send the file and create the job, once confirmed"),
        ("status", "finetune status", "how jobs stand, and which models came of them"),
        ("cancel", "finetune cancel", "ask the service to stop a job"),
    ),
    *_of(
        *("evaluate", "evaluate", "evaluate"),
        ("import", "evaluate import", "bring in a set, responses, annotations or grades"),
        ("open", "evaluate open", "let a pool hold a sealed set's texts, or no longer"),
        ("check", "evaluate check", "is a set's text in a pool, or in a written release?"),
        ("respond", "evaluate respond", "ask a model for what it has not answered yet"),
        ("judge", "evaluate judge", "let a model compare two models' answers, in both orders"),
        ("score", "evaluate score", "ROUGE-L and exact match of every model"),
        ("grades", "evaluate grades", "A to D by people, blind: shares, differences, agreement"),
        ("winrate", "evaluate winrate", "win rates with intervals, length-controlled too"),
        ("pairs", "evaluate pairs", "what raters preferred, as trl-dpo pairs, of a set that was opened"),
        ("report", "evaluate report", "write what is known of a set's models"),
    ),
    *_of(
        *("evaluate", "rounds", "evaluate"),
        ("sets", "evaluate-sets", "list the sealed sets"),
        ("draw", "evaluate-draw", "draw a blind round for people to judge"),
        ("rounds", "evaluate-rounds", "a set's blind rounds, and how far each is"),
        ("close", "evaluate-close", "end a round for everybody"),
        ("fix", "evaluate-fix", "queue the pool's tasks that are most like what a model failed"),
    ),
    *_of(
        *("evaluate", "rounds_rating", "evaluate"),
        ("next", "evaluate-next", "what you judge next in a blind round"),
        ("rate", "evaluate-rate", "judge an item of a blind round"),
        ("undo", "evaluate-undo", "take your latest act in a blind round back"),
        ("leave", "evaluate-leave", "give your place in a round back"),
        ("item", "evaluate-item", "a task with every model's answer and what people said of each"),
        ("settle", "evaluate-settle", "say the last word on a response whose raters differ"),
    ),
    *_of(
        *("model", "models", "settings"),
        ("test", "models", "try each step's request and say what the model takes"),
    ),
    *_of(
        *("model", "choosing", "settings"),
        ("list", "model-list", "list a server's models"),
        ("choose", "model-choose", "make a server and model the ones that new runs speak to"),
        ("price", "model-price", "list prices, or enter one"),
    ),
    *_of(
        *("project", "project", "overview"),
        ("export", "project-export", "write seeds' hash, settings, models, decisions, audits, releases to one file"),
    ),
    Verb("reproduce", "", "replay a project's file over the stored replies; say where a number differs", "project",
         ("reproduce",)),
    Verb("history", "", "who did what, when, to which text; undo what can be undone", "history", ("history",),
         "history"),
    Verb("backup", "", "copy the database while others go on working", "pool", ("backup",), "backups"),
    Verb("restore", "", "put a backup in the place of the database, which is kept aside", "pool", ("restore",),
         "backups"),
    Verb("doctor", "", "check the installation, the database and the model's endpoint", "pool", ("doctor",)),
    Verb("licences", "", "list the packages that Winnow needs, with their licences", "licences", ("licences",)),
    Verb("app", "", "serve the workbench in the browser", "app", ("app",)),
    Verb("docs", "", "list the documents, or print one", "app", ("docs",), "help"),
    Verb("completion", "", "print the completion script for bash, zsh or fish", "app", ("completion",)),
)  # fmt: skip

BY_PATH: Mapping[tuple[str, ...], Verb] = {verb.path: verb for verb in VERBS}
# The words that verbs are declared under, by the first of them; today's short forms among them go on working.
SHORT: Mapping[str, str] = {verb.words[0]: verb.room for verb in VERBS}
ROOMS: tuple[str, ...] = tuple(dict.fromkeys(verb.room for verb in VERBS))


def verbs_of(noun: str) -> tuple[Verb, ...]:
    """The verbs of a noun, in the order of the work."""
    return tuple(verb for verb in VERBS if verb.noun == noun)
