"""What pages there are, in the order of the work. An address is the file's name, a folder the name on screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its address, its title on screen, its icon, the folder it lives in, and the documents that help, each
    with the mark (#) of its part that is about this page, where only a part is."""

    address: str
    title: str
    icon: str
    folder: str
    documents: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The page's script, as Streamlit asks for it."""
        return f"pages/{self.folder}/{self.address}.py"


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "": (
        Entry("overview", "Overview", "grain", "overview", ("tutorials/demo.md", "explanations/demo.md")),
        Entry("seeds", "Seeds", "nest_eco_leaf", "seeds", ("tutorials/my-own-file.md#5-grow-from-it",)),
    ),
    "Grow": (
        Entry(
            "generate",
            "Generate",
            "psychiatry",
            "generate",
            ("reference/settings.md#self-instruct-run-start", "how-to/budget.md", "how-to/batches.md"),
        ),
        Entry(
            "corpus",
            "Corpus",
            "library_books",
            "corpus",
            ("tutorials/texts-to-tasks.md", "reference/settings.md#selection-of-texts-corpus-select"),
        ),
    ),
    "See": (
        Entry(
            "diversity",
            "Diversity",
            "donut_large",
            "diversity",
            ("explanations/differences.md#self-instruct", "recipes.md#the-charts"),
        ),
        Entry("map", "Map", "scatter_plot", "map", ("explanations/maps.md#the-map",)),
        Entry(
            "near",
            "Near duplicates",
            "join_inner",
            "near",
            ("explanations/maps.md#near-duplicates", "explanations/novelty.md#the-measure"),
        ),
        Entry("ledger", "Discards", "inventory_2", "discards", ("reference/rules.md",)),
        Entry("whatif", "What if", "tune", "whatif", ("explanations/novelty.md#another-threshold-costs-nothing",)),
    ),
    "Judge": (
        Entry("review", "Review", "rate_review", "review", ("how-to/two-reviewers.md", "reference/keys.md")),
        Entry(
            "audit",
            "Audit",
            "fact_check",
            "audit",
            ("explanations/audits.md", "explanations/blindness.md", "reference/keys.md"),
        ),
    ),
    "Release": (
        Entry(
            "release",
            "Release",
            "outbox",
            "release",
            ("how-to/what-a-release-held.md", "reference/release-formats.md", "how-to/hub.md"),
        ),
        Entry("evaluate", "Evaluate", "leaderboard", "evaluate", ("explanations/blindness.md", "how-to/training.md")),
    ),
    "Set up": (
        Entry(
            "pools",
            "Pools and import",
            "inventory",
            "pools",
            ("tutorials/my-own-file.md#2-import", "reference/import-formats.md#columns", "how-to/large.md"),
        ),
        Entry(
            "settings",
            "Models",
            "settings",
            "models",
            ("how-to/local-model.md", "reference/settings.md#the-connection"),
        ),
        Entry("history", "History", "history", "history", ("explanations/blindness.md",)),
        Entry("backups", "Backups", "backup", "backups", ("how-to/backup.md",)),
        Entry("help", "Help", "help", "help"),
    ),
}
FIRST = "overview"


def file_of(address: str) -> str:
    """The script of the page at an address."""
    return next(entry.file for entries in SECTIONS.values() for entry in entries if entry.address == address)


def documents_of(address: str) -> tuple[str, ...]:
    """What helps on the page at an address."""
    return next((e.documents for entries in SECTIONS.values() for e in entries if e.address == address), ())
