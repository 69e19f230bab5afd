"""Verbs about audits."""

from __future__ import annotations

from core.cli.console import Subparsers


def register(verbs: Subparsers) -> None:
    """Add the verbs."""
