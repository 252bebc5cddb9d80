"""Loss and gradient of every parameter, against TRL's trainers on the batch they generated and scored themselves."""

import pytest
import torch
from torch import Tensor

from rlcode.algorithms import AlgorithmSettings, MicroBatch, batch_totals, compute_advantages, policy_objective

pytestmark = pytest.mark.slow

SAMPLES, PROMPTS, COMPLETION_TOKENS = 4, 3, 12
WORDS = [f"w{i}" for i in range(40)]


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    """A random Llama with a word tokenizer, saved the way TRL loads its reference model."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("tiny-llama")
    vocabulary = {word: index for index, word in enumerate(["<pad>", "<end>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", unk_token="<unk>"
    ).save_pretrained(path)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        initializer_range=0.3, pad_token_id=0, bos_token_id=None, eos_token_id=1,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(path)
    return path


def score(completions, **_):
    """A reward with different values within each group: distinct words, less a share of the length."""
    return [len(set(text.split())) - 0.3 * len(text.split()) for text in completions]


def make_trainer(kind, model_path, folder, **options):
    import datasets
    import trl

    prompts = [f"w{i} w{i + 5} " + "w9 " * i for i in range(PROMPTS)]
    config = getattr(trl, f"{kind}Config")(
        output_dir=str(folder), report_to=[], use_cpu=True, bf16=False, per_device_train_batch_size=SAMPLES * PROMPTS,
        num_generations=SAMPLES, max_completion_length=COMPLETION_TOKENS, gradient_checkpointing=False, seed=1,
        model_init_kwargs={"dtype": "float32", "attn_implementation": "sdpa"}, **options,
    )  # fmt: skip
    trainer = getattr(trl, f"{kind}Trainer")(
        model=str(model_path),
        args=config,
        reward_funcs=score,
        train_dataset=datasets.Dataset.from_dict({"prompt": prompts}),
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.double().train()
    if trainer.ref_model is not None:
        trainer.ref_model.double()
    return trainer, [{"prompt": prompt} for prompt in prompts for _ in range(SAMPLES)]


def perturb(model, seed: int) -> None:
    """Moves the weights, as updates would."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.02 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)


def packed_logprobs(model, batch, lengths_N: Tensor) -> Tensor:
    """Log-probabilities of completion tokens, one unpadded sequence at a time, from the model's plain logits."""
    pieces = []
    for row, length in enumerate(lengths_N.tolist()):
        prompt = batch["prompt_ids"][row][batch["prompt_mask"][row].bool()]
        completion = batch["completion_ids"][row][:length]
        logits = model(input_ids=torch.cat([prompt, completion])[None]).logits[0, len(prompt) - 1 : -1]
        pieces.append(torch.log_softmax(logits, -1).gather(-1, completion[:, None])[:, 0])
    return torch.cat(pieces)


def gradients(loss: Tensor, model) -> list[Tensor]:
    model.zero_grad()
    loss.backward()
    return [parameter.grad.clone() for parameter in model.parameters()]


def rewards_of(trainer, batch, lengths_N: Tensor) -> Tensor:
    completions = [ids[:length] for ids, length in zip(batch["completion_ids"], lengths_N.tolist(), strict=True)]
    texts = trainer.processing_class.batch_decode(completions, skip_special_tokens=True)
    return torch.tensor(score(texts), dtype=torch.float64)


def assert_same(trainer, batch, settings, old_T, ref_T):
    """TRL's loss and gradients on its batch, and ours on the same tokens."""
    expected_loss = trainer.compute_loss(trainer.model, batch)
    expected = gradients(expected_loss, trainer.model)

    lengths_N = batch["completion_mask"].sum(1)
    group_N = torch.arange(PROMPTS).repeat_interleave(SAMPLES)
    advantages = compute_advantages(
        settings, rewards_of(trainer, batch, lengths_N), group_N, lengths_N, logprobs_T=old_T, ref_logprobs_T=ref_T
    )
    micro = MicroBatch(
        lengths_N, packed_logprobs(trainer.model, batch, lengths_N), advantages.advantages_T, old_logprobs_T=old_T,
        ref_logprobs_T=ref_T,
    )  # fmt: skip
    loss, metrics = policy_objective(settings, micro, batch_totals(lengths_N))
    actual = gradients(loss, trainer.model)

    assert len(set(lengths_N.tolist())) > 1, "padding should matter"
    assert advantages.has_signal
    # TRL keeps rewards and log-probabilities in float32, whatever the model: 1e-5 is its rounding.
    torch.testing.assert_close(loss, expected_loss.to(loss.dtype), rtol=1e-5, atol=1e-7)
    largest = max(gradient.abs().max().item() for gradient in expected)
    assert largest > 1e-3
    for mine, theirs in zip(actual, expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5 * largest)
    return metrics.values()


GRPO_CASES = {
    "grpo": ({"loss_type": "grpo"}, {"aggregation": "sequence-mean"}),
    "dapo": ({"loss_type": "dapo", "epsilon_high": 0.28}, {"aggregation": "token-mean", "clip_high": 0.28}),
    "dr-grpo": (
        {"loss_type": "dr_grpo", "scale_rewards": "none"},
        {"advantage": "dr-grpo", "aggregation": "fixed-length", "fixed_length_tokens": COMPLETION_TOKENS},
    ),
    "gspo": (
        {"loss_type": "grpo", "importance_sampling_level": "sequence", "epsilon": 0.05, "epsilon_high": 0.06},
        {"aggregation": "sequence-mean", "ratio": "sequence", "clip_low": 0.05, "clip_high": 0.06},
    ),
    "cispo": (
        {"loss_type": "cispo", "epsilon_high": 1.1},
        {"loss": "cispo", "aggregation": "token-mean", "clip_high": 0.1},
    ),
}


# With sequence ratios TRL weighs a token's KL by its sequence's ratio; here it is always weighed by the token's own.
KL_CASES = [
    (case, beta, placement)
    for case in GRPO_CASES
    for beta, placement in [(0.0, "loss"), (0.04, "loss"), (0.04, "weighted-loss")]
    if (case, placement) != ("gspo", "weighted-loss")
]


@pytest.mark.parametrize(("case", "beta", "kl_placement"), KL_CASES)
def test_grpo(case, beta, kl_placement, model_path, tmp_path):
    trl_options, ours = GRPO_CASES[case]
    weighted = kl_placement == "weighted-loss"
    trainer, rows = make_trainer(
        "GRPO", model_path, tmp_path, beta=beta, use_bias_correction_kl=weighted, **trl_options
    )
    perturb(trainer.model, seed=2)  # away from the reference
    batch = trainer._generate_and_score_completions(rows)
    lengths_N = batch["completion_mask"].sum(1)
    with torch.no_grad():
        old_T = packed_logprobs(trainer.model, batch, lengths_N)
        ref_T = packed_logprobs(trainer.ref_model, batch, lengths_N) if beta else None
        batch["old_per_token_logps"] = torch.zeros_like(batch["completion_mask"], dtype=old_T.dtype)
        batch["old_per_token_logps"][batch["completion_mask"].bool()] = old_T
    perturb(trainer.model, seed=3)  # away from the old policy, so that ratios differ from 1 and some are clipped
    settings = AlgorithmSettings(kl_coefficient=beta, kl_placement=kl_placement, **ours)
    metrics = assert_same(trainer, batch, settings, old_T, ref_T)
    assert metrics["clip_fraction_high"] > 0


@pytest.mark.parametrize("beta", [0.0, 0.05])
def test_rloo(beta, model_path, tmp_path):
    trainer, rows = make_trainer("RLOO", model_path, tmp_path, beta=beta)
    perturb(trainer.model, seed=2)
    batch = trainer._generate_and_score_completions(rows)
    lengths_N = batch["completion_mask"].sum(1)
    with torch.no_grad():
        old_T = packed_logprobs(trainer.model, batch, lengths_N)
        ref_T = packed_logprobs(trainer.ref_model, batch, lengths_N) if beta else None
    perturb(trainer.model, seed=3)
    settings = AlgorithmSettings(
        advantage="rloo",
        ratio="sequence-product",
        aggregation="sequence-mean",
        kl_coefficient=beta,
        kl_estimator="k1",
        kl_placement="reward",
    )
    metrics = assert_same(trainer, batch, settings, old_T, ref_T)
    assert metrics["clip_fraction_high"] > 0
