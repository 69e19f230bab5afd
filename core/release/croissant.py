"""croissant.json: the release in Croissant 1.1, which dataset search engines and loaders of several makers read.

Files with their hashes, every table's columns so that it can be loaded by them, and, as `croissant_lineage` writes
them, responsible-AI and provenance fields. Nothing in it is invented: what the lineage cannot know is left to a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.release.answers import TRUTHS
from core.release.croissant_lineage import prov_fields, rai_fields
from core.release.formats import Format, Record, Shape, every
from core.release.options import ReleasedFile, ReleaseOptions
from core.release.reading import records
from core.release.split import Split
from core.release.survey import Survey
from core.words import number_of

CROISSANT = "croissant.json"
CONFORMS_TO = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
LEFT_TO_A_PERSON = ("creator", "url", "datePublished", "rai:dataSocialImpact")
"""Fields that Croissant or the conferences that ask for it want, and that no lineage can know."""

ENCODINGS = {
    Shape.LINES: "application/jsonlines",
    Shape.ARRAY: "application/json",
    Shape.CSV: "text/csv",
    Shape.PARQUET: "application/x-parquet",
}
SPLITS = {Split.TRAIN: "cr:TrainingSplit", Split.VALIDATION: "cr:ValidationSplit", Split.TEST: "cr:TestSplit"}
# Licences as the Hub writes them whose SPDX name is another than the same in capitals.
SPDX = {"apache-2.0": "Apache-2.0", "mit": "MIT", "cc0-1.0": "CC0-1.0", "odc-by": "ODC-By-1.0", "odbl": "ODbL-1.0"}
TERMS = (
    *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract"),
    *("field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "readLines", "recordSet", "references", "regex", "repeated", "replace"),
    *("samplingRate", "sdVersion", "separator", "source", "subField", "transform", "unArchive", "value"),
)
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    **{name: f"cr:{name}" for name in TERMS},
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
}


def croissant(
    folder: Path,
    survey: Survey,
    options: ReleaseOptions,
    predicate: Mapping[str, Any],
    files: Sequence[ReleasedFile],
    notes: Sequence[str],
) -> str:
    """Return the text of croissant.json for these files, which lie in `folder`; the same release gives the same text.

    Addresses of files are relative to it, so that it holds on a disk and in a repository alike.
    """
    tables = [file for file in files if file.format and file.rows]
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": options.title,
        "description": _description(survey),
        "conformsTo": list(CONFORMS_TO),
        # Unlike a release's number the digest is the same wherever the same rows are written.
        "version": f"1.0.0+{survey.digest.hex()[:12]}",
        "citeAs": _citation(survey, options),
    }
    if options.created_at is not None:
        found["datePublished"] = options.created_at
    if options.license:
        found["license"] = _license(options.license)
    if options.languages:
        found["inLanguage"] = list(options.languages)
    found["keywords"] = ["instruction-tuning", "winnow", *sorted(f"{origin} rows" for origin in survey.origins)]
    found |= rai_fields(survey, options, predicate, notes)
    found |= prov_fields(survey)
    found["distribution"] = [_file(file) for file in files]
    found["recordSet"] = [_splits(tables), *(each for file in tables for each in _record_set(folder, file))]
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def without_files(text: str, gone: Collection[str], changed: Mapping[str, bytes]) -> str:
    """Return a croissant.json that was written, without these files and their tables, and with others as changed."""
    found = json.loads(text)
    kept = [file for file in found["distribution"] if file["@id"] not in gone]
    for file in kept:
        if file["@id"] in changed:
            its = changed[file["@id"]]
            file |= {"contentSize": f"{len(its)} B", "sha256": sha256(its).hexdigest()}
    found["distribution"] = kept
    found["recordSet"] = [one for one in found["recordSet"] if not _sources(one) & set(gone)]
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _sources(record_set: Mapping[str, Any]) -> set[str]:
    return {one["source"]["fileObject"]["@id"] for one in record_set["field"] if "source" in one}


def _description(survey: Survey) -> str:
    origins = ", ".join(f"{n:,} from {origin}" for origin, n in sorted(survey.origins.items()))
    demo = f" {survey.demo:,} of them were replayed from demo recordings." if survey.demo else ""
    return (
        f"{number_of(survey.rows, 'instance')} of {number_of(survey.tasks, 'task')} for instruction tuning: "
        f"{origins}.{demo}"
    )


def _citation(survey: Survey, options: ReleaseOptions) -> str:
    title = re.sub(r"[{}\\]", "", " ".join(options.title.split()))
    year = f" year = {{{options.created_at[:4]}}}," if options.created_at else ""
    key = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "release"
    rows = number_of(survey.rows, "instance")
    return f"@misc{{{key}, title = {{{title}}},{year} note = {{{rows}, released with Winnow}}}}"


def _license(name: str) -> str:
    """The address of a licence that the Hub names, where it is one that SPDX lists; else the name."""
    known = SPDX.get(name) or (name.upper() if re.fullmatch(r"cc-by(-[a-z]{2})*-\d\.\d", name) else "")
    return f"https://spdx.org/licenses/{known}.html" if known else name


def _file(file: ReleasedFile) -> dict[str, Any]:
    about = f"{number_of(file.rows, 'row')}, {file.split} split" if file.rows is not None and file.split else ""
    shape = every()[file.format].shape if file.format else None
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        **({"description": about} if about else {}),
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": ENCODINGS[shape] if shape else _encoding(file.path),
        "sha256": file.sha256,
    }


def _encoding(name: str) -> str:
    ends = {
        ".md": "text/markdown",
        ".json": "application/json",
        ".jsonl": "application/jsonlines",
        ".yaml": "application/yaml",
    }
    return ends.get(Path(name).suffix, "text/plain")


def _splits(tables: Sequence[ReleasedFile]) -> dict[str, Any]:
    there = [split for split in Split if any(file.split is split for file in tables)]
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "dataType": ["sc:URL", "cr:Split"]},
        ],
        "data": [{"splits/name": str(split), "splits/url": SPLITS[split]} for split in there],
    }


def _record_set(folder: Path, file: ReleasedFile) -> Iterator[dict[str, Any]]:
    """The columns of a table, by its first record; none for an outside format whose array holds more than texts."""
    form = every()[file.format or ""]
    first = next(iter(records(folder / file.path, form.shape)))
    name = f"{form.name}-{file.split}"
    fields = [one for column, value in first.items() for one in _field(form, file, name, column, value)]
    if fields:
        about = f"Format {form.name}, {file.split} split."
        yield {"@type": "cr:RecordSet", "@id": name, "name": name, "description": about, "field": fields}


def _field(form: Format, file: ReleasedFile, name: str, column: str, value: Any) -> Iterator[dict[str, Any]]:
    its: dict[str, Any] = {"@type": "cr:Field", "@id": f"{name}/{column}", "name": column}
    taken = {"jsonPath": f"$[*].{column}"} if form.shape is Shape.ARRAY else {"column": column}
    source: dict[str, Any] = {"fileObject": {"@id": file.path}, "extract": taken}
    inner = _inner(value)
    if inner is None:
        yield {**its, "dataType": _kind(value, column), "source": source}
    elif inner and form.shape is Shape.LINES:
        path = "$[*]" if isinstance(value, list) else "$"
        parts = [
            {
                "@type": "cr:Field",
                "@id": f"{name}/{column}/{part}",
                "name": part,
                "dataType": _kind(said, part),
                "source": {**source, "transform": {"jsonPath": f"{path}.{part}"}},
            }
            for part, said in inner.items()
            if _inner(said) is None
        ]
        # A list that holds lists, as OpenAI's pairs do, is in the file and has no type here.
        if len(parts) == len(inner):
            listed = {"isArray": True, "arrayShape": "-1"} if isinstance(value, list) else {}
            yield {**its, **listed, "source": source, "subField": parts}


def _inner(value: Any) -> Record | None:
    """What one element of a list or object holds; None for a plain value."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return value[0] if value and isinstance(value[0], dict) else {}
    return None


def _kind(value: Any, column: str) -> str:
    if isinstance(value, bool) or (value is None and column in TRUTHS):
        return "sc:Boolean"
    if isinstance(value, int):
        return "sc:Integer"
    return "sc:Float" if isinstance(value, float) else "sc:Text"
