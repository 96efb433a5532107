from __future__ import annotations

import copy
import json
from collections import Counter
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from nli.errors import InputError
from nli.eval.denial import cards as module
from nli.eval.denial.__main__ import main
from nli.eval.denial.cards import DOMAINS, SIZES, SPLITS, TAGS, Card, Statement, expand, pairs, read_cards, shipped
from nli.eval.denial.checks import problems_of_balance, problems_of_cards, problems_of_reading
from nli.eval.denial.second_reader import answers_of, disputed, read_readings, sheet

if TYPE_CHECKING:
    from pathlib import Path

FIELDS = {
    "id",
    "premise",
    "hypothesis",
    "label",
    "tags",
    "domain",
    "group",
    "premise_source",
    "hypothesis_source",
}


def statement(text: str, *tags: str) -> dict[str, Any]:
    return {"text": text, "tags": list(tags), "source": "a witness"}


def raw_card(name: str = "c9001") -> dict[str, Any]:
    return {
        "id": name,
        "domain": "local",
        "claim": [f"Claim {index} of {name}." for index in range(3)],
        "deny": [statement(f"Denial {index} of {name}.", "direct-denial") for index in range(4)],
        "affirm": [statement(f"Agreement {index} of {name}.", "paraphrase") for index in range(3)],
        "open": [
            statement(f"Nothing of {name}.", "non-denial"),
            statement(f"Another thing of {name}.", "other-object"),
            statement(f"Another time of {name}.", "time"),
            statement(f"At least twelve of {name}.", "number"),
            statement(f"A wider kind of {name}.", "other-object", "kind-member"),
        ],
    }


def write(folder: Path, *cards: dict[str, Any]) -> Path:
    path = folder / "cards.jsonl"
    path.write_text("".join(json.dumps(card) + "\n" for card in cards), encoding="utf-8")
    return path


@pytest.fixture
def card(tmp_path: Path) -> Card:
    return read_cards(write(tmp_path, raw_card()))[0]


class TestRead:
    def test_keeps_order_and_fields(self, tmp_path: Path) -> None:
        found = read_cards(write(tmp_path, raw_card("b"), raw_card("a")))
        assert [card.id for card in found] == ["b", "a"]
        assert found[0].claim[0].text == "Claim 0 of b."
        assert found[0].open[4].tags == ("other-object", "kind-member")
        assert found[0].deny[0].source == "a witness"

    def test_takes_no_source(self, tmp_path: Path) -> None:
        raw = raw_card()
        raw["deny"][0]["source"] = None
        assert read_cards(write(tmp_path, raw))[0].deny[0].source == ""

    def test_skips_empty_lines_but_counts_them(self, tmp_path: Path) -> None:
        path = write(tmp_path, raw_card())
        path.write_text("\n" + path.read_text() + "\nnonsense\n")
        with pytest.raises(InputError, match=r"cards\.jsonl, line 4: not a JSON object"):
            read_cards(path)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda raw: raw.pop("deny"), "line 2: missing or unknown fields \\(deny\\)"),
            (lambda raw: raw.update(note="x"), "line 2: missing or unknown fields \\(note\\)"),
            (lambda raw: raw.update(id=""), "line 2: the id is not a text"),
            (lambda raw: raw.update(id="first"), "line 2: the id first stands in line 1 too"),
            (lambda raw: raw.update(domain="gossip"), "line 2: 'gossip' is not a domain"),
            (lambda raw: raw["claim"].pop(), "line 2: claim is not a list of 3 texts"),
            (lambda raw: raw["claim"].__setitem__(1, " x"), "line 2: claim 1 is not a text without blanks"),
            (lambda raw: raw["claim"].__setitem__(1, 7), "line 2: claim 1 is not a text"),
            (lambda raw: raw["open"].__setitem__(3, "x"), "line 2: open 3 is not an object"),
            (lambda raw: raw["affirm"][2].update(tags=[]), "line 2: affirm 2 has no list of tags"),
            (lambda raw: raw["affirm"][2].update(tags=["odd"]), "line 2: affirm 2 has unknown tags \\(odd\\)"),
            (lambda raw: raw["affirm"][2].update(source=3), "line 2: affirm 2 has a source that is not a text"),
        ],
    )
    def test_says_what_is_wrong_and_where(self, tmp_path: Path, change: Any, message: str) -> None:
        raw = copy.deepcopy(raw_card())
        change(raw)
        with pytest.raises(InputError, match=message):
            read_cards(write(tmp_path, raw_card("first"), raw))

    def test_names_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"gone\.jsonl cannot be read"):
            read_cards(tmp_path / "gone.jsonl")


class TestExpand:
    def test_makes_54_pairs(self, card: Card) -> None:
        rows = expand(card)
        assert Counter(row["label"] for row in rows) == {"contradiction": 24, "entailment": 15, "neutral": 15}
        assert all(set(row) == FIELDS for row in rows)
        assert len({row["id"] for row in rows}) == len({(row["premise"], row["hypothesis"]) for row in rows}) == 54
        assert {row["group"] for row in rows} == {card.id}

    def test_names_the_direction(self, card: Card) -> None:
        rows = {row["id"]: row for row in expand(card)}
        assert rows["c9001-claim0-deny1"]["premise"] == "Claim 0 of c9001."
        assert rows["c9001-deny1-claim0"]["premise"] == "Denial 1 of c9001."
        assert rows["c9001-deny1-claim0"]["premise_source"] == "a witness"
        assert rows["c9001-deny1-claim0"]["hypothesis_source"] == ""
        assert rows["c9001-claim2-claim0"]["label"] == "entailment"
        assert rows["c9001-claim0-open4"]["tags"] == ["other-object", "kind-member"]

    def test_contradictions_are_symmetric(self, card: Card) -> None:
        found = {
            (row["premise"], row["hypothesis"])
            for row in expand(card, both_orders=True)
            if row["label"] == "contradiction"
        }
        assert found == {(hypothesis, premise) for premise, hypothesis in found}

    def test_turns_round_only_what_is_safe(self, card: Card) -> None:
        added = expand(card, both_orders=True)
        plain = {row["id"] for row in expand(card)}
        turned = {row["id"] for row in added} - plain
        assert turned == {f"c9001-open{index}-claim{claim}" for index in (0, 1, 2) for claim in range(3)}
        assert all(row["label"] == "neutral" for row in added if row["id"] in turned)
        assert not any("-affirm" in row["id"].split("-claim")[0] for row in added)


class TestShipped:
    def test_all_cards_are_there(self) -> None:
        assert {split: len(shipped(split)) for split in SPLITS} == {"train": 763, "dev": 60}

    def test_every_domain_and_tag_is_there(self) -> None:
        cards = [card for split in SPLITS for card in shipped(split)]
        assert {card.domain for card in cards} == set(DOMAINS)
        used = {
            tag for card in cards for part in (card.deny, card.affirm, card.open) for text in part for tag in text.tags
        }
        assert used == set(TAGS)

    @pytest.mark.parametrize("split", SPLITS)
    def test_pairs_follow_the_cards(self, split: str) -> None:
        rows = list(pairs(split))
        assert len(rows) == 54 * len(shipped(split))
        assert len({row["id"] for row in rows}) == len(rows)
        assert len(list(pairs(split, both_orders=True))) > len(rows)

    def test_splits_share_no_text(self) -> None:
        texts = {split: {row[side] for row in pairs(split) for side in ("premise", "hypothesis")} for split in SPLITS}
        assert not texts["train"] & texts["dev"]

    def test_unknown_split(self) -> None:
        with pytest.raises(InputError, match="no cards for the split 'test'"):
            list(pairs("test"))

    def test_tags_and_domains_are_those_of_the_pages(self) -> None:
        folder = files("nli.eval.denial")
        guidelines, form = (folder.joinpath(name).read_text("utf-8") for name in ("GUIDELINES.md", "FORMAT.md"))
        assert all(f"`{tag}`" in guidelines for tag in TAGS)
        assert all(domain in form for domain in DOMAINS)
        assert sum(SIZES.values()) == 15


class TestCheck:
    def test_shipped_cards_pass(self) -> None:
        result = CliRunner().invoke(main, ["check"])
        assert result.exit_code == 0
        assert "dev: 60 cards, 3240 pairs (1440 contradiction, 900 entailment, 900 neutral)" in result.output

    def test_finds_leaks(self) -> None:
        train, dev = shipped("train"), shipped("dev")
        found = problems_of_cards({"train": [*train, dev[0]], "dev": dev[:59]})
        assert f"{dev[0].id} stands more than once." in found
        assert "dev has 59 cards, fewer than 60." in found
        assert any("shares a text" in problem for problem in found)
        assert any("tell the same story" in problem for problem in found)

    def test_finds_repeated_texts_and_missing_domains(self, tmp_path: Path) -> None:
        raw = raw_card()
        raw["claim"][1] = raw["claim"][0]
        found = problems_of_cards({"train": read_cards(write(tmp_path, raw)), "dev": shipped("dev")})
        assert "c9001 says twice: Claim 0 of c9001." in found
        assert "train has no card of the domain sport." in found

    def test_finds_rare_tags_and_cues_that_give_a_part_away(self, card: Card) -> None:
        found = problems_of_balance([card])
        assert "There are 1 cards, fewer than 800." in found
        assert any(problem.startswith("The tag unrelated is on 0 texts") for problem in found)
        told = [replace(card, deny=tuple(Statement(f"It is not so {n}.", ("direct-denial",)) for n in range(4)))]
        assert any("more frequent in texts that deny" in problem for problem in problems_of_balance(told))

    def test_finds_disputes_and_unread_cards(self, card: Card) -> None:
        reading = {
            "id": card.id,
            "deny": ["ccc"] * 4,
            "affirm": ["eee"] * 3,
            "open": ["nnn"] * 4 + ["ncn"],
            "mended": [],
        }
        assert problems_of_reading([card], {}) == [f"{card.id} was not read by a second reader."]
        assert problems_of_reading([card], {card.id: reading}) == [f"{card.id}: readers dispute open4."]
        assert disputed({**reading, "mended": ["open4"]}) == []

    def test_a_sheet_shows_no_label_and_its_answers_find_their_texts(self, card: Card) -> None:
        shown = sheet(card)
        assert not any(word in shown.lower() for word in ("deny", "affirm", "open:", "contradict"))
        order = [line.split(". ", 1)[1] for line in shown.splitlines() if ". " in line and not line.startswith("  A")]
        parts = {
            s.text: letter
            for part, letter in (("deny", "c"), ("affirm", "e"), ("open", "n"))
            for s in getattr(card, part)
        }
        reading = answers_of(card, [parts[text] * 3 for text in order])
        assert reading["deny"] == ["ccc"] * 4
        assert reading["open"] == ["nnn"] * 5
        with pytest.raises(InputError, match="does not fit"):
            answers_of(card, ["ccc"])

    def test_every_card_was_read_twice(self) -> None:
        readings = read_readings()
        assert set(readings) == {card.id for split in SPLITS for card in shipped(split)}

    def test_reports_a_bad_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("nli.eval.denial.__main__.shipped", lambda _: module.read_cards(tmp_path / "none"))
        result = CliRunner().invoke(main, ["check"])
        assert result.exit_code == 2
        assert result.output.startswith("error: ")
