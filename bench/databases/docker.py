"""A server in a Docker container of the run's own, removed whatever way the run ends; its data are kept in a volume."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from bench.databases import containers, guardian, runs, tuning, volumes
from bench.databases.address import Address
from bench.databases.connecting import AccessError, connect
from bench.databases.containers import Image
from bench.databases.postgres import PostgresServer
from bench.databases.server import Say
from bench.databases.volumes import Volume
from bench.errors import DatabaseError, UsageError

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

IMAGE = "postgres:18"
USER = "bench"

_PORT = 5432
_START_PATIENCE = 120.0
_STOP_PATIENCE = 10.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PLAIN = {"sslmode": "prefer"}
"""What drivers do where nothing else is said: said, so that nothing else is by their environment variables."""


class NotServingError(DatabaseError):
    """The server in a container that was started ended, or does not let us in."""


@dataclass(frozen=True)
class Data:
    """What a server in a container works on.

    Attributes:
        password: Of its superuser.
        mounts: Where they are kept (`docker.types.Mount`); none where they go with the container.
        kept: Whether an earlier run has made them.
    """

    password: str
    mounts: Sequence[Any] = ()
    kept: bool = False


def open_docker(
    image: str | None,
    settings: Mapping[str, str],
    *,
    say: Say,
    engine: Any = None,
    reason: str = "named by --database",
) -> PostgresServer:
    """A server in a new container, on the data that earlier runs have kept for the image (`bench.databases.volumes`);
    `settings` are given to it at its start, so that all of them can be set.

    Args:
        engine: A client of the engine (`docker.DockerClient`), where the caller has one.

    Raises:
        DatabaseError: No engine answers, the image cannot be had, or the server in it did not start.
        UsageError: The server refuses one of `settings`.
    """
    with ExitStack() as hold:
        if engine is None:
            engine = containers.connect_engine()
            hold.callback(engine.close)
        found = containers.have_image(engine, image or IMAGE, say=say)
        volume = _volume(engine, found, hold, say)
        run = _guarded_run(volume, hold)
        hold.callback(containers.remove_run, engine, run.name)
        address = _serve(engine, found, settings, run, volume, hold, say)
        if volume is not None:
            hold.callback(containers.stop_run, engine, run.name, patience=_STOP_PATIENCE)
        # The server has them already; they are recorded beside the others.
        recorded = tuple(settings)
        own = InContainer(engine, run.name)
        return PostgresServer("docker", reason, address, {}, hold.pop_all(), recorded=recorded, own=own, say=say)


@dataclass(frozen=True)
class InContainer:
    """The server in a run's container.

    Attributes:
        engine: A client of the engine (`docker.DockerClient`).
        run: The run's name.
    """

    engine: Any
    run: str

    def confine(self, core: int, hold: ExitStack) -> None:
        """Confine the container to a core of the engine's machine, for as long as it is there.

        Raises:
            UsageError: The engine refuses.
        """
        import docker

        try:
            containers.confine_run(self.engine, self.run, core)
        except docker.errors.DockerException as error:
            why = getattr(error, "explanation", None) or "see `docker info`"
            raise UsageError(f"--pin: the Docker engine does not confine the server to core {core}: {why}") from None

    def process(self) -> int | None:
        """The number of its first process on this machine; None where the engine is on another."""
        return containers.process_of_run(self.engine, self.run)

    def restart(self) -> None:
        """Stop the server in good order, and start the container again.

        Raises:
            DatabaseError: The engine refuses, or would publish it on another port.
        """
        import docker
        import requests

        try:
            if not containers.restart_run(self.engine, self.run, patience=_STOP_PATIENCE):
                raise DatabaseError("the container's port would be another after a restart: use --database embedded")
        except (docker.errors.DockerException, requests.RequestException) as error:
            why = getattr(error, "explanation", None) or "see `docker info`"
            raise DatabaseError(f"the Docker engine did not start the server again: {why}") from None

    def revive(self) -> bool:
        """Start the container again where it has ended; whether it had.

        Raises:
            DatabaseError: It was removed, the engine refuses, or would publish it on another port.
        """
        import docker
        import requests

        try:
            return containers.revive_run(self.engine, self.run)
        except (docker.errors.DockerException, requests.RequestException) as error:
            why = getattr(error, "explanation", None) or "see `docker info`"
            raise DatabaseError(f"the Docker engine did not start the server again: {why}") from None


def _volume(engine: Any, image: Image, hold: ExitStack, say: Say) -> Volume | None:
    """The image's volume where this run can have it alone; what is left of dead runs is removed first."""
    target = volumes.data_path(image)
    volume = None if target is None else volumes.claim(image, target, hold)
    # Only after the claim: from here on no container of a run that is dead can appear on the volume.
    _say_removed(containers.remove_leftovers(engine), say)
    volumes.remove_stale(engine)
    if target is not None and (volume is None or volume.is_mounted(engine)):
        say(f"the data kept for {image.name} are in use: this run makes its own")
        return None
    return volume


def _say_removed(number: int, say: Say) -> None:
    if number:
        say(f"removed {number} container{'s' if number > 1 else ''} of runs that were killed")


def _guarded_run(volume: Volume | None, hold: ExitStack) -> runs.Run:
    """A run whose containers a guardian removes when this process has ended without doing so."""
    run = runs.start_run("docker")
    process = subprocess.Popen(
        guardian.command("run", run.directory),
        env=guardian.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=() if volume is None else (volume.lock.fileno(),),
    )
    # Left in reverse: the run ends, then the guardian finds nothing to do.
    hold.callback(process.wait)
    hold.callback(run.close)
    return run


def _serve(
    engine: Any,
    image: Image,
    settings: Mapping[str, str],
    run: runs.Run,
    volume: Volume | None,
    hold: ExitStack,
    say: Say,
) -> Address:
    """Start a server on the volume's data, on new ones where no server starts on those."""
    if volume is None:
        return _start(image, settings, run, Data(secrets.token_urlsafe(24)), hold)
    mounts = (volume.mount(),)
    if password := volume.password(engine):
        try:
            return _start(image, settings, run, Data(password, mounts, kept=True), hold)
        except NotServingError as error:
            say(f"the data kept for {image.name} are made anew: {error}")
            containers.remove_run(engine, run.name)
    password = volume.make_anew(engine)
    address = _start(image, settings, run, Data(password, mounts), hold)
    volume.keep(password)
    return address


def _start(image: Image, settings: Mapping[str, str], run: runs.Run, data: Data, hold: ExitStack) -> Address:
    """Start the container, and return when the server in it takes connections.

    Raises:
        DatabaseError: The engine did not start it.
        NotServingError: It did, and the server ended or takes no connections.
        UsageError: The server ended for one of `settings`.
    """
    import docker
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(
        image.name,
        # Not in the arguments, which every process list shows.
        env={
            "POSTGRES_USER": USER,
            "POSTGRES_PASSWORD": data.password,
            "POSTGRES_DB": "postgres",
            **_locale(image.variables),
        },
        labels=containers.labels(run.name),
        mounts=list(data.mounts),
        shm_size="1g",
    ).with_command(["postgres", *tuning.as_arguments({**tuning.server_settings(), **settings})])
    hold.callback(container.get_docker_client().client.close)
    _publish(container)
    try:
        with _without_reaper():
            container.start()
        host = container.get_container_host_ip()
        port = container.get_exposed_port(_PORT)
    except (docker.errors.DockerException, TimeoutError, ConnectionError) as error:
        if why := _refusal(container, settings):
            raise NotServingError(f"the server in {image.name} did not start: {why}") from None
        why = getattr(error, "explanation", None) or "see `docker info`"
        raise DatabaseError(f"the Docker engine did not start {image.name}: {why}") from None
    address = Address(
        dialect="postgresql",
        database="postgres",
        host="127.0.0.1" if host == "localhost" else host,
        port=port,
        user=USER,
        password=data.password,
        options=_PLAIN,
        is_own=True,
    )
    _wait(container, address, image.name, settings, data)
    return address


def _publish(container: DockerContainer) -> None:
    """Publish the server's port where this process reaches it, on the narrowest address that will do."""
    from testcontainers.core.config import ConnectionMode

    client = container.get_docker_client()
    address = None
    match client.get_connection_mode():
        case ConnectionMode.bridge_ip:
            return  # a container beside ours reaches it directly
        case ConnectionMode.gateway_ip:
            address = _gateway(client.client.api.inspect_network("bridge")["IPAM"]["Config"])
        case ConnectionMode.docker_host if client.host() in _LOOPBACK:
            address = "127.0.0.1"
    # An engine on another machine publishes it there; the password is all that guards it then.
    # testcontainers hands this on to the engine, which takes an address here; its own types know of ports alone.
    container.ports[str(_PORT)] = None if address is None else cast(int, (address, _free_port(address)))


def _free_port(address: str) -> int | None:
    """A port that is free now: one of our own choice stays when the container is started again. None where the address
    is another machine's, whose engine chooses.
    """
    try:
        with socket.create_server((address, 0)) as probe:
            port: int = probe.getsockname()[1]
    except OSError:
        return None
    return port


def _gateway(ranges: Sequence[Mapping[str, str]]) -> str | None:
    """The engine's own IPv4 address on a network: named, or else the first of the network's range."""
    from ipaddress import IPv4Network, ip_network

    for each in ranges:
        network = ip_network(each["Subnet"], strict=False)
        if isinstance(network, IPv4Network):
            return each.get("Gateway") or str(network.network_address + 1)
    return None


def _locale(variables: Mapping[str, str]) -> dict[str, str]:
    """The collation of our own clusters, for images that say which major version they are."""
    major = variables.get("PG_MAJOR", "")
    if not major.isdigit():
        return {}
    builtin = " --locale-provider=builtin --builtin-locale=C.UTF-8" if int(major) >= 17 else ""
    return {"POSTGRES_INITDB_ARGS": f"--encoding=UTF8 --locale=C{builtin}"}


@contextmanager
def _without_reaper() -> Iterator[None]:
    """Let testcontainers start no reaper of its own, which is one more image to pull: the guardian does its work.

    Who has set it explicitly is obeyed.
    """
    import os

    from testcontainers.core.config import testcontainers_config as config

    before = config.ryuk_disabled
    if "TESTCONTAINERS_RYUK_DISABLED" not in os.environ and "ryuk.disabled" not in config.tc_properties:
        config.ryuk_disabled = True
    try:
        yield
    finally:
        config.ryuk_disabled = before


def _wait(container: DockerContainer, address: Address, image: str, settings: Mapping[str, str], data: Data) -> None:
    """Wait for a connection over TCP: while the image prepares its data, its first server listens on a socket alone."""
    deadline = time.monotonic() + _START_PATIENCE
    # The engine takes connections before there is a server to hand them to; one that got lost there is not waited for.
    impatient = replace(address, options={**address.options, "connect_timeout": "2"})
    while True:
        try:
            connect(impatient, application_name="bench start").close()
        except DatabaseError as error:
            if data.kept and isinstance(error, AccessError):
                raise NotServingError(f"the server in {image} does not take the password that is kept") from None
            if time.monotonic() > deadline:
                raise NotServingError(f"the server in {image} takes no connections: {error}") from None
        else:
            return
        if why := _refusal(container, settings):
            raise NotServingError(f"the server in {image} did not start: {why}")
        time.sleep(0.05)


def _refusal(container: DockerContainer, settings: Mapping[str, str]) -> str | None:
    """The last words of a container that has ended; None of one that runs.

    Raises:
        UsageError: They name one of `settings`.
    """
    import docker

    with suppress(docker.errors.DockerException):
        wrapped = container.get_wrapped_container()
        if wrapped is None:
            return None
        wrapped.reload()
        if wrapped.status not in ("exited", "dead"):
            return None
        lines = [line.strip() for line in wrapped.logs(tail=50).decode(errors="replace").splitlines() if line.strip()]
        last: str = next(
            (line for line in reversed(lines) if "FATAL" in line or "rror" in line), (lines or ["no log"])[-1]
        )
        for name, value in settings.items():
            if any(f'"{name}"' in line for line in lines):
                raise UsageError(f"--setting {name}={value}: the server refuses it: {last}")
        return last
    return None
