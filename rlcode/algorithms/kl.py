"""KL to the reference policy: estimators, and controllers of its coefficient.

The estimators are J. Schulman's (joschu.net/blog/kl-approx.html), for tokens sampled from the policy. All take
logprobs_T and ref_logprobs_T and return one estimate per token, in nats. docs/algorithms.md says which gradient of
which estimator is biased.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from rlcode.algorithms.layout import MAX_LOG_RATIO


def k1(logprobs_T: Tensor, ref_logprobs_T: Tensor) -> Tensor:
    """log p - log q: unbiased value, high variance, may be negative."""
    return logprobs_T - ref_logprobs_T


def k2(logprobs_T: Tensor, ref_logprobs_T: Tensor) -> Tensor:
    """(log p - log q)^2 / 2: biased value; its gradient in the loss is the unbiased one."""
    return (logprobs_T - ref_logprobs_T) ** 2 / 2


def k3(logprobs_T: Tensor, ref_logprobs_T: Tensor) -> Tensor:
    """q/p - 1 - log(q/p): unbiased value, never negative; the penalty of the GRPO paper (equation 4)."""
    log_ratio_T = (ref_logprobs_T - logprobs_T).clamp(max=MAX_LOG_RATIO)
    return log_ratio_T.exp() - 1 - log_ratio_T


KL_ESTIMATORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"k1": k1, "k2": k2, "k3": k3}


class KLController(Protocol):
    """Holds the KL coefficient and adapts it after each step."""

    coefficient: float

    def update(self, observed_kl: float, samples: int) -> None:
        """Takes the step's mean KL in nats per token and the number of samples it was measured on."""

    def state_dict(self) -> dict[str, float]: ...

    def load_state_dict(self, state: dict[str, float]) -> None: ...


@dataclass
class FixedKLController:
    """A coefficient that never changes."""

    coefficient: float

    def update(self, observed_kl: float, samples: int) -> None:
        pass

    def state_dict(self) -> dict[str, float]:
        return {"coefficient": self.coefficient}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.coefficient = state["coefficient"]


@dataclass
class AdaptiveKLController(FixedKLController):
    """Raises the coefficient while the KL is above target, lowers it below. Ziegler et al., arXiv 1909.08593.

    `kl_target` is in nats per token. An error of 20 % or more changes the coefficient by 20 % over `kl_horizon`
    samples, and never by more in one step.
    """

    kl_target: float = field(kw_only=True)
    kl_horizon: int = field(kw_only=True)

    def update(self, observed_kl: float, samples: int) -> None:
        error = min(max(observed_kl / self.kl_target - 1, -0.2), 0.2)
        self.coefficient *= 1 + error * min(samples / self.kl_horizon, 1.0)
