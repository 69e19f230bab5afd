"""What other installed packages add: release formats, providers and methods, by Python's entry points.

A package names an object under one of the groups below in its own `pyproject.toml`:

    [project.entry-points."winnow.formats"]
    my-format = "my_package.winnow:FORMAT"

The object is what the registry of that group holds (`release.formats.Format`, `llm.providers.Provider`,
`methods.Method`). Names that Winnow has itself stay Winnow's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.foreign import told

FORMATS = "winnow.formats"
PROVIDERS = "winnow.providers"
METHODS = "winnow.methods"

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Extensions(Generic[Kind]):
    """What a group adds by name, and what could not be taken, each as one sentence for `doctor`."""

    found: Mapping[str, Kind] = field(default_factory=dict)
    faults: tuple[str, ...] = ()


def load(group: str, kind: type[Kind], taken: Mapping[str, object]) -> Extensions[Kind]:
    """The objects that installed packages add under a group; one that fails to load leaves the others alone."""
    from importlib.metadata import entry_points  # takes its time to load

    found: dict[str, Kind] = {}
    faults: list[str] = []
    for point in entry_points(group=group):
        where = f'The extension "{point.name}" of {group} ({point.value})'
        if point.name in taken or point.name in found:
            faults.append(f"{where} has a name that is taken; rename it.")
            continue
        try:
            made = point.load()
        except Exception as error:  # noqa: BLE001  somebody else's code: whatever it raises must not stop Winnow
            faults.append(
                f"{where} cannot be loaded ({type(error).__name__}: {told(error)}); update or remove its package."
            )
            continue
        if isinstance(made, kind):
            found[point.name] = made
        else:
            faults.append(f"{where} is no {kind.__name__}; its package is for another version of Winnow.")
    return Extensions(found, tuple(faults))
