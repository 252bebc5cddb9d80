"""Published recipes, as settings.

`PRESETS` holds values of `AlgorithmSettings`. `PRESET_RUNS` holds what else the same source says about the run. Values
that the source leaves open are not listed.
"""

from typing import Any

REINFORCE_PP: dict[str, Any] = {  # arXiv 2501.03262
    "advantage": "reinforce++",
    "gamma": 1.0,
    "loss": "ppo",
    "clip_low": 0.2,
    "clip_high": 0.2,
    "aggregation": "token-mean",
    "kl_coefficient": 0.01,
    "kl_estimator": "k1",
    "kl_placement": "reward",
}

ACECODER: dict[str, Any] = {**REINFORCE_PP, "reward_clip": 10.0}  # arXiv 2502.01718 and the scripts of its repository

ACECODER_RUN: dict[str, Any] = {
    "learning_rate": 5e-7,
    "warmup_ratio": 0.03,
    "adam_betas": (0.9, 0.95),
    "gradient_clip": 1.0,
    "prompts_per_step": 256,
    "samples_per_prompt": 8,
    "samples_per_update": 128,
    "temperature": 1.0,
    "top_p": 1.0,
    "max_prompt_tokens": 2048,
    "max_completion_tokens": 2048,
    "episodes": 1,
}

PRESETS: dict[str, dict[str, Any]] = {
    "acecoder-rule": {**ACECODER},
    "acecoder-rm": {**ACECODER},  # the same update; the reward comes from the reward model, normalised
    "kodcode-grpo": {  # KodCode's fork of code-r1, on verl
        "advantage": "grpo",
        "advantage_epsilon": 1e-6,
        "loss": "ppo",
        "clip_low": 0.2,
        "clip_high": 0.2,
        "aggregation": "token-mean",
        "kl_coefficient": 0.001,
        "kl_estimator": "k3",
        "kl_placement": "loss",
    },
    "dapo": {  # arXiv 2503.14476, section 4.1
        "advantage": "grpo",
        "loss": "ppo",
        "clip_low": 0.2,
        "clip_high": 0.28,
        "aggregation": "token-mean",
        "reward_shaping": "overlong",
        "overlong_max_tokens": 20480,
        "overlong_buffer_tokens": 4096,
        "equal_groups": "resample",
    },
    "reinforce++": {**REINFORCE_PP},
}

PRESET_RUNS: dict[str, dict[str, Any]] = {
    "acecoder-rule": {**ACECODER_RUN, "reward": "all tests pass"},
    "acecoder-rm": {**ACECODER_RUN, "reward": "reward model, normalised"},
    "kodcode-grpo": {
        "learning_rate": 5e-7,
        "prompts_per_step": 16,
        "samples_per_prompt": 16,
        "samples_per_update": 256,
        "max_prompt_tokens": 1536,
        "max_completion_tokens": 4096,
        "episodes": 8,
    },
    "dapo": {
        "reward": "1 for a right answer, -1 for a wrong one",
        "learning_rate": 1e-6,
        "warmup_rollout_steps": 20,
        "prompts_per_step": 512,
        "samples_per_prompt": 16,
        "samples_per_update": 512,
        "temperature": 1.0,
        "max_completion_tokens": 20480,
    },
    "reinforce++": {
        "learning_rate": 5e-7,
        "prompts_per_step": 256,
        "samples_per_update": 128,
    },
}
