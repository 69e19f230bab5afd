"""The responsible-AI (`rai:`) and provenance (`prov:`) fields of croissant.json, filled from the lineage of the rows.

Every sentence holds a figure or a fact of this release. What nobody measured, such as social impact, is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.gate.rules import sentence
from core.records import Origin
from core.release.options import AuditLine, ReleaseOptions
from core.release.predicate import predicate_of
from core.release.provenance import Imported, Maker
from core.release.survey import Survey
from core.words import number_of

COLLECTED = {
    Origin.SEED: "Manual Human Curator",
    Origin.IMPORT: "Secondary Data analysis",
    Origin.SELF_INSTRUCT: "Others: written by language models",
    Origin.REINSTRUCT: "Others: written by language models from selected texts",
}
VERBS_SHOWN = 5


def rai_fields(
    survey: Survey, options: ReleaseOptions, predicate: Mapping[str, Any], notes: Sequence[str]
) -> dict[str, Any]:
    """Return the fields of the responsible-AI vocabulary that this release's lineage can fill."""
    found: dict[str, Any] = {
        "rai:dataCollection": _collection(survey, options),
        "rai:dataCollectionType": list(dict.fromkeys(COLLECTED[origin] for origin in sorted(survey.origins))),
        "rai:dataCollectionRawData": _raw(survey),
        "rai:dataPreprocessingProtocol": _filtered(survey, predicate),
        "rai:dataAnnotationPlatform": "Winnow",
        "rai:dataAnnotationProtocol": _judged(survey),
        "rai:annotationsPerItem": _per_item(survey),
        "rai:dataAnnotationAnalysis": _analysis(options),
        "rai:machineAnnotationTools": _tools(survey),
        "rai:dataLimitations": _limitations(survey, options, notes),
        "rai:dataBiases": _biases(survey),
        "rai:dataUseCases": ["Fine-tuning language models to follow instructions: " + ", ".join(options.formats) + "."],
        "rai:personalSensitiveInformation": [
            "The texts were not searched for personal or sensitive information. Reviewers stand in the lineage as r1, "
            "r2 ...; their names and notes are not part of the release."
        ],
        "rai:dataReleaseMaintenancePlan": [
            "A release never changes: manifest.json and SHA256SUMS vouch for every byte. A later state of the pool is "
            "another release."
        ],
        "rai:hasSyntheticData": bool(set(survey.origins) & {Origin.SELF_INSTRUCT, Origin.REINSTRUCT}),
    }
    return {name: value for name, value in found.items() if value not in ("", [])}


def prov_fields(survey: Survey) -> dict[str, Any]:
    """Return what the dataset was derived from, and the activities that made it, in the words of PROV-O."""
    had = survey.provenance
    derived = [_entity(file, n) for file, n in had.files.items()]
    seeds = survey.origins.get(Origin.SEED, 0)
    if seeds or had.shown:
        label = (
            f"Seed and pool tasks: {number_of(seeds, 'row', 'are')} seeds, {number_of(had.shown, 'task')} stood "
            f"as examples in prompts"
        )
        derived.append({"@type": "prov:Entity", "@id": "seed-tasks", "prov:label": label})
    if survey.origins.get(Origin.REINSTRUCT):
        label = "Texts of the pool's corpus, from which REInstruct writes instructions backwards"
        derived.append({"@type": "prov:Entity", "@id": "corpus-texts", "prov:label": label})
    activities = [_run(maker, n) for maker, n in had.makers.items()]
    if had.ratings:
        activities.append(
            _activity(
                "judging", f"Judging: {number_of(had.ratings, 'rating')} by people of {number_of(had.rated, 'row')}"
            )
        )
    if had.edited:
        activities.append(_activity("editing", f"Editing: people changed the text of {number_of(had.edited, 'row')}"))
    activities.append(_activity("release", f"Release of {number_of(survey.rows, 'row')} by a rule, see manifest.json"))
    return {**({"prov:wasDerivedFrom": derived} if derived else {}), "prov:wasGeneratedBy": activities}


def _entity(file: Imported, rows: int) -> dict[str, Any]:
    label = f"{file.name}, read as {file.format}: {number_of(rows, 'row')}"
    return {"@type": "prov:Entity", "@id": f"urn:sha256:{file.sha256}", "prov:label": label}


def _run(maker: Maker, rows: int) -> dict[str, Any]:
    settings = f", settings {maker.settings}" if maker.settings else ""
    made = _activity(
        f"run-{maker.run}{_slug(maker.model)}",
        f"Run {maker.run}: {maker.method or 'generation'}{settings}, {number_of(rows, 'row')}",
    )
    if maker.model:
        label = f"{maker.model} ({maker.provider})" if maker.provider else maker.model
        made["prov:wasAssociatedWith"] = {"@type": "prov:SoftwareAgent", "prov:label": label}
    return made


def _activity(name: str, label: str) -> dict[str, Any]:
    return {"@type": "prov:Activity", "@id": f"activity/{name}", "prov:label": label}


def _slug(model: str) -> str:
    kept = "".join(each if each.isalnum() else "-" for each in model.lower()).strip("-")
    return f"-{kept}" if kept else ""


def _collection(survey: Survey, options: ReleaseOptions) -> str:
    counted = ", ".join(f"{number_of(n, 'row')} from {origin}" for origin, n in sorted(survey.origins.items()))
    return " ".join([f"{counted[:1].upper()}{counted[1:]}.", *options.how])


def _raw(survey: Survey) -> str:
    had = survey.provenance
    said = [f"{number_of(n, 'row')} of the file {file.name} (sha256 {file.sha256})" for file, n in had.files.items()]
    if had.shown:
        said.append(f"{number_of(had.shown, 'task')} that were shown to models as examples")
    return "; ".join(said) + "." if said else ""


def _filtered(survey: Survey, predicate: Mapping[str, Any]) -> list[str]:
    had = survey.provenance
    said = [f"{rule}: {sentence(rule)}; passed by {number_of(n, 'row')}." for rule, n in sorted(had.filters.items())]
    said += [f"{rule}: overruled by a person for {number_of(n, 'row')}." for rule, n in sorted(had.overruled.items())]
    if predicate:
        said.append("Rule of the release: " + ", ".join(predicate_of(predicate).in_words()) + ".")
    return said


def _judged(survey: Survey) -> str:
    had = survey.provenance
    if not had.ratings:
        return "No row of this release was rated by a person."
    grades = ", ".join(f"{grade} {n:,}" for grade, n in sorted(survey.grades.items()))
    told = f" Grades: {grades}." if grades else ""
    return (
        f"{number_of(had.people, 'person')} rated {had.rated:,} of {number_of(survey.rows, 'row')}, "
        f"{number_of(had.ratings, 'rating')} of the present "
        f"texts: valid or not, and a grade from A (satisfying) to D (invalid).{told}"
    )


def _per_item(survey: Survey) -> str:
    had = survey.provenance
    return f"{had.ratings / survey.rows:.2f} on average, at most {had.most_ratings}"


def _analysis(options: ReleaseOptions) -> list[str]:
    here = [f"Of the rows in this release: {_audited(line)}" for line in options.audit]
    return here + [f"Of the pool they were chosen from: {_audited(line)}" for line in options.pool_audit]


def _audited(line: AuditLine) -> str:
    return (
        f"{line.question} yes for {line.yes:,} of {line.of:,} (95% interval {100 * line.low:.1f} to "
        f"{100 * line.high:.1f}%)."
    )


def _tools(survey: Survey) -> list[str]:
    return sorted({maker.model for maker in survey.provenance.makers if maker.model})


def _limitations(survey: Survey, options: ReleaseOptions, notes: Sequence[str]) -> list[str]:
    had = survey.provenance
    said = []
    unread = survey.rows - had.rated
    if unread:
        said.append(f"No person rated {unread:,} of {number_of(survey.rows, 'row')}.")
    if not options.audit and not options.pool_audit:
        said.append("No audit of a random sample tells how many rows are right.")
    if had.not_taken:
        named = ", ".join(f"{name} for {number_of(n, 'row')}" for name, n in sorted(had.not_taken.items()))
        said.append(f"Settings that the model did not take: {named}.")
    return said + list(notes)


def _biases(survey: Survey) -> list[str]:
    """Measured, not judged: which way the rows lean."""
    said = []
    if survey.verbs:
        top = sorted(survey.verbs, key=lambda verb: (-survey.verbs[verb], verb))[:VERBS_SHOWN]
        total = sum(survey.verbs.values())
        named = ", ".join(f"{verb} {survey.verbs[verb] / total:.1%}" for verb in top)
        said.append(f"Most frequent root verbs of the instructions, of {number_of(total, 'row')}: {named}.")
    labelled = survey.kinds.get(True, 0)
    if labelled + survey.kinds.get(False, 0):
        said.append(f"{labelled / survey.rows:.1%} of the rows are of classification tasks.")
    machine = sum(n for origin, n in survey.origins.items() if origin in (Origin.SELF_INSTRUCT, Origin.REINSTRUCT))
    if machine:
        said.append(f"Language models wrote {machine / survey.rows:.1%} of the rows and bring their own preferences.")
    return said
