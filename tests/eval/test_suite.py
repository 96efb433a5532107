"""Suites: what ships validates, what is wrong is said all at once."""

from __future__ import annotations

import re

import pytest

from nli import configs
from nli.errors import ConfigError, InputError
from nli.eval.suite import Suite, combine, gold_named, load_suite

SET = """
  - name: {name}
    task: three-way
    split: test
    licence: MIT
    domain: letters
    source: here
    url: https://example.org/{name}
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", configs.shipped("suites"))
def test_shipped_suite_validates(name):
    suite = load_suite(name)
    assert suite.name == name
    assert suite.description
    assert suite.sets


def test_all_is_the_union_of_the_others():
    others = [load_suite(name) for name in configs.shipped("suites") if name != "all"]
    names = [spec.name for spec in load_suite("all").sets]
    assert len(names) == len(set(names))
    assert set(names) == {spec.name for suite in others for spec in suite.sets}


def test_shipped_sets_say_where_they_come_from_and_how_integers_are_read():
    for spec in load_suite("all").sets:
        assert spec.built_in or spec.url
        assert spec.licence
        assert spec.domain
        assert spec.file == f"{spec.name}.{spec.split}.jsonl.gz"
        if spec.hub and spec.hub.label_names:
            assert len(set(spec.hub.label_names)) == len(spec.hub.label_names)
        if "BY-NC" in spec.licence:
            assert spec.use == "evaluation-only"


def test_denial_needs_nothing_but_the_package():
    assert [(spec.name, spec.built_in, spec.half) for spec in load_suite("denial").sets] == [
        ("denial_test", "denial", None),
        ("denial_dev", "denial", "report"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("task: three-way", "task: four-way", "set one: task"),
        ("task: three-way", "task: stance", "set one: a stance set needs a mapping"),
        ("    split: test\n", "", "set one: split: it is missing"),
        ("    licence: MIT\n", "    licence: MIT\n    licens: MIT\n", "set one: licens: there is no such key"),
        ("    licence: MIT\n", "    licence: MIT\n    cluster: article\n", "cluster 'article' is not"),
        ("    licence: MIT\n", "    licence: MIT\n    half: report\n", "half is for built_in"),
        ("    licence: MIT\n", "    licence: MIT\n    mapping: {x: perhaps}\n", "set one: mapping.x"),
        (
            "    licence: MIT\n",
            "    licence: MIT\n    mapping: {x: not_entailment}\n",
            "mapping 'x' to 'not_entailment'",
        ),
        ("    url: https://example.org/one\n", "", "it says nowhere where the data can be had"),
        ("name: one", "name: a/b", "set a/b: name"),
        (
            "    licence: MIT\n",
            "    licence: MIT\n    hub: {path: nobody, parts: [], columns: {premise: p}}\n",
            "set one: hub.columns.hypothesis: it is missing",
        ),
        (
            "    licence: MIT\n",
            "    licence: MIT\n    hub: {path: a/b, parts: [{split: s}], label_names: [yes, no], columns: {}}\n",
            "hub.label_names.0",
        ),
        (
            "    licence: MIT\n",
            (
                "    licence: MIT\n    hub: {path: a/b, parts: [{split: s}], label_names: [agrees, neutral],"
                " columns: {premise: p, hypothesis: h, label: l}}\n"
            ),
            "label name 'agrees' is neither mapped nor a label",
        ),
    ],
)
def test_a_fault_is_named_with_its_set_and_key(tmp_path, old, new, said):
    text = "name: mine\nsets:" + SET.format(name="one")
    assert old in text
    with pytest.raises(ConfigError, match=re.escape(said)):
        load_suite(write(tmp_path / "mine.yaml", text.replace(old, new)))


def test_all_faults_are_said_at_once(tmp_path):
    text = (
        "name: mine\ninclude: [nowhere]\nshape: round\nsets:"
        + SET.format(name="one").replace("task: three-way", "task: stance")
        + SET.format(name="two").replace("    split: test\n", "")
        + SET.format(name="three").replace("licence: MIT", "licence: [MIT]")
    )
    with pytest.raises(ConfigError) as caught:
        load_suite(write(tmp_path / "mine.yaml", text))
    message = str(caught.value)
    assert "has 5 problems" in message
    for part in ("nowhere", "shape: there is no such key", "set one", "set two: split", "set three: licence"):
        assert part in message
    assert "\n" not in message


def test_an_unknown_key_hides_no_other_fault_of_its_set(tmp_path):
    text = "name: mine\nsets:" + SET.format(name="one").replace("task: three-way", "task: stance")
    faulty = text.replace("MIT\n", "MIT\n    bogus: 1\n    cluster: foo\n    half: report\n")
    with pytest.raises(ConfigError) as caught:
        load_suite(write(tmp_path / "mine.yaml", faulty.replace("    url: https://example.org/one\n", "")))
    for part in ("5 problems", "bogus", "cluster 'foo'", "half is", "stance set needs", "nowhere"):
        assert part in str(caught.value)


def test_faults_of_an_included_file_are_said_too(tmp_path):
    inner = write(
        tmp_path / "inner.yaml", "name: inner\nsets:" + SET.format(name="one").replace("MIT", "MIT\n    x: 1")
    )
    outer = write(tmp_path / "outer.yaml", f"name: outer\ninclude: ['{inner}']\nextra: 1\n")
    with pytest.raises(ConfigError, match=r"2 problems: outer.yaml: extra.*inner.yaml: set one: x"):
        load_suite(outer)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "is not YAML"),
        ("- a\n- b\n", "is not a mapping"),
        ("name: mine\n", "neither sets nor include"),
        ("name: mine\nsets:" + SET.format(name="one") * 2, "the set 'one' stands in it twice"),
        ("name: mine\ninclude: [{itself}]\n", "it includes itself"),
    ],
)
def test_a_file_that_is_no_suite(tmp_path, text, said):
    path = tmp_path / "mine.yaml"
    with pytest.raises(ConfigError, match=said):
        load_suite(write(path, text.replace("{itself}", f"'{path}'")))


def test_include_brings_sets_once(tmp_path):
    one = write(tmp_path / "one.yaml", "name: one\nsets:" + SET.format(name="a") + SET.format(name="b"))
    two = write(tmp_path / "two.yaml", f"name: two\ninclude: ['{one}', '{one}']\nsets:" + SET.format(name="c"))
    suite = load_suite(two)
    assert (suite.name, [spec.name for spec in suite.sets]) == ("two", ["a", "b", "c"])


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("standrd", "no suite called 'standrd'.*denial, hard, news, standard, stress"),
        ("missing.jsonl", "no file missing.jsonl"),
        ("pairs.json", r"no suite called 'pairs\.json'.*\.jsonl, \.ndjson, \.csv"),
        ("standard:snli,sick", "no set 'sick'.*snli, mnli_m"),
    ],
)
def test_unknown_suite_file_and_set(what, said):
    with pytest.raises(InputError, match=said):
        load_suite(what)


def test_unknown_yaml_file():
    with pytest.raises(ConfigError, match=r"no file missing\.yaml"):
        load_suite("missing.yaml")


def test_some_sets_of_a_suite():
    suite = load_suite("standard:anli,snli")
    assert (suite.name, [spec.name for spec in suite.sets]) == ("standard:snli,anli", ["snli", "anli"])


@pytest.mark.parametrize(
    "name", ["my pairs.jsonl", "my.pairs.csv.gz", "MY_PAIRS.JSONL.GZ", "my_pairs.ndjson", "my_pairs.ndjson.gz"]
)
def test_a_pairs_file_is_a_suite_of_one_set(tmp_path, name):
    suite = load_suite(write(tmp_path / name, "x"))
    assert [spec.name.lower() for spec in suite.sets] == ["my_pairs"]
    assert suite.sets[0].path == str(tmp_path / name)


def test_combine_refuses_two_sets_of_one_name(tmp_path):
    (tmp_path / "other").mkdir()
    suites = [load_suite(write(folder / "x.jsonl", "x")) for folder in (tmp_path, tmp_path / "other")]
    assert combine([suites[0], suites[0]]) == Suite(name="x", sets=suites[0].sets)
    with pytest.raises(InputError, match="Two different sets are called 'x'"):
        combine(suites)


@pytest.mark.parametrize(
    ("name", "task", "gold"),
    [
        ("Contradiction", "three-way", "contradiction"),
        ("not_entailment", "three-way", None),
        ("non-entailment", "two-way", "not_entailment"),
        ("Not Entailment", "two-way", "not_entailment"),
        ("neutral", "two-way", "not_entailment"),
        ("entailment", "two-way", "entailment"),
        ("agree", "stance", None),
    ],
)
def test_gold_named(name, task, gold):
    assert gold_named(name, task) == gold


def test_find_by_name_and_path(tmp_path):
    assert configs.find("denial", "suites").name == "denial.yaml"
    own = tmp_path / "own.yml"
    own.write_text("name: own\n", encoding="utf-8")
    assert configs.find(str(own), "suites") == own
    with pytest.raises(ConfigError, match="no recipe called 'nope'"):
        configs.find("nope", "recipes")
