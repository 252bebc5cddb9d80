"""Every setting of every job: typed, documented, checked before anything starts.

A YAML file fills these classes; `key=value` on the command line overrides one setting (`rollout.temperature=0.8`).
This file imports neither ray nor an engine, so that a wrong key is reported at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from reward.pairs import PairSettings
from reward.schedule import Schedule
from reward.settings import Beta, Section, Seed
from reward.zero import read_zero_config
from rlcode.algorithms import PRESETS, AlgorithmSettings
from rlcode.policy.zero_config import DECIDED_HERE
from sandbox import Limits

MOST_ENDLESS_TESTS = 1000

WeightTransfer = Literal["shared_memory", "broadcast", "cuda_ipc"]


class PromptConfig(Section):
    """How a problem is put to the model."""

    template: str = "{prompt}"
    """The user's message, with `{prompt}` where the problem's text goes."""
    system: str = ""
    """A system message; empty leaves the chat template's own."""
    prefill: Literal["none", "fence", "starter"] = "fence"
    """Start of the answer: nothing, an opened code fence, or the fence and the problem's starter code."""

    @field_validator("template")
    @classmethod
    def _shows_the_problem(cls, template: str) -> str:
        if "{prompt}" not in template:
            raise ValueError("without {prompt} the model never sees the problem; put it where the text is to stand")
        return template


class EngineConfig(Section):
    """What writes the completions."""

    engine: Literal["auto", "vllm", "transformers"] = "auto"
    """`auto` is vLLM where it is installed, else transformers."""
    max_sequences: int = Field(128, gt=0)
    """How many completions are written at the same time."""
    kv_cache_gb: float = Field(2.0, gt=0)
    """Memory of vLLM's key-value cache on a CPU, GiB."""
    gpu_memory_utilization: float = Field(0.5, gt=0, le=1)
    """Share of a GPU's memory for vLLM; leave room where the policy shares the GPU."""
    tensor_parallel: int = Field(1, gt=0)
    """GPUs that one engine is spread over."""


class SamplingConfig(Section):
    """How completions are drawn."""

    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    top_k: int = Field(0, ge=0)
    """0 considers every token."""
    max_new_tokens: int = Field(256, gt=0)
    stop: list[Annotated[str, Field(min_length=1)]] = Field(["```"])
    """Text that ends a completion, and stays in it."""


class RolloutConfig(EngineConfig, SamplingConfig):
    """Generation during training."""

    workers: int = Field(1, gt=0)
    """Engines, each with the whole model; prompts are dealt out over them."""
    cpus_per_worker: float = Field(1, ge=0)
    gpus_per_worker: float = Field(0, ge=0)
    prompts_per_step: int = Field(8, gt=0)
    samples_per_prompt: int = Field(8, gt=0)
    """A group; 1 is enough for advantage: reinforce++ alone."""
    weight_transfer: WeightTransfer = "shared_memory"
    """How the policy's weights reach the engines. shared_memory: through the machine's memory and Ray, everywhere.
    broadcast: from the policy's first rank to every process of the engines, NCCL between GPUs, gloo between CPUs.
    cuda_ipc: each engine process opens the copy of the policy's rank on the same GPU, in that GPU's memory."""
    deadline_seconds: float = Field(1800, gt=0)
    """Longest wait for any one completion of a step."""

    @model_validator(mode="after")
    def _a_gpu_for_each_part(self) -> RolloutConfig:
        if self.tensor_parallel > 1 and self.gpus_per_worker % 1:
            raise ValueError(
                f"tensor_parallel: {self.tensor_parallel} spreads an engine over as many GPUs, each its own: set "
                f"gpus_per_worker to 1, it is {self.gpus_per_worker:g}"
            )
        return self


class JudgeConfig(Section):
    """Who runs the tests."""

    workers: int = Field(1, gt=0)
    """Judge actors; one a node."""
    slots: int = Field(2, gt=0)
    """Programs each judge runs at the same time."""
    cpus_per_worker: float = Field(1, ge=0)
    limits: Limits = Limits()
    """What one program may use; see sandbox.Limits."""
    allow_unsafe: bool = False
    """Run programs without isolation where the machine offers none."""
    verdicts_kept: int = Field(0, ge=0)
    """Verdicts each judge remembers by program, tests, limits, interpreter and tier, and gives again without a run; 0:
    none."""
    max_infra_error_share: float = Field(0.2, ge=0, le=1)
    """The run stops when a larger share of a step's programs could not be judged."""
    deadline_seconds: float = Field(600, gt=0)
    """Longest wait for one verdict."""


class RewardTerm(Section):
    """One part of the reward."""

    kind: Literal["binary", "pass_rate", "kodcode", "format", "model"]
    """binary: 1 if every test passes. pass_rate: share of tests. kodcode: 1.1 all pass, 0.1 some fail, -1.1 no code.
    format: 1 for a program that Python can read, not cut off. model: a reward model's score."""
    weight: float = 1.0
    model: str | None = None
    """Folder or hub id of the reward model, as `rlcode rm` makes it."""
    normalise: bool = True
    """Bring the model's scores to mean 0 and deviation 1, as measured over all of the run so far."""
    clip: float = Field(5.0, gt=0)
    """Largest size of the model's value; an answer without a program gets −clip."""

    @model_validator(mode="after")
    def _a_model_for_a_model(self) -> RewardTerm:
        if (self.kind == "model") != (self.model is not None):
            raise ValueError(
                "kind: model needs `model`, the folder of a reward model"
                if self.model is None
                else f"`model` is for kind: model, this is kind: {self.kind}"
            )
        return self


class ScorerConfig(Section):
    """Who runs the reward model."""

    workers: int = Field(1, gt=0)
    cpus_per_worker: float = Field(1, ge=0)
    gpus_per_worker: float = Field(0, ge=0)
    tokens_per_batch: int = Field(2048, gt=0)
    """Tokens in one forward pass: memory against speed; has no effect on the scores."""
    texts_per_batch: int = Field(32, gt=0)
    """Programs sent to a scorer at once, while the engine writes others."""
    bf16: bool = False
    """Compute in bfloat16: faster, scores then vary in the third digit."""
    deadline_seconds: float = Field(600, gt=0)
    """Longest wait for one batch."""


class RewardConfig(Section):
    """The sum of some terms. The test pass rate is logged beside it whatever the terms are."""

    terms: list[RewardTerm] = Field([RewardTerm(kind="binary")], min_length=1)
    scorer: ScorerConfig = ScorerConfig()

    @property
    def model(self) -> str | None:
        """The reward model, where a term asks for one."""
        return next((term.model for term in self.terms if term.kind == "model"), None)

    @model_validator(mode="after")
    def _each_kind_once(self) -> RewardConfig:
        kinds = [term.kind for term in self.terms]
        if twice := [kind for kind in kinds if kinds.count(kind) > 1]:
            raise ValueError(f"terms: {twice[0]} stands there twice; add up its weights")
        return self


class LoraConfig(Section):
    """Low-rank adapters (arXiv 2106.09685): the model's own weights stay as they are."""

    rank: int = Field(16, gt=0)
    alpha: int = Field(32, gt=0)
    """The adapters' product is multiplied by alpha / rank."""
    target_modules: list[str] | Literal["all-linear"] = "all-linear"
    """Names of the layers that get one, such as q_proj; all-linear leaves only the head out."""
    dropout: float = Field(0.0, ge=0, lt=1)


class PolicyConfig(Section):
    """The model that learns, and its optimiser."""

    workers: int = Field(1, gt=0)
    """Ranks; each takes a share of every batch, gradients are summed."""
    cpus_per_worker: float = Field(1, ge=0)
    gpus_per_worker: float = Field(0, ge=0)
    learning_rate: float = Field(1e-6, gt=0)
    adam_betas: tuple[Beta, Beta] = (0.9, 0.95)
    weight_decay: float = Field(0.0, ge=0)
    gradient_clip: float = Field(1.0, gt=0)
    """Largest norm of the gradient."""
    schedule: Schedule = "constant"
    warmup_updates: int = Field(0, ge=0)
    updates_per_step: int = Field(1, gt=0)
    """Optimiser updates on each batch of rollouts, each on an equal share of its prompts."""
    tokens_per_micro_batch: int = Field(2048, gt=0)
    """Memory against speed; has no effect on the result."""
    bf16: bool = True
    """Compute in bfloat16 over float32 master weights; the engine then runs in bfloat16 too."""
    gradient_checkpointing: bool = False
    """Keep only the layers' inputs for the backward pass and compute the rest again: less memory, a third more time."""
    deepspeed: dict[str, Any] | None = None
    """A DeepSpeed configuration (or the path of one in JSON) with its `zero_optimization`: optimiser, gradients and
    weights are sharded over the ranks. Without it every rank holds the whole model."""
    lora: LoraConfig | None = None
    """Train adapters instead of the model."""
    deadline_seconds: float = Field(3600, gt=0)
    """Longest wait for one update."""

    @field_validator("deepspeed", mode="before")
    @classmethod
    def _read_deepspeed(cls, value: Any) -> dict[str, Any] | None:
        return None if value is None else read_zero_config(value, DECIDED_HERE)


class GapConfig(Section):
    """Limits on the mean |engine − trainer| log-probability of a step, nats per token. 0 switches a limit off."""

    warn: float = Field(0.1, ge=0)
    stop: float = Field(0.5, ge=0)


class ProblemSet(Section):
    """Problems, and how completions for them are drawn."""

    problems: str
    """`starter/heldout`, `humaneval`, `evalplus:FILE`, or a problem file."""
    samples: int = Field(1, gt=0)
    """Completions per problem."""
    temperature: float = Field(0.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_new_tokens: int = Field(256, gt=0)
    limit: int | None = Field(None, gt=0)
    """Take only the first so many problems."""

    @model_validator(mode="after")
    def _samples_differ(self) -> ProblemSet:
        if self.samples > 1 and self.temperature == 0:
            raise ValueError(f"temperature is 0: all {self.samples} samples of a problem would be the same")
        return self


class EvaluationSet(ProblemSet):
    """One benchmark."""

    every_steps: int | None = Field(None, gt=0)
    """Also evaluate during training; None evaluates before and after only."""


class CheckpointConfig(Section):
    every_steps: int = Field(10, gt=0)
    keep: int = Field(2, gt=0)
    """Older checkpoints are removed."""


class TrackingConfig(Section):
    wandb: bool | dict[str, Any] = False
    """true, or arguments of `wandb.init`."""


class ClusterConfig(Section):
    address: str | None = None
    """`auto` or HEAD:PORT joins a running cluster. None joins that of $RAY_ADDRESS, where it is set, or starts Ray on
    this machine alone."""
    start_deadline_seconds: float = Field(600, gt=0)
    """Longest wait for the workers to be up with their models loaded."""


class TrainConfig(Section):
    """`rlcode train`."""

    model: str = "smollm2-135m"
    """The embedded model, a Hugging Face folder, or a hub id."""
    output_dir: Path
    seed: Seed = 0
    steps: int = Field(100, gt=0)
    staleness: Literal[0, 1] = 0
    """1: the engines write the next batch while the policy learns from this one, with weights one step old. It needs
    algorithm.correction."""
    local: bool = False
    """Everything in this one process, for a debugger; the same code path."""
    train_problems: str = "starter/train"
    """`starter/train`, or a problem file."""
    limit_problems: int | None = Field(None, gt=0)
    max_prompt_tokens: int = Field(512, gt=0)
    """Longer prompts are left out, and counted."""
    prompt: PromptConfig = PromptConfig()
    rollout: RolloutConfig = RolloutConfig()
    judge: JudgeConfig = JudgeConfig()
    reward: RewardConfig = RewardConfig()
    algorithm: AlgorithmSettings = AlgorithmSettings()
    """See docs/algorithms.md. `preset` starts from a published recipe: acecoder-rule, kodcode-grpo, dapo, …"""
    policy: PolicyConfig = PolicyConfig()
    logprob_gap: GapConfig = GapConfig()
    evaluation: list[EvaluationSet] = Field([])
    checkpoint: CheckpointConfig = CheckpointConfig()
    tracking: TrackingConfig = TrackingConfig()
    cluster: ClusterConfig = ClusterConfig()

    @model_validator(mode="before")
    @classmethod
    def _expand_preset(cls, values: Any) -> Any:
        algorithm = values.get("algorithm") if isinstance(values, dict) else None
        if not isinstance(algorithm, dict) or "preset" not in algorithm:
            return values
        settings = dict(algorithm)
        preset = settings.pop("preset")
        if preset not in tuple(PRESETS):  # a list cannot be looked up in a dict
            raise ValueError(f"algorithm.preset is {preset!r}; it must be one of {', '.join(PRESETS)}")
        return {**values, "algorithm": {**PRESETS[preset], **settings}}

    @property
    def shares_gpus(self) -> bool:
        """Whether each engine is to run on the GPU of the policy's rank of the same number."""
        rollout, policy = self.rollout, self.policy
        parts = rollout.gpus_per_worker, policy.gpus_per_worker
        one_each = rollout.workers == policy.workers and rollout.tensor_parallel == 1
        fits_once = all(parts) and 0.5 < sum(parts) <= 1
        return one_each and fits_once and not self.local

    @model_validator(mode="after")
    def _sizes_divide(self) -> TrainConfig:
        prompts, updates, ranks = self.rollout.prompts_per_step, self.policy.updates_per_step, self.policy.workers
        if prompts % updates:
            raise ValueError(
                f"rollout.prompts_per_step ({prompts}) must be a multiple of policy.updates_per_step ({updates})"
            )
        samples = prompts // updates * self.rollout.samples_per_prompt
        if samples < ranks:
            raise ValueError(f"policy.workers ({ranks}) is more than the {samples} samples of one update")
        return self

    @model_validator(mode="after")
    def _workers_find_their_places(self) -> TrainConfig:
        ranks, gpus = self.policy.workers, (self.rollout.gpus_per_worker, self.policy.gpus_per_worker)
        transfer = self.rollout.weight_transfer
        if ranks > 1 and self.policy.gpus_per_worker % 1 and not self.shares_gpus:
            raise ValueError(
                f"policy.gpus_per_worker: {self.policy.gpus_per_worker:g} would put several of {ranks} ranks on one "
                "GPU, where they cannot meet; set it to 1, or share each GPU between one engine and one rank: as many "
                "rollout.workers as policy.workers, and gpus_per_worker that add up to more than 0.5 and at most 1"
            )
        if self.local and (ranks > 1 or self.rollout.tensor_parallel > 1):
            raise ValueError(
                "local: true runs in one process; it needs policy.workers and rollout.tensor_parallel to be 1"
            )
        if transfer != "shared_memory" and self.local:
            raise ValueError(f"rollout.weight_transfer: {transfer} is between processes, and local: true has only one")
        if transfer == "broadcast" and any(gpus) and min(gpus) < 1:
            raise ValueError(
                "rollout.weight_transfer: broadcast goes between whole GPUs or between CPUs: set gpus_per_worker to 1 "
                "in both rollout and policy, or to 0, or use another way"
            )
        if transfer == "cuda_ipc" and not self.shares_gpus:
            raise ValueError(
                "rollout.weight_transfer: cuda_ipc is for engines that share their GPUs with the policy: set as many "
                "rollout.workers as policy.workers, tensor_parallel: 1, and in both gpus_per_worker that add up to "
                "more than 0.5 and at most 1, such as 0.5 each; or use shared_memory"
            )
        return self

    @model_validator(mode="after")
    def _what_is_sampled_can_be_learned_from(self) -> TrainConfig:
        if self.staleness and self.algorithm.correction == "none":
            raise ValueError(
                "staleness: 1 trains on programs that older weights wrote: set algorithm.correction to truncated (or "
                "masked), which weighs each token by how likely the newer weights find it"
            )
        begins = (self.algorithm.overlong_max_tokens or 0) - (self.algorithm.overlong_buffer_tokens or 0)
        if begins >= self.rollout.max_new_tokens:
            raise ValueError(
                f"reward_shaping: overlong punishes completions above {begins} tokens, and rollout.max_new_tokens is "
                f"{self.rollout.max_new_tokens}: set algorithm.overlong_max_tokens to that and overlong_buffer_tokens "
                "to a fifth of it, as DAPO has them"
            )
        alone = self.rollout.samples_per_prompt == 1
        if alone and (self.algorithm.advantage != "reinforce++" or self.algorithm.equal_groups != "keep"):
            raise ValueError(
                "rollout.samples_per_prompt is 1: there is nothing in a group to compare with; set it to 2 or more, or "
                "advantage: reinforce++ with equal_groups: keep, which compares over the whole batch"
            )
        if self.rollout.top_p < 1 or self.rollout.top_k > 0:
            raise ValueError(
                "rollout.top_p and rollout.top_k must be 1 and 0 in training: the trainer's probabilities are those of "
                "the whole distribution, and the importance ratio would compare two different ones"
            )
        if self.rollout.temperature == 0:
            raise ValueError("rollout.temperature is 0: every completion of a group would be the same")
        return self


class GenerationConfig(Section):
    """What every job that lets a model write programs and does not train it has in common."""

    model: str = "smollm2-135m"
    """The embedded model, a Hugging Face folder, or a hub id."""
    output_dir: Path
    seed: Seed = 0
    local: bool = False
    """Everything in this one process, for a debugger; the same code path."""
    prompt: PromptConfig = PromptConfig()
    rollout: RolloutConfig = RolloutConfig()
    """The engines; how completions are drawn stands with the problems, except `stop`."""
    judge: JudgeConfig = JudgeConfig()
    bf16: bool = True
    cluster: ClusterConfig = ClusterConfig()


class EvalConfig(GenerationConfig):
    """`rlcode eval`."""

    evaluation: list[EvaluationSet] = Field(min_length=1)


class FullJudge(JudgeConfig):
    """A judge that runs every test. Programs with more endless tests than `limits.max_timeouts`, here 1000 where it is
    not set, are recorded as incomplete, and make no pairs."""

    limits: Limits = Limits(max_timeouts=MOST_ENDLESS_TESTS)

    @field_validator("limits", mode="before")
    @classmethod
    def _every_test_counts(cls, limits: Any) -> Any:
        return {"max_timeouts": MOST_ENDLESS_TESTS, **limits} if isinstance(limits, dict) else limits


class SampledSet(ProblemSet):
    """Problems to draw several programs each for."""

    samples: int = Field(16, gt=0)
    """Programs per problem."""
    temperature: float = Field(1.0, ge=0)
    problems_per_batch: int = Field(16, gt=0)
    """Problems that go to the engines together. A batch is recorded when its last program is judged; a job that is
    killed begins its last batch again."""


class SampleConfig(GenerationConfig):
    """`rlcode sample`."""

    judge: FullJudge = FullJudge()
    draw: SampledSet

    @model_validator(mode="after")
    def _programs_differ(self) -> SampleConfig:
        if self.draw.temperature == 0 and self.draw.samples > 1:
            raise ValueError("draw.temperature is 0: every program of a problem would be the same")
        return self


class RerankedSet(SampledSet):
    """A benchmark to rerank programs on."""

    samples: int = Field(64, gt=0)
    """Programs per problem."""
    drawn: Path | None = None
    """A file of `rlcode sample` with programs for these problems; None draws them."""
    greedy: bool = True
    """Draw one greedy program a problem to compare with."""


class BestOfNConfig(GenerationConfig):
    """`rlcode best-of-n`."""

    reward_model: str
    """Folder or hub id of the reward model, as `rlcode rm` makes it."""
    n: list[int] = Field([16, 32, 64], min_length=1)
    """How many programs the model chooses from; capped to those that are there."""
    tokens_per_batch: int = Field(4096, gt=0)
    """Tokens in one forward pass of the reward model: memory against speed; has no effect on the scores."""
    sets: list[RerankedSet] = Field(min_length=1)

    @model_validator(mode="after")
    def _n_counts_programs(self) -> BestOfNConfig:
        if any(n < 1 for n in self.n):
            raise ValueError(f"n: {min(self.n)} is no number of programs")
        return self


class PairsConfig(Section):
    """`rlcode pairs`."""

    output_dir: Path
    samples: list[Path] = Field([])
    """Files that `rlcode sample` wrote."""
    acecode: list[Path] = Field([])
    """Files of AceCode-87K, Parquet or JSON Lines; their programs are judged again."""
    trust_pass_rate: bool = False
    """Take the pass rates that AceCode-87K gives instead of judging its programs."""
    limit: int | None = Field(None, gt=0)
    """Take only the first so many problems of AceCode-87K."""
    problems_per_batch: int = Field(64, gt=0)
    """Problems that are judged and recorded together; a job that is killed begins its last batch again."""
    judge: FullJudge = FullJudge()
    pairs: PairSettings = PairSettings()

    @model_validator(mode="after")
    def _has_a_source(self) -> PairsConfig:
        if not self.samples and not self.acecode:
            raise ValueError("nothing to make pairs of: set samples (files of `rlcode sample`) or acecode")
        return self


class GrowConfig(Section):
    """`rlcode grow`."""

    output_dir: Path
    problems: str
    """A problem source whose problems have references: `starter/train`, `evalplus:FILE`, or a problem file."""
    samples: list[Path] = Field([])
    """Files that `rlcode sample` wrote for these problems: tests are chosen that tell the programs in them apart."""
    draws: int = Field(400, gt=0)
    """Inputs tried for each problem at each of three reaches: near the seen values, beyond, and bold."""
    tests: int = Field(20, gt=0)
    """Most tests added to a problem; those that tell most apart come first."""
    fill: bool = False
    """Add others behind the smallest set that tells apart what can be told apart, up to `tests` in all: inputs of kinds
    that the tests do not have yet, then the largest."""
    seed: int = Field(0, ge=0)
    """The same seed gives the same tests."""
    workers: int = Field(2, gt=0)
    """Problems grown at the same time, each with one program running."""
    cluster: ClusterConfig = ClusterConfig()
    """Where: on the Ray cluster of `address` or $RAY_ADDRESS by as many actors as `workers`, else here."""


class AceCoderConfig(Section):
    """`rlcode acecoder`: the stages of AceCoder one after the other. The sections from `sample` on hold settings of the
    command they are named after; what stands above them, and what one stage hands to the next, is filled in."""

    model: str = "smollm2-135m"
    """The policy, and the model that the reward model starts from."""
    output_dir: Path
    seed: Seed = 0
    local: bool = False
    prompt: dict[str, Any] = Field({})
    judge: dict[str, Any] = Field({})
    sample: dict[str, Any]
    pairs: dict[str, Any] = Field({})
    reward_model: dict[str, Any] = Field({})
    best_of_n: dict[str, Any]
    train: dict[str, Any]
    """Both trainings: one is rewarded by the reward model, the other by the tests."""
