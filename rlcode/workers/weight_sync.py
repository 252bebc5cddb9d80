"""The policy's weights into every engine, by the way that `rollout.weight_transfer` names."""

from __future__ import annotations

import time
from dataclasses import dataclass

from rlcode.config import WeightTransfer
from rlcode.weights import Exported, FromBroadcast, FromExports, Meeting
from rlcode.workers.handle import all_results
from rlcode.workers.policy import COLLECTIVE_SECONDS, PolicyGroup
from rlcode.workers.rollout import RolloutGroup


@dataclass(frozen=True)
class SyncReport:
    """One weight update: how much was loaded over all engines, and how long it took until the last was done."""

    bytes: int
    seconds: float


class WeightSync:
    """Brings the engines up to date. Engines that were started again are met anew."""

    def __init__(self, kind: WeightTransfer, policy: PolicyGroup, rollouts: RolloutGroup, processes_per_engine: int):
        self._policy, self._rollouts, self._processes = policy, rollouts, processes_per_engine
        self._load = {
            "shared_memory": self._through_memory,
            "broadcast": self._by_broadcast,
            "cuda_ipc": self._within_gpus,
        }[kind]
        self._meeting: Meeting | None = None
        self._met_after = 0  # restarts

    def load(self, version: int) -> SyncReport:
        """Every engine has the policy's weights, as this version, when this returns."""
        began = time.monotonic()
        sizes = self._load(version)
        return SyncReport(sum(sizes), time.monotonic() - began)

    def _through_memory(self, version: int) -> list[int]:
        chunks = self._policy.weight_references()
        self._policy.release_memory()
        pending = [handle.submit("load_chunks", version, *chunks) for handle in self._rollouts.handles]
        return all_results(self._rollouts.handles, pending, self._policy.deadline_seconds)

    def _by_broadcast(self, version: int) -> list[int]:
        meeting = self._meet()
        senders, engines = self._policy.handles, self._rollouts.handles
        pending = [handle.submit("send_weights", meeting) for handle in senders]
        for index, handle in enumerate(engines):
            source = FromBroadcast(meeting, 1 + index * self._processes)
            pending.append(handle.submit("load_weights", version, source))
        answers = all_results([*senders, *engines], pending, self._policy.deadline_seconds)
        return answers[len(senders) :]

    def _meet(self) -> Meeting:
        """The group that is there, or where a new one is to meet because there is none or an engine lost its place."""
        if self._meeting is None or self._met_after != self._rollouts.restarts:
            deadline, ranks = self._policy.deadline_seconds, 1 + self._processes * len(self._rollouts.handles)
            address = self._policy.handles[0].call("open_place", deadline_seconds=deadline)
            patience = min(COLLECTIVE_SECONDS, deadline / 2)  # members give up, and say so, before the driver does
            self._meeting, self._met_after = Meeting(address, ranks, patience), self._rollouts.restarts
        return self._meeting

    def _within_gpus(self, version: int) -> list[int]:
        ranks, engines, deadline = self._policy.handles, self._rollouts.handles, self._policy.deadline_seconds
        exports: list[list[Exported]] = all_results(ranks, [rank.submit("export_weights") for rank in ranks], deadline)
        self._policy.release_memory()
        source = FromExports([export for of_rank in exports for export in of_rank])
        pending = [engine.submit("load_weights", version, source) for engine in engines]
        sizes = all_results(engines, pending, deadline)
        all_results(ranks, [rank.submit("drop_exports") for rank in ranks], deadline)
        return sizes
