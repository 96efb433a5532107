"""The model card: what the model is, what it was made from, what it reaches and where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nli.bundle import BUNDLED, SHIPPED
from nli.finetune.mixture import Loaded
from nli.finetune.recipe import Recipe
from nli.finetune.results import table

PLOT = "calibration.png"
_HERE = '"path/to/this/folder"'


def save_calibration_plot(folder: Path, found: Mapping[str, Any], name: str) -> None:
    """Draw how often P(contradiction) comes true on one of the sets reported, with and without the temperature."""
    from nli.eval.plots import Series, save_reliability

    def series(key: str, title: str) -> Series:
        bins = found["datasets"][name][key]
        return Series(title, [each["predicted"] for each in bins], [each["observed"]["value"] for each in bins])

    save_reliability(
        folder / PLOT, series("reliability", "calibrated"), series("reliability_before_temperature", "raw")
    )


def card(recipe: Recipe, loaded: Mapping[str, Loaded], details: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Return a model card in Markdown with the metadata that the Hugging Face hub reads.

    Args:
        recipe: What the model was made with.
        loaded: The sources as they were read.
        details: What stands in `detector.json`.
        found: What `nli.finetune.results.held_out_results` says.
    """
    import yaml

    from nli.eval.model_index import model_index

    calibration = details["calibration"]
    trained = {name for stage in recipe.stages for name in stage.mixture}
    sources = [
        f"| {name} | {len(loaded[name].examples):,} | {_origin(recipe, name)} | {recipe.sources[name].licence} |"
        for name in recipe.sources
        if name in trained
    ]
    stages = [
        f"{number}. `{stage.name}`: "
        + ", ".join(f"{name} x {passes:g}" for name, passes in stage.mixture.items())
        + f"; learning rate {stage.learning_rate:g} to {stage.final_learning_rate:g}"
        for number, stage in enumerate(recipe.stages, start=1)
    ]
    left_out = [
        f"- {name}: " + ", ".join(f"{count:,} {reason}" for reason, count in part.dropped.items())
        for name, part in loaded.items()
        if part.dropped
    ]
    figures = ["| " + " | ".join(map(str, row)) + " |" for row in table(found)]
    metadata = {
        "license": recipe.licence,
        "language": "en",
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "base_model": recipe.base.hub,
        "tags": ["natural-language-inference", "contradiction-detection"],
        "model-index": model_index(found, recipe.name),
    }
    return "\n".join(
        [
            "---",
            yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True).strip(),
            "---",
            "",
            f"# {recipe.name}",
            "",
            "A three-way cross-encoder for natural-language inference (entailment, neutral, contradiction) that was trained to tell "
            "denials from what only looks like one. It compares two English statements and says whether both can stand; it reports a "
            "conflict between positions, never which side is right.",
            "",
            "## Use",
            "",
            "```python",
            "import nli",
            "",
            f"detector = nli.load({_name(recipe)})",
            'verdict = detector.score("Officials say the ship was searched.", "The owner denies that anyone boarded the ship.")',
            "```",
            "",
            *_other_libraries(details),
            "",
            "## Training data",
            "",
            "| source | pairs | where from | licence |",
            "|---|---|---|---|",
            *sources,
            "",
            *(["Left out of what was read:", "", *left_out, ""] if left_out else []),
            "Pairs that stand, in either order, in a set that chose, calibrated or measures the model are among those left out.",
            *(["", _SHIPPED] if recipe.name in SHIPPED else []),
            "",
            "## Training",
            "",
            f"Base: {_base(recipe.base.hub)}. Stages:",
            "",
            *stages,
            "",
            f"Settings: {', '.join(f'{name} {value}' for name, value in recipe.training.model_dump().items())}; seed {recipe.seed}.",
            "",
            "## Results",
            "",
            "On held-out pairs; 95% intervals in brackets. Before: the base model, where it is a detector.",
            "",
            "| set | pairs | figure | before | after | difference |",
            "|---|---|---|---|---|---|",
            *figures,
            "",
            *_chosen_on(recipe),
            "## Calibration",
            "",
            f"Temperature {calibration['temperature']:g}; flagged from P(contradiction) "
            + " or ".join(f"{value:g} ({name})" for name, value in calibration["thresholds"].items())
            + ". "
            + "; ".join(f"{name}: {value}" for name, value in calibration["provenance"].items())
            + ".",
            "",
            f"![How often P(contradiction) comes true]({PLOT})",
            "",
            "## The int8 file",
            "",
            _int8(details),
            "",
            "## Limits",
            "",
            "- English only. Short statements (one to three sentences) are what it knows best; longer ones are scored in windows.",
            "- It knows nothing of the world beyond its pairs: a date, unit or name that must be looked up is beyond it.",
            "- It assumes that both statements speak of the same event unless they say otherwise. Pairs that do not belong together "
            "can be flagged; choose what is compared.",
            "- Larger models know more of general inference; measure on your own pairs with `nli eval FILE` before you rely on it.",
            "",
        ]
    )


_SHIPPED = (
    "Sets under non-commercial licences (ANLI, ConTRoL, SICK, XNLI, AVeriTeC) trained nothing. Official test and public "
    "development splits trained nothing."
)


def _name(recipe: Recipe) -> str:
    if recipe.name == BUNDLED:
        return ""
    return f'"{recipe.name}"' if recipe.name in SHIPPED else _HERE


def _other_libraries(details: Mapping[str, Any]) -> list[str]:
    """Say how others than nli read the folder."""
    if details["weights"]["dtype"] == "int8":
        return [
            "The folder holds the weights once, in the files of the int8 graph. For what reads safetensors alone, such as transformers "
            "and sentence-transformers, write a standard folder; `config.json` names the class of each logit:",
            "",
            "```python",
            "from pathlib import Path",
            "from shutil import copy",
            "from nli.runtimes.torch import load_compact",
            "",
            f'load_compact(Path({_HERE}), dtype="float32").save_pretrained("standard")',
            'for name in ("tokenizer.json", "tokenizer_config.json"):',
            f'    copy(Path({_HERE}) / name, "standard")',
            "```",
        ]
    return [
        "The folder is a standard one. `config.json` names the class of each logit:",
        "",
        "```python",
        "from transformers import AutoModelForSequenceClassification, AutoTokenizer",
        "",
        f"model = AutoModelForSequenceClassification.from_pretrained({_HERE})",
        f"tokenizer = AutoTokenizer.from_pretrained({_HERE})",
        "",
        "from sentence_transformers import CrossEncoder",
        "",
        f"model = CrossEncoder({_HERE})",
        "```",
    ]


def _base(name: str) -> str:
    if name in SHIPPED:
        return f"{name}, which ships with nli (Apache-2.0)"
    return f"[{name}](https://huggingface.co/{name})" if not Path(name).is_absolute() else Path(name).name


def _chosen_on(recipe: Recipe) -> list[str]:
    """Say which of the sets reported also chose something, for they flatter."""
    both = [
        name
        for name in recipe.report or recipe.calibration.sources
        if name in {*recipe.dev, *recipe.calibration.sources}
    ]
    if not both:
        return []
    return [
        f"{', '.join(both)} also chose the checkpoint, or the temperature and threshold, so that its figures flatter a "
        "little: measure on pairs that chose nothing with `nli eval FILE`.",
        "",
    ]


def _int8(details: Mapping[str, Any]) -> str:
    if details["onnx"] is None:
        return f"There is none. {details['no_onnx']}"
    agreement = details["onnx"]["agreement"]
    verdict = (
        "It is used on CPUs."
        if agreement["usable"]
        else "It is below the gate, so that nli runs the model with PyTorch."
    )
    return f"{verdict} Agreement with the float32 model: " + "; ".join(f"{n}: {v}" for n, v in agreement.items()) + "."


_MADE = {
    "cards": "event cards written for this project (nli.eval.denial)",
    "sets": "minimal sets written for this project (nli.eval.denial)",
    "neighbours": "minimal sets on denials of a neighbouring matter written for this project (nli.eval.denial)",
    "rumours": "rumours with headlines written for this project (nli.eval.denial)",
    "hoaxes": "rumours with headlines, many of them debunked, written for this project (nli.eval.denial)",
    "articles": "statement lists written for this project (nli.eval.denial)",
    "disputes": "statement lists on disputes written for this project (nli.eval.denial)",
    "lookalikes": "statement lists on look-alikes of denials written for this project (nli.eval.denial)",
    "unrelated": "pairs of two events drawn by nli.eval.denial.unrelated",
    "crossed": "pairs of texts on one event drawn by nli.eval.denial.crossed, labelled by the teacher",
    "compose": "compositional pairs made by nli.eval.denial.compose",
    "counts": "pairs on quantities made by nli.eval.denial.counts",
    "lexicon": "pairs on single words made by nli.eval.denial.lexicon",
    "given": "files given on the command line",
}


def _origin(recipe: Recipe, name: str) -> str:
    source = recipe.sources[name]
    for kind, value in source:
        if value and kind in _MADE:
            # Sets and disputes come in several files, some of which hold a kind of their own.
            return _MADE.get(str(value), _MADE[kind])
    if source.url:
        return f"[{source.url.removeprefix('https://')}]({source.url})"
    return source.hub_name or "a local file"
