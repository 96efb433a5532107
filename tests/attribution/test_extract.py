# ruff: noqa: RUF001 -- typographic quotation marks are what is tested
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nli.attribution.extract import mentioned, statements

STORY = """Krenholm denies sending missiles to rebels

By Anna Smith

KRENHOLM (AP) — Krenholm’s foreign ministry on Tuesday denied that it had sent missiles to the rebels.

“We have sent nothing. We will send nothing,” said the ministry’s spokesman, Pavel Orlin. “These are lies.”

The ministry said it had asked for an inquiry. He declined to comment on the photographs.

Defence Minister Lena Hart of Varnia told reporters that 14 missiles had been found. She said the numbers matched.

The rebels took the town of Sessa in May.

“The missiles,” Hart said, “were brought in by truck.”

Read more: The war in Varnia
"""


def said(text):
    return [(each.speaker, each.frame, each.text) for each in statements(text)]


def only(text):
    found = statements(text)
    assert len(found) == 1, found
    return found[0]


def test_a_story_from_headline_to_pointer():
    assert said(STORY) == [
        (
            "Krenholm’s foreign ministry",
            "denies",
            "Krenholm’s foreign ministry on Tuesday denied that it had sent missiles to the rebels.",
        ),
        ("Pavel Orlin", "asserts", "We have sent nothing."),
        ("Pavel Orlin", "asserts", "We will send nothing."),
        ("Pavel Orlin", "asserts", "These are lies."),
        ("Krenholm’s foreign ministry", "asserts", "Krenholm’s foreign ministry had asked for an inquiry."),
        ("Pavel Orlin", "declines", "Pavel Orlin declined to comment on the photographs."),
        ("Lena Hart", "asserts", "14 missiles had been found."),
        ("Lena Hart", "asserts", "The numbers matched."),
        (None, "reports", "The rebels took the town of Sessa in May."),
        ("Lena Hart", "asserts", "The missiles were brought in by truck."),
    ]


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("Hale said that the dam was safe.", "Hale", "The dam was safe."),
        ("Hale said the dam was safe.", "Hale", "The dam was safe."),
        ("The dam was safe, Hale said.", "Hale", "The dam was safe."),
        ("The dam was safe, said Anna Hale, an engineer.", "Anna Hale", "The dam was safe."),
        ("The dam, Hale said, was safe.", "Hale", "The dam was safe."),
        ("According to Hale, the dam was safe.", "Hale", "The dam was safe."),
        ("The dam was safe, according to the operator.", "the operator", "The dam was safe."),
        ("Hale: The dam was safe all along.", "Hale", "The dam was safe all along."),
        ("The report found that the dam was safe.", "The report", "The dam was safe."),
        ("In a statement on Friday, the operator said the dam was safe.", "the operator", "The dam was safe."),
        ("Officials say the dam was safe.", "Officials", "The dam was safe."),
        ("A letter of 3 May 2031 says that the dam was safe.", "A letter of 3 May 2031", "The dam was safe."),
        ("Detectives in Marsh said that the dam was safe.", "Detectives in Marsh", "The dam was safe."),
        ("The dam was safe, in the words of Anna Hale.", "Anna Hale", "The dam was safe."),
        ("Hale puts the loss at 140 tonnes.", "Hale", "Hale puts the loss at 140 tonnes."),
        ("The League has counted 57.", "The League", "The League has counted 57."),
        ("Hale, who built it, said the dam was safe.", "Hale", "The dam was safe."),
        ("The firm is confident that the dam was safe.", "The firm", "The dam was safe."),
        ("In a radio interview Hale said that the dam was safe.", "Hale", "The dam was safe."),
        ("With two days to go, Hale, an engineer, said the dam was safe.", "Hale", "The dam was safe."),
        ("Hale, 59, of Ostrow, who watched from a roof, said the dam was safe.", "Hale", "The dam was safe."),
        ("One of the men who saw the crack said the dam was safe.", "One of the men", "The dam was safe."),
        (
            "The operator, the union and Hale said the dam was safe.",
            "The operator, the union and Hale",
            "The dam was safe.",
        ),
    ],
)
def test_indirect_speech(text, speaker, content):
    found = next(each for each in statements(text) if each.text == content)
    assert (found.speaker, found.frame, found.direct) == (speaker, "asserts", False)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("Hale denied that the dam had burst.", "denies"),
        ("Hale rejected the report as wrong.", "denies"),
        ("Hale dismissed the claims.", "denies"),
        ("Hale called the report “a lie”.", "denies"),
        ("Hale described the allegation as baseless.", "denies"),
        ("Hale called the pages a forgery.", "denies"),
        ("Hale did not exclude a second leak.", "declines"),
        ("Hale did not return calls.", "declines"),
        ("Hale would not be drawn on the report.", "declines"),
        ("Hale would not discuss single reports.", "declines"),
        ("Hale said she could not confirm the report.", "declines"),
        ("Hale said she had not formed a view on the cause.", "declines"),
        ("Hale said she did not know who had paid.", "declines"),
        ("Hale said she did not know the man.", "asserts"),
        ("Hale disputed the figure of 40 dead.", "denies"),
        ("Hale declined to comment on the report.", "declines"),
        ("Hale refused to say when she had known.", "declines"),
        ("Hale would not confirm that the dam had burst.", "declines"),
        ("Hale neither confirmed nor denied the report.", "declines"),
        ("Hale did not respond to a request for comment.", "declines"),
        ("Hale has yet to respond to the report.", "declines"),
        ("Hale did not deny the charge.", "declines"),
        ("Hale did not dispute the charge.", "asserts"),
        ("Hale confirmed the sale of the dam.", "asserts"),
        ("Hale dismissed the head coach on Monday.", "asserts"),
        ("Hale asked whether the dam was safe.", "asks"),
        ("Hale called for an inquiry into the dam.", "asks"),
        ("Hale demanded proof of the claim.", "asks"),
        ("Hale urged the council to act now.", "asks"),
        ("Hale warned that the dam could burst.", "warns"),
        ("Hale would regard a closure as an insult.", "warns"),
        ("Hale has pleaded not guilty.", "denies"),
        ("Hale pleaded guilty to two counts.", "asserts"),
        ("Hale hit back at claims that the dam had burst.", "denies"),
        ("Hale smiled and said nothing.", "declines"),
        ("Hale did not return a call.", "declines"),
    ],
)
def test_frames(text, frame):
    found = only(text)
    assert (found.frame, found.speaker) == (frame, "Hale")
    assert found.text.startswith("Hale ")


def test_a_denial_keeps_its_frame_and_names_the_speaker():
    text = "Anna Hale spoke on Monday. She denied the charge."
    found = statements(text)[-1]
    assert found.text == "Anna Hale denied the charge."
    assert found.speaker == "Anna Hale"
    assert text[found.start : found.end] == "She denied the charge"
    assert found.cue is not None
    assert text[found.cue_start :].startswith("denied")


def test_the_mention_is_what_stands_in_the_text():
    found = mentioned("Anna Hale spoke on Monday. She said the dam was safe.")[-1]
    assert (found.mention, found.statement.speaker) == ("She", "Anna Hale")


def test_two_attributions_in_a_sentence_are_two_statements():
    found = said("Hale denied the charge, but Orrin said the dam had burst.")
    assert found == [("Hale", "denies", "Hale denied the charge."), ("Orrin", "asserts", "The dam had burst.")]


def test_a_second_verb_shares_its_subject():
    found = said("Hale said the dam was safe, adding that nobody was hurt.")
    assert found == [("Hale", "asserts", "The dam was safe."), ("Hale", "asserts", "Nobody was hurt.")]


def test_a_quotation_that_runs_over_paragraphs_stays_with_its_speaker():
    found = said('Hale said: "I was at home.\n\n"I went to bed."\n\nThe town slept well.')
    assert found == [
        ("Hale", "asserts", "I was at home."),
        ("Hale", "asserts", "I went to bed."),
        (None, "reports", "The town slept well."),
    ]


def test_a_fragment_belongs_to_the_sentence_around_it():
    found = only("Hale said the plan was “a gift to the rich” and would fail.")
    assert found.text == "The plan was a gift to the rich and would fail."
    assert not found.direct


def test_titles_are_led_back_to_names():
    text = "The company, Brall Arms, denied the sale. The company said it had sold nothing."
    assert {each.speaker for each in statements(text)} == {"Brall Arms"}


def test_a_woman_and_a_man_are_told_apart():
    text = (
        "Anna Hale said the dam was safe. Peter Orrin said it had burst. She said he was wrong. He said she was lying."
    )
    assert [each.speaker for each in statements(text)] == ["Anna Hale", "Peter Orrin", "Anna Hale", "Peter Orrin"]


def test_she_is_the_person_named_last():
    found = statements(
        "The dam is safe, said Anna Hale. Orla Venn, an inspector, said it leaks. She said it may burst."
    )
    assert found[-1].speaker == "Orla Venn"


def test_what_is_left_out():
    assert statements("") == []
    assert statements("Town mourns\n\nBy John Smith\n\nPhoto: Anna Hale/Getty Images\n\nRead more: The dam") == []
    assert statements("“No comment,” Hale said.") == []


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(text):
    check(text)


PIECES = [
    "Hale",
    "said",
    "that",
    "denied",
    "“",
    "”",
    '"',
    "'",
    "’",
    ",",
    ".",
    " ",
    "\n\n",
    "who",
    "according to",
    "the",
    ":",
    "—",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_mixture_of_cues_and_marks_is_read(pieces):
    check(" ".join(pieces))


def check(text):
    last = 0
    for each in statements(text):
        assert 0 <= each.start < each.end <= len(text)
        assert each.start >= last
        assert len(each.text.split()) >= 3
        assert (each.speaker is None) == (each.cue is None) == (each.cue_start is None) == (each.frame == "reports")
        last = each.start


@pytest.mark.parametrize("text", ["Orrin, who said, " * 3000, " 'a" * 3000, "said " * 5000, "\n" * 20000])
def test_a_text_without_sense_is_read_in_little_time(text):
    began = time.perf_counter()
    statements(text)
    assert time.perf_counter() - began < 5


def test_time_grows_with_the_text():
    began = time.perf_counter()
    count = len(statements(STORY * 100))
    assert count == 1000
    assert time.perf_counter() - began < 5


OWN = """Furnace cracks at works

Brakk Steel has denied that it sold any slag. Nor would it say when its furnace had last been checked.

The welders' guild warned that the furnace might crack. In three streets people told the same story.

The company said it had taken note. The dust came at night, Ana Ruiz told the Brakk Post.
"""


def test_a_refusal_after_nor_makes_no_claim():
    found = [each for each in statements(OWN) if each.cue == "say"]
    assert [(each.speaker, each.frame, each.text) for each in found] == [
        ("Brakk Steel", "declines", "Brakk Steel would not say when its furnace had last been checked.")
    ]


def test_the_apostrophe_of_a_plural_owner_stays():
    assert "The welders' guild warned that the furnace might crack." in [each.text for each in statements(OWN)]


def test_a_story_that_is_told_is_no_attribution():
    found = next(each for each in statements(OWN) if "same story" in each.text)
    assert found.speaker is None


def test_the_company_is_the_one_named_before():
    assert ("Brakk Steel", "asserts", "Brakk Steel had taken note.") in said(OWN)


def test_a_listener_at_the_end_is_no_content():
    assert ("Ana Ruiz", "asserts", "The dust came at night.") in said(OWN)
    assert not any(each.speaker is None and "at night" in each.text for each in statements(OWN))


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("Hale would argue that the dam was safe.", "asserts"),
        ("Hale might deny the charge later.", "declines"),
        ("Hale would regard it as an attack.", "warns"),
        ("Hale would not say who had paid her.", "declines"),
        ("Hale did not accept that.", "denies"),
    ],
)
def test_modals_and_negation_of_a_cue(text, frame):
    assert only(text).frame == frame


@pytest.mark.parametrize(
    "text", ["Neither delegation would say how far it had come.", "“I cannot tell yet who is right,” Hale said."]
)
def test_who_leaves_a_matter_open_claims_nothing(text):
    assert not only(text).claims


@pytest.mark.parametrize(
    "line",
    ["TARN HARBOUR, 12 May (Kestrian News Service) - ", "TARSHOLM (Billing & Cloud Monthly) - ", "KESH, May 12 — "],
)
def test_a_dateline_is_left_out(line):
    assert only(f"{line}The dam burst on Monday.").text == "The dam burst on Monday."


@pytest.mark.parametrize("text", ["In 2014 Hale called back 6,000 toasters.", "Hale put the crate in the shed."])
def test_a_verb_in_another_sense_attributes_nothing(text):
    assert only(text).speaker is None


@pytest.mark.parametrize("gap", ["\n", "\n\n", " "])
def test_a_signed_quotation_belongs_to_its_signer(gap):
    found = statements(f"A headline here\n\n“The dam is not safe at all.”{gap}— Ana Ruiz")
    assert [(each.speaker, each.text) for each in found] == [("Ana Ruiz", "The dam is not safe at all.")]


def test_a_relative_clause_with_a_subject_is_an_attribution():
    cues = {
        (each.speaker, each.cue) for each in statements("The burst was what the operator described as “an act of war”.")
    }
    assert ("the operator", "described") in cues


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("Nobody, Hale said, had opened the valve.", "Hale", "Nobody had opened the valve."),
        (
            "Nor did the club go to the board at once, Hale said.",
            "Hale",
            "Nor did the club go to the board at once.",
        ),
        ("Hale said neither bridge had been checked.", "Hale", "Neither bridge had been checked."),
        ("Hale said only two of the men were paid.", "Hale", "Only two of the men were paid."),
        ("Not one post was cut this year, said Ana Hale, a nurse.", "Ana Hale", "Not one post was cut this year."),
        ("None of the guests had complained, said the hotel.", "the hotel", "None of the guests had complained."),
    ],
)
def test_a_negation_stays_in_what_is_said(text, speaker, content):
    assert (speaker, "asserts", content) in said(text)
    assert all(content.split()[0].lower() in each.text.lower() for each in statements(text))


@pytest.mark.parametrize(
    "text", ["Nobody said that the bridge was safe.", "No official said that the bridge was safe."]
)
def test_what_nobody_says_is_no_claim(text):
    assert not only(text).claims


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        (
            "The clerk left before the end, her spokesman, Joris Fenn, acknowledged.",
            "Joris Fenn",
            "The clerk left before the end.",
        ),
        (
            "“We found no leak,” the chief returning officer, Ana Brel, told a news conference.",
            "Ana Brel",
            "We found no leak.",
        ),
        (
            "According to the union’s lawyer, Ana Brel, the gate was locked.",
            "Ana Brel",
            "The gate was locked.",
        ),
        ("According to Ana Brel, who leads the union, the gate was locked.", "Ana Brel", "The gate was locked."),
        ("The gate was locked, according to the mayor, Ana Brel.", "Ana Brel", "The gate was locked."),
        (
            "According to the report, the mayor, Ana Brel, locked the gate.",
            "the report",
            "The mayor, Ana Brel, locked the gate.",
        ),
    ],
)
def test_an_office_and_a_name_are_one_speaker(text, speaker, content):
    assert [(each.speaker, each.text) for each in statements(text)] == [(speaker, content)]


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("Rovers say that the coach took the money and left.", "Rovers", "The coach took the money and left."),
        ("The coach was at a wedding that day, Rovers say.", "Rovers", "The coach was at a wedding that day."),
        (
            "That one was an accident, a court found, and both men paid.",
            "a court",
            "That one was an accident and both men paid.",
        ),
        (
            "Tressel Bank hid the loans in three firms, Greywether Research alleged in a report that shook the market.",
            "Greywether Research",
            "Tressel Bank hid the loans in three firms.",
        ),
        ("Tressel is sound, Hale said in its first reply to the members’ complaints.", "Hale", "Tressel is sound."),
        (
            "The guard acknowledged it within the hour, the ministry said.",
            "the ministry",
            "The guard acknowledged it within the hour.",
        ),
    ],
)
def test_the_sentence_before_a_cue_is_what_it_introduces(text, speaker, content):
    assert (speaker, "asserts", content) in said(text)


def test_what_is_said_of_a_thing_keeps_the_thing():
    assert ("Ana Hale", "asserts", "The helpline has answered every call.") in said(
        "Ninety people staff the helpline, which Ana Hale says has answered every call."
    )
    assert ("Ana Hale", "asserts", "A metal fin came from a shell.") in said(
        "Ana Hale spoke first. She showed reporters a metal fin that she said came from a shell."
    )


@pytest.mark.parametrize(
    "text",
    [
        "The report lists nine claims for burns in that year.",
        "Forty children were seen by a doctor that evening.",
        "No defect was reported by anybody this year.",
    ],
)
def test_a_noun_or_a_passive_without_a_speaker_attributes_nothing(text):
    assert only(text).speaker is None


def test_a_person_in_a_narrated_sentence_is_who_speaks_next():
    text = (
        "The League is small, said its chair, Ingrid Strandmere. A spokeswoman, Ana Brel, would not comment."
        "\n\nAsked about the fund, Strandmere shook her head. “Not a penny came from it,” she said."
    )
    assert ("Ingrid Strandmere", "asserts", "Not a penny came from it.") in said(text)


def test_a_name_does_not_begin_with_the_words_before_it():
    text = "In July Dalia Vester found it. “It is old,” she said. It is from the Bronze Age. Tomas Elling agreed."
    assert {each.speaker for each in statements(text)} <= {None, "Dalia Vester", "Tomas Elling"}


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        (
            "The firm received no letter, Hale said, adding that the hall had passed the test.",
            "Hale",
            "The firm received no letter.",
        ),
        (
            "Hale announced a sale in May, when the shops were shut.",
            "Hale",
            "Hale announced a sale in May, when the shops were shut.",
        ),
        ("Baz Orr, 44, who asked us for tea, said he had seen it all.", "Baz Orr", "Baz Orr had seen it all."),
    ],
)
def test_a_content_ends_where_the_next_begins(text, speaker, content):
    assert (speaker, "asserts", content) in said(text)


def test_a_speaker_for_somebody_who_says_he_means_that_person():
    assert ("A spokesperson for Tully", "asserts", "She had been ill.") in said(
        "A spokesperson for Tully said she had been ill."
    )


def test_a_knight_is_known_by_the_first_name():
    text = "Sir Edmund Farrow chairs the trust. Sir Edmund denied it. He was accused by the firm last year of greed."
    assert {each.speaker for each in statements(text) if each.cue} == {"Edmund Farrow", "the firm"}


@pytest.mark.parametrize("text", ["Nobody, he said,", "Nobody, Ana Hale said, ", "None, according to Hale,"])
def test_a_sentence_that_breaks_off_is_read(text):
    statements(text + "\n\n" + text)


@pytest.mark.parametrize(
    ("text", "speaker", "content"),
    [
        ("As Hale sees it, the dam was safe.", "Hale", "The dam was safe."),
        ("It was, in the view of the operator, a safe dam.", "the operator", "It was a safe dam."),
        ("By the operator's account, the dam was safe.", "the operator", "The dam was safe."),
        ("The operator's line is that the dam was safe.", "The operator", "The dam was safe."),
        ("It remains the position of the operator that the dam was safe.", "the operator", "The dam was safe."),
        ("The operator is of the view that the dam was safe.", "The operator", "The dam was safe."),
        ("Through an aide, Hale made clear that the dam was safe.", "Hale", "The dam was safe."),
        ("Hale's aide let it be known that the dam was safe.", "Hale's aide", "The dam was safe."),
        ("The Post quoted the operator as saying that the dam was safe.", "the operator", "The dam was safe."),
        ("Hale put it more bluntly: “We were never asked.”", "Hale", "We were never asked."),
        ("Engineer Anna Hale: “The dam was safe.”", "Anna Hale", "The dam was safe."),
        (
            "The operator's engineers are in no doubt: the dam was safe.",
            "The operator's engineers",
            "The dam was safe.",
        ),
        ("But the inspector found otherwise: the dam was cracked.", "the inspector", "The dam was cracked."),
        ("The club's version is different: the dam was safe.", "The club", "The dam was safe."),
        ("Not so, says the council's engineer, Petr Lanik: the dam was safe.", "Petr Lanik", "The dam was safe."),
        (
            "The bank's reply, seen by the Post, says all loans were approved by the board.",
            "The bank's reply",
            "All loans were approved by the board.",
        ),
        (
            "Bar Research, which first looked at it in 2033, claims that the dam was cracked.",
            "Bar Research",
            "The dam was cracked.",
        ),
        (
            "If the report is right, said Hale, the dam will not last.",
            "Hale",
            "If the report is right the dam will not last.",
        ),
        (
            "Under the treaty, says Anna Hale of the Arden Institute, both sides must talk.",
            "Anna Hale",
            "Under the treaty both sides must talk.",
        ),
        ("Hale, the club says, was at the dam.", "the club", "Hale was at the dam."),
        ("The dam was safe, or so the club says.", "the club", "The dam was safe."),
        ("The letter to members states that the dam was safe.", "The letter to members", "The dam was safe."),
        (
            "A source close to the operator claimed talks took place.",
            "A source close to the operator",
            "Talks took place.",
        ),
        ("Hale said only that it was being looked at.", "Hale", "It was being looked at."),
        ("The council says that is not true.", "The council", "That is not true."),
        (
            "A nurse who asked not to be named said two people had been treated.",
            "A nurse",
            "Two people had been treated.",
        ),
        (
            "A woman reached by phone, Ana Hale, recalled hearing planes.",
            "Ana Hale",
            "Ana Hale recalled hearing planes.",
        ),
        (
            "The letters, the state says, were forged by Vance, a claim that Hale disputes.",
            "Hale",
            "Hale disputes that the letters were forged by Vance.",
        ),
        (
            "The state alleged that Vance forged two letters, which Hale denies.",
            "The state",
            "Vance forged two letters.",
        ),
        ("The clinic was open, a person close to her said.", "a person close to her", "The clinic was open."),
    ],
)
def test_attributions_of_many_forms(text, speaker, content):
    assert [(each.speaker, each.text) for each in statements(text) if each.text == content] == [(speaker, content)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The march, organisers said, drew 40,000 people; police spoke of 12,000.",
            [("organisers", "The march drew 40,000 people."), ("police", "Police spoke of 12,000.")],
        ),
        (
            "Four people died, the review says; one, a boy of six, was never tested.",
            [("the review", "Four people died."), ("the review", "One, a boy of six, was never tested.")],
        ),
        (
            "The deal is dead, two people familiar with it said; the firm called that “premature”.",
            [("two people familiar with it", "The deal is dead."), ("the firm", "The firm called that premature.")],
        ),
        (
            "Pryce said no one was hurt, but a nurse who asked not to be named said two people had been treated.",
            [("Pryce", "No one was hurt."), ("a nurse", "Two people had been treated.")],
        ),
        ("“It was an accident,” the pilot's widow believes.", [("the pilot's widow", "It was an accident.")]),
        (
            "“Nonsense, nobody was sent away,” the minister shot back.",
            [("the minister", "Nonsense, nobody was sent away.")],
        ),
        ("Police found the anchor chain freshly painted.", [(None, "Police found the anchor chain freshly painted.")]),
        (
            "Hale held up what she said was a printout of the log.",
            [(None, "Hale held up what she said was a printout of the log.")],
        ),
        (
            "In a letter that this newspaper has seen, Hale says the dam was safe.",
            [("Hale", "The dam was safe.")],
        ),
    ],
)
def test_a_sentence_gives_these_statements_and_no_others(text, expected):
    assert said_by(text) == expected


def said_by(text):
    return [(each.speaker, each.text) for each in statements(text)]


def test_several_who_speak_are_no_he():
    assert said_by("Hale, 40, said he was at home. Neighbours say he was seen.")[-1] == ("Neighbours", "He was seen.")


def test_a_name_behind_a_thing_with_a_name_is_remembered():
    text = (
        "Signe Dahl said it broke. The skipper of the Ordin III, Lars Eide, shrugs. The anchor, he says, was on deck."
    )
    assert said_by(text)[-1] == ("Lars Eide", "The anchor was on deck.")


def test_nobody_is_not_remembered_as_a_speaker():
    text = "Edwin Shaw said: “There were two keys.” He had not told them because nobody had asked, he said."
    assert {each.speaker for each in statements(text) if each.claims} == {"Edwin Shaw"}


def test_a_pronoun_means_who_is_named_at_the_start_of_its_sentence():
    text = "Miss Dray said the money had left. Carla Pask, his widow, wept as she described the weeks before his death."
    assert ("Carla Pask", "Carla Pask described the weeks before his death.") in said_by(text)


def test_a_title_tells_two_bearers_of_a_name_apart():
    text = "Leon Pask fell. His widow is Carla Pask. “He never agreed to lend a penny,” Mrs Pask said."
    assert said_by(text)[-1] == ("Carla Pask", "He never agreed to lend a penny.")


def test_a_first_name_means_the_speaker_who_was_met():
    text = "Jayde Pollitt, 23, says he threw a lobster. “It got me on the shoulder,” Jayde told us at home."
    assert {each.speaker for each in statements(text)} == {"Jayde Pollitt"}


def test_an_agent_does_not_speak_of_himself():
    text = "Rocco was not there. His agent, Max Vance, insisted that he had not touched a drop in two years."
    assert said_by(text)[-1] == ("Max Vance", "He had not touched a drop in two years.")


def test_it_before_its_cue_need_not_be_the_speaker():
    text = "The ministry confirmed the loss of a jet. It had come down by itself, according to the ministry."
    assert said_by(text)[-1] == ("The ministry", "It had come down by itself.")
    assert said_by("The ministry said it had lost a jet.") == [("The ministry", "The ministry had lost a jet.")]


def test_a_claim_that_another_calls_false_is_one_of_two():
    text = "Valdrian troops took Orlava on Sunday, the ministry said, a claim that the Tarsian army called false."
    assert said_by(text) == [
        ("the ministry", "Valdrian troops took Orlava on Sunday."),
        ("the Tarsian army", "The Tarsian army denies that Valdrian troops took Orlava on Sunday."),
    ]


def test_a_time_without_a_comma_hides_no_subject():
    assert said_by("In May Tarsia had said that none of them were held.") == [("Tarsia", "None of them were held.")]
    assert said_by("Last autumn her ministry said that no ferry was late.") == [("her ministry", "No ferry was late.")]
    assert said_by("Dagny Follis cut short a visit and said that no ferry was late.")[-1][0] == "Dagny Follis"


def test_verbs_of_sound_attribute_beside_a_quotation_alone():
    text = "One diner, Bob Skerritt, missed it. “I was in the loo,” he sighed."
    assert said_by(text)[-1] == ("Bob Skerritt", "I was in the loo.")
    assert said_by("Ana Hale laughed at that in court.") == [(None, "Ana Hale laughed at that in court.")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The firm's solicitor, Ana Hale, was blunter: “He signed it here.”", [("Ana Hale", "He signed it here.")]),
        ("Dr Yara Aziz, speaking for the clinic: “We were full by noon.”", [("Yara Aziz", "We were full by noon.")]),
        ("The ambulance trust: “Nobody told us anything.”", [("The ambulance trust", "Nobody told us anything.")]),
        ("@KellTruckers: Not one lorry has crossed.", [("@KellTruckers", "Not one lorry has crossed.")]),
        ("The air force maintains no plane was up.", [("The air force", "No plane was up.")]),
        (
            "In their joint statement the two clubs deplore the row and deny having met.",
            [("two clubs", "Two clubs deplore the row."), ("two clubs", "Two clubs deny having met.")],
        ),
        (
            "She was, Hale insisted, at home all evening - a claim her neighbour disputes.",
            [
                ("Hale", "Hale was at home all evening."),
                ("her neighbour", "Her neighbour disputes that Hale was at home all evening."),
            ],
        ),
    ],
)
def test_colons_accounts_and_joint_statements(text, expected):
    assert said_by(text) == expected


def test_a_question_behind_a_colon_claims_nothing():
    found = only("Q: Did you pay the inspector?")
    assert (found.frame, found.text, found.claims) == ("asks", "Did you pay the inspector?", False)


def test_an_attribution_in_a_clause_beside_the_main_one_leaves_that_to_the_narrator():
    text = "Whereas the mayor speaks of “a handful” of complaints, the log, published last week, lists 312."
    assert None in {each.speaker for each in statements(text)}
