"""Which samples a step learns from, on a real policy; and the rewards that decide it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reward.rewards import test_reward as reward_of
from rlcode.algorithms import AlgorithmSettings, PolicyMetrics, merge
from rlcode.config import GapConfig, PolicyConfig
from rlcode.data import Prompt, Rollout, Sample
from rlcode.experience import Experience
from rlcode.learning import Learned, learn
from rlcode.problems import Problem
from rlcode.step_log import RunStopped, check_gap, check_judge, check_versions, rollout_rows, step_metrics
from rlcode.tracking import Tracker
from rlcode.workers.handle import LocalHandle, WorkerSpec
from rlcode.workers.policy import PolicyGroup, PolicyWorker
from sandbox import Test as SandboxTest
from sandbox import Verdict

MakeGroup = Callable[[AlgorithmSettings], PolicyGroup]


@pytest.fixture
def make_policy(random_model: str) -> MakeGroup:
    def make(algorithm: AlgorithmSettings) -> PolicyGroup:
        arguments = (random_model, PolicyConfig(bf16=False, learning_rate=1e-3), algorithm, 1.0, 10, 0)
        return PolicyGroup([LocalHandle(WorkerSpec("policy-0", PolicyWorker, arguments))], deadline_seconds=60)

    return make


def verdict(outcome: str, pass_rate: float | None = None) -> Verdict:
    return Verdict(outcome, [], pass_rate, cpu_seconds=0.1, wall_seconds=0.1, test_set="x", message="out of slots")


def sample(group: int, reward: float | None, seed: int = 0) -> Sample:
    """A judged completion of six tokens; without a reward the judge had failed."""
    random = np.random.default_rng([group, seed])
    rollout = Rollout(
        problem_id=f"p{group}",
        group=group,
        prompt_ids=[100 + group, 7, 8],
        completion_ids=random.integers(0, 2000, 6).tolist(),
        logprobs=[-10.0] * 6,
        policy_version=0,
        finish_reason="stop",
        text="",
    )
    outcome = "infra_error" if reward is None else "passed" if reward == 1 else "failed"
    return Sample(rollout, "x = 1\n", verdict(outcome, reward), reward)


def group_of(group: int, *rewards: float | None) -> list[Sample]:
    return [sample(group, reward, seed) for seed, reward in enumerate(rewards)]


def step(policy: PolicyGroup, samples: list[Sample], settings: AlgorithmSettings, updates: int = 1) -> Learned:
    return learn(policy, samples, settings, settings.make_kl_controller(), updates, Path("unused.pt"))


def weights(policy: PolicyGroup) -> np.ndarray:
    return np.concatenate([chunk.buffer for chunk in policy.weight_references()])


def test_a_sample_without_a_verdict_counts_nowhere(make_policy: MakeGroup) -> None:
    settings = AlgorithmSettings(advantage="grpo")
    judged = group_of(0, 1.0, 0.0, 0.0) + group_of(1, 1.0, 1.0, 0.0)
    with_failures = [*judged[:3], sample(0, None, 9), *judged[3:], sample(2, None), sample(2, None, 1)]
    policy, same = make_policy(settings), make_policy(settings)
    plain, masked = step(policy, judged, settings), step(same, with_failures, settings)
    np.testing.assert_array_equal(weights(policy), weights(same))
    assert masked.advantages == [*plain.advantages[:3], None, *plain.advantages[3:], None, None]
    assert masked.metrics["tokens/trained"] == 36
    assert masked.metrics["policy/grad_norm"] == plain.metrics["policy/grad_norm"]


def test_an_infrastructure_failure_never_becomes_a_reward() -> None:
    for kind in ("binary", "pass_rate", "kodcode"):
        assert reward_of(kind, verdict("infra_error"), "x = 1\n") is None


@pytest.mark.parametrize(
    ("kind", "judged", "program", "reward"),
    [
        ("binary", verdict("passed", 1.0), "x = 1\n", 1.0),
        ("binary", verdict("failed", 0.75), "x = 1\n", 0.0),
        ("pass_rate", verdict("failed", 0.75), "x = 1\n", 0.75),
        ("pass_rate", verdict("failed", None), "x = 1\n", 0.0),
        ("kodcode", verdict("passed", 1.0), "x = 1\n", 1.1),
        ("kodcode", verdict("failed", 0.75), "x = 1\n", 0.1),
        ("kodcode", verdict("failed", 0.0), "", -1.1),
        ("kodcode", verdict("failed", 0.0), " \n", -1.1),
    ],
)
def test_rewards(kind: str, judged: Verdict, program: str, reward: float) -> None:
    assert reward_of(kind, judged, program) == reward


@pytest.mark.parametrize("equal_groups", ["drop", "resample"])
def test_groups_without_a_difference_are_dropped_and_counted(make_policy: MakeGroup, equal_groups: str) -> None:
    settings = AlgorithmSettings(equal_groups=equal_groups)
    samples = group_of(0, 1.0, 1.0) + group_of(1, 1.0, 0.0) + group_of(2, 0.0, 0.0)
    policy, alone = make_policy(settings), make_policy(settings)
    learned = step(policy, samples, settings)
    step(alone, group_of(1, 1.0, 0.0), settings)
    assert learned.metrics["groups/equal"] == learned.metrics["groups/dropped"] == 2
    assert [advantage is None for advantage in learned.advantages] == [True, True, False, False, True, True]
    np.testing.assert_array_equal(weights(policy), weights(alone))


def test_drawing_groups_again_and_dropping_them_agree_on_what_differs() -> None:
    samples = group_of(0, 0.3, 0.1 + 0.2) + group_of(1, 1.0, 0.0) + group_of(2, None, 1.0) + group_of(3, 0.0, None, 1.0)
    assert Experience(samples).learnable_groups() == [1, 3]


def test_groups_without_a_difference_may_be_kept(make_policy: MakeGroup) -> None:
    """Kept, they count in the mean over tokens, so the gradient is smaller than without them."""
    settings = AlgorithmSettings(equal_groups="keep")
    learned = step(make_policy(settings), group_of(0, 1.0, 1.0) + group_of(1, 1.0, 0.0), settings)
    alone = step(make_policy(settings), group_of(1, 1.0, 0.0), settings)
    assert learned.metrics["groups/equal"] == 1 and learned.metrics["groups/dropped"] == 0
    assert learned.advantages[:2] == [0.0, 0.0]
    assert learned.metrics["policy/grad_norm"] == pytest.approx(alone.metrics["policy/grad_norm"] / 2, rel=1e-4)


def test_of_several_updates_those_without_a_difference_are_skipped(make_policy: MakeGroup) -> None:
    settings = AlgorithmSettings(equal_groups="keep")
    samples = group_of(0, 1.0, 0.0) + group_of(1, 1.0, 1.0)
    policy, alone = make_policy(settings), make_policy(settings)
    learned = step(policy, samples, settings, updates=2)
    step(alone, samples[:2], settings, updates=2)
    assert learned.metrics["policy/skipped"] == 0.5
    apart = weights(policy).view(np.float32) - weights(alone).view(np.float32)
    assert np.abs(apart).mean() < 1e-6  # a second step of Adam's would move them by 7e-4


@pytest.mark.parametrize(
    "settings",
    [AlgorithmSettings(advantage="reinforce++"), AlgorithmSettings(entropy_coefficient=0.1)],
    ids=["groups differ", "an entropy bonus"],
)
def test_equal_rewards_within_groups_may_still_teach(make_policy: MakeGroup, settings: AlgorithmSettings) -> None:
    policy = make_policy(settings)
    before = weights(policy)
    learned = step(policy, group_of(0, 1.0, 1.0) + group_of(1, 0.0, 0.0), settings)
    assert learned.updated and learned.metrics["groups/equal"] == 2
    assert not np.array_equal(weights(policy), before)


@pytest.mark.parametrize("rewards", [(1.0, 1.0), (0.0, 0.0), (None, None), (None, 1.0)])
def test_a_step_with_nothing_to_learn_changes_nothing(make_policy: MakeGroup, rewards: tuple) -> None:
    settings = AlgorithmSettings()
    policy = make_policy(settings)
    before = weights(policy)
    learned = step(policy, group_of(0, *rewards), settings)
    assert not learned.updated and learned.metrics["policy/skipped"] == 1
    assert learned.advantages == [None, None]
    np.testing.assert_array_equal(weights(policy), before)


@pytest.mark.parametrize(
    "settings",
    [
        AlgorithmSettings(kl_coefficient=0.5),
        AlgorithmSettings(advantage="reinforce++", kl_coefficient=0.5, kl_placement="reward", kl_estimator="k1"),
    ],
    ids=["in the loss", "in the reward"],
)
def test_a_kl_alone_is_no_reason_for_an_update(make_policy: MakeGroup, settings: AlgorithmSettings) -> None:
    policy = make_policy(settings)
    step(policy, group_of(0, 1.0, 0.0), settings)  # away from the reference
    before = weights(policy)
    learned = step(policy, group_of(0, 1.0, 1.0) + group_of(1, 1.0, 1.0), settings)
    assert not learned.updated and learned.metrics["policy/skipped"] == 1
    np.testing.assert_array_equal(weights(policy), before)


def test_the_reward_pays_for_leaving_the_reference(make_policy: MakeGroup) -> None:
    """With the KL in the reward, two equally rewarded samples of a moved policy get different advantages."""
    settings = AlgorithmSettings(
        advantage="reinforce++", kl_coefficient=0.5, kl_placement="reward", kl_estimator="k1", equal_groups="keep"
    )
    policy = make_policy(settings)
    samples = group_of(0, 1.0, 0.0) + group_of(1, 1.0, 0.0)
    first = step(policy, samples, settings)
    assert first.metrics["kl/mean"] == pytest.approx(0, abs=1e-6)
    assert first.advantages[0] == pytest.approx(first.advantages[2])
    second = step(policy, samples, settings)
    assert second.metrics["kl/mean"] > 1e-4
    assert second.advantages[0] != pytest.approx(second.advantages[2], abs=1e-4)


def test_several_updates_compare_with_the_policy_before_the_first(make_policy: MakeGroup) -> None:
    settings = AlgorithmSettings()
    samples = [item for group in range(4) for item in group_of(group, 1.0, 0.0)]
    learned = step(make_policy(settings), samples, settings, updates=4)
    assert learned.metrics["policy/ratio_max"] > 1.0001


def test_metrics_of_several_updates_are_those_of_all_tokens() -> None:
    one = PolicyMetrics(10, sums={"loss": 1.0}, token_sums={"kl": 10.0}, maxima={"ratio_max": 2.0})
    two = PolicyMetrics(30, sums={"loss": 3.0}, token_sums={"kl": 0.0}, maxima={"ratio_max": 5.0})
    assert merge([one, two]).values(updates=2) == {"loss": 2.0, "kl": 0.25, "ratio_max": 5.0}


def test_too_many_programs_without_a_verdict_stop_the_run() -> None:
    samples = group_of(0, 1.0, None, None, 0.0)
    check_judge(samples, largest_share=0.5)
    with pytest.raises(RunStopped, match=r"2 of 4 .*max_infra_error_share=0\.4.*out of slots"):
        check_judge(samples, largest_share=0.4)


def test_completions_of_weights_older_than_allowed_stop_the_run() -> None:
    samples = group_of(0, 1.0, 0.0)  # written by version 0
    check_versions(samples, version=0, staleness=0)
    check_versions(samples, version=1, staleness=1)
    with pytest.raises(RunStopped, match="2 of 2 completions were written by policy version 0, the policy is at 1"):
        check_versions(samples, version=1, staleness=0)
    with pytest.raises(RunStopped, match="the policy is at 2, and staleness is 1"):
        check_versions(samples, version=2, staleness=1)


def test_a_gap_warns_then_stops(tmp_path: Path) -> None:
    limits = GapConfig(warn=0.1, stop=0.5)
    with Tracker(tmp_path, total_steps=1) as tracker:
        check_gap({"logprob_gap/mean": 0.05}, limits, tracker)
        check_gap({}, limits, tracker)
        assert "WARNING" not in (tmp_path / "log.txt").read_text()
        check_gap({"logprob_gap/mean": 0.2}, limits, tracker)
        assert "0.200 nats per token" in (tmp_path / "log.txt").read_text()
        check_gap({"logprob_gap/mean": 9.0}, GapConfig(warn=0, stop=0), tracker)
        with pytest.raises(RunStopped, match=r"logprob_gap\.stop=0\.5"):
            check_gap({"logprob_gap/mean": 0.6}, limits, tracker)


def test_a_gap_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with Tracker(tmp_path, total_steps=1) as tracker, pytest.raises(RunStopped):
        check_gap({"logprob_gap/mean": float("nan")}, GapConfig(), tracker)


def test_means_of_a_step_leave_out_what_was_not_judged() -> None:
    experience = Experience(group_of(0, 1.0, 0.0, None), generate_seconds=2.0)
    metrics = step_metrics(experience, Learned({}, [None] * 3, False), policy_version=0, update_seconds=1.0)
    assert metrics["reward/mean"] == metrics["pass_rate/train"] == 0.5
    assert metrics["judge/infra_errors"] == 1
    assert metrics["tokens_per_second/generate"] == 9.0


def test_a_rollouts_row_says_what_became_of_it() -> None:
    samples = group_of(0, 1.0, None)
    problem = Problem("p0", "prompt", [SandboxTest("assert", code="assert True")])
    rows = rollout_rows(samples, [Prompt(problem, "the prompt", [1], "")], [0.5, None])
    assert [row["reward"] for row in rows] == [1.0, None]
    assert [row["outcome"] for row in rows] == ["passed", "infra_error"]
    assert [row["advantage"] for row in rows] == [0.5, None]
    assert rows[0]["prompt"] == "the prompt" and rows[0]["completion_tokens"] == 6
