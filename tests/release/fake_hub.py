"""The Hub as far as pushes of datasets go: branches, tags, large files; it refuses what the real one refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

import yaml

NAME = "ann/kind"
DATASET = f"/api/datasets/{NAME}"
LARGE = (".parquet", ".zip")  # what .gitattributes of a new dataset sends by way of LFS
NO_COMMIT = "0" * 40
LICENSES = ("mit", "apache-2.0", "cc-by-4.0", "cc0-1.0", "other")


class Refusal(Exception):
    """An answer that is not 200: status, the Hub's code for it, its words."""

    def __init__(self, status: int, said: str, code: str = "", **more: Any) -> None:
        super().__init__(said)
        self.status, self.code, self.body = status, code, {"error": said, **more}


@dataclass
class Hub:
    """One repository; `branches` hold its files, `tags` the files of the commit that each names."""

    exists: bool = False
    private: bool = True
    branches: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"main": {}})
    tags: dict[str, dict[str, bytes]] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)  # the newest commit of each branch
    stored: dict[str, bytes] = field(default_factory=dict)  # large files by their SHA-256

    def answer(self, url: str, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """Return the JSON of an answer with status 200; raises Refusal."""
        if path.startswith("/lfs/"):
            return self._put(path.removeprefix("/lfs/"), body)
        if headers.get("authorization", "") in ("", "Bearer hf_wrong"):
            raise Refusal(401, "Invalid username or password.")
        if path == "/api/repos/create":
            return self._create(url, json.loads(body))
        if path == "/api/validate-yaml":
            return self._valid(json.loads(body)["content"])
        if not self.exists:
            raise Refusal(404, "Repository not found", "RepoNotFound")
        if path == f"/datasets/{NAME}.git/info/lfs/objects/batch":
            return self._batch(url, json.loads(body))
        what, _, rest = path.removeprefix(f"{DATASET}/").partition("/")
        return self._about(url, method, "" if path == DATASET else what, unquote(rest), body)

    def _about(self, url: str, method: str, what: str, rest: str, body: bytes) -> Any:
        match what:
            case "":
                return self._info("main")
            case "revision":
                return self._info(rest)
            case "refs":
                refs = {"branches": self.branches, "tags": self.tags, "converts": {}, "pullRequests": {}}
                return {
                    kind: [{"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": "0" * 40} for name in named]
                    for kind, named in refs.items()
                }
            case "branch":
                if rest in self.branches:
                    raise Refusal(409, "Reference already exists")
                self.branches[rest] = dict(self.branches["main"])
                self.heads[rest] = self.heads.get("main", NO_COMMIT)
                return {}
            case "tag":
                name = json.loads(body)["tag"]
                if name in self.tags:
                    raise Refusal(409, "Tag reference exists already")
                self.tags[name] = self.commits[rest]
                return {}
            case "preupload":
                named = [file["path"] for file in json.loads(body)["files"]]
                mode = {path: "lfs" if path.endswith(LARGE) else "regular" for path in named}
                return {"files": [{"path": path, "uploadMode": mode[path], "shouldIgnore": False} for path in named]}
            case "tree":
                found = self._at(rest.split("?")[0])
                return [{"type": "file", "path": path, "size": len(its), "oid": "0"} for path, its in found.items()]
            case "commit":
                return self._commit(url, rest, body)
        raise AssertionError(f"{method} {what} {rest}")

    def _at(self, revision: str) -> dict[str, bytes]:
        if revision not in self.branches:
            raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return self.branches[revision]

    def _info(self, revision: str) -> dict[str, Any]:
        siblings = [{"rfilename": name} for name in self._at(revision)]
        sha = self.heads.get(revision, NO_COMMIT)
        return {"id": NAME, "private": self.private, "sha": sha, "siblings": siblings, "tags": [], "downloads": 0,
                "likes": 0}  # fmt: skip

    def _create(self, url: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if self.exists:
            raise Refusal(409, "You already created this dataset repo", url=f"{url}/datasets/{NAME}")
        self.exists = True
        self.private = bool(asked.get("private", asked.get("visibility") == "private"))
        self.branches["main"] = {".gitattributes": b"*.parquet filter=lfs\n"}
        return {"url": f"{url}/datasets/{NAME}", "id": NAME, "name": NAME}

    def _valid(self, content: str) -> dict[str, Any]:
        fields = yaml.safe_load(content.split("---\n")[1])
        errors = []
        if fields.get("license", "other") not in LICENSES:
            errors.append({"message": f'"license" must be one of [{", ".join(LICENSES)}]'})
        for config in fields.get("configs", ()):
            if not config.get("config_name") or not config.get("data_files"):
                errors.append({"message": '"configs" is not of the right shape'})
        if errors:
            raise Refusal(400, "Invalid metadata", errors=errors, warnings=[])
        return {"errors": [], "warnings": []}

    def _batch(self, url: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        objects = [
            {**one, "authenticated": True}
            | ({} if one["oid"] in self.stored else {"actions": {"upload": {"href": f"{url}/lfs/{one['oid']}"}}})
            for one in asked["objects"]
        ]
        return {"transfer": "basic", "objects": objects}

    def _put(self, oid: str, body: bytes) -> dict[str, Any]:
        if sha256(body).hexdigest() != oid:
            raise Refusal(400, "the content is not what its hash says")
        self.stored[oid] = body
        return {}

    def _commit(self, url: str, branch: str, body: bytes) -> dict[str, Any]:
        files, head = dict(self._at(branch)), self.heads.get(branch, NO_COMMIT)
        for line in map(json.loads, body.splitlines()):
            its = line["value"]
            match line["key"]:
                case "header" if its.get("parentCommit", head) != head:
                    raise Refusal(412, "A commit has happened since. Please refresh and try again.")
                case "file":
                    files[its["path"]] = base64.b64decode(its["content"])
                case "lfsFile":
                    if its["oid"] not in self.stored:
                        raise Refusal(400, "LFS pointer pointed to a file that does not exist")
                    files[its["path"]] = self.stored[its["oid"]]
                case "deletedFile":
                    if files.pop(its["path"], None) is None:
                        raise Refusal(404, f"Entry not found: {its['path']}", "EntryNotFound")
        oid = f"{len(self.commits) + 1:040x}"
        self.branches[branch] = self.commits[oid] = files
        self.heads[branch] = oid
        return {"commitUrl": f"{url}/datasets/{NAME}/commit/{oid}", "commitOid": oid, "success": True}
