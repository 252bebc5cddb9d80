"""Everything a job reads before any worker starts: model, tokenizer, problems. What would fail later fails here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reward.model import check_reward_model
from reward.models import ModelError, attention_window, check_packable, resolve_model
from reward.settings import ConfigError, Section, dump_config
from rlcode.config import EvalConfig, EvaluationSet, GenerationConfig, ProblemSet, TrainConfig
from rlcode.data import Prompt
from rlcode.engines import choose_engine
from rlcode.problems import Problem, ProblemError, load_problems
from rlcode.prompts import PromptBuilder


@dataclass(frozen=True)
class Prepared:
    """The inputs of a job, read and checked."""

    model_path: str
    engine: str
    engine_asked: str
    train: list[Prompt]
    evaluation: list[tuple[str, EvaluationSet, list[Prompt]]]  # each benchmark's name, settings and prompts
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


@dataclass(frozen=True)
class PreparedSets:
    """The inputs of a job that draws programs for sets of problems, read and checked."""

    model_path: str
    engine: str
    prompts: list[list[Prompt]]  # of each set
    max_tokens: int  # longest prompt and completion together


def prepare(config: TrainConfig | EvalConfig) -> Prepared:
    """Read model, tokenizer and problems. Raises ModelError, ProblemError or RuntimeError, each with what to do."""
    engine = choose_engine(config.rollout)
    if isinstance(config, TrainConfig) and config.reward.model:
        check_reward_model(config.reward.model)
    names = _names(config.evaluation)
    model_path = resolve_model(config.model)
    # Every file before the model, which takes seconds to load: who mistyped a name is told at once.
    problems = load_problems(config.train_problems)[: config.limit_problems] if isinstance(config, TrainConfig) else []
    sets = [load_problems(settings.problems)[: settings.limit] for settings in config.evaluation]
    builder = _prompt_builder(config, model_path)
    train, too_long = _training_prompts(config, problems, builder) if isinstance(config, TrainConfig) else ([], 0)
    evaluation = [
        (name, settings, [builder.build(problem) for problem in of_set])
        for name, settings, of_set in zip(names, config.evaluation, sets, strict=True)
    ]
    completions = [settings.max_new_tokens for settings in config.evaluation] + [config.rollout.max_new_tokens]
    longest = max(len(prompt.ids) for prompts in [train, *(p for *_, p in evaluation)] for prompt in prompts)
    if train:
        _check_packing(config.model, model_path, max(len(prompt.ids) for prompt in train) + completions[-1])
    return Prepared(model_path, engine, config.rollout.engine, train, evaluation, too_long, longest + max(completions))


def prepare_sets(config: GenerationConfig, sets: Sequence[ProblemSet]) -> PreparedSets:
    """The same for the problems of `sets`."""
    engine = choose_engine(config.rollout)
    model_path = resolve_model(config.model)
    problems = [load_problems(item.problems)[: item.limit] for item in sets]
    builder = _prompt_builder(config, model_path)
    prompts = [[builder.build(problem) for problem in of_set] for of_set in problems]
    longest = [
        max(len(prompt.ids) for prompt in of_set) + item.max_new_tokens
        for item, of_set in zip(sets, prompts, strict=True)
    ]
    return PreparedSets(model_path, engine, prompts, max(longest))


def _prompt_builder(config: TrainConfig | GenerationConfig, model_path: str) -> PromptBuilder:
    try:
        return PromptBuilder(model_path, config.prompt)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(f"model {config.model!r} does not load: {first}") from None


def _names(sets: Sequence[EvaluationSet]) -> list[str]:
    """What each set goes by: its problems, and its temperature where the same problems are evaluated twice."""
    sources = [settings.problems for settings in sets]
    names = [
        f"{settings.problems} at temperature {settings.temperature:g}"
        if sources.count(settings.problems) > 1
        else settings.problems
        for settings in sets
    ]
    if len(set(names)) < len(names):
        raise ConfigError("evaluation: the same problems stand there twice with the same temperature; leave one out")
    return names


def _check_packing(model: str, model_path: str, longest: int) -> None:
    """Raises ModelError when the policy would not compute texts of `longest` tokens as the engine does."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(model_path)
    check_packable(model, config)
    limit = attention_window(config)
    if limit is not None and longest > limit:
        raise ModelError(
            f"model {model!r} has layers that see only the last {limit} tokens, which packed texts do not "
            f"follow, and a prompt with its completion can have {longest}: lower max_prompt_tokens or "
            "rollout.max_new_tokens, or choose a model with full attention"
        )


def _training_prompts(
    config: TrainConfig, problems: Sequence[Problem], builder: PromptBuilder
) -> tuple[list[Prompt], int]:
    prompts = [builder.build(problem) for problem in problems]
    fitting = [prompt for prompt in prompts if len(prompt.ids) <= config.max_prompt_tokens]
    if not fitting:
        raise ProblemError(
            f"{config.train_problems}: none of {len(problems)} prompts has at most "
            f"max_prompt_tokens={config.max_prompt_tokens} tokens; raise it"
        )
    return fitting, len(prompts) - len(fitting)


def write_config(text: str, run_dir: Path) -> None:
    """Whole or not at all: what a kill or a full disk leaves must still say what the folder was begun with."""
    run_dir.mkdir(parents=True, exist_ok=True)
    beside = run_dir / ".config.yaml.tmp"
    beside.write_text(text, encoding="utf-8")
    beside.replace(run_dir / "config.yaml")


def refuse_other_settings(config: Section, output_dir: Path, free: Sequence[str]) -> None:
    """Raises ConfigError when the folder holds the beginnings of a job with other settings: they would be mixed.

    The keys in `free`, dotted where they lie in a section, may change between a kill and the next start.
    """
    file = output_dir / "config.yaml"
    if not file.exists():
        return
    before = yaml.safe_load(file.read_text(encoding="utf-8"))
    now = yaml.safe_load(dump_config(config))
    for values in (before, now):
        for key in free:
            _take_out(values, key.split("."))
    changed = [key for key in sorted({*before, *now}) if before.get(key) != now.get(key)]
    if changed:
        raise ConfigError(
            f"{output_dir} was begun with other settings ({', '.join(changed)} differ from {file}); "
            "set output_dir to another folder"
        )


def _take_out(values: Any, path: Sequence[str]) -> None:
    if not isinstance(values, dict):
        return
    if len(path) == 1:
        values.pop(path[0], None)
    else:
        _take_out(values.get(path[0]), path[1:])
