"""Every rule by which something is dropped, with its sentence: both methods' filters and the gate they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.records import Origin
from core.reinstruct import filters as reinstruct
from core.selfinstruct import filters as selfinstruct

RULES: Mapping[str, str] = {**selfinstruct.RULES, **reinstruct.RULES}


def of_run(origin: Origin, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The rules that a run's tasks and answers had to pass, by the run's stored settings; none for what no run made."""
    if origin is Origin.SELF_INSTRUCT:
        return tuple(selfinstruct.RULES)
    if origin is not Origin.REINSTRUCT:
        return ()
    refusals = settings.get("settings", {}).get("filters", {}).get("drop_refusals", False)
    asked = (rule for rule in reinstruct.RULES if rule != reinstruct.REFUSAL or refusals)
    return (*asked, selfinstruct.TOO_CLOSE)
