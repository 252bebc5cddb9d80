"""The registry of algorithms and the settings that choose among them.

A choice is a named function; its keyword-only parameters are the settings that belong to it, with their defaults. To
add an algorithm, write the function in its file and name it in the table here. A new parameter also needs a field of
`AlgorithmSettings`.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any

from pydantic.dataclasses import dataclass

from rlcode.algorithms import advantages, aggregation, correction, kl, losses, shaping

CHOICES: dict[str, Mapping[str, Callable[..., Any]]] = {
    "advantage": {
        "grpo": advantages.grpo,
        "dr-grpo": advantages.dr_grpo,
        "rloo": advantages.rloo,
        "reinforce++": advantages.reinforce_pp,
        "reinforce++-baseline": advantages.reinforce_pp_baseline,
    },
    "loss": {
        "ppo": losses.ppo,
        "cispo": losses.cispo,
    },
    "ratio": {
        "token": losses.token_ratio,
        "sequence": losses.sequence_ratio,
        "sequence-product": losses.sequence_product_ratio,
    },
    "aggregation": {
        "token-mean": aggregation.token_mean,
        "sequence-mean": aggregation.sequence_mean,
        "fixed-length": aggregation.fixed_length,
    },
    "kl_estimator": kl.KL_ESTIMATORS,
    "kl_controller": {
        "fixed": kl.FixedKLController,
        "adaptive": kl.AdaptiveKLController,
    },
    "correction": {
        "none": correction.no_correction,
        "truncated": correction.truncated,
        "masked": correction.masked,
    },
    "reward_shaping": {
        "none": shaping.no_shaping,
        "overlong": shaping.overlong,
    },
}

WORDS = {
    "kl_placement": ("loss", "weighted-loss", "reward"),
    "correction_level": ("token", "sequence"),
    "equal_groups": ("keep", "drop", "resample"),
}

NO_LEASH = {("reward", "k2"), ("reward", "k3"), ("loss", "k1")}
"""Placements and estimators of the KL whose expected gradient does not lead to the reference."""

LARGEST = 1e16
RANGES = {  # inclusive
    "advantage_epsilon": (1e-12, 1.0),
    "gamma": (0.0, 1.0),
    "reward_clip": (1e-6, LARGEST),
    "overlong_max_tokens": (1, LARGEST),
    "overlong_buffer_tokens": (1, LARGEST),
    "clip_low": (0.0, 1.0),
    "clip_high": (0.0, LARGEST),
    "dual_clip": (1.0001, LARGEST),
    "fixed_length_tokens": (1, LARGEST),
    "kl_coefficient": (0.0, LARGEST),
    "kl_target": (1e-9, LARGEST),
    "kl_horizon": (1, LARGEST),
    "correction_low": (0.0, 1.0),
    "correction_high": (1.0, LARGEST),
    "entropy_coefficient": (0.0, LARGEST),
}


@dataclass(frozen=True, config={"extra": "forbid"})
class AlgorithmSettings:
    """Which algorithm, with which settings. Raises ValueError naming the setting that is wrong and what would be right.

    Most fields that default to None belong to some choices only (see `settings_of`). None means that choice's own
    default; a value that no chosen algorithm has a use for is refused.
    """

    advantage: str = "grpo"
    """How rewards become advantages."""
    advantage_epsilon: float | None = None
    """grpo: added to the group's standard deviation. reinforce++: least variance of the whitening."""
    gamma: float | None = None
    """reinforce++: discount per token."""
    reward_clip: float | None = None
    """Rewards are clipped to [-reward_clip, reward_clip] before anything else; None leaves them alone."""
    reward_shaping: str = "none"
    """"overlong" punishes completions near the length limit (DAPO)."""
    overlong_max_tokens: int | None = None
    """overlong: completion length that costs the full punishment of 1."""
    overlong_buffer_tokens: int | None = None
    """overlong: how many tokens before the maximum the punishment starts."""
    equal_groups: str = "keep"
    """What the driver does with groups whose rewards are all equal; "resample" is DAPO's dynamic sampling."""

    loss: str = "ppo"
    """Policy loss."""
    ratio: str = "token"
    """Ratio the loss works on: of tokens, their geometric mean per sequence (GSPO), or their product (RLOO)."""
    clip_low: float | None = None
    """The ratio is clipped below at 1 - clip_low."""
    clip_high: float | None = None
    """The ratio is clipped above at 1 + clip_high."""
    dual_clip: float | None = None
    """ppo: bound on the ratio of tokens with negative advantage; None for no bound."""
    aggregation: str = "token-mean"
    """How per-token terms become one loss."""
    fixed_length_tokens: int | None = None
    """fixed-length: the constant each completion's sum is divided by, usually the largest completion length."""

    kl_coefficient: float = 0.0
    """Weight of the KL to the reference, or its start when adaptive; 0 needs no reference model."""
    kl_estimator: str = "k3"
    """Per-token estimator of the KL."""
    kl_placement: str = "loss"
    """Where the KL counts: in the loss, in the loss times the policy ratio, or subtracted from the reward."""
    kl_controller: str = "fixed"
    """Whether the coefficient stays or follows kl_target."""
    kl_target: float | None = None
    """adaptive: KL to hold, nats per token."""
    kl_horizon: int | None = None
    """adaptive: samples over which the coefficient adapts."""

    correction: str = "none"
    """Importance correction between the engine's and the trainer's probabilities."""
    correction_level: str | None = None
    """truncated, masked: per "token" (default) or per "sequence"."""
    correction_low: float | None = None
    """masked: least ratio that still counts."""
    correction_high: float | None = None
    """truncated: largest weight. masked: largest ratio that still counts."""
    entropy_coefficient: float = 0.0
    """Weight of the entropy bonus."""

    def __post_init__(self) -> None:
        for name, table in CHOICES.items():
            _check_word(name, getattr(self, name), table)
        for name, words in WORDS.items():
            _check_word(name, getattr(self, name), words)
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value}; it must lie in [{low}, {high}]")
        self._check_belonging()
        self._check_combinations()

    def _check_belonging(self) -> None:
        chosen = {name: getattr(self, name) for name in CHOICES}
        allowed: dict[str, bool] = {}
        for choice, value in chosen.items():
            allowed |= settings_of(choice, value)
        for name in CONDITIONAL_SETTINGS:
            if getattr(self, name) is not None and name not in allowed:
                owners = ", ".join(f"{choice}: {value}" for choice, value in owners_of(name))
                raise ValueError(
                    f"{name} does not belong to the chosen algorithm, only to {owners}. "
                    f"Remove it (null, where a preset set it), or choose one of those"
                )
        for name, required in allowed.items():
            if required and getattr(self, name) is None:
                owner = next(f"{choice}: {value}" for choice, value in owners_of(name) if chosen[choice] == value)
                raise ValueError(f"{owner} needs {name}; set it")

    def _check_combinations(self) -> None:
        if self.kl_controller == "adaptive" and self.kl_coefficient == 0:
            raise ValueError("kl_controller: adaptive multiplies kl_coefficient, so 0 would stay 0; start above 0")
        if self.ratio != "token" and self.advantages_vary_within_sample:
            raise ValueError(
                f"ratio: {self.ratio} gives a completion one ratio, but advantage: {self.advantage} with the KL in the "
                f"reward or gamma below 1 gives each token its own advantage; use ratio: token"
            )
        if (self.overlong_buffer_tokens or 0) > (self.overlong_max_tokens or 0):
            raise ValueError(
                f"overlong_buffer_tokens ({self.overlong_buffer_tokens}) is larger than "
                f"overlong_max_tokens ({self.overlong_max_tokens})"
            )

    @property
    def advantages_vary_within_sample(self) -> bool:
        """Whether tokens of one completion can have different advantages."""
        credits_tokens = "gamma" in settings_of("advantage", self.advantage)
        return credits_tokens and (self.kl_in_reward or self.gamma not in (None, 1.0))

    @property
    def kl_in_reward(self) -> bool:
        return self.kl_coefficient > 0 and self.kl_placement == "reward"

    @property
    def kl_in_loss(self) -> bool:
        return self.kl_coefficient > 0 and self.kl_placement != "reward"

    @property
    def learns_by_advantage_alone(self) -> bool:
        """Whether samples without an advantage have no gradient; they count in means all the same."""
        return not self.kl_in_loss and self.entropy_coefficient == 0

    @property
    def caution(self) -> str:
        """What to tell whoever chose a KL that does not hold the policy to the reference; empty where it does."""
        if self.kl_coefficient == 0 or (self.kl_placement, self.kl_estimator) not in NO_LEASH:
            return ""
        better = "kl_estimator: k1" if self.kl_in_reward else "kl_placement: weighted-loss"
        return (
            f"kl_estimator: {self.kl_estimator} with kl_placement: {self.kl_placement} does not hold the policy to the "
            f"reference: its gradient is not that of a KL (docs/algorithms.md); {better} does"
        )

    @property
    def needs_reference(self) -> bool:
        """Whether a frozen reference model has to be loaded."""
        return self.kl_coefficient > 0

    def chosen(self, choice: str) -> Callable[..., Any]:
        """The function chosen for e.g. "loss", with its settings filled in."""
        name = getattr(self, choice)
        values = {key: getattr(self, key) for key in settings_of(choice, name)}
        return partial(CHOICES[choice][name], **{key: value for key, value in values.items() if value is not None})

    def make_kl_controller(self) -> kl.KLController:
        """A controller that starts at kl_coefficient."""
        controller: kl.KLController = self.chosen("kl_controller")(self.kl_coefficient)
        return controller


def settings_of(choice: str, name: str) -> dict[str, bool]:
    """Settings that belong to an algorithm, e.g. settings_of("loss", "ppo"), and whether each must be given."""
    parameters = inspect.signature(CHOICES[choice][name]).parameters.values()
    return {p.name: p.default is p.empty for p in parameters if p.kind is p.KEYWORD_ONLY}


def owners_of(setting: str) -> list[tuple[str, str]]:
    """The algorithms a setting belongs to, as (choice, name) pairs."""
    pairs = [(choice, name) for choice, table in CHOICES.items() for name in table]
    return [pair for pair in pairs if setting in settings_of(*pair)]


def _check_word(setting: str, value: str | None, valid: Iterable[str]) -> None:
    words = list(valid)
    if value is None or value in words:
        return
    nearest = difflib.get_close_matches(value, words, 1)
    hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    raise ValueError(f"{setting} is {value!r}; it must be one of {', '.join(words)}{hint}")


CONDITIONAL_SETTINGS = tuple(field.name for field in fields(AlgorithmSettings) if owners_of(field.name))
