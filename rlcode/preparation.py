"""Everything a job reads before any worker starts: model, tokenizer, problems. What would fail later fails here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reward.model import check_reward_model
from reward.models import ModelError, resolve_model
from rlcode.config import EvalConfig, EvaluationSet, TrainConfig
from rlcode.data import Prompt
from rlcode.engines import choose_engine
from rlcode.problems import ProblemError, load_problems
from rlcode.prompts import PromptBuilder


@dataclass(frozen=True)
class Prepared:
    """The inputs of a job, read and checked."""

    model_path: str
    engine: str
    engine_asked: str
    train: list[Prompt]
    evaluation: list[tuple[EvaluationSet, list[Prompt]]]
    too_long: int
    max_tokens: int  # longest prompt and completion together

    def summary(self, tier: str) -> str:
        """One paragraph for the log."""
        lines = [f"model {self.model_path}, engine {self.engine}, programs isolated by {tier}"]
        if self.engine_asked == "auto" and self.engine == "transformers":
            lines.append("vLLM is not installed: generating with transformers, which is slower")
        if self.train:
            left_out = f", {self.too_long} left out as too long" if self.too_long else ""
            lines.append(f"{len(self.train)} training problems{left_out}")
        return "\n".join(lines)


def prepare(config: TrainConfig | EvalConfig) -> Prepared:
    """Read model, tokenizer and problems. Raises ModelError, ProblemError or RuntimeError, each with what to do."""
    engine = choose_engine(config.rollout.engine)
    if isinstance(config, TrainConfig) and config.reward.model:
        check_reward_model(config.reward.model)
    model_path = resolve_model(config.model)
    try:
        builder = PromptBuilder(model_path, config.prompt)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(f"model {config.model!r} does not load: {first}") from None
    train, too_long = _training_prompts(config, builder) if isinstance(config, TrainConfig) else ([], 0)
    evaluation = [
        (settings, [builder.build(problem) for problem in load_problems(settings.problems)[: settings.limit]])
        for settings in config.evaluation
    ]
    completions = [settings.max_new_tokens for settings in config.evaluation] + [config.rollout.max_new_tokens]
    longest = max(len(prompt.ids) for prompts in [train, *(p for _, p in evaluation)] for prompt in prompts)
    return Prepared(model_path, engine, config.rollout.engine, train, evaluation, too_long, longest + max(completions))


def _training_prompts(config: TrainConfig, builder: PromptBuilder) -> tuple[list[Prompt], int]:
    problems = load_problems(config.train_problems)[: config.limit_problems]
    prompts = [builder.build(problem) for problem in problems]
    fitting = [prompt for prompt in prompts if len(prompt.ids) <= config.max_prompt_tokens]
    if not fitting:
        raise ProblemError(
            f"{config.train_problems}: none of {len(problems)} prompts has at most "
            f"max_prompt_tokens={config.max_prompt_tokens} tokens; raise it"
        )
    return fitting, len(prompts) - len(fitting)


def write_config(text: str, run_dir: Path) -> None:
    run_dir.mkdir(parents=True, exist_ok=True)
    (run_dir / "config.yaml").write_text(text, encoding="utf-8")
