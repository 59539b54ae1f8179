"""The Docker engine: is there one, has it the image, which containers are ours. Shared with the guardian."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.databases import runs
from bench.databases.cache import cache_directory
from bench.databases.server import Say
from bench.errors import DatabaseError

RUN_LABEL = "querybench.run"
HOME_LABEL = "querybench.home"

_PULL_SAYS_EVERY = 2.0
_SOCKET = Path("/var/run/docker.sock")
_NO_ENGINE = "no Docker engine answers"


@dataclass(frozen=True)
class Image:
    """An image that the engine has.

    Attributes:
        name: What it was asked for by, such as `postgres:18`.
        id: Its digest, `sha256:` and 64 hexadecimal digits.
        variables: The environment variables that it sets.
        volumes: The paths that it declares as volumes.
        user: Who its processes start as; empty for root.
    """

    name: str
    id: str
    variables: Mapping[str, str]
    volumes: Sequence[str]
    user: str


def connect_engine(timeout: float = 60.0) -> Any:
    """A client of the Docker engine (`docker.DockerClient`), found as testcontainers finds it.

    Args:
        timeout: Seconds that it may take to answer a request.

    Raises:
        DatabaseError: None answers.
    """
    if not _can_exist():
        raise DatabaseError(_advice(_NO_ENGINE))
    import docker
    import requests
    from testcontainers.core.docker_client import get_docker_host

    host = get_docker_host()
    environment = {**os.environ, **({"DOCKER_HOST": host} if host else {})}
    over_ssh = bool(host and host.startswith("ssh://"))
    try:
        _knock(host or f"unix://{_SOCKET}", timeout)
        client = docker.from_env(environment=environment, timeout=timeout, use_ssh_client=over_ssh)
        client.ping()
    except PermissionError:
        raise DatabaseError(_advice("this user may not talk to the Docker engine")) from None
    except (docker.errors.DockerException, requests.RequestException, OSError, ValueError):
        raise DatabaseError(_advice(_NO_ENGINE)) from None
    return client


def have_image(engine: Any, image: str, *, say: Say) -> Image:
    """Pull an image unless it is there; progress goes to `say`.

    Raises:
        DatabaseError: It cannot be pulled.
    """
    import docker

    try:
        found = engine.api.inspect_image(image)
    except docker.errors.ImageNotFound:
        _pull(engine, image, say)
        found = engine.api.inspect_image(image)
    except docker.errors.DockerException:
        raise DatabaseError(f"`{image}` is no name of a Docker image: name one, such as docker:postgres:18") from None
    config = found["Config"]
    return Image(
        name=image,
        id=found["Id"],
        variables=dict(entry.split("=", 1) for entry in config.get("Env") or () if "=" in entry),
        volumes=list(config.get("Volumes") or ()),
        user=config.get("User") or "",
    )


def labels(run: str) -> dict[str, str]:
    """The labels of a container of that run."""
    return {RUN_LABEL: run, HOME_LABEL: home_digest()}


def remove_leftovers(engine: Any) -> int:
    """Remove the containers, and forget the directories, of runs of this cache directory that are dead; how many
    containers there were.
    """
    removed = 0
    for container in engine.api.containers(all=True, filters={"label": f"{HOME_LABEL}={home_digest()}"}):
        run = container["Labels"][RUN_LABEL]
        if not runs.is_alive(run):
            _remove(engine, container["Id"])
            removed += 1
    for directory in runs.dead_runs("docker"):
        runs.remove(directory)
    return removed


def confine_run(engine: Any, run: str, core: int) -> None:
    """Confine the processes of a run's containers to one core.

    Raises:
        docker.errors.DockerException: The engine refuses.
    """
    for container in _containers_of(engine, run):
        engine.api.update_container(container["Id"], cpuset_cpus=str(core))


def process_of_run(engine: Any, run: str) -> int | None:
    """The number that the first process of a run's container has on this machine; None where it runs on another."""
    import docker
    import requests

    with suppress(docker.errors.DockerException, requests.RequestException, OSError):
        for container in _containers_of(engine, run):
            process: int = engine.api.inspect_container(container["Id"])["State"]["Pid"]
            # The engine's machine may be another, on which the number is that of somebody else.
            if container["Id"] in Path(f"/proc/{process}/cgroup").read_text():
                return process
    return None


def stop_run(engine: Any, run: str, *, patience: float) -> None:
    """Have the servers in a run's containers shut down at once and in good order, for at most `patience` seconds, so
    that the next start on their data has nothing to recover. Who is too late is left to `remove_run`.
    """
    import docker
    import requests

    with suppress(docker.errors.DockerException, requests.RequestException):
        for container in _containers_of(engine, run):
            # PostgreSQL's fast shutdown. What an image names as its own signal may wait for clients.
            engine.api.kill(container["Id"], signal="SIGINT")
            engine.api.wait(container["Id"], timeout=patience)


def restart_run(engine: Any, run: str, *, patience: float) -> bool:
    """Stop the servers in a run's containers as `stop_run` does, and start the containers again; False, with nothing
    done, where one would be published on another port then.

    Raises:
        docker.errors.DockerException: The engine refuses.
    """
    found = _containers_of(engine, run)
    if not all(_keeps_its_port(engine, container) for container in found):
        return False
    stop_run(engine, run, patience=patience)
    for container in found:
        engine.api.start(container["Id"])
    return True


def revive_run(engine: Any, run: str) -> bool:
    """Start the containers of a run again that have ended; whether there were any.

    Raises:
        DatabaseError: There is none left, or one would be published on another port.
        docker.errors.DockerException: The engine refuses.
    """
    found = _containers_of(engine, run)
    if not found:
        raise DatabaseError("the container of the server was removed")
    ended = [container for container in found if container["State"] != "running"]
    if not all(_keeps_its_port(engine, container) for container in ended):
        raise DatabaseError("the port of the server's container would be another after a start")
    for container in ended:
        engine.api.start(container["Id"])
    return bool(ended)


def remove_run(engine: Any, run: str, *, patience: float = 0.0) -> None:
    """Remove the containers of a run; where there is none, look again for `patience` seconds: the engine may be just
    making the one that the run asked for before it was killed.
    """
    deadline = time.monotonic() + patience
    while True:
        found = _containers_of(engine, run)
        for container in found:
            _remove(engine, container["Id"])
        if found or time.monotonic() > deadline:
            return
        time.sleep(0.1)


def home_digest() -> str:
    """Tells the containers and volumes of this machine's cache directory from those of others on the same engine."""
    return hashlib.sha256(f"{platform.node()}\0{cache_directory()}".encode()).hexdigest()[:16]


def progress(image: str, events: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    """Lines on a pull from the engine's events: how many megabytes of the layers known so far have come.

    Raises:
        DatabaseError: The engine says that the pull failed.
    """
    come: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for event in events:
        if "error" in event:
            raise DatabaseError(f"the image {image} is not there and cannot be pulled: {_one_line(event['error'])}")
        detail, layer = event.get("progressDetail") or {}, event.get("id", "")
        if event.get("status") == "Downloading" and "current" in detail:
            come[layer], sizes[layer] = detail["current"], detail.get("total", detail["current"])
        elif event.get("status") in ("Download complete", "Pull complete"):
            come[layer] = sizes.get(layer, 0)
        else:
            continue
        yield f"pulling {image}: {sum(come.values()) / 1e6:.0f} of {sum(sizes.values()) / 1e6:.0f} MB"


def _pull(engine: Any, image: str, say: Say) -> None:
    import docker
    import requests
    from docker.utils import parse_repository_tag

    repository, tag = parse_repository_tag(image)
    say(f"pulling {image}, once")
    said = time.monotonic()
    try:
        events = engine.api.pull(repository, tag=tag or "latest", stream=True, decode=True)
        for line in progress(image, events):
            if time.monotonic() - said > _PULL_SAYS_EVERY:
                say(line)
                said = time.monotonic()
    except (docker.errors.DockerException, requests.RequestException) as error:
        why = _one_line(getattr(error, "explanation", None) or "the engine's answer broke off")
        raise DatabaseError(f"the image {image} is not there and cannot be pulled: {why}") from None


def _containers_of(engine: Any, run: str) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = engine.api.containers(all=True, filters={"label": f"{RUN_LABEL}={run}"})
    return found


def _keeps_its_port(engine: Any, container: Mapping[str, Any]) -> bool:
    """Whether the port that it is published on was chosen when it was made, not by the engine at its start."""
    bindings = engine.api.inspect_container(container["Id"])["HostConfig"]["PortBindings"] or {}
    chosen = [each.get("HostPort") for published in bindings.values() for each in published or [{}]]
    return bool(chosen) and all(port not in ("", "0", None) for port in chosen)


def _remove(engine: Any, identity: str) -> None:
    import docker

    try:
        engine.api.remove_container(identity, force=True, v=True)
    except docker.errors.NotFound:
        pass
    except docker.errors.APIError as error:
        # Somebody else is removing it.
        if error.status_code != 409:
            raise


def _knock(host: str, timeout: float) -> None:
    """Connect to an engine's socket once, where it has one: Docker's client leaves its own open when that fails.

    Raises:
        OSError: Nobody listens there, or this user may not.
    """
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(timeout)
            probe.connect("/" + host.removeprefix("unix://").lstrip("/"))


def _can_exist() -> bool:
    """Whether there is any trace of an engine; looked for first, since importing Docker's client takes a while."""
    traces = (
        _SOCKET,
        Path.home() / ".testcontainers.properties",
        Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json",
    )
    return bool(os.environ.get("DOCKER_HOST")) or any(trace.exists() for trace in traces)


def _advice(what: str) -> str:
    return f"{what}: start it and see that `docker info` works, or use --database embedded"


def _one_line(text: str) -> str:
    return " ".join(str(text).split())
