"""What docs/algorithms.md says about the estimators, computed exactly over a small vocabulary."""

import pytest
import torch

from rlcode.algorithms import AdaptiveKLController, AlgorithmSettings
from rlcode.algorithms.kl import k1, k2, k3

ESTIMATORS = {"k1": k1, "k2": k2, "k3": k3}


@pytest.fixture
def policies():
    """Logits of a policy, with gradient, and log-probabilities of a reference, over five tokens."""
    random = torch.Generator().manual_seed(1)
    logits = torch.randn(5, generator=random, dtype=torch.float64, requires_grad=True)
    reference = torch.log_softmax(torch.randn(5, generator=random, dtype=torch.float64), 0)
    return logits, reference


def exact_kl_gradient(logits, reference, direction="reverse"):
    policy = torch.log_softmax(logits, 0)
    kl = (policy.exp() * (policy - reference)).sum()
    if direction == "forward":
        kl = (reference.exp() * (reference - policy)).sum()
    return torch.autograd.grad(kl, logits)[0]


def expected_gradient_in_loss(name, logits, reference):
    """E over the policy's tokens of the estimator's own gradient, as a KL loss gives it."""
    policy = torch.log_softmax(logits, 0)
    return torch.autograd.grad((policy.exp().detach() * ESTIMATORS[name](policy, reference)).sum(), logits)[0]


def expected_gradient_in_weighted_loss(name, logits, reference):
    """E over the policy's tokens of the gradient of ratio times estimate, the ratio being 1 but not constant."""
    policy = torch.log_softmax(logits, 0)
    ratio = (policy - policy.detach()).exp()
    weighted = ratio * ESTIMATORS[name](policy, reference)
    return torch.autograd.grad((policy.exp().detach() * weighted).sum(), logits)[0]


def expected_gradient_in_reward(name, logits, reference):
    """E over the policy's tokens of estimate times score, as a policy gradient on the penalty gives it."""
    policy = torch.log_softmax(logits, 0)
    penalty = ESTIMATORS[name](policy, reference).detach()
    return torch.autograd.grad((policy.exp().detach() * penalty * policy).sum(), logits)[0]


@pytest.mark.parametrize(("name", "unbiased"), [("k1", True), ("k2", False), ("k3", True)])
def test_value(policies, name, unbiased):
    logits, reference = policies
    policy = torch.log_softmax(logits, 0).detach()
    exact = (policy.exp() * (policy - reference)).sum()
    estimate = (policy.exp() * ESTIMATORS[name](policy, reference)).sum()
    assert torch.isclose(estimate, exact) == unbiased


def test_k1_in_the_loss_has_no_gradient_on_average(policies):
    torch.testing.assert_close(expected_gradient_in_loss("k1", *policies), torch.zeros(5, dtype=torch.float64))


def test_k2_in_the_loss_has_the_gradient_of_the_kl(policies):
    torch.testing.assert_close(expected_gradient_in_loss("k2", *policies), exact_kl_gradient(*policies))


def test_k3_in_the_loss_has_the_gradient_of_the_forward_kl(policies):
    gradient = expected_gradient_in_loss("k3", *policies)
    torch.testing.assert_close(gradient, exact_kl_gradient(*policies, direction="forward"))
    assert not torch.allclose(gradient, exact_kl_gradient(*policies), rtol=0.1)


@pytest.mark.parametrize(("name", "unbiased"), [("k1", True), ("k2", False), ("k3", True)])
def test_in_the_weighted_loss_the_estimators_of_unbiased_value_have_the_gradient_of_the_kl(policies, name, unbiased):
    gradient = expected_gradient_in_weighted_loss(name, *policies)
    assert torch.allclose(gradient, exact_kl_gradient(*policies)) == unbiased


def test_k1_in_the_reward_has_the_gradient_of_the_kl(policies):
    torch.testing.assert_close(expected_gradient_in_reward("k1", *policies), exact_kl_gradient(*policies))


@pytest.mark.parametrize("name", ["k2", "k3"])
def test_others_in_the_reward_are_biased(policies, name):
    assert not torch.allclose(expected_gradient_in_reward(name, *policies), exact_kl_gradient(*policies), rtol=0.1)


def test_k3_still_pulls_where_the_policy_has_left_the_reference():
    logprobs_T = torch.tensor([-1.0, -0.1], dtype=torch.float64, requires_grad=True)
    values_T = k3(logprobs_T, torch.tensor([-31.0, -60.1], dtype=torch.float64))
    values_T.sum().backward()
    assert values_T.tolist() == pytest.approx([29.0, 59.0])
    assert logprobs_T.grad.tolist() == pytest.approx([1.0, 1.0])


def test_k3_never_pushes_a_token_further_from_the_reference():
    logprobs_T = torch.tensor([-5.0, -20.0, -30.0], dtype=torch.float64, requires_grad=True)
    k3(logprobs_T, torch.full((3,), -1.0, dtype=torch.float64)).sum().backward()
    assert (logprobs_T.grad <= 0).all()  # a step against the gradient makes the token likelier


def test_k3_is_zero_only_where_the_policies_agree():
    logprobs_T = torch.tensor([-1.0, -1.0, -1.0])
    values = k3(logprobs_T, torch.tensor([-1.0, -2.0, -0.5]))
    assert values[0] == 0
    assert (values[1:] > 0).all()


def test_the_adaptive_controller_follows_the_target():
    controller = AdaptiveKLController(0.1, kl_target=0.02, kl_horizon=1000)
    controller.update(observed_kl=0.02, samples=100)
    assert controller.coefficient == 0.1
    controller.update(observed_kl=0.021, samples=100)  # 5 % above, a tenth of the horizon
    assert controller.coefficient == pytest.approx(0.1 * 1.005)
    controller.update(observed_kl=9.0, samples=100)  # the error counts as 20 % at most
    assert controller.coefficient == pytest.approx(0.1 * 1.005 * 1.02)
    controller.update(observed_kl=0.0, samples=10**6)  # however many samples, the coefficient stays positive
    assert controller.coefficient == pytest.approx(0.1 * 1.005 * 1.02 * 0.8)


@pytest.mark.parametrize(
    "controller", [{"kl_controller": "fixed"}, {"kl_controller": "adaptive", "kl_target": 0.1, "kl_horizon": 10}]
)
def test_a_controller_resumes_from_its_state(controller):
    settings = AlgorithmSettings(kl_coefficient=0.3, **controller)
    first = settings.make_kl_controller()
    first.update(observed_kl=1.0, samples=5)
    second = settings.make_kl_controller()
    second.load_state_dict(first.state_dict())
    assert second.coefficient == first.coefficient
    second.update(observed_kl=1.0, samples=5)
    first.update(observed_kl=1.0, samples=5)
    assert second.coefficient == first.coefficient


def test_the_fixed_controller_stays():
    controller = AlgorithmSettings(kl_coefficient=0.3).make_kl_controller()
    controller.update(observed_kl=100.0, samples=1000)
    assert controller.coefficient == 0.3
