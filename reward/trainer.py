"""Training of a reward model: the file to read first. A run that is killed and started again ends in the same files.

pairs → rows that share prompts → Bradley–Terry loss → step → held-out accuracy → checkpoint
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reward.checkpoints import RewardCheckpoints, TrainState
from reward.lora import merge_lora
from reward.loss import pair_losses, pair_margins, pair_weights
from reward.model import RewardModel, save_reward_model
from reward.optimiser import Optimiser, make_optimiser
from reward.packing import fill_rows, make_row
from reward.pair_data import EncodedPair, PairData
from reward.pair_evaluation import PairEvaluation, evaluate_pairs
from reward.ranks import Ranks
from reward.run_log import RunLog
from reward.schedule import learning_rate_factor
from reward.schema import PairsError
from reward.scorer import score_texts
from reward.train_settings import RewardTrainConfig

Scored = dict[int, tuple[float, float, float]]  # pair of the training set → chosen score, rejected score, loss


class NotFinite(RuntimeError):
    """A score or gradient is NaN or infinite; the message names the pairs."""


class RewardTrainer:
    """One run: the model it trains, the pairs it trains on, and the state that a checkpoint holds."""

    def __init__(
        self,
        config: RewardTrainConfig,
        model: RewardModel,
        tokenizer: object,
        data: PairData,
        ranks: Ranks,
        log: RunLog,
    ):
        self.config, self.data, self.ranks, self.log = config, data, ranks, log
        self.classifier, self.tokenizer = model.classifier, tokenizer
        self.optimiser: Optimiser = make_optimiser(config, model, ranks)
        self.checkpoints = RewardCheckpoints(config.output_dir, ranks)
        self.state = TrainState(data.digest)
        pairs = [encoded.pair for encoded in data.train]
        self.weights_M = torch.from_numpy(pair_weights(config.loss, pairs)).float()
        self.margins_M = pair_margins(config.loss, pairs)
        self.steps_per_epoch = math.ceil(len(data.train) / config.pairs_per_batch)
        self.total_steps = config.epochs * self.steps_per_epoch

    def fit(self) -> Path:
        """Train from where the run stands to its end; returns the folder of the checkpoint to keep."""
        self.resume()
        while self.state.step < self.total_steps:
            began = time.monotonic()
            metrics = self.step()
            due = self.state.step == self.total_steps or self.state.step % self.config.evaluate_every == 0
            seconds = time.monotonic() - began
            if due:
                metrics |= self.evaluate()
            self.log.step(self.state.step, self.total_steps, metrics, seconds)
            if due:
                self.checkpoints.save(self.state, self._write_checkpoint)
        return self.checkpoints.of_step(self.state.best_step)

    def resume(self) -> None:
        """Take up the newest checkpoint, if there is one. Raises PairsError when the pairs are no longer the same."""
        found = self.checkpoints.latest()
        if found is not None:
            folder, self.state = found
            if self.state.data_digest != self.data.digest:
                raise PairsError(
                    f"{folder} was trained on other pairs: {self.config.pairs} or the held-out file has changed since; "
                    "put it back, or set output_dir to another folder"
                )
            self.optimiser.load(folder)
            self.log.message(f"went on from {folder}")
        self.log.keep_until(self.state.step)

    def step(self) -> dict[str, float]:
        """One optimiser step. Raises NotFinite naming the pairs; a score that is NaN never changes the weights."""
        members = self._batch(self.state.step)
        scored = self._forward_backward(members)
        if not all(math.isfinite(value) for index in members for value in scored[index]):
            raise self._not_finite("a score", self._without_score(members) or members)
        warmup = math.ceil(self.config.warmup_share * self.total_steps)
        factor = learning_rate_factor(self.config.schedule, self.state.step, warmup, self.total_steps)
        learning_rate = self.config.learning_rate * factor
        norm = self.optimiser.step(learning_rate)
        if not math.isfinite(norm):
            raise self._not_finite("the gradient", members)
        self.state.step += 1
        values_M3 = np.array([scored[index] for index in members])
        difference_M = values_M3[:, 0] - values_M3[:, 1]
        return {
            "loss": float(values_M3[:, 2].mean()),
            "accuracy": float((difference_M > 0).mean()),
            "score/difference": float(difference_M.mean()),
            "score/mean": float(values_M3[:, :2].mean()),
            "gradient_norm": norm,
            "learning_rate": learning_rate,
            "pairs": float(len(members)),
        }

    def evaluate(self) -> dict[str, float]:
        """Figures on the held-out pairs, and whether this is the best model yet; without such pairs the newest is."""
        if not self.data.heldout:
            self.state.best_step = self.state.step
            return {}
        result = self._evaluate_heldout()
        accuracy, loss = result.accuracy.value, result.loss
        if (accuracy, -loss) > (self.state.best_accuracy, -self.state.best_loss):
            self.state.best_step, self.state.best_accuracy, self.state.best_loss = self.state.step, accuracy, loss
        return {
            "heldout/accuracy": accuracy,
            "heldout/loss": loss,
            "heldout/calibration_error": result.calibration_error,
        }

    def _batch(self, step: int) -> list[int]:
        """The pairs of a step, by their place in the training set."""
        epoch, turn = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self.data.train))
        size = self.config.pairs_per_batch
        return [int(index) for index in order[turn * size : (turn + 1) * size]]

    def _forward_backward(self, members: Sequence[int]) -> Scored:
        """Add up the batch's gradient, row by row. The rows' losses add up to the batch's mean."""
        texts = [_texts(self.data.train[index]) for index in members]
        rows = list(self.ranks.deal(fill_rows(texts, self.config.tokens_per_row)))
        scored: Scored = {}
        for turn, (places, counts) in enumerate(rows):
            row = make_row([text for place in places for text in texts[place]])
            chosen_M, rejected_M = self.optimiser.scores(row).view(-1, 2).unbind(1)
            losses_M = self._losses([members[place] for place in places], chosen_M, rejected_M)
            share = losses_M.sum() / len(members)
            self.optimiser.backward(share if counts else 0.0 * share, last=turn == len(rows) - 1)
            values = torch.stack([chosen_M, rejected_M, losses_M], dim=1).tolist()
            scored |= {members[place]: tuple(value) for place, value in zip(places, values, strict=True)}
        return {index: values for part in self.ranks.gather(scored) for index, values in part.items()}

    @torch.no_grad()
    def _without_score(self, members: Sequence[int]) -> list[int]:
        """The pairs that have no finite score alone: in a row, one NaN reaches every text."""
        rows = [(index, make_row(_texts(self.data.train[index]))) for index in members]
        return [index for index, row in rows if not bool(self.optimiser.scores(row).isfinite().all())]

    def _not_finite(self, what: str, members: Sequence[int]) -> NotFinite:
        ids = ", ".join(str(self.data.train[index].pair.id) for index in members[:10])
        return NotFinite(
            f"step {self.state.step + 1}: {what} is not finite, in pair {ids}{', …' * (len(members) > 10)}; lower "
            "learning_rate, or look at what is odd about the pair. The last checkpoint is sound"
        )

    def _losses(self, members: list[int], chosen_M: Tensor, rejected_M: Tensor) -> Tensor:
        margins_M = None if self.margins_M is None else self.margins_M[members].to(chosen_M.device)
        weights_M = self.weights_M[members].to(chosen_M.device)
        return pair_losses(self.config.loss, chosen_M, rejected_M, weights_M, margins_M)

    @torch.no_grad()
    def _evaluate_heldout(self) -> PairEvaluation:
        pairs = self.data.heldout
        texts = [text for encoded in pairs for text in _texts(encoded)]
        scores_M2 = score_texts(self.optimiser.scores, texts, self.config.tokens_per_row, self.ranks).reshape(-1, 2)
        check_scores(pairs, scores_M2)
        return evaluate_pairs([encoded.pair for encoded in pairs], scores_M2[:, 0], scores_M2[:, 1])

    def _write_checkpoint(self, folder: Path) -> None:
        self.optimiser.save(folder)
        weights = self.optimiser.weights()
        if self.ranks.first:
            if self.config.lora is not None:
                weights = merge_lora(weights, self.config.lora)
            dtype = torch.bfloat16 if self.config.bf16 else torch.float32
            save_reward_model(self.classifier, self.tokenizer, weights, folder / "model", dtype)


def check_scores(pairs: Sequence[EncodedPair], scores_M2: np.ndarray) -> None:
    """Raises NotFinite naming the first held-out pair that has no finite score."""
    bad = np.flatnonzero(~np.isfinite(scores_M2).all(axis=1))
    if bad.size:
        raise NotFinite(f"the score of held-out pair {pairs[bad[0]].pair.id} is not a finite number")


def _texts(encoded: EncodedPair) -> tuple[list[int], list[int]]:
    return encoded.chosen_ids, encoded.rejected_ids
