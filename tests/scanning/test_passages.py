from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from nli.scanning.passages import AROUND, parts, passage, regions

TEXT = (
    "A headline\n\nThe talks began on Monday in the old town hall. Mr. Lund was there. The ministry said that no "
    "missiles\nhad been sent, and it called the report baseless. It added nothing more. Reporters left.\n\n"
    "Another paragraph."
)


def around(stretch: str, text: str = TEXT) -> tuple[str, str, str]:
    start = text.index(stretch)
    found = passage(text, start, start + len(stretch))
    return found.before, found.stretch, found.after


def test_a_clause_gets_the_rest_of_its_sentence() -> None:
    before, stretch, after = around("no missiles\nhad been sent")
    assert stretch == "no missiles had been sent"
    assert before.endswith("The ministry said that ")
    assert after == ", and it called the report baseless."


def test_context_stays_in_the_paragraph() -> None:
    assert around("Another paragraph.") == ("", "Another paragraph.", "")
    assert around("The talks began on Monday in the old town hall.")[0] == ""
    assert around("Reporters left.")[2] == ""


def test_a_title_is_not_taken_for_a_whole_sentence_of_context() -> None:
    assert around("The ministry said")[0] == "The talks began on Monday in the old town hall. Mr. Lund was there. "


def test_a_cut_inside_a_sentence_is_shown() -> None:
    long = "word " * 200
    before, _, after = around("HERE", f"{long}HERE {long}")
    assert before.startswith("… word")
    assert after.endswith("word …")
    assert len(before) <= AROUND + 2


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='ab. A\n"…?\u2029', max_size=700), st.data())
def test_context_is_text_of_the_document(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = passage(text, start, end)
    plain = "".join(text.split())
    shown = "".join(f"{found.before}{found.stretch}{found.after}".split())
    assert shown in plain or "…" in found.before + found.after
    assert "".join(text[start:end].split()) == "".join(found.stretch.split())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda pair: (pair[0], sum(pair)))))
def test_regions_cover_every_stretch_once(stretches: list[tuple[int, int]]) -> None:
    found = regions(stretches)
    assert sorted(member for region in found for member in region.members) == list(range(len(stretches)))
    assert all(left.end <= right.start for left, right in pairwise(found))
    for region in found:
        assert region.start == min(stretches[member][0] for member in region.members)
        assert region.end == max(stretches[member][1] for member in region.members)


def test_parts_join_to_the_text() -> None:
    found = parts("one two three", [(0, 3), (8, 13)])
    assert [(part.text, part.marked) for part in found] == [("one", True), (" two ", False), ("three", True)]
