"""Words that attribute a statement: verbs with their frame, and words that call a claim untrue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from nli.attribution.records import Frame
from nli.attribution.words import split_words

Shape = Literal["clause", "either", "whole"]
Form = Literal["base", "s", "past", "ing"]


@dataclass(frozen=True, slots=True)
class Cue:
    """A verb that attributes.

    Attributes:
        lemma: Its base form.
        frame: What its subject does with the claim.
        shape: What is compared: the words that it introduces ("clause"), its own clause ("whole"), or the first
            where they make a sentence and else the second ("either").
        quotes: Whether it may stand before its subject, after a quotation ("…", said the minister).
    """

    lemma: str
    frame: Frame
    shape: Shape
    quotes: bool


_QUOTING = """say add write tweet post remark reply respond explain continue note observe recall joke quip recount
shout yell chant whisper retort repeat reiterate conclude comment declare proclaim boast complain lament exclaim muse
counter interject read tell announce state claim insist argue assert report  contend allege admit concede
acknowledge confirm stress emphasize emphasise underscore underline affirm reaffirm recommend suggest reveal disclose
opine elaborate clarify scoff snap testify swear vow promise pledge text  retweet quote agree bemoan
sing chant advise counsel crow gush
sigh sob groan mutter murmur growl snarl storm roar moan enthuse beam chuckle grin laugh rage thunder
speculate guess estimate assure remind inform notify   predict propose blog concur"""

_CLAUSAL = """mention imply hint signal indicate show find demonstrate illustrate  verify certify
   see know think believe feel expect anticipate hope   presume suppose suspect
imagine understand realize realise recognize recognise remember forecast  decide   judge reckon
  regret specify document  describe portray depict cite  persuade  foresee
envision contemplate accept profess rule  confess relay convey theorize hypothesize  reassure  outline
  caption maintain doubt learn deduce infer calculate warrant"""

_WHOLE = """want     prefer favor favour support oppose endorse back plan intend aim  consider
offer criticize criticise praise blame accuse attack defend condemn denounce decry mock ridicule slam blast assail
lambast castigate chide chastise scold rebuke deride  belittle  challenge applaud laud hail welcome
commend congratulate thank celebrate embrace tout  champion advocate discuss  highlight reference
invoke  liken label call brand regard dub characterize characterise  nominate   view
 admire  protest object approve disapprove resent pressure order instruct  authorize authorise
 overturn uphold fault trash bash hammer skewer excoriate pillory berate balk weigh apologize apologise downplay
express voice detail promote examine sponsor overrule repeal appoint despise love wish grill rip rejoice
seethe fume marvel bristle compare link admonish deplore vent unleash compliment insult belittle pooh-pooh articulate
emphasise propound minimize minimise dodge exaggerate   grumble gripe gloat brag    taunt
deem interpret perceive echo tease hype demonize vilify malign smear lambaste pan"""

_PARTICULAR: dict[Frame, str] = {
    "denies": "deny disagree reject dismiss refute dispute rebut repudiate disavow contradict disown",
    "asks": """ask encourage implore beseech urge demand question request plead beg petition exhort inquire wonder seek
    ponder""",
    "warns": "warn fear threaten worry caution",
    "declines": "decline refuse",
}

_PHRASAL: dict[str, dict[str, Frame]] = {
    "call": {"for": "asks", "on": "asks", "upon": "asks"},
    "push": {"for": "asks", "back": "asserts"},
    "look": {"forward": "asserts", "for": "asks"},
    "point": {"out": "asserts", "to": "asserts"},
    "refer": {"to": "asserts"},
    "allude": {"to": "asserts"},
    "speak": {"of": "asserts", "about": "asserts", "out": "asserts"},
    "talk": {"about": "asserts", "of": "asserts", "up": "asserts"},
    "lash": {"out": "asserts"},
    "hit": {"back": "asserts"},
    "fire": {"back": "asserts"},
    "shoot": {"back": "asserts", "down": "denies"},
    "lay": {"out": "asserts"},
    "rail": {"against": "asserts"},
    "side": {"with": "asserts"},
    "brush": {"off": "denies", "aside": "denies"},
    "play": {"down": "asserts"},
    "rule": {"out": "denies"},
    "shrug": {"off": "denies"},
    "set": {"out": "asserts"},
    "spell": {"out": "asserts"},
    "hint": {"at": "asserts"},
    "appeal": {"to": "asks", "for": "asks"},
    "turn": {"down": "declines"},
}
"""Verbs that attribute with a particle; a verb that stands nowhere else attributes only with it."""

SILENT: dict[str, frozenset[str] | None] = {
    "exclude": None,
    "answer": split_words("questions question many any our a the calls requests repeated"),
    "return": split_words("a the calls messages emails requests repeated several"),
}
"""Verbs that attribute only where negated ("did not return calls"), with the words that may follow, None for any."""

SOUNDING = split_words(
    "sigh sob groan mutter murmur growl snarl storm roar moan enthuse beam chuckle grin laugh rage thunder"
)
"""Verbs that attribute only beside a quotation ("…", he sighed)."""

MEASURING = ("put", "count")
"""Verbs that attribute only with a number ("put the loss at 140 tonnes", "counted fourteen")."""

_OTHER_SENSES = {"call": split_words("back off up in")}
"""Verbs that with these particles mean something else ("called back 6,000 toasters")."""

_IRREGULAR = {
    "say": "says said saying",
    "tell": "tells told telling",
    "write": "writes wrote writing",
    "read": "reads read reading",
    "find": "finds found finding",
    "hear": "hears heard hearing",
    "see": "sees saw seeing",
    "know": "knows knew knowing",
    "think": "thinks thought thinking",
    "feel": "feels felt feeling",
    "hold": "holds held holding",
    "mean": "means meant meaning",
    "understand": "understands understood understanding",
    "hit": "hits hit hitting",
    "bet": "bets bet betting",
    "seek": "seeks sought seeking",
    "swear": "swears swore swearing",
    "foresee": "foresees foresaw foreseeing",
    "forecast": "forecasts forecast forecasting",
    "speak": "speaks spoke speaking",
    "shoot": "shoots shot shooting",
    "lay": "lays laid laying",
    "set": "sets set setting",
    "overturn": "overturns overturned overturning",
    "uphold": "upholds upheld upholding",
    "beg": "begs begged begging",
    "slam": "slams slammed slamming",
    "dub": "dubs dubbed dubbing",
    "brag": "brags bragged bragging",
    "quip": "quips quipped quipping",
    "snap": "snaps snapped snapping",
    "plan": "plans planned planning",
    "pan": "pans panned panning",
    "put": "puts put putting",
    "ban": "bans banned banning",
    "blog": "blogs blogged blogging",
    "admit": "admits admitted admitting",
    "": "commits committed committing",
    "refer": "refers referred referring",
    "prefer": "prefers preferred preferring",
    "rebut": "rebuts rebutted rebutting",
    "concur": "concurs concurred concurring",
    "shrug": "shrugs shrugged shrugging",
}

_PARTICIPLES = {
    "shown": "show",
    "known": "know",
    "seen": "see",
    "written": "write",
    "sworn": "swear",
    "spoken": "speak",
}

NOUNISH = split_words(
    """state report claim plan show question call comment view rule record detail list rate back attack post tweet
    request demand appeal document note challenge address pledge promise remark contract mock address fear hope
    signal project estimate support protest respect charge address order guess answer cast judge reason text
    email reference welcome fault bash trust desire figure blame worry praise threat approach slam outline quote
    brief blog caption joke whisper shout chant express voice wish love insult compliment vent link grill fume marvel
    count answer return doubt counsel crow rip sponsor advocate favor favour advise"""
)
"""Verbs whose plain forms are more often nouns."""

ADJECTIVES: dict[str, Frame] = {
    **dict.fromkeys(
        [
            "confident",
            "convinced",
            "certain",
            "sure",
            "aware",
            "glad",
            "proud",
            "skeptical",
            "sceptical",
            "doubtful",
            "critical",
            "supportive",
            "eager",
            "willing",
            "hopeful",
            "optimistic",
            "pessimistic",
            "adamant",
            "angry",
            "furious",
            "disappointed",
            "pleased",
            "happy",
            "grateful",
            "surprised",
            "committed",
            "opposed",
            "determined",
        ],
        "asserts",
    ),
    **dict.fromkeys(["worried", "concerned", "afraid", "fearful", "wary"], "warns"),
    "drawn": "declines",
}
"""Adjectives that attribute after a form of "be" ("is confident that …") and their frame."""

NOUNS: dict[str, Frame] = {
    **dict.fromkeys(
        [
            "claim",
            "claims",
            "assertion",
            "assertions",
            "allegation",
            "allegations",
            "accusation",
            "accusations",
            "contention",
            "argument",
            "statement",
            "statements",
            "suggestion",
            "belief",
            "view",
            "conclusion",
            "finding",
            "findings",
            "insistence",
            "admission",
            "announcement",
            "promise",
            "promises",
            "pledge",
            "vow",
            "assurance",
            "assurances",
            "prediction",
            "testimony",
            "report",
            "reports",
            "complaint",
            "complaints",
            "declaration",
            "confirmation",
            "emphasis",
        ],
        "asserts",
    ),
    **dict.fromkeys(["warning", "warnings", "fear", "fears", "concern", "concerns", "threat"], "warns"),
}
"""Nouns that attribute a clause to their owner ("Hale's claim that …") and their frame."""

UNTRUE = split_words(
    """false baseless untrue unfounded groundless fabricated fabrication fabrications invented invention inventions
    lie lies nonsense rubbish fiction fictional fictitious hoax fake bogus unsubstantiated misleading inaccurate
    incorrect wrong ridiculous absurd ludicrous preposterous slander slanderous libel defamatory smear
    propaganda disinformation misinformation rumour rumours rumor rumors myth myths falsehood falsehoods fairy
    outlandish unproven unjustified concocted forgery forgeries forged fable fables fantasy"""
)
"""Words that deny a claim when somebody calls it so."""

_JUDGING = split_words("""call brand describe label dub denounce condemn characterize characterise slam deem""")


def _regular(verb: str) -> tuple[str, str, str]:
    if verb.endswith("e"):
        return verb + "s", verb + "d", verb[:-1] + "ing"
    if verb.endswith("y") and verb[-2] not in "aeou":
        return verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"
    third = verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")
    return third, verb + "ed", verb + "ing"


@cache
def verb_forms() -> dict[str, tuple[str, frozenset[Form]]]:
    """Return every form of a verb that attributes, with its base form and what the form can be."""
    verbs = {*_cues(), *_PHRASAL}
    forms: dict[str, tuple[str, frozenset[Form]]] = {}
    for verb in sorted(verbs):
        third, past, ing = _IRREGULAR[verb].split() if verb in _IRREGULAR else _regular(verb)
        kinds: tuple[tuple[str, Form], ...] = ((verb, "base"), (third, "s"), (past, "past"), (ing, "ing"))
        for form, kind in kinds:
            before = forms.get(form, (verb, frozenset()))
            if before[0] == verb:
                forms[form] = (verb, before[1] | {kind})
    for form, verb in _PARTICIPLES.items():
        forms[form] = (verb, frozenset({"past"}))
    return forms


@cache
def _cues() -> dict[str, Cue]:
    cues: dict[str, Cue] = {}
    shapes: tuple[tuple[str, Shape], ...] = ((_WHOLE, "whole"), (_CLAUSAL, "either"), (_QUOTING, "either"))
    for words, shape in shapes:
        for verb in words.split():
            cues[verb] = Cue(verb, "asserts", shape, words is _QUOTING)
    for verb in ("say", "add", "think", "believe", "know"):
        cues[verb] = Cue(verb, "asserts", "clause", cues[verb].quotes)
    for frame, words in _PARTICULAR.items():
        for verb in words.split():
            cues[verb] = Cue(
                verb, frame, "whole", verb in {"ask", "demand", "warn", "plead", "wonder", "inquire", "urge"}
            )
    cues.update({verb: Cue(verb, "declines", "whole", quotes=False) for verb in SILENT})
    cues.update({verb: Cue(verb, "asserts", "whole", quotes=False) for verb in MEASURING})
    return cues


@cache
def cue(lemma: str, particle: str) -> tuple[Cue, bool] | None:
    """Look a verb up.

    Args:
        lemma: Base form of the verb.
        particle: The word after it.

    Returns:
        The cue and whether the word after belongs to it; None if the verb alone does not attribute.
    """
    frame = _PHRASAL.get(lemma, {}).get(particle)
    if frame is not None:
        shape: Shape = "either" if (lemma, particle) == ("point", "out") else "whole"
        return Cue(f"{lemma} {particle}", frame, shape, particle in {"out", "back"}), True
    found = None if particle in _OTHER_SENSES.get(lemma, ()) else _cues().get(lemma)
    return None if found is None else (found, False)


def judges(lemma: str) -> bool:
    """Say whether a verb may call a claim something ("called it baseless")."""
    return lemma in _JUDGING


@cache
def plain(cue: str) -> bool:
    """Say whether a cue is a verb in the form that only several subjects have ("say")."""
    return verb_forms().get(cue.lower(), ("", frozenset()))[1] == {"base"}


@cache
def past(lemma: str) -> str:
    """Return the past tense of a verb that attributes."""
    return next((form for form, (verb, kinds) in verb_forms().items() if verb == lemma and "past" in kinds), lemma)
