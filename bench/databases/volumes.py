"""The Docker volumes in which the data of a container's server are kept between runs, so that the second seeds nothing.

A volume belongs to one image and one cache directory, and to one run at a time: a run that comes while another has it
gets a fresh one of its container's own, which goes with the container. In the cache directory's `volumes/` stand, for
each: `NAME.password`, written when the server has started on it once, so that what a killed run had half made is not
taken for whole; `NAME.run.lock`, held by the run; and `NAME.lock`, held by the run and by the guardian that removes its
container, so that nobody mounts the volume while that container may still run.

They do not pile up. At each opening those whose image is gone are removed, and those of other cache directories (of
jobs in containers, of tests) that are older than a day and mounted nowhere: nobody can tell whether that directory is
still there, and all that its owner loses is the time to seed again. `bench database clean --database docker` removes
the templates in the volume and leaves the volume. All carry the label `querybench`:
`docker volume ls --filter label=querybench` lists them, `docker volume rm` removes them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from bench.databases import containers, locks
from bench.databases.cache import cache_directory, make_directory
from bench.databases.containers import HOME_LABEL, Image
from bench.errors import DatabaseError

LABEL = "querybench"
IMAGE_LABEL = "querybench.image"

_GUARDIAN_PATIENCE = 15.0
"""Seconds that the guardian of a killed run has to remove its container."""
_STRANGERS_LIFE = timedelta(days=1)
_ROOT = ("", "root", "0")


@dataclass(frozen=True)
class Volume:
    """A volume that this run has to itself.

    Attributes:
        name: Its name on the engine.
        image: The digest of its image.
        target: Where it is mounted in the container.
        lock: Held by the run; the guardian of its container is to hold it too.
    """

    name: str
    image: str
    target: str
    lock: locks.Lock

    def mount(self) -> Any:
        """The mount (`docker.types.Mount`) for a container; the engine makes the volume where it is not there."""
        from docker.types import Mount

        return Mount(self.target, self.name, type="volume", labels=self._labels())

    def is_mounted(self, engine: Any) -> bool:
        """Whether any container has it; two servers on the same data would spoil them."""
        return bool(engine.api.containers(all=True, filters={"volume": self.name}))

    def password(self, engine: Any) -> str | None:
        """The password of the server whose data are in it; None where there are none that are whole."""
        found = _labels_of(engine, self.name)
        if found is None or found.get(HOME_LABEL) != containers.home_digest():
            return None
        try:
            return _password_file(self.name).read_text()
        except FileNotFoundError:
            return None

    def make_anew(self, engine: Any) -> str:
        """Remove what is in it; returns a password for the server that is going to be made there.

        Raises:
            DatabaseError: It is not the harness's own, or cannot be removed.
        """
        _password_file(self.name).unlink(missing_ok=True)
        found = _labels_of(engine, self.name)
        if found is not None and (found.get(HOME_LABEL) != containers.home_digest() or not _remove(engine, self.name)):
            raise DatabaseError(
                f"the Docker volume {self.name} is in use, or bench did not make it: remove it, see `docker volume ls`"
            )
        return secrets.token_urlsafe(24)

    def keep(self, password: str) -> None:
        """Say that the data in it are whole, and the password of their server."""
        descriptor = os.open(_password_file(self.name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(password)

    def _labels(self) -> dict[str, str]:
        return {LABEL: "data", HOME_LABEL: containers.home_digest(), IMAGE_LABEL: self.image}


def claim(image: Image, target: str, hold: ExitStack) -> Volume | None:
    """The volume of that image for this run alone, until `hold` is left; None where another run has it.

    Args:
        target: Where it is to be mounted, as `data_path` says.

    Raises:
        DatabaseError: The cache directory cannot be written.
    """
    name = f"querybench-{image.id.partition(':')[2][:12]}-{containers.home_digest()}"
    run = locks.try_exclusive(_file(name, "run.lock"))
    if run is None:
        return None
    hold.enter_context(run)
    # A run that was killed holds nothing; its guardian is at work for as long as its container is there.
    locks.wait_until_free(_file(name, "lock"), _GUARDIAN_PATIENCE)
    lock = locks.try_exclusive(_file(name, "lock"))
    if lock is None:
        return None
    hold.enter_context(lock)
    return Volume(name, image.id, target, lock)


def data_path(image: Image) -> str | None:
    """The path to mount a volume at, so that the image's server keeps its data there: what the image declares as a
    volume around its PGDATA, else PGDATA itself; None where it does not say.
    """
    data = image.variables.get("PGDATA")
    if not data:
        return None
    declared = [path for path in image.volumes if PurePosixPath(data).is_relative_to(path)]
    if declared:
        return max(declared, key=len)
    # A volume that the image knows nothing of is root's.
    return data if image.user in _ROOT else None


def remove_stale(engine: Any) -> None:
    """Remove the volumes of images that are gone, and old ones of other cache directories; those in use stay."""
    found = engine.api.volumes(filters={"label": LABEL})["Volumes"] or ()
    images = {image["Id"] for image in engine.api.images(all=True)} if found else set()
    for volume in found:
        if _is_stale(volume, images) and _remove(engine, volume["Name"]):
            _password_file(volume["Name"]).unlink(missing_ok=True)


def _is_stale(volume: Mapping[str, Any], images: set[str]) -> bool:
    labels = volume["Labels"]
    if labels.get(IMAGE_LABEL) not in images:
        return True
    age = datetime.now(UTC) - datetime.fromisoformat(volume["CreatedAt"])
    return labels.get(HOME_LABEL) != containers.home_digest() and age > _STRANGERS_LIFE


def _remove(engine: Any, name: str) -> bool:
    """Whether the volume is gone; one that a container has, or that the engine does not let go of, stays."""
    import docker

    try:
        engine.api.remove_volume(name)
    except docker.errors.NotFound:
        return True
    except docker.errors.APIError:
        return False
    return True


def _labels_of(engine: Any, name: str) -> Mapping[str, str] | None:
    """The labels of a volume; None where there is none of that name."""
    import docker

    try:
        return engine.api.inspect_volume(name)["Labels"] or {}
    except docker.errors.NotFound:
        return None


def _password_file(name: str) -> Path:
    return _file(name, "password")


def _file(name: str, suffix: str) -> Path:
    return make_directory(cache_directory() / "volumes", 0o700) / f"{name}.{suffix}"
