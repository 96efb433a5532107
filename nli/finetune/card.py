"""The model card: what the model is, what it was made from, what it reaches and where it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nli.finetune.mixture import Loaded
from nli.finetune.recipe import Recipe


def card(
    recipe: Recipe,
    loaded: Mapping[str, Loaded],
    details: Mapping[str, Any],
    results: Sequence[tuple[str, str, str]] = (),
) -> str:
    """Return a model card in Markdown with the metadata that the Hugging Face hub reads.

    Args:
        recipe: What the model was made with.
        loaded: The sources as they were read.
        details: What stands in `detector.json`.
        results: Rows of (set, metric, value with its interval).
    """
    calibration = details["calibration"]
    agreement = details["onnx"]["agreement"]
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
    figures = [f"| {name} | {metric} | {value} |" for name, metric, value in results]
    return "\n".join(
        [
            "---",
            "license: apache-2.0",
            "language: en",
            "library_name: transformers",
            "pipeline_tag: text-classification",
            f"base_model: {recipe.base.hub}",
            "tags: [natural-language-inference, contradiction-detection]",
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
            "detector = nli.load()",
            'verdict = detector.score("Officials say the ship was searched.", "The owner denies that anyone boarded the ship.")',
            "```",
            "",
            "The folder is a standard one: `transformers.AutoModelForSequenceClassification.from_pretrained` and "
            "`sentence_transformers.CrossEncoder` load it too; `config.json` names the class of each logit.",
            "",
            "## Training data",
            "",
            "| source | pairs | where from | licence |",
            "|---|---|---|---|",
            *sources,
            "",
            "Sets under non-commercial licences (ANLI, ConTRoL, SICK, XNLI, AVeriTeC) trained nothing. Official test and public "
            "development splits trained nothing.",
            "",
            "## Training",
            "",
            f"Base: [{recipe.base.hub}](https://huggingface.co/{recipe.base.hub}) (Apache-2.0). Stages:",
            "",
            *stages,
            "",
            f"Remake it with `nli finetune {recipe.name}`; the recipe names where each source can be had.",
            "",
            "## Calibration",
            "",
            f"Temperature {calibration['temperature']:g}; flagged from P(contradiction) "
            + " or ".join(f"{value:g} ({name})" for name, value in calibration["thresholds"].items())
            + ". "
            + "; ".join(f"{name}: {value}" for name, value in calibration["provenance"].items())
            + ".",
            "",
            "## The int8 file",
            "",
            "Agreement with the float32 model: "
            + "; ".join(f"{name}: {value}" for name, value in agreement.items())
            + ".",
            "",
            *(["## Results", "", "| set | figure | value |", "|---|---|---|", *figures, ""] if figures else []),
            "## Limits",
            "",
            "- English only. Short statements (one to three sentences) are what it knows best; longer ones are scored in windows.",
            "- It knows nothing of the world beyond its pairs: a date, unit or name that must be looked up is beyond it.",
            "- It assumes that both statements speak of the same event unless they say otherwise. Pairs that do not belong together "
            "can be flagged; choose what is compared.",
            "- It is small (22.7 million parameters). Larger models know more of general inference; measure on your own pairs with "
            "`nli eval FILE` before you rely on it.",
            "",
        ]
    )


def _origin(recipe: Recipe, name: str) -> str:
    source = recipe.sources[name]
    if source.cards:
        return "event cards written for this project (nli.eval.denial)"
    if source.compose:
        return "compositional pairs made by nli.eval.denial.compose"
    if source.counts:
        return "pairs on quantities made by nli.eval.denial.counts"
    return f"[{source.url.removeprefix('https://')}]({source.url})"
