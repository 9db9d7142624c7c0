"""Files to the Hugging Face Hub and from it; the address is that of its library, ``HF_ENDPOINT``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..extras import require
from ..plain_json import one_line
from .reach import hub_address, unreachable

__all__ = ["find_file", "push_files"]


def find_file(
    name: str | Path,
    file: str,
    *,
    revision: str | None = None,
    token: str | bool | None = None,
    cache_dir: str | Path | None = None,
    local_files_only: bool = False,
) -> Path:
    """Find a file of a model, in a folder or on the Hub.

    Args:
        name: a folder, which is looked for first, or ``owner/name`` on the Hub.
        file: its name there.
        revision: branch, tag or commit on the Hub; the main branch by default.
        token: of the Hub; that of ``hf auth login`` or ``HF_TOKEN`` by default.
        cache_dir: where downloads are kept; the library's own place by default.
        local_files_only: take it from the cache and ask nobody.

    Returns:
        Its path on this machine.

    Raises:
        RunError: it is in neither, or the Hub cannot be reached.
        MissingPackageError: huggingface_hub is not installed, and ``name`` is no folder.
    """
    folder = Path(name)
    if folder.is_dir():
        if not (folder / file).is_file():
            raise RunError(
                f"folder {folder} has no {file}; a run that ended has one, and HashModel.save_pretrained makes one"
            )
        return folder / file
    hub = require("huggingface_hub", extra="hub", need=f"the model {str(name)!r}, which is no folder here,")
    away = "" if local_files_only else unreachable()
    try:
        options = {"cache_dir": cache_dir, "local_files_only": local_files_only or bool(away)}
        return Path(hub.hf_hub_download(str(name), file, revision=revision, token=token, **options))
    except Exception as error:  # of the library, of its HTTP client, of the system: all are about this file
        raise RunError(
            f"model {str(name)!r} cannot be loaded: no such folder, and {file} did not come from the hub"
            f" {hub_address()} ({away or one_line(error)}); name a folder, or owner/name of a model that you may read"
        ) from error


def push_files(
    repo_id: str,
    files: Mapping[str, bytes | str | Path],
    *,
    message: str,
    private: bool | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
) -> str:
    """Write files to a model repository of the Hub in one commit; the repository is made where it is missing.

    Args:
        repo_id: ``owner/name``.
        files: by their names there, contents as bytes, or the paths where they lie.
        message: of the commit.
        private: whether a new repository is; as the owner's settings say by default.
        revision: branch to write to.
        token: as of :func:`find_file`.

    Returns:
        Address of the commit.

    Raises:
        RunError: the Hub refuses or cannot be reached.
        MissingPackageError: huggingface_hub is not installed.
    """
    hub = require("huggingface_hub", extra="hub", need="a push to the hub")
    if away := unreachable():
        raise RunError(f"{repo_id} cannot be written: the hub {hub_address()} cannot be reached ({away})")
    api = hub.HfApi(token=token)
    held = {name: content if isinstance(content, bytes) else Path(content) for name, content in files.items()}
    operations = [hub.CommitOperationAdd(name, content) for name, content in held.items()]
    try:
        made = api.create_repo(repo_id, private=private, exist_ok=True)
        done: Any = api.create_commit(made.repo_id, operations, commit_message=message, revision=revision)
        return str(done.commit_url)
    except Exception as error:  # as in find_file
        raise RunError(
            f"{repo_id} cannot be written on the hub {hub_address()}: {one_line(error)};"
            " hf auth login, or HF_TOKEN, names who writes"
        ) from error
