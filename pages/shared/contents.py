"""What pages there are, in the order of the work. An address is the file's name, a folder the name on screen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its address, its title on screen, its icon, and the folder it lives in."""

    address: str
    title: str
    icon: str
    folder: str

    @property
    def file(self) -> str:
        """The page's script, as Streamlit asks for it."""
        return f"pages/{self.folder}/{self.address}.py"


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "": (Entry("overview", "Overview", "grain", "overview"), Entry("seeds", "Seeds", "nest_eco_leaf", "seeds")),
    "Grow": (
        Entry("generate", "Generate", "psychiatry", "generate"),
        Entry("corpus", "Corpus", "library_books", "corpus"),
    ),
    "See": (
        Entry("diversity", "Diversity", "donut_large", "diversity"),
        Entry("map", "Map", "scatter_plot", "map"),
        Entry("near", "Near duplicates", "join_inner", "near"),
        Entry("ledger", "Discards", "inventory_2", "discards"),
        Entry("whatif", "What if", "tune", "whatif"),
    ),
    "Judge": (Entry("review", "Review", "rate_review", "review"), Entry("audit", "Audit", "fact_check", "audit")),
    "Release": (
        Entry("release", "Release", "outbox", "release"),
        Entry("evaluate", "Evaluate", "leaderboard", "evaluate"),
    ),
    "Set up": (
        Entry("pools", "Pools and import", "inventory", "pools"),
        Entry("settings", "Models", "settings", "models"),
        Entry("history", "History", "history", "history"),
        Entry("backups", "Backups", "backup", "backups"),
    ),
}
FIRST = "overview"


def file_of(address: str) -> str:
    """The script of the page at an address."""
    return next(entry.file for entries in SECTIONS.values() for entry in entries if entry.address == address)
