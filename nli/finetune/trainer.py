"""Hugging Face's Trainer with what statement pairs need."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import EarlyStoppingCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from nli.calibration import CONTRADICTION, softmax
from nli.errors import ModelError
from nli.finetune.batches import Encoded, Share
from nli.finetune.faults import InterruptedTrainingError
from nli.finetune.recipe import Recipe, Stage, learning_rate_at
from nli.labels import LABELS

METRIC = "contradiction_ap"
LOGGING_STEPS = 50
WHOLE = "whole"


def arguments(recipe: Recipe, number: int, folder: Path, device: str, *, every: int) -> TrainingArguments:
    """Return the Trainer's arguments for one stage.

    Args:
        recipe: The recipe.
        number: Which of its stages, from 0.
        folder: Where the stage writes.
        device: "cpu", "cuda" or "mps".
        every: Steps between two looks at dev, each with a checkpoint.
    """
    settings = recipe.training
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,
        per_device_eval_batch_size=64,
        learning_rate=recipe.stages[number].learning_rate,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        optim="adamw_torch" if device == "mps" else "adamw_torch_fused",
        gradient_accumulation_steps=settings.gradient_accumulation_steps,
        bf16=has_bfloat16(device),
        use_cpu=device == "cpu",
        ddp_backend="gloo" if device == "cpu" and int(os.environ.get("WORLD_SIZE", "1")) > 1 else None,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=device == "cuda",
        seed=recipe.seed + number,
        eval_strategy="steps" if recipe.dev else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=bool(recipe.dev) and settings.keep_best,
        metric_for_best_model=METRIC,
        greater_is_better=True,
        logging_strategy="steps",
        logging_steps=LOGGING_STEPS,
        logging_nan_inf_filter=False,
        report_to=list(settings.report_to) or "none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )


def has_bfloat16(device: str) -> bool:
    """Say whether matrix products in bfloat16 are fast on a device."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device == "cpu" and _cpu_has_bfloat16()


def _cpu_has_bfloat16() -> bool:
    try:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 -- torch has no public question for it
    except (AttributeError, RuntimeError):
        return False


class PairTrainer(Trainer):  # type: ignore[misc]
    """Trains one stage.

    Args:
        recipe: The recipe.
        stage: Its stage.
        plan: This process's batches of rows of the training set, in their order.
        whole: How many times as many there are in the schedule of the learning rate, for a stage that stops early.
        log: File that figures are added to, one JSON object a line.
        options: What `transformers.Trainer` takes.
    """

    control: Any

    def __init__(self, *, recipe: Recipe, stage: Stage, plan: Share, whole: float, log: Path, **options: Any) -> None:  # noqa: ANN401
        super().__init__(compute_metrics=_figures, **options)
        self._recipe = recipe
        self._stage = stage
        self._plan = plan
        self._whole = whole
        self._weights = _class_weights(recipe, options["train_dataset"])
        # The mean over a batch is ours, so that the Trainer has to divide by the steps that are accumulated.
        self.model_accepts_loss_kwargs = False
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        if recipe.training.patience is not None and recipe.dev:
            self.add_callback(_Patience(early_stopping_patience=recipe.training.patience))
        self.add_callback(_Record(stage.name, log))
        self.interrupt = _Interrupt()
        self.add_callback(self.interrupt)

    def train(self, **options: Any) -> Any:  # noqa: ANN401
        """Train; see `transformers.Trainer.train`.

        Raises:
            InterruptedTrainingError: If it was stopped with Ctrl-C; a checkpoint was saved.
        """
        with self.interrupt:
            done = super().train(**options)
        if self.interrupt.asked and self.state.global_step < self.state.max_steps:
            raise InterruptedTrainingError(
                f"Training was stopped in stage {self._stage.name} at step {self.state.global_step} of "
                f"{self.state.max_steps}, and a checkpoint was saved: go on with --resume and the same --out."
            )
        return done

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the planned batches; each process has its own already, so that nothing is shared out again."""
        return DataLoader(
            self.train_dataset,
            batch_sampler=self._plan,
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:  # noqa: ANN401
        """Warm up and decay linearly, down to the stage's final learning rate."""
        if getattr(self, "lr_scheduler", None) is None:
            peak = self._stage.learning_rate
            whole = round(num_training_steps * self._whole)
            self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(
                optimizer or self.optimizer,
                lambda step: learning_rate_at(self._stage, min(step, whole), whole) / peak,
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:  # noqa: ANN401
        """Return the mean loss of a batch: cross-entropy with the recipe's class weights and label smoothing.

        Pairs that a teacher has scored follow it with the stage's share; see `nli.finetune.recipe.Teacher`.
        """
        inputs = dict(inputs)
        labels = inputs.pop("labels")
        teacher = inputs.pop("teacher", None)
        outputs = model(**inputs)
        logits = outputs.logits.float()
        weights = None if self._weights is None else self._weights.to(logits.device)
        smoothing = self._recipe.training.label_smoothing if model.training else 0.0
        share = self._stage.teacher
        if teacher is None or not share or self._recipe.teacher is None:
            loss = torch.nn.functional.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing)
        else:
            own = torch.nn.functional.cross_entropy(
                logits, labels, weight=weights, label_smoothing=smoothing, reduction="none"
            )
            followed = _divergence(logits, teacher, self._recipe.teacher.temperature)
            loss = torch.where(torch.isnan(followed), own, (1 - share) * own + share * followed).mean()
        return (loss, outputs) if return_outputs else loss

    def training_step(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        """Take the gradient of one batch.

        Raises:
            ModelError: If the loss is not a number; the weights are still those before the batch.
        """
        loss = super().training_step(*args, **options)
        if not torch.isfinite(loss):
            raise ModelError(
                f"The loss of stage {self._stage.name} is not a number at step {self.state.global_step + 1}: lower its "
                "learning_rate and start in another folder; the last good checkpoint is kept in "
                f"{self.args.output_dir}."
            )
        return loss

    def evaluate(self, eval_dataset: Any = None, **options: Any) -> dict[str, float]:  # noqa: ANN401
        """Score the dev sets; what chooses is the mean of their average precision of contradiction."""
        metrics: dict[str, float] = super().evaluate(eval_dataset, **options)
        if eval_dataset is None:
            found = [metrics[f"eval_{name}_{METRIC}"] for name in self.eval_dataset]
            metrics[f"eval_{METRIC}"] = float(np.mean(found))
            self.log({f"eval_{METRIC}": metrics[f"eval_{METRIC}"]})
            # The Trainer tells its callbacks of each set alone; early stopping waits for the mean.
            self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def _divergence(logits: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return T^2 KL(teacher / T || model / T) of each pair, shape (pairs,); NaN where the teacher has no logits."""
    known = ~torch.isnan(teacher[:, 0])
    divergence = torch.nn.functional.kl_div(
        (logits / temperature).log_softmax(-1),
        (teacher.nan_to_num() / temperature).log_softmax(-1),
        log_target=True,
        reduction="none",
    ).sum(-1)
    return torch.where(known, temperature**2 * divergence, torch.nan)


def _figures(prediction: Any) -> dict[str, float]:  # noqa: ANN401 -- transformers' EvalPrediction
    gold = np.asarray(prediction.label_ids)
    logits = np.asarray(prediction.predictions, dtype=np.float64)
    is_contradiction = gold == CONTRADICTION
    return {
        "accuracy": float((logits.argmax(axis=1) == gold).mean()),
        METRIC: float(average_precision_score(is_contradiction, softmax(logits)[:, CONTRADICTION]))
        if is_contradiction.any()
        else 0.0,
    }


def _class_weights(recipe: Recipe, rows: Encoded) -> torch.Tensor | None:
    weights = recipe.training.class_weights
    if weights is None:
        return None
    if weights == "balanced":
        counts = np.bincount(rows.labels, minlength=len(LABELS))
        shares = len(rows) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        return torch.tensor(shares, dtype=torch.float32)
    return torch.tensor([weights[label.value] for label in LABELS], dtype=torch.float32)


class _Patience(EarlyStoppingCallback):  # type: ignore[misc]
    """Stops a stage that gets no better; one that is resumed has waited as long as when its checkpoint was saved."""

    def on_train_begin(self, *event: Any, **options: Any) -> None:  # noqa: ANN401
        super().on_train_begin(*event, **options)
        state = event[1]
        # Only the count: what the Trainer can restore itself brings back the order to stop after Ctrl-C, too.
        saved = state.stateful_callbacks.setdefault(type(self).__name__, self.state())
        self.early_stopping_patience_counter = saved["attributes"]["early_stopping_patience_counter"]

    def on_step_end(self, *event: Any, **_: Any) -> None:  # noqa: ANN401
        control = event[2]
        if self.early_stopping_patience_counter >= self.early_stopping_patience:
            # Killed between its last checkpoint and its end: the Trainer takes one more step, which must not count.
            control.should_evaluate = control.should_save = False
            control.should_training_stop = True


class _Record(TrainerCallback):  # type: ignore[misc]
    """Shows a bar on a terminal, writes figures to the log, and marks checkpoints that are whole."""

    def __init__(self, stage: str, log: Path) -> None:
        self._stage = stage
        self._log = log
        self._bar: Any = None
        self._clock = (time.monotonic(), 0)

    def on_train_begin(self, *event: Any, **_: Any) -> None:  # noqa: ANN401
        state = event[1]
        self._clock = (time.monotonic(), state.global_step)
        shown = state.is_world_process_zero and sys.stderr.isatty()
        self._bar = tqdm(
            total=state.max_steps,
            initial=state.global_step,
            desc=self._stage,
            unit="batch",
            file=sys.stderr,
            disable=not shown,
        )

    def on_step_end(self, *_event: Any, **_: Any) -> None:  # noqa: ANN401
        self._bar.update()

    def on_log(self, *event: Any, logs: Mapping[str, float], **_: Any) -> None:  # noqa: ANN401
        state = event[1]
        if "loss" in logs and self._bar is not None:
            self._bar.set_postfix(loss=f"{logs['loss']:.3f}")
        if not state.is_world_process_zero:
            return
        started, first = self._clock
        figures = {
            "time": time.strftime("%H:%M:%S"),
            "stage": self._stage,
            "step": state.global_step,
            "of": state.max_steps,
            "steps_per_second": round((state.global_step - first) / max(time.monotonic() - started, 1e-9), 3),
            **{name: value for name, value in logs.items() if math.isfinite(value)},
        }
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(figures) + "\n")

    def on_save(self, *event: Any, **_: Any) -> None:  # noqa: ANN401
        args, state, _control = event
        if state.is_world_process_zero:
            (Path(args.output_dir) / f"checkpoint-{state.global_step}" / WHOLE).touch()

    def on_train_end(self, *_event: Any, **_: Any) -> None:  # noqa: ANN401
        self._bar.close()


class _Interrupt(TrainerCallback):  # type: ignore[misc]
    """On Ctrl-C lets the running step end, saves a checkpoint and stops; a second one stops at once."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> None:
        try:
            self._before = signal.signal(signal.SIGINT, self._ask)
        except ValueError:  # only the main thread may
            self._before = None

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def on_step_end(self, *event: Any, **_: Any) -> None:  # noqa: ANN401
        control = event[2]
        if self.asked:
            control.should_save = True
            control.should_training_stop = True
