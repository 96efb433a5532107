"""Statement lists, pairs of two events, and pairs of one event without a label."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest

from nli.errors import InputError
from nli.eval.denial.articles import Kind, Split, expand, read_articles, shipped
from nli.eval.denial.cards import pairs
from nli.eval.denial.crossed import crossed
from nli.eval.denial.sets import held_back_keys, shipped_rows
from nli.eval.denial.unrelated import unrelated
from nli.eval.leakage import pair_key

ROW = {
    "id": "a1",
    "domain": "police",
    "statements": ["Two men took the van.", "Nobody took the van, Rul said.", "A van was taken.", "It rained."],
    "contradictions": [[0, 1], [1, 2]],
    "entailments": [[0, 2]],
    "open": [[2, 3]],
}


def written(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "articles.jsonl"
    path.write_text(json.dumps({**ROW, **changes}) + "\n")
    return path


def test_every_pair_is_labelled_once_but_contradictions_twice(tmp_path: Path):
    (article,) = read_articles(written(tmp_path))
    found = {(row["id"], row["label"]) for row in expand(article)}
    assert {name for name, label in found if label == "contradiction"} == {"a1-0-1", "a1-1-0", "a1-1-2", "a1-2-1"}
    assert {name for name, label in found if label == "entailment"} == {"a1-0-2"}
    assert len([name for name, label in found if label == "neutral"]) == 2
    assert not any({name[3], name[5]} == {"2", "3"} for name, _ in found)
    judged = {(row["id"], row["label"]) for row in expand(article, judged=True)}
    assert judged - found == {("a1-2-0", "neutral")}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"contradictions": [[0, 4]]}, "does not name two of the 4 statements"),
        ({"open": [[1, 1]]}, "does not name two"),
        ({"entailments": [[1, 0]]}, "under contradictions and under entailments"),
        ({"domain": "gossip"}, "domain"),
        ({"statements": ["A.", "A.", "B.", "C."]}, "stands twice"),
        ({"more": 1}, "fields"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, changes: dict[str, object], what: str):
    with pytest.raises(InputError, match=f"line 1.*{what}"):
        read_articles(written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("kind", "split", "least", "neutral"),
    [
        ("articles", "train", 50, (0.6, 0.95)),
        ("disputes", "train", 300, (0.4, 0.7)),
        ("disputes", "dev", 60, (0.4, 0.7)),
    ],
)
def test_what_ships_holds_no_pair_of_the_test_split(kind: Kind, split: Split, least: int, neutral: tuple[float, float]):
    articles = shipped(kind, split)
    rows = [row for article in articles for row in expand(article, judged=kind == "disputes")]
    labels = [row["label"] for row in rows]
    assert len({article.id for article in articles}) == len(articles) >= least
    assert neutral[0] < labels.count("neutral") / len(labels) < neutral[1]
    assert not held_back_keys() & {pair_key(row["premise"], row["hypothesis"]) for row in rows}


@pytest.mark.parametrize("kind", ["articles", "disputes"])
def test_some_lists_have_no_contradiction(kind: Kind):
    assert 0.08 < sum(not article.contradictions for article in shipped(kind)) / len(shipped(kind)) < 0.4


def test_disputes_of_dev_share_no_text_with_those_that_train():
    train, dev = (
        {text for part in shipped("disputes", split) for text in part.statements} for split in ("train", "dev")
    )
    assert not train & dev


def test_two_statements_of_one_list_are_never_marked_twice():
    for article in (*shipped(), *shipped("disputes"), *shipped("disputes", "dev")):
        for one, other in combinations(range(len(article.statements)), 2):
            assert not {(one, other), (other, one)} & article.entailments or (
                frozenset((one, other)) not in article.contradictions | article.open
            )


def test_unrelated_pairs_are_of_two_events_of_one_domain():
    home: dict[str, set[str]] = {}
    domain: dict[str, set[str]] = {}
    for row in (*pairs("train"), *shipped_rows("train")):
        for text in (row["premise"], row["hypothesis"]):
            home.setdefault(text, set()).add(row["group"])
            domain.setdefault(text, set()).add(row["domain"])
    rows = unrelated(300, seed=5)
    assert len(rows) == 300
    for row in rows:
        assert row["label"] == "neutral"
        assert not home[row["premise"]] & home[row["hypothesis"]]
        assert domain[row["premise"]] & domain[row["hypothesis"]]
    assert rows == unrelated(300, seed=5)
    assert rows != unrelated(300, seed=6)


def test_crossed_pairs_are_of_one_event_and_have_no_label():
    rows = crossed(400, seed=5)
    assert len(rows) == len({(row["premise"], row["hypothesis"]) for row in rows}) == 400
    home: dict[str, set[str]] = {}
    labelled = set()
    for row in (*pairs("train", both_orders=True), *shipped_rows("train")):
        labelled.add((row["premise"], row["hypothesis"]))
        for text in (row["premise"], row["hypothesis"]):
            home.setdefault(text, set()).add(row["group"])
    for row in rows:
        assert (row["premise"], row["hypothesis"]) not in labelled
        assert row["group"] in home[row["premise"]] & home[row["hypothesis"]]
    assert rows == crossed(400, seed=5) != crossed(400, seed=6)
