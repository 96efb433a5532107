"""A Ray cluster: reaching or starting one, what a worker takes of it, and how a worker's mistakes come back."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from nli import bundle as bundles
from nli.errors import InputError, MissingExtraError, ModelError, NliError, OutputError

if TYPE_CHECKING:
    from nli.detector import Detector

OBJECT_STORE_BYTES = 200_000_000
"""Memory that a cluster on this machine alone shares between its processes; texts pass through it in small pieces."""

_CONNECT_SECONDS = 5
_FAULTS: Mapping[str, type[NliError]] = {each.__name__: each for each in (InputError, OutputError, ModelError)}
# Read by Ray when it is imported or starts: no reports on its use, and none of its own troubles on our streams.
_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_DATA_LOG_LEVEL": "ERROR"}


@dataclass(frozen=True, slots=True)
class Placement:
    """What the workers take of the cluster.

    Attributes:
        workers: Processes that hold the model.
        cpus: CPUs of each.
        gpus: GPUs of each, 0 or 1.
    """

    workers: int
    cpus: int
    gpus: int


@dataclass(frozen=True, slots=True)
class Fault:
    """A user's mistake that a worker met with, as plain text: not every exception survives the way back.

    Attributes:
        kind: The name of the exception's class.
        message: Its sentence.
    """

    kind: str
    message: str

    @classmethod
    def of(cls, error: NliError) -> Fault:
        """Take down an exception."""
        return cls(type(error).__name__, str(error))

    def error(self) -> NliError:
        """Return the exception again, as an `InputError` if it was of a rare class."""
        return _FAULTS.get(self.kind, InputError)(self.message)


class Worker:
    """Holds a detector in a process of the cluster.

    A model that cannot be loaded is refused when it is asked for: an exception while a worker starts would come
    back as the death of the worker.

    Args:
        model: Arguments of `nli.load`.
    """

    def __init__(self, model: Mapping[str, Any]) -> None:
        from nli.detector import load

        self._detector: Detector | None = None
        self._fault: Fault | None = None
        try:
            self._detector = load(**model)
        except NliError as error:
            self._fault = Fault.of(error)

    @property
    def detector(self) -> Detector:
        """The detector.

        Raises:
            NliError: If it could not be loaded.
        """
        if self._detector is None:
            raise self._fault.error() if self._fault else RuntimeError("a worker without a model")
        return self._detector


def require_ray() -> None:
    """Import Ray with its reports and messages turned off.

    Raises:
        MissingExtraError: If it is not installed.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray.data  # noqa: F401
    except ImportError:
        raise MissingExtraError("Running on Ray", "ray") from None


@contextmanager
def cluster(address: str | None, model: Mapping[str, Any], workers: int | None) -> Iterator[Placement]:
    """Use a Ray cluster: the one this process is connected to, else that at an address, else one of this machine.

    Args:
        address: ``HOST:PORT`` of the head node, or ``auto`` for the cluster that this machine is part of; None for
            the environment's RAY_ADDRESS, and without it for a cluster on this machine that ends with the context.
        model: Arguments of `nli.load`.
        workers: Processes that hold the model; None for as many as the cluster has room for.

    Yields:
        What each worker takes.

    Raises:
        InputError: If the cluster cannot be reached or has no room for one worker.
        MissingExtraError: If Ray is not installed.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers cannot score anything: give 1 or more.")
    require_ray()
    import ray

    if ray.is_initialized():
        yield _place(model, workers)
        return
    with own_output():
        _connect(address or os.environ.get("RAY_ADDRESS") or "local", workers and workers * cpus_of(model))
        try:
            yield _place(model, workers)
        finally:
            ray.shutdown()


@contextmanager
def own_output() -> Iterator[None]:
    """Turn what Ray's threads print, such as that a worker died, from standard output to standard error."""
    with redirect_stdout(cast(IO[str], _OwnOutput(sys.stdout))):
        yield


class _OwnOutput:
    """Standard output for all threads but Ray's."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever a stream has
        return getattr(self._out, name)

    def write(self, text: str) -> int:
        by_ray = threading.current_thread().name.startswith("ray_")
        return (sys.stderr if by_ray else self._out).write(text)


def absolute(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of `nli.load` that mean the same in another folder, as JSON can hold them."""
    name = model.get("name") or os.environ.get(bundles.MODEL_VARIABLE)
    if name is None:
        return dict(model)
    return {**model, "name": str(Path(name).resolve()) if Path(name).is_dir() else os.fspath(name)}


def cpus_of(model: Mapping[str, Any]) -> int:
    """Return the CPUs of one worker: the threads asked for, else one, for processes scale better than threads."""
    return int(model.get("threads") or 1)


def _connect(address: str, cpus: int | None) -> None:
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
    if address == "local":
        options.update(num_cpus=cpus, object_store_memory=OBJECT_STORE_BYTES)
    elif address != "auto":
        _check_reachable(address)
        del options["include_dashboard"]
    try:
        with _hushed():
            ray.init(address=address, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".")
        raise InputError(
            f"The Ray cluster {address} cannot be used ({reason}): check --ray-address, and that it runs."
        ) from None


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep off standard error what Ray's native part says there of its log level, past Python's streams."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _check_reachable(address: str) -> None:
    """Refuse an address that nothing answers at; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdigit()) or "/" in host:
        raise InputError(f"The Ray address {address!r} is not HOST:PORT: give that of the head node, or auto.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise InputError(
            f"Nothing answers at the Ray address {address} ({error}): check it, and that the cluster runs."
        ) from None


def _place(model: Mapping[str, Any], workers: int | None) -> Placement:
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    device = model.get("device") or "auto"
    has_gpu = any(node.get("GPU", 0) >= 1 for node in nodes)
    torch_on_gpu = device == "auto" and has_gpu and bundles.find(model.get("name")).onnx is None
    gpus = int(device == "cuda" or torch_on_gpu)
    cpus = cpus_of(model)
    room = sum(int(min(node.get("CPU", 0) // cpus, node.get("GPU", 0) if gpus else cpus * 1e9)) for node in nodes)
    # A cluster that grows on demand has no room yet: whoever names the number of workers may wait for it.
    if workers is None and room == 0:
        needs = f"{cpus} CPU{'s' if cpus > 1 else ''}{' and a GPU' if gpus else ''}"
        raise InputError(
            f"No machine of the Ray cluster has {needs}: choose another --device or fewer --threads, or give "
            "--ray-workers to wait for machines."
        )
    return Placement(workers or room, cpus, gpus)
