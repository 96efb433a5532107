"""What a run was made with: library versions, hardware, memory."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

_LIBRARIES = (
    "nli",
    "numpy",
    "onnxruntime",
    "openvino",
    "tokenizers",
    "torch",
    "transformers",
    "datasets",
    "scikit-learn",
    "scipy",
)
_MIB = 2**20


def versions() -> dict[str, str]:
    """Return Python's version and those of the installed libraries that a score may depend on."""
    found = {library: _version(library) for library in _LIBRARIES}
    return {
        "python": platform.python_version(),
        **{library: found[library] for library in _LIBRARIES if found[library]},
    }


def hardware() -> dict[str, Any]:
    """Return the processor's name, the cores this process may use, the platform, and the GPU if one is in use."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "platform": f"{platform.system()} {platform.machine()}",
        "gpu": _gpu(),
    }


def peak_rss_mb() -> float | None:
    """Return the most memory this process has held at once, in MiB; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / _MIB if sys.platform == "darwin" else peak / 1024, 1)


def _version(library: str) -> str:
    """Return a library's version, empty if it is not installed."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return ""


def _cpu() -> str:
    """Return the processor's model name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _gpu() -> str | None:
    """Return the GPU's name; torch is only asked if the detector has loaded it."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    return str(torch.cuda.get_device_name())
