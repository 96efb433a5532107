"""A recipe: which model starts, which pairs train it in which order, and how it is calibrated.

A recipe is a YAML file. It is validated as a whole before anything is read or trained, and every
problem is reported at once. Recipes that ship with the package are found by name. A recipe that `extends` another one,
by name or path, takes over those of its settings at the top level that it does not give itself.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nli.configs import find
from nli.errors import ConfigError
from nli.eval.suite import Hub
from nli.labels import LABELS

_KINDS = (
    *("file", "given", "cards", "sets", "articles", "disputes"),
    *("compose", "counts", "lexicon", "unrelated", "crossed"),
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(_Strict):
    """The encoder that training starts from: an installed package that carries it, or a hub name or folder."""

    hub: str = Field(description="Hugging Face hub name, a folder, or a model that ships with nli")
    revision: str = "main"
    package: str | None = Field(None, description="a Python package that carries the same weights, tried first")
    path: str = Field("", description="folder of the model inside that package")


class Source(_Strict):
    """One set of labelled pairs.

    One of `file`, `given`, `cards`, `sets`, `articles`, `disputes`, `compose`, `counts`, `lexicon`, `unrelated`,
    `crossed` and `hub` says where they are.

    `hub` beside `file` names where the same rows, or the fuller set they were sampled from, can be had by anyone; where
    it says how to read them, they are loaded from there if the file is not at hand.
    """

    file: str | None = Field(None, description="JSON Lines, CSV, TSV or Parquet below the data folder, or a full path")
    given: Literal["train", "dev"] | None = Field(None, description="the files of --train or --dev")
    cards: Literal["train", "dev"] | None = Field(None, description="event cards that ship in nli.eval.denial")
    sets: Literal["train", "dev", "neighbours", "neighbours_dev", "rumours", "hoaxes", "rumours_dev"] | None = Field(
        None, description="minimal sets, or rumours with headlines, that ship in nli.eval.denial"
    )
    articles: Literal["train"] | None = Field(None, description="statement lists that ship in nli.eval.denial")
    disputes: Literal["train", "lookalikes", "dev"] | None = Field(
        None, description="disputes that ship in nli.eval.denial"
    )
    half: Literal["calibrate", "report"] | None = Field(None, description="only this half of the cards")
    compose: Annotated[int, Field(gt=0)] | None = Field(None, description="number of compositional pairs to make")
    counts: Annotated[int, Field(gt=0)] | None = Field(None, description="number of pairs on quantities to make")
    lexicon: Annotated[int, Field(gt=0)] | None = Field(None, description="number of pairs on single words to make")
    unrelated: Annotated[int, Field(gt=0)] | None = Field(None, description="number of pairs of two events to draw")
    crossed: Annotated[int, Field(gt=0)] | None = Field(None, description="pairs of one event that the teacher labels")
    compose_split: Literal["train", "dev"] = Field("train", description="words of the pairs that are made")
    hub: str | Hub | None = None
    licence: str = ""
    url: str = ""
    label_names: tuple[str, ...] | None = Field(None, description="names of the labels 0, 1, 2 where they are numbers")
    cap: Annotated[int, Field(gt=0)] | None = Field(None, description="at most so many rows, drawn by the seed")
    without_tags: tuple[str, ...] = ()
    only_tags: tuple[str, ...] = ()
    hold_out_tag: str | None = Field(None, description="a tag prefix: a fifth of its values is never trained on")
    both_orders: bool = Field(
        False, description="also the swapped pairs whose label is safe: contradictions, and open texts of event cards"
    )

    @property
    def hub_name(self) -> str:
        """The name on the hub; empty if there is none."""
        return self.hub.path if isinstance(self.hub, Hub) else self.hub or ""

    @model_validator(mode="after")
    def _one_origin(self) -> Source:
        given = [name for name in _KINDS if getattr(self, name) is not None]
        if len(given) > 1 or not (given or isinstance(self.hub, Hub)):
            raise ValueError(
                f"give exactly one of {', '.join(_KINDS)}, or a hub with parts and columns "
                f"(given: {', '.join(given) or 'none'})"
            )
        if self.half is not None and self.cards is None:
            raise ValueError("half says which half of the cards, and this source has none: take half out")
        if self.compose_split != "train" and not (self.compose or self.counts or self.lexicon):
            raise ValueError(
                "compose_split is for compose, counts and lexicon, and this source has none of them: take it out"
            )
        return self


class Teacher(_Strict):
    """A larger model's logits on training pairs, that `python -m nli.finetune.teacher` wrote.

    The loss of a pair that it has scored is ``(1 - share) * CE(label) + share * T^2 * KL(teacher / T || model / T)``
    (Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network"); any other pair has its label alone.
    """

    file: str = Field(
        description="the logits (.npz): beside the shipped recipes, below the data folder, or a full path"
    )
    model: str = Field("", description="what the teacher is, and the recipe that makes it")
    temperature: Annotated[float, Field(gt=0)] = 2.0


class Stage(_Strict):
    """One pass of training over a mixture: source name -> how many times its rows are seen."""

    name: str
    mixture: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1)]
    learning_rate: Annotated[float, Field(gt=0)]
    final_learning_rate: Annotated[float, Field(ge=0)] = 0.0
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.06
    teacher: Annotated[float, Field(ge=0, le=1)] = Field(0.0, description="share of the loss that follows the teacher")
    stop_at: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="share of the steps after which the stage ends, while the learning rate is still high"
    )
    kept: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0,
        description="share of the weights that the stage began with in those it ends with; what is learnt late costs "
        "less of what was known before (Wortsman et al. 2022, 'Robust fine-tuning of zero-shot models')",
    )


class Training(_Strict):
    """Settings that hold for every stage."""

    epochs: Annotated[int, Field(ge=1)] = Field(1, description="passes over each stage's mixture")
    max_tokens: Annotated[int, Field(ge=16)] = 192
    batch_tokens: Annotated[int, Field(ge=64)] = 2048
    gradient_accumulation_steps: Annotated[int, Field(ge=1)] = 1
    gradient_checkpointing: bool = False
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weights: (
        Literal["balanced"]
        | dict[Literal["entailment", "neutral", "contradiction"], Annotated[float, Field(gt=0)]]
        | None
    ) = None
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    freeze_embeddings: bool = True
    freeze_layers: Annotated[int, Field(ge=0)] = Field(
        0, description="lowest layers of the encoder that stay as they are"
    )
    eval_steps: Annotated[int, Field(gt=0)] = Field(500, description="steps between looks at dev, each a checkpoint")
    keep_best: bool = Field(True, description="end a stage with its best checkpoint on dev, not its last")
    patience: Annotated[int, Field(ge=1)] | None = Field(
        None, description="stop a stage after so many looks at dev without a better one"
    )
    report_to: tuple[str, ...] = ("tensorboard",)

    @model_validator(mode="after")
    def _consistent(self) -> Training:
        if self.patience is not None and not self.keep_best:
            raise ValueError("patience needs keep_best: set keep_best to true or leave patience out")
        if isinstance(self.class_weights, dict) and len(self.class_weights) != len(LABELS):
            raise ValueError("class_weights needs a number for each of entailment, neutral and contradiction")
        return self


class Calibrate(_Strict):
    """How temperature and threshold are fitted on the `dev` sources named here."""

    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    rule: Literal["max-f1", "precision"] = "max-f1"
    precision: Annotated[float, Field(gt=0, le=1)] | None = Field(None, description="least precision, for that rule")
    prevalence: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        None, description="share of contradictions where the model will be used, if those sources hold another"
    )
    biases: bool = Field(False, description="also fit the biases of the last layer, and store them in its weights")

    @model_validator(mode="after")
    def _consistent(self) -> Calibrate:
        if (self.rule == "precision") != (self.precision is not None):
            raise ValueError("the rule precision, and no other, needs a number under precision")
        return self


class Recipe(_Strict):
    """A whole recipe; see the module docstring."""

    name: str
    licence: str = Field("other", description="of the model that comes out, as the hub abbreviates it")
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    base: Base
    sources: dict[str, Source]
    stages: tuple[Stage, ...]
    training: Training = Field(default_factory=lambda: Training.model_validate({}))
    teacher: Teacher | None = None
    dev: tuple[str, ...] = ()
    calibration: Calibrate
    compact: bool = Field(
        False,
        description="write one set of weights, those of the int8 graph, if it agrees; for encoders like BERT",
    )
    report: tuple[str, ...] = Field((), description="further sources that the report before and after is made on")

    @model_validator(mode="after")
    def _names_exist(self) -> Recipe:
        used = [(f"stage {stage.name}", name) for stage in self.stages for name in stage.mixture]
        used += [("dev", name) for name in self.dev]
        used += [("calibration", name) for name in self.calibration.sources]
        used += [("report", name) for name in self.report]
        missing = [
            f"{where} names the source {name!r}, which is not under sources"
            for where, name in used
            if name not in self.sources
        ]
        if not self.stages:
            missing.append("there is no stage")
        unlabelled = {name for name, source in self.sources.items() if source.crossed is not None}
        if self.teacher is None and any(stage.teacher or unlabelled & {*stage.mixture} for stage in self.stages):
            missing.append("a stage needs a teacher, but there is none: name its file")
        if len({stage.name for stage in self.stages}) != len(self.stages):
            missing.append("two stages have one name")
        trained = {name for stage in self.stages for name in stage.mixture}
        missing += [
            f"{name!r} is both trained on and used as dev"
            for name in sorted(trained & {*self.dev, *self.calibration.sources, *self.report})
        ]
        missing += [
            f"{name!r} has no labels of its own, so that nothing can be measured on it"
            for name in sorted(unlabelled & {*self.dev, *self.calibration.sources, *self.report})
        ]
        if missing:
            raise ValueError("; ".join(missing))
        return self


def load_recipe(name: str, overrides: dict[str, Any] | None = None) -> tuple[Recipe, Path]:
    """Read and validate a recipe.

    Args:
        name: The name of a shipped recipe ("denial-minilm"), or the path of a YAML file.
        overrides: Dotted keys and values that replace what the file says ("training.batch_tokens": 4096).

    Returns:
        The recipe and the path it was read from.

    Raises:
        ConfigError: If there is no such recipe, or it does not validate; the message lists every problem.
    """
    path = find(name, "recipes")
    raw = _read(path)
    if "extends" in raw:
        extended = str(raw.pop("extends"))
        beside = path.parent / extended
        other = _read(beside if beside.is_file() else find(extended, "recipes"))
        if "extends" in other:
            raise ConfigError(f"{path} extends a recipe that extends another one itself: name that one.")
        raw = {**other, **raw}
    for key, value in (overrides or {}).items():
        _set(raw, key, value, path)
    try:
        return Recipe.model_validate(raw), path
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'recipe'}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise ConfigError(f"{path} does not validate ({error.error_count()} problems): {problems}.") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML that can be read: {' '.join(str(error).split())}.") from error
    if not isinstance(raw, dict):
        raise ConfigError(f"{path} must hold a mapping of settings, as in configs/recipes/smoke.yaml.")
    return raw


def _set(raw: dict[str, Any], key: str, value: Any, path: Path) -> None:  # noqa: ANN401 -- any YAML value
    """Replace one setting; a number goes into a list ("stages.0.learning_rate")."""
    *parents, last = key.split(".")
    node: Any = raw
    for parent in parents:
        if isinstance(node, list) and parent.isdigit() and int(parent) < len(node):
            node = node[int(parent)]
        else:
            node = node.setdefault(parent, {}) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise ConfigError(f"{key!r} does not name a setting of {path}: write section.name=value.")
    node[last] = value


def learning_rate_at(stage: Stage, step: int, steps: int) -> float:
    """Return the learning rate of one step: a linear warm-up, then a linear decay to the final rate."""
    warm = max(1, math.ceil(stage.warmup * steps))
    if step < warm:
        return stage.learning_rate * (step + 1) / warm
    left = (steps - step) / max(1, steps - warm)
    return stage.final_learning_rate + (stage.learning_rate - stage.final_learning_rate) * left
