from hypothesis import given
from hypothesis import strategies as st

from nli.attribution.sentences import sentences
from nli.eval.scan.sentences import LINES, hand_made


def test_hand_made_lines_are_split_as_marked():
    figures = hand_made(sentences)
    assert figures["precision"] == 1.0
    assert figures["recall"] == 1.0
    assert len(LINES) > 30


def test_paragraphs_end_sentences():
    text = "A headline\n\nFirst line\nSecond line.\r\n\r\nLast"
    assert [text[a:b] for a, b in sentences(text)] == ["A headline", "First line", "Second line.", "Last"]


def test_text_wrapped_at_a_fixed_width_is_one_paragraph():
    text = (
        "The council met in the old town hall on Monday and agreed on\n"
        "the plan to close the bridge for repairs until the middle of\n"
        "the summer. The mayor voted against it and left the hall at\n"
        "once."
    )
    found = [text[a:b] for a, b in sentences(text)]
    assert len(found) == 2
    assert found[1].startswith("The mayor")


@given(st.text(alphabet=st.sampled_from("aZ .!?…\"”“'\n\r()é\u2028\ud7ff0"), max_size=200))
def test_offsets_lie_inside_and_in_order(text):
    last = 0
    for start, end in sentences(text):
        assert last <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]
        last = end
