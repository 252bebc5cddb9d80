"""The papers' formulas once more: padded layout, plain loops, float64. Shares no code with rlcode.algorithms.

Per-token inputs are lists of lists: logprobs[i][t] is token t of sample i. Values may be floats or torch scalars, so
the same loops also give gradients.
"""

import math
import statistics

import torch


def exp(x):
    return torch.exp(x) if isinstance(x, torch.Tensor) else math.exp(x)


def detach(x):
    return x.detach() if isinstance(x, torch.Tensor) else x


def clip(x, low, high):
    """Piecewise, so that the gradient is 1 inside and 0 outside."""
    if x < low:
        return torch.tensor(low, dtype=torch.float64)
    if x > high:
        return torch.tensor(high, dtype=torch.float64)
    return x


def advantages(name, rewards, groups, penalty, *, epsilon=None, gamma=1.0):
    """advantages[i][t]. `penalty[i][t]` is the KL coefficient times the KL estimate of each token."""
    count = len(rewards)
    peers = [[j for j in range(count) if groups[j] == groups[i]] for i in range(count)]
    if name in ("grpo", "dr-grpo", "rloo"):
        total = [rewards[i] - sum(penalty[i]) for i in range(count)]
        result = []
        for i in range(count):
            mine = [total[j] for j in peers[i]]
            if name == "rloo":
                others = [total[j] for j in peers[i] if j != i]
                value = total[i] - statistics.fmean(others) if others else 0.0
            else:
                value = total[i] - statistics.fmean(mine)
            if name == "grpo":
                value /= (statistics.stdev(mine) if len(mine) > 1 else 0.0) + epsilon
            result.append([value] * len(penalty[i]))
        return result

    outcome = list(rewards)
    if name == "reinforce++-baseline":
        outcome = [rewards[i] - statistics.fmean(rewards[j] for j in peers[i]) for i in range(count)]
    returns = []
    for i in range(count):
        earned = [-p for p in penalty[i]]
        earned[-1] += outcome[i]
        length = len(earned)
        returns.append([sum(gamma ** (u - t) * earned[u] for u in range(t, length)) for t in range(length)])
    everything = [value for row in returns for value in row]
    mean, variance = statistics.fmean(everything), statistics.pvariance(everything)
    return [[(value - mean) / math.sqrt(max(variance, epsilon)) for value in row] for row in returns]


def log_ratios(ratio, logprobs, old):
    """log_ratios[i][t] of the chosen level."""
    result = []
    for mine, before in zip(logprobs, old, strict=True):
        differences = [a - b for a, b in zip(mine, before, strict=True)]
        if ratio == "sequence":
            differences = [sum(differences) / len(differences)] * len(differences)
        elif ratio == "sequence-product":
            differences = [sum(differences)] * len(differences)
        result.append(differences)
    return result


def policy_term(loss, log_ratio, logprob, advantage, *, clip_low, clip_high, dual_clip=None):
    """What one token adds to the loss."""
    r = exp(log_ratio)
    if loss == "cispo":
        return -detach(clip(r, 1 - clip_low, 1 + clip_high)) * advantage * logprob
    surrogate = min(r * advantage, clip(r, 1 - clip_low, 1 + clip_high) * advantage)
    if dual_clip is not None and advantage < 0:
        surrogate = max(surrogate, torch.tensor(dual_clip * advantage, dtype=torch.float64))
    return -surrogate


def kl(estimator, logprob, reference):
    """One token's estimate of KL(policy || reference)."""
    q_over_p = exp(reference - logprob)
    return {
        "k1": logprob - reference,
        "k2": 0.5 * (logprob - reference) ** 2,
        "k3": q_over_p - 1 - (reference - logprob),
    }[estimator]


def correction(name, level, old, engine, *, low=None, high=None):
    """weights[i][t] from the trainer's old and the engine's log-probabilities."""
    result = []
    for mine, theirs in zip(old, engine, strict=True):
        ratios = [math.exp(a - b) for a, b in zip(mine, theirs, strict=True)]
        if level == "sequence":
            ratios = [math.prod(ratios)] * len(ratios)
        if name == "truncated":
            ratios = [min(r, high) for r in ratios]
        elif name == "masked":
            ratios = [r if low <= r <= high else 0.0 for r in ratios]
        else:
            ratios = [1.0] * len(ratios)
        result.append(ratios)
    return result


def aggregate(name, terms, *, fixed_length=None):
    """The loss of a whole batch from terms[i][t]."""
    if name == "token-mean":
        return sum(sum(row) for row in terms) / sum(len(row) for row in terms)
    if name == "sequence-mean":
        return sum(sum(row) / len(row) for row in terms) / len(terms)
    return sum(sum(row) for row in terms) / (len(terms) * fixed_length)
