"""What one side of a pair gives away: classifiers that never see the other side.

A benchmark on which they do well can be won without comparing anything (Gururangan et al. 2018, "Annotation Artifacts
in Natural Language Inference Data"; Poliak et al. 2018, "Hypothesis Only Baselines in Natural Language Inference").
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CUES = re.compile(
    r"\b(?:den(?:y|ies|ied|ying|ials?)|reject\w*|dismiss\w*|no|not|never|none|nobody|nothing|neither|nor|cannot|false\w*"
    r"|untrue)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
"""Words that a reader who looks for denials by the word would look for."""
FOLDS = 5


def majority(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the share of the commonest label."""
    return Counter(row["label"] for row in rows).most_common(1)[0][1] / len(rows)


def by_cue(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the accuracy of: contradiction if a cue word stands in just one of the texts, else neutral."""
    right = 0
    for row in rows:
        one, other = (bool(CUES.search(row[side])) for side in ("premise", "hypothesis"))
        right += row["label"] == ("contradiction" if one != other else "neutral")
    return right / len(rows)


def by_side(train: Sequence[Mapping[str, Any]], test: Sequence[Mapping[str, Any]], side: str) -> float:
    """Return the accuracy of a logistic regression on the words and word pairs of one side.

    Args:
        train: Rows to fit on.
        test: Rows to measure on.
        side: "premise" or "hypothesis".
    """
    model = _model()
    model.fit([row[side] for row in train], [row["label"] for row in train])
    return float(model.score([row[side] for row in test], [row["label"] for row in test]))


def within(rows: Sequence[Mapping[str, Any]], side: str) -> float:
    """Return the accuracy of the same model, cross-validated within one set, whole groups at a time."""
    from sklearn.model_selection import GroupKFold, cross_val_score

    texts, labels = [row[side] for row in rows], [row["label"] for row in rows]
    groups = [row["group"] for row in rows]
    return float(cross_val_score(_model(), texts, labels, groups=groups, cv=GroupKFold(FOLDS)).mean())


def _model() -> Any:  # noqa: ANN401 -- scikit-learn is untyped
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), min_df=2), LogisticRegression(max_iter=1000))
