"""Ray: starting or joining a cluster, checking that it is large enough, and making the workers a config asks for."""

from __future__ import annotations

import itertools
import logging
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from reward import allocator
from reward.models import resolve_model
from rlcode.config import (
    ClusterConfig,
    GenerationConfig,
    JudgeConfig,
    PolicyConfig,
    RolloutConfig,
    ScorerConfig,
    TrainConfig,
)
from rlcode.workers.handle import Bundle, Handle, LocalHandle, RayHandle, WorkerSpec, stop_all
from rlcode.workers.judge import JudgeGroup, JudgeWorker
from rlcode.workers.policy import PolicyGroup, PolicyWorker
from rlcode.workers.rollout import RolloutGroup, RolloutWorker
from rlcode.workers.scorer import ScorerGroup, ScorerWorker

# Ray puts Unix sockets some 90 characters below; Linux allows 107 in all.
LONGEST_TEMPORARY_PATH = 15
FREED_SECONDS = 10  # until Ray has noticed that a worker is gone


class ClusterTooSmall(RuntimeError):
    """The workers a config asks for do not fit; the message has the numbers."""


class ClusterUnreachable(RuntimeError):
    """No Ray cluster answers at the address, or it refuses the token; the message says which and what to do."""


@dataclass(frozen=True)
class Demand:
    """What all workers of a job need together, and the largest need of a single one."""

    cpus: float
    gpus: float
    largest_cpus: float
    largest_gpus: float


def demand(config: TrainConfig | GenerationConfig) -> Demand:
    sections: list[RolloutConfig | JudgeConfig | PolicyConfig | ScorerConfig] = [config.rollout, config.judge]
    if isinstance(config, TrainConfig):
        sections += [config.policy, config.reward.scorer] if config.reward.model else [config.policy]
    gpus = [getattr(section, "gpus_per_worker", 0.0) * getattr(section, "tensor_parallel", 1) for section in sections]
    return Demand(
        cpus=sum(section.workers * section.cpus_per_worker for section in sections),
        gpus=sum(section.workers * need for section, need in zip(sections, gpus, strict=True)),
        largest_cpus=max(section.cpus_per_worker for section in sections),
        largest_gpus=max(gpus),
    )


@contextmanager
def ray_cluster(config: TrainConfig | GenerationConfig) -> Iterator[None]:
    """Ray for the time of a job: a cluster of this machine alone, or the running one that `cluster.address` names.

    A cluster started here is ended here, with its temporary files. Raises ClusterUnreachable, and ClusterTooSmall at
    once when the workers cannot fit.
    """
    if config.local:
        yield
        return
    import ray

    temporary = None
    address = running_cluster(config.cluster)
    if address:
        join_cluster(address)
    else:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))  # else Ray leaves one in the home folder
        temporary = _temporary_folder()
        need = demand(config)
        ray.init(
            num_cpus=max(os.cpu_count() or 1, int(need.cpus + 0.999)),  # workers take turns on a small machine
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": {"TMPDIR": temporary}},  # what a killed worker leaves behind goes with the rest
            _temp_dir=temporary,
        )
    try:
        check_room(demand(config), config.cluster)
        yield
    finally:
        ray.shutdown()
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def running_cluster(settings: ClusterConfig) -> str | None:
    """Address of the cluster to join, None to start one. Ray's job server sets RAY_ADDRESS for the jobs it runs."""
    if settings.address not in (None, "auto"):
        return settings.address
    return os.environ.get("RAY_ADDRESS") or settings.address


def join_cluster(address: str) -> None:
    """Connect to a running cluster."""
    import ray

    host, _, port = address.rpartition(":")
    try:
        if port.isdigit():  # Ray itself would try for two minutes and then end the process
            socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, ray.exceptions.RayError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ClusterUnreachable(
            f"no Ray cluster can be joined at {address}: {first}; set cluster.address (or RAY_ADDRESS) to HEAD:PORT of "
            "a running one and RAY_AUTH_TOKEN to its token, or leave both unset to start Ray on this machine"
        ) from None


def check_room(need: Demand, settings: ClusterConfig) -> None:
    """Compare what is needed with what the cluster has free, and each worker with its largest node."""
    import ray

    free = ray.available_resources()
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for name, label, total, largest in (
        ("CPU", "CPUs", need.cpus, need.largest_cpus),
        ("GPU", "GPUs", need.gpus, need.largest_gpus),
    ):
        if total > free.get(name, 0) + 1e-6:
            raise ClusterTooSmall(
                f"the workers need {total:g} {label}, the cluster has {free.get(name, 0):g} free of "
                f"{sum(node.get(name, 0) for node in nodes):g}; lower the workers or their {name.lower()}s_per_worker, "
                f"or add nodes"
            )
        biggest = max((node.get(name, 0) for node in nodes), default=0)
        if largest > biggest:
            raise ClusterTooSmall(f"one worker needs {largest:g} {label}, the largest node has {biggest:g}")


def _temporary_folder() -> str:
    """A folder for Ray's sockets and logs. Those of runs that were killed are removed first."""
    base = Path(tempfile.gettempdir())
    if len(str(base)) > LONGEST_TEMPORARY_PATH:
        base = Path("/tmp")
    for stale in base.glob("rlcode-ray-*-*"):
        pid = stale.name.split("-")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(stale, ignore_errors=True)
    return tempfile.mkdtemp(prefix=f"rlcode-ray-{os.getpid()}-", dir=base)


@dataclass(frozen=True)
class JoinedCluster:
    """A running cluster that this process has joined, for work that is no training job."""

    settings: ClusterConfig
    logs: Path

    @contextmanager
    def actors(self, specs: Sequence[WorkerSpec]) -> Iterator[list[Handle]]:
        """Workers, up and ready; at the end they are stopped. Raises ClusterTooSmall when they do not fit."""
        cpus, gpus = [spec.cpus for spec in specs], [spec.gpus for spec in specs]
        self._wait_for_room(Demand(sum(cpus), sum(gpus), max(cpus), max(gpus)))
        handles: list[Handle] = []
        try:
            start_actors(specs, self.logs, self.settings.start_deadline_seconds, handles)
            for handle in handles:
                handle.wait_until_ready(self.settings.start_deadline_seconds)
            yield handles
        finally:
            stop_all(handles)

    def _wait_for_room(self, need: Demand) -> None:
        """What workers of an earlier stage held is free a moment after their end."""
        patience = time.monotonic() + FREED_SECONDS
        while True:
            try:
                return check_room(need, self.settings)
            except ClusterTooSmall:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.2)


@contextmanager
def joined_cluster(settings: ClusterConfig, logs: Path) -> Iterator[JoinedCluster | None]:
    """The running cluster that the settings or Ray's job server name, for the time of a job; None where none is named.

    Raises ClusterUnreachable.
    """
    address = running_cluster(settings)
    if address is None:
        yield None
        return
    import ray

    join_cluster(address)
    try:
        yield JoinedCluster(settings, logs)
    finally:
        ray.shutdown()


@dataclass(frozen=True)
class Workers:
    """Everyone who works for one job. `policy` is None for jobs that only evaluate, `scorers` where no reward model is
    asked for."""

    rollouts: RolloutGroup
    judges: JudgeGroup
    policy: PolicyGroup | None
    scorers: ScorerGroup | None = None

    def require_policy(self) -> PolicyGroup:
        if self.policy is None:
            raise ValueError("this job has no policy to train")
        return self.policy


@contextmanager
def start_workers(
    config: TrainConfig | GenerationConfig, model_path: str, max_tokens: int, log_dir: Path
) -> Iterator[Workers]:
    """Start every worker, wait until all are ready, and stop them at the end."""
    training = config if isinstance(config, TrainConfig) else None
    handles: dict[str, list[Handle]] = {}
    with shared_gpus(config) as bundles:
        try:
            start_seconds, policy = config.cluster.start_deadline_seconds, None
            specs = _specs(config, model_path, max_tokens, bundles)
            if config.local:
                handles |= {role: [LocalHandle(spec) for spec in specs[role]] for role in specs}
            else:
                start_roles(specs, log_dir, start_seconds, handles)
            if training:  # its ranks load their model while engines load theirs that need not come first
                policy = PolicyGroup(handles["policy"], training.policy.deadline_seconds, start_seconds)
            for handle in itertools.chain.from_iterable(handles.values()):
                handle.wait_until_ready(start_seconds)
            yield Workers(
                RolloutGroup(handles["rollout"], config.rollout.deadline_seconds),
                JudgeGroup(handles["judge"], config.judge.deadline_seconds),
                policy,
                ScorerGroup(handles["scorer"], training.reward.scorer) if training and handles["scorer"] else None,
            )
        finally:
            stop_all(list(itertools.chain.from_iterable(handles.values())))


def start_roles(
    specs: dict[str, list[WorkerSpec]], logs: Path, start_seconds: float, handles: dict[str, list[Handle]]
) -> None:
    """Start workers, and add each to `handles` under its role. While vLLM loads it takes whatever changes in its GPU's
    memory for its own, so engines on whose GPUs others may come are waited for first; else all start at the same time.
    """
    for role in specs:  # engines are the first
        handles[role] = []
        start_actors(specs[role], logs, start_seconds, handles[role])
        if role == "rollout" and _may_share_engines_gpus(specs):
            for handle in handles[role]:
                handle.wait_until_ready(start_seconds)


def start_actors(specs: Sequence[WorkerSpec], logs: Path, start_seconds: float, handles: list[Handle]) -> None:
    """Start workers, and add each to `handles`; one after the other where several may come to the same GPU."""
    for spec in specs:
        handles.append(RayHandle(spec, logs))
        if 0 < spec.gpus < 1 and spec.bundle is None:
            handles[-1].wait_until_ready(start_seconds)


def _may_share_engines_gpus(specs: dict[str, list[WorkerSpec]]) -> bool:
    """Whether a worker of another kind can be on the GPU of an engine: where engines take parts of GPUs, or a worker
    takes one outside Ray's count."""
    import ray

    parts = any(0 < spec.gpus < 1 for spec in specs["rollout"])
    users = itertools.chain.from_iterable(specs[role] for role in specs if role != "judge")
    uncounted = any(spec.gpus == 0 and "CUDA_VISIBLE_DEVICES" not in spec.environment for spec in users)
    return (parts or uncounted) and ray.cluster_resources().get("GPU", 0) > 0


@contextmanager
def shared_gpus(config: TrainConfig | GenerationConfig) -> Iterator[Sequence[Bundle]]:
    """A GPU, with CPUs beside it, for each engine and the policy's rank of the same number, where the settings have
    them share it; else nothing. Left to itself Ray would put two engines on one GPU and two ranks on the next.

    Raises ClusterTooSmall when no node has both free.
    """
    if not isinstance(config, TrainConfig) or not config.shares_gpus:
        yield []
        return
    from ray.util.placement_group import placement_group, remove_placement_group

    rollout, policy = config.rollout, config.policy
    need = {
        "GPU": rollout.gpus_per_worker + policy.gpus_per_worker,
        "CPU": rollout.cpus_per_worker + policy.cpus_per_worker,
    }
    group = placement_group([need] * policy.workers)
    try:
        if not group.wait(config.cluster.start_deadline_seconds):
            raise ClusterTooSmall(
                f"{policy.workers} times {need['GPU']:g} GPUs and {need['CPU']:g} CPUs of one node, for an engine and "
                f"the rank that shares its GPU, were not free within {config.cluster.start_deadline_seconds:g} s"
            )
        yield [(group, index) for index in range(policy.workers)]
    finally:
        remove_placement_group(group)


def _specs(
    config: TrainConfig | GenerationConfig, model_path: str, max_tokens: int, bundles: Sequence[Bundle]
) -> dict[str, list[WorkerSpec]]:
    """By role, the workers of a job."""
    specs = {"rollout": _rollout_specs(config, model_path, max_tokens), "judge": judge_specs(config.judge)}
    if isinstance(config, TrainConfig):
        specs |= {"policy": _policy_specs(config, model_path), "scorer": _scorer_specs(config)}
    if bundles:
        for role in ("rollout", "policy"):
            specs[role] = [replace(spec, bundle=bundle) for spec, bundle in zip(specs[role], bundles, strict=True)]
    return specs


def _rollout_specs(config: TrainConfig | GenerationConfig, model_path: str, max_tokens: int) -> list[WorkerSpec]:
    settings = config.rollout
    broadcast = settings.weight_transfer == "broadcast"
    bf16 = config.policy.bf16 if isinstance(config, TrainConfig) else config.bf16
    dtype = "bfloat16" if bf16 else "float32"
    return [
        WorkerSpec(
            name=f"rollout-{index}",
            kind=RolloutWorker,
            args=(model_path, settings, max_tokens, dtype, config.seed + index),
            cpus=settings.cpus_per_worker,
            gpus=settings.gpus_per_worker * settings.tensor_parallel,
            environment=cpu_environment(settings.workers, settings.gpus_per_worker, broadcast),
        )
        for index in range(settings.workers)
    ]


def judge_specs(settings: JudgeConfig, kind: type[JudgeWorker] = JudgeWorker) -> list[WorkerSpec]:
    return [
        WorkerSpec(
            name=f"judge-{index}",
            kind=kind,
            args=(settings,),
            cpus=settings.cpus_per_worker,
            concurrency=2 * settings.slots,  # the next batch is there when a slot becomes free
            spread=True,
        )
        for index in range(settings.workers)
    ]


def _policy_specs(config: TrainConfig, model_path: str) -> list[WorkerSpec]:
    settings = config.policy
    updates = config.steps * settings.updates_per_step
    broadcast = config.rollout.weight_transfer == "broadcast"
    return [
        WorkerSpec(
            name=f"policy-{index}",
            kind=PolicyWorker,
            args=(model_path, settings, config.algorithm, config.rollout.temperature, updates, config.seed + index),
            cpus=settings.cpus_per_worker,
            gpus=settings.gpus_per_worker,
            environment=cpu_environment(settings.workers, settings.gpus_per_worker, broadcast),
        )
        for index in range(settings.workers)
    ]


def _scorer_specs(config: TrainConfig) -> list[WorkerSpec]:
    """No workers where no term of the reward asks for a model."""
    settings, model = config.reward.scorer, config.reward.model
    if model is None:
        return []
    return [
        WorkerSpec(
            name=f"scorer-{index}",
            kind=ScorerWorker,
            args=(resolve_model(model), settings),
            cpus=settings.cpus_per_worker,
            gpus=settings.gpus_per_worker,
            environment=cpu_environment(settings.workers, settings.gpus_per_worker),
        )
        for index in range(settings.workers)
    ]


def cpu_environment(workers: int, gpus_per_worker: float, shares_none: bool = False) -> dict[str, str]:
    """Settings that must be there when a worker's process starts. Without GPUs, workers of one kind share the cores and
    kinds take turns; Ray's own default is one thread each.

    Ray hides no GPU from workers that ask for none. The only one of its kind may take the machine's first all the same;
    several, or one that `shares_none` with other kinds, could not meet there.
    """
    if gpus_per_worker:
        return {}
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if workers > 1 or shares_none else {}
    return {"OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // workers)), **hidden, **allocator.environment()}
