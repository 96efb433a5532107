"""Sets as rows: where they are found, how labels are read, what is dropped, how samples are drawn."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.errors import InputError
from nli.eval import datasets as sets
from nli.eval.datasets import EvalPair, at_hand, data_sha256, dev_half, in_half, prepare
from nli.eval.denial import cards
from nli.eval.leakage import is_held_out
from nli.eval.suite import SetSpec, load_suite


def row(number, label="neutral", **more):
    return {
        "id": f"r{number}",
        "premise": f"Premise {number}.",
        "hypothesis": f"Claim {number}.",
        "label": label,
        **more,
    }


def spec(**fields):
    given_ = {
        "name": "toy",
        "task": "three-way",
        "split": "test",
        "licence": "MIT",
        "domain": "d",
        "source": "s",
        "url": "u",
    }
    return SetSpec(**{**given_, **fields})


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("NLI_DATA", raising=False)
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def put(root, rows, name="toy.test.jsonl.gz"):
    with gzip.open(root / name, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(each) + "\n" for each in rows)


def write(path, rows):
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return load_suite(str(path)).sets[0]


def test_local_file_gives_rows_and_counts_what_is_dropped(root):
    put(
        root,
        [
            row(1, "entailment", tags=["news"]),
            row(2, "contradiction"),
            row(3, -1),
            row(4, None),
            row(5, "-"),
            row(6, None, stance="Conflicting"),
            row(7, "neutral") | {"premise": " "},
            row(8, "Refutes"),
        ],
    )
    loaded = prepare(spec(), data_root=root)
    assert [(each.id, each.gold, each.tags) for each in loaded.rows()] == [
        ("r1", "entailment", ("news",)),
        ("r2", "contradiction", ()),
        ("r8", "contradiction", ()),
    ]
    assert loaded.dropped == {"no gold label": 3, "stance only: Conflicting": 1, "unreadable row": 1}
    assert (loaded.n, loaded.available, loaded.task) == (3, 3, "three-way")
    assert loaded.provenance == "file toy.test.jsonl.gz"


def test_data_folder_of_the_environment(root, monkeypatch):
    put(root, [row(1)])
    monkeypatch.setenv("NLI_DATA", str(root))
    assert prepare(spec()).n == 1
    monkeypatch.setenv("NLI_DATA", str(root / "nowhere"))
    with pytest.raises(InputError, match=r"NLI_DATA names .*nowhere, which is not an existing folder"):
        prepare(spec())


def test_data_root_that_is_no_folder(root):
    with pytest.raises(InputError, match=r"--data-root names .*nowhere"):
        prepare(spec(), data_root=root / "nowhere")


def test_a_set_without_hub_copy_names_the_file_that_would_serve(root):
    with pytest.raises(
        InputError, match=r"make toy\.test\.jsonl\.gz from u, .*--data-root or NLI_DATA \(there is none"
    ):
        prepare(spec(), data_root=root)


def test_keep_tags(root):
    put(root, [row(1, tags=["gold_label"]), row(2, tags=["author_label"]), row(3)])
    loaded = prepare(spec(keep_tags=["gold_label"]), data_root=root)
    assert [each.id for each in loaded.rows()] == ["r1"]
    assert loaded.dropped == {"without tag gold_label": 2}


def test_only_groups_that_are_kept_from_training(root):
    put(root, [row(number, tags=["news", f"claim:{number}"]) for number in range(100)])
    loaded = prepare(spec(held_out="claim:", cluster="tag:claim:"), data_root=root)
    assert [each.cluster for each in loaded.rows()] == [
        f"claim:{number}" for number in range(100) if is_held_out([f"claim:{number}"], "claim:")
    ]
    assert loaded.dropped == {"may be trained on": 100 - loaded.available}


def test_the_hard_suite_takes_look_alikes_out_of_the_test_split():
    chosen = prepare(load_suite("hard:look_alikes").sets[0])
    whole = {each.id: each for each in prepare(load_suite("denial:denial_test").sets[0]).rows()}
    tags = {"non-denial", "other-object", "double-negation"}
    assert [each.id for each in chosen.rows()] == [each.id for each in whole.values() if tags.intersection(each.tags)]


def test_stance_is_mapped_and_what_is_not_scored_is_counted(root):
    put(
        root,
        [
            row(1, "entailment", stance="agree"),
            row(2, "neutral", stance="unrelated"),
            row(3, None, stance="discuss"),
            row(4, None, stance="disagree"),
        ],
    )
    mapping = {"agree": "entailment", "disagree": "contradiction", "unrelated": "neutral", "discuss": "drop"}
    loaded = prepare(spec(task="stance", mapping=mapping), data_root=root)
    assert [each.gold for each in loaded.rows()] == ["entailment", "neutral", "contradiction"]
    assert loaded.dropped == {"label left out: discuss": 1}


def test_two_way_set_joins_neutral_and_contradiction(root):
    put(root, [row(1, "entailment"), row(2, "not_entailment"), row(3, "neutral"), row(4, "contradiction")])
    loaded = prepare(spec(task="two-way"), data_root=root)
    assert [each.gold for each in loaded.rows()] == ["entailment", *["not_entailment"] * 3]


def test_ids_are_made_unique(root):
    rows = [row(1), row(1), row(1), row(2) | {"id": "r1#2"}, row(3) | {"id": None}]
    put(root, rows)
    ids = [each.id for each in prepare(spec(), data_root=root).rows()]
    assert ids == ["r1", "r1#2", "r1#3", "r1#2#2", "toy-4"]


@pytest.mark.parametrize(
    ("rule", "groups"),
    [
        ("row", [0, 1, 2, 3, 4]),
        ("group", [0, 0, 2, 3, 4]),
        ("premise", [0, 0, 2, 3, 4]),
        ("hypothesis", [0, 1, 1, 3, 4]),
        ("text", [0, 0, 0, 0, 4]),
        ("tag:claim:", [0, 1, 1, 3, 4]),
    ],
)
def test_clusters(root, rule, groups):
    put(
        root,
        [
            {"id": "a", "premise": "P", "hypothesis": "H", "label": "neutral", "group": "g", "tags": ["claim:1"]},
            {"id": "b", "premise": "P", "hypothesis": "I", "label": "neutral", "group": "g", "tags": ["claim:2", "x"]},
            {"id": "c", "premise": "Q", "hypothesis": "I", "label": "neutral", "tags": ["x", "claim:2"]},
            {"id": "d", "premise": "R", "hypothesis": "Q", "label": "neutral"},
            {"id": "e", "premise": "S", "hypothesis": "T", "label": "neutral"},
        ],
    )
    found = [each.cluster for each in prepare(spec(cluster=rule), data_root=root).rows()]
    assert [found.index(each) for each in found] == groups


@settings(max_examples=25, deadline=None)
@given(size=st.integers(1, 40), limit=st.integers(1, 50), seed=st.integers(0, 5))
def test_a_sample_is_a_seeded_part_in_order(tmp_path_factory, size, limit, seed):
    root = tmp_path_factory.mktemp("data")
    put(root, [row(number) for number in range(size)])
    loaded = prepare(spec(), data_root=root, limit=limit, seed=seed)
    drawn = list(loaded.rows())
    everything = list(prepare(spec(), data_root=root).rows())
    assert len(drawn) == loaded.n == min(limit, size)
    assert [each for each in everything if each in drawn] == drawn
    assert list(prepare(spec(), data_root=root, limit=limit, seed=seed).rows()) == drawn
    assert loaded.data_sha256 == data_sha256(drawn)
    assert loaded.full_sha256 == data_sha256(everything)
    assert loaded.available == size


def test_seeds_draw_differently(root):
    put(root, [row(number) for number in range(100)])
    draws = [
        tuple(each.id for each in prepare(spec(), data_root=root, limit=10, seed=seed).rows()) for seed in range(5)
    ]
    assert len(set(draws)) == 5


def test_hash_is_of_texts_labels_and_order():
    one, two = EvalPair("a", "P", "H", "neutral"), EvalPair("b", "Q", "I", "neutral")
    base = data_sha256([one, two])
    assert base == data_sha256([EvalPair("x", "P", "H", "neutral", ("t",), "c"), two])
    assert base != data_sha256([two, one])
    assert base != data_sha256([EvalPair("a", "P", "H", "entailment"), two])
    assert data_sha256([EvalPair("a", "PH", "", "neutral")]) != data_sha256([EvalPair("a", "P", "H", "neutral")])


def test_user_file_three_way_two_way_and_groups(tmp_path):
    three = prepare(write(tmp_path / "mine.jsonl", [row(1, "Entails", group="g"), row(2, "c", group=7), row(3)]))
    assert (three.task, [each.gold for each in three.rows()]) == (
        "three-way",
        ["entailment", "contradiction", "neutral"],
    )
    assert [each.cluster for each in three.rows()] == ["g", "7", "r3"]
    two = prepare(write(tmp_path / "two.jsonl", [row(1, "entailment"), row(2, "not_entailment"), row(3, "neutral")]))
    assert (two.task, [each.gold for each in two.rows()]) == ("two-way", ["entailment", *["not_entailment"] * 2])


def test_user_csv_file(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('premise,hypothesis,label\n"It rained.","It was dry.",contradiction\n', encoding="utf-8")
    assert [each.gold for each in prepare(load_suite(str(path)).sets[0]).rows()] == ["contradiction"]


@pytest.mark.parametrize("labels", [[0, 1, 2, -1], ["0", "1", "2", "-1"], [0.0, 1.0, 2.0, -1.0]])
def test_integer_labels_need_names(tmp_path, labels):
    path = tmp_path / "ints.jsonl"
    write(path, [row(number, label) for number, label in enumerate(labels)])
    with pytest.raises(InputError, match=r"Row 1 of .*ints\.jsonl.* integer label 0.*--label-names e,n,c"):
        prepare(load_suite(str(path)).sets[0])
    named = prepare(load_suite(str(path), label_names=("c", "e", "n")).sets[0])
    assert [each.gold for each in named.rows()] == ["contradiction", "entailment", "neutral"]
    assert named.dropped == {"no gold label": 1}


def test_integer_label_beyond_the_names(tmp_path):
    path = tmp_path / "ints.jsonl"
    write(path, [row(1, 3)])
    with pytest.raises(InputError, match="label 3, but only 3 are named"):
        prepare(load_suite(str(path), label_names=("e", "n", "c")).sets[0])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(1, None)], "has no labels: give every row one in the column label"),
        ([{"premise": "P", "hypothesis": "H"}], "has no labels"),
        ([row(1), row(2, "maybe")], r"Row 2 of .*mine\.jsonl.* has the label 'maybe', which is none of entailment"),
        ([row(1) | {"premise": ""}], r"no row that can be scored \(unreadable row 1\)"),
    ],
)
def test_user_file_that_cannot_be_scored(tmp_path, rows, said):
    with pytest.raises(InputError, match=said):
        prepare(write(tmp_path / "mine.jsonl", rows))


# --- the hub ---------------------------------------------------------------------------------------------------------

HUB = {
    "path": "owner/toy",
    "revision": "abc",
    "parts": [{"config": "one", "split": "dev_r1", "tags": ["R1"]}, {"split": "dev_r2", "tags": ["R2"]}],
    "columns": {"premise": "context", "hypothesis": "claim", "label": "label", "id": "uid", "tags": ["genre"]},
    "label_names": ["entailment", "neutral", "contradiction"],
}


@pytest.fixture
def hub(monkeypatch):
    """Serve datasets from memory; returns the mapping to fill and the calls that were made."""
    datasets = pytest.importorskip("datasets")
    content, calls = {}, []

    def load_dataset(path, name=None, *, split, revision):
        calls.append((path, name, split, revision))
        if split not in content:
            raise ConnectionError(f"Couldn't reach {path} on the Hub (offline mode)\nmore")
        return datasets.Dataset.from_list(content[split])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    monkeypatch.delenv("NLI_DATA", raising=False)
    return content, calls


def test_hub_parts_columns_and_label_names(hub):
    content, calls = hub
    content["dev_r1"] = [
        {"context": "P", "claim": "H", "label": 2, "uid": "u1", "genre": "fiction; news"},
        {"context": "P", "claim": "H", "label": -1, "uid": "u2", "genre": "fiction"},
    ]
    content["dev_r2"] = [
        {"context": "Q", "claim": "I", "label": 0, "uid": "u3", "genre": ""},
        {"context": " ", "claim": "I", "label": 0, "uid": "u4", "genre": ""},
    ]
    loaded = prepare(spec(hub=HUB))
    assert [(each.id, each.premise, each.hypothesis, each.gold, each.tags) for each in loaded.rows()] == [
        ("u1", "P", "H", "contradiction", ("R1", "fiction", "news")),
        ("u3", "Q", "I", "entailment", ("R2",)),
    ]
    assert loaded.dropped == {"no gold label": 1, "empty text": 1}
    assert loaded.provenance == "hub owner/toy@abc"
    assert calls[:2] == [("owner/toy", "one", "dev_r1", "abc"), ("owner/toy", None, "dev_r2", "abc")]


def test_local_file_goes_before_the_hub(hub, root):
    put(root, [row(1)])
    assert prepare(spec(hub=HUB), data_root=root).source.kind == "file"
    assert hub[1] == []


def test_hub_lists_are_joined_and_exploded(hub):
    content, _ = hub
    content["test"] = [
        {
            "claim": "C",
            "gold": [{"text": "One."}, {"text": "Two."}],
            "evidences": [{"text": "E", "label": 0}, {"text": "F", "label": 1}],
            "nested": [["page", "3", "Three."], ["page", "4", "Four."]],
        }
    ]
    columns = {"premise": "evidences.text", "hypothesis": "claim", "label": "evidences.label"}
    base = {"path": "owner/toy", "parts": [{"split": "test"}], "label_names": ["SUPPORTS", "REFUTES"]}
    exploded = prepare(spec(hub={**base, "explode": "evidences", "columns": columns}))
    assert [(each.premise, each.gold) for each in exploded.rows()] == [("E", "entailment"), ("F", "contradiction")]
    for path, joined in (("gold.*.text", "One. Two."), ("nested.*.2", "Three. Four.")):
        pair = {"premise": path, "hypothesis": "claim", "label": "evidences.0.label"}
        assert [each.premise for each in prepare(spec(hub={**base, "columns": pair})).rows()] == [joined]


def test_unreachable_hub_names_the_local_file(hub):
    with pytest.raises(InputError) as caught:
        prepare(spec(hub=HUB))
    assert re.search(
        r"hub dataset owner/toy \(Couldn't reach .*\): put toy\.test\.jsonl\.gz into a folder", str(caught.value)
    )
    assert "\n" not in str(caught.value)


def test_hub_without_the_column(hub):
    hub[0].update({"dev_r1": [{"context": "P", "label": 0}], "dev_r2": []})
    with pytest.raises(InputError, match=r"owner/toy of the set toy has no column 'uid' \(it has context, label\)"):
        prepare(spec(hub=HUB))


# --- what ships ------------------------------------------------------------------------------------------------------


def test_dev_halves_are_whole_cards_and_share_none():
    report, calibrate = dev_half("report"), dev_half("calibrate")
    assert report
    assert calibrate
    assert not {each.cluster for each in report} & {each.cluster for each in calibrate}
    assert {each.id for each in (*report, *calibrate)} == {each["id"] for each in cards.pairs("dev")}
    assert all(in_half(each.cluster, "report") and not in_half(each.cluster, "calibrate") for each in report)


def test_denial_suite_reports_the_half_that_nothing_is_fitted_on():
    loaded = prepare(load_suite("denial").sets[1])
    assert list(loaded.rows()) == dev_half("report")
    assert loaded.data_sha256 == data_sha256(dev_half("report"))


def test_at_hand(root, monkeypatch):
    monkeypatch.setenv("HF_DATASETS_CACHE", str(root / "cache"))
    assert at_hand(load_suite("denial").sets[0], None) == "in the package"
    assert at_hand(spec(), root) == "not at hand"
    assert at_hand(spec(hub=HUB), None) == "on the hub"
    (root / "cache" / "owner___toy").mkdir(parents=True)
    assert at_hand(spec(hub=HUB), None) == "hub cache"
    put(root, [row(1)])
    assert at_hand(spec(hub=HUB), root) == "local file"


def test_module_needs_no_hub_library_to_be_imported():
    assert "datasets" not in vars(sets)
