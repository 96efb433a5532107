# ruff: noqa: RUF001 -- typographic quotation marks and dashes are what this is about
"""Who is meant: pronouns, titles and short names led back to the fullest name that the text has."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

from nli.attribution.words import RELATIVES, split_words

Kind = Literal["he", "she", "it", "they", "person", "unknown"]

_TITLES_HE = split_words("""mr sir lord king prince duke father brother imam rabbi""")
_TITLES_SHE = split_words("""mrs ms miss lady dame queen princess duchess sister mme""")
_NOUNS_HE = split_words(
    """spokesman chairman man father husband son brother businessman congressman boy gentleman uncle grandfather
    policeman fireman councilman actor waiter ombudsman fisherman salesman nephew king prince widower groom"""
)
_NOUNS_SHE = split_words(
    """spokeswoman chairwoman woman mother wife daughter sister businesswoman congresswoman girl lady aunt
    grandmother policewoman councilwoman actress waitress niece queen princess widow bride"""
)
_NOUNS_PERSON = split_words(
    """minister president premier chancellor secretary senator governor mayor ambassador envoy director chief leader
    officer spokesperson lawyer attorney judge prosecutor professor analyst expert official executive founder
    chair coach captain doctor scientist researcher author witness defendant candidate nominee general colonel
    lieutenant sheriff inspector commissioner manager head deputy aide adviser advisor activist economist owner
    player teacher surgeon engineer editor reporter journalist columnist member lawmaker representative councillor
    councilor delegate diplomat ceo resident striker defender forward goalkeeper midfielder farmer pilot driver
    physician nurse union-leader historian pollster strategist politician billionaire mogul superintendent
    treasurer clerk principal magistrate archbishop bishop pope"""
)
_NOUNS_GROUP = split_words(
    """ministry company firm government agency department group committee commission council court union party
    campaign bank administration organisation organization association institute university hospital club team
    league federation army military navy police force embassy mission office bureau board panel foundation fund
    network newspaper paper magazine airline manufacturer retailer maker authority regulator watchdog charity
    church parliament senate house congress coalition alliance state country city town village school college
    laboratory lab observatory operator utility corporation business startup producer publisher broadcaster
    station outlet service ministry treasury unit exchange inspectorate
    chamber guild clinic museum society prosecution county province district cooperative co-operative movement front"""
)
_GROUP_ENDINGS = split_words(
    """inc corp ltd llc plc co group bank ministry department agency university institute party union committee
    commission council court times post journal news press house association federation company foundation
    authority office service police army navy corporation holdings airlines motors systems industries partners
    labs laboratories hospital club"""
)
_HE_NAMES = split_words(
    """james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark
    donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob
    gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander raymond
    patrick jack dennis jerry tyler aaron jose adam henry nathan douglas peter zachary kyle walter ethan jeremy
    harold carl keith roger gerald terry sean arthur austin noah lawrence jesse joe bryan billy bruce albert
    willie gabriel logan alan juan wayne roy ralph randy eugene vincent russell louis philip bobby johnny bradley
    bernie mike jim tom bill bob dan steve greg jeff tim ted barack mitt marco chris rick ben jeb rand harry
    oliver simon ian neil graham colin nigel hugh alastair vladimir sergei dmitri ivan mikhail boris viktor andrei
    igor oleg pavel ali mohammed muhammad ahmed hassan omar ibrahim yusuf khalid abdul carlos luis miguel pedro
    jorge diego antonio manuel francisco pablo rafael fernando hans klaus karl jurgen stefan lars erik sven jan
    pierre jean jacques francois michel luc marc giovanni marco luca paolo mario matteo hiroshi kenji takeshi wei
    jun raj arjun vikram sanjay amit rahul anders niels johan olaf tomas petr milan goran dragan zoran stefanos
    nikos giorgos kofi kwame emmanuel felix max leo oscar hugo martin victor theo
    leon rocco carlo jesus sergio javier alejandro andres emilio enrique felipe yuri nikolai alexei jakub marek
    piotr pawel krzysztof andrzej stanislaw nils olav magnus henrik mattias gustav axel dieter wolfgang uwe matthias
    lukas jonas moritz philippe olivier laurent nicolas antoine guillaume thierry mohamed hussein mustafa tariq
    karim idris mehmet emre murat rohan dev ravi haruto jian hamid reza giles derek trevor barry gareth owen rhys
    dylan callum liam connor declan angus hamish fraser gordon gus tobias ruben pascal bruno otto emil charlie edwin
    rupert barnaby aled silas ezra caleb mason jasper"""
)
_SHE_NAMES = split_words(
    """mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra
    ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura
    cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine christine debra
    rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia victoria kelly lauren
    christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa ann sara madison
    frances kathryn janice jean abigail alice julia judy sophia grace denise amber doris marilyn danielle beverly
    isabella theresa diana natalie brittany charlotte marie kayla alexis lori hillary melania ivanka carly
    kellyanne claire fiona sheila moira nora lena elena irina olga natasha svetlana tatiana ekaterina ana lucia
    carmen rosa isabel sofia elisa chiara giulia francesca ingrid astrid greta heidi ursula angela fatima aisha
    leila amina zainab mariam priya anita sunita mei yuki keiko akiko sana nadia amira helena katarina petra jana
    eva ines paula clara camille elise sylvie monique brigitte agnes bridget siobhan vera mila nina
    carla pilar beatriz marta claudia silvia valentina camila gabriela mariana daniela natalia anastasia katarzyna
    agnieszka ewa magdalena joanna zofia hanna sigrid kirsten helle britt ulrika annika linnea freja sabine monika
    heike birgit helga anja katja chloe sophie amelie juliette helene genevieve khadija yasmin halima noor huda
    anjali deepa lakshmi meera kavita sakura xiu ling beryl doreen maureen gillian hazel ailsa eilidh niamh aoife
    ciara bronwyn carys nerys rhian sian esther naomi miriam leah edith odile colette ida uma tanya jayde minty
    tamsin imogen phoebe poppy daisy lily georgia lara rania dagny signe solveig aino priscilla winifred harriet"""
)
_INDUSTRIES = split_words(
    """power energy electric electricity water gas oil petroleum mining minerals metals steel iron copper gold coal
    leather textiles cotton paper timber lumber cement glass chemicals chemical plastics rubber biotech pharma
    pharmaceuticals pharmaceutical medical health healthcare foods food beverages dairy farms brewery brewing bakery
    air airways aviation aerospace shipping lines railways railroad rail logistics freight transport motor cars
    software technologies technology systems networks telecom telecommunications communications media records pictures
    studios entertainment games insurance capital finance financial securities ventures properties estates homes
    construction engineering builders works stores markets supermarkets foundries international global solutions
    consulting catering"""
)
_PLURALS = split_words("""officials people police prosecutors lawyers investigators residents workers""")
_COMPANY = re.compile(
    r"(?:[A-Z][\w-]*\s+(?:&\s+)?)+(?P<last>[A-Z]\w+)|[A-Z]\w+(?=,\s(?:the|a|an)\s(?:[a-z-]+\s){0,3}(?:company|firm)\b)"
)
_NAME = re.compile(
    r"(?:(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Lt|Col|Prof|Sir|Dame|Lord|Lady)\.?\s+)?"
    r"[A-Z][\w’'-]*(?:\s+(?:(?:de|la|von|van|der|al|bin|den|del|di|du)\s+)?[A-Z](?:\.|[\w’'-]*\w[’']?|(?=\W)))+"
)
_TITLE_START = re.compile(r"^(?:(?:Mr|Mrs|Ms|Miss|Dr|Sen|Sens|Rep|Reps|Gov|Gen|Lt|Col|Prof|Sir|Dame|Lord|Lady)\.?\s+)+")
_SURNAME = re.compile(r"\b[A-Z][\w-]+\b(?![’']s)")
_LEADING = re.compile(
    r"^(?:(?:In|On|At|By|Since|After|Before|For|From|With|As|When|While|And|But|If|A|An|The|That|This|Last|"
    r"January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\s+)+"
)
_KNIGHT = re.compile(r"(?:Sir|Dame|Lady) [A-Z]")
_OF = re.compile(r"\b(?:who|which|whose|of|for|at|in|from)\s")
_FAR = 60


@dataclass(slots=True)
class _Entity:
    name: str
    kind: Kind
    position: int
    described: set[str] = field(default_factory=set)
    named: bool = True


def _lower_words(text: str) -> list[str]:
    return [each.lower() for each in re.findall(r"\w[\w’'-]*", text)]


def _bare(word: str) -> str:
    return re.sub(r"[’']s?$", "", word)


def head(phrase: str) -> str:
    """Return the head word of a noun phrase in lower case: its last word before "of", "for", "who" or a comma."""
    cut = re.split(r"(?<=\w)\s+(?:of|for|who|in|at|from|with|on|to|which|that)\s|,|\(", phrase, maxsplit=1)[0]
    found = _lower_words(cut)
    return _bare(found[-1]) if found else phrase.lower()


def _describing(phrase: str) -> set[str]:
    """Return the words of a phrase that say what somebody is; owners ("the ministry's") are none."""
    return {each for each in _lower_words(phrase) if not each.endswith(("’s", "'s"))}


def _plain(word: str) -> str:
    """Return a word without its accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", word) if not unicodedata.combining(each))


def _known_name(word: str) -> bool:
    """Whether a word is a first name that is known."""
    return _plain(word.lower()) in _HE_NAMES | _SHE_NAMES


def _is_title(word: str) -> bool:
    return word.lower() in _NOUNS_PERSON | _NOUNS_GROUP | _GROUP_ENDINGS | _OFFICES


def _without_offices(pieces: list[str]) -> list[str]:
    """Drop an office before a name of two words or more."""
    while len(pieces) > 2 and pieces[0].lower() in _NOUNS_PERSON | _NOUNS_HE | _NOUNS_SHE | _OFFICES:  # noqa: PLR2004 -- names
        pieces = pieces[1:]
    return pieces


def _could_be(entity: _Entity, noun: str) -> bool:
    """Whether a speaker can be a company, a club …: its own name does not say that it is something else."""
    own = head(entity.name)
    if own in _INDUSTRIES:
        return noun in {"company", "firm"}
    return noun not in _NOUNS_GROUP or own in _BUSINESS or own not in _NOUNS_GROUP | _GROUP_ENDINGS


class Speakers:
    """The speakers of one text, met from its start to its end.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self._full: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._bearers: dict[str, list[str]] = {}
        for match in _NAME.finditer(text):
            name = _LEADING.sub("", match.group())
            pieces = _without_offices(_TITLE_START.sub("", _bare(name.rstrip(".,"))).split())
            if len(pieces) > 1:
                self._full.setdefault(pieces[-1], " ".join(pieces))
                self._given.setdefault(pieces[0], " ".join(pieces))
                self._bearers.setdefault(pieces[-1], []).append(" ".join(pieces))
        self._companies = [
            (match.start(), match.group())
            for match in _COMPANY.finditer(text)
            if match["last"] is None or match["last"].lower() in _INDUSTRIES | _BUSINESS
        ]
        for _, name in self._companies:
            if len(name.split()) > 1:
                self._full.setdefault(name.split()[0], name)
        self._met: list[_Entity] = []
        self._recent: dict[str, _Entity] = {}

    def meet(self, phrase: str, position: int, apposition: str = "") -> str:
        """Take note of a speaker that is named, and return the fullest form of the name.

        Args:
            phrase: The words that name it.
            position: Where they stand.
            apposition: What follows them between commas ("the company's chief executive").

        Returns:
            The name in the fullest form that the text has.
        """
        name, described = self._name(phrase)
        described |= _describing(_OF.split(f"{apposition} ", maxsplit=1)[0])
        key = name.lower()
        known = self._recent.get(key)
        if known is None:
            kind = self._kind(phrase, name, described)
            named = any(each[:1].isupper() for each in re.findall(r"\w+", name)[-1:]) or "’s " in name or "'s " in name
            known = _Entity(name, kind, position, named=named)
            self._recent[key] = known
        else:
            self._met.remove(known)
        known.described |= described
        known.position = position
        self._met.append(known)
        return known.name

    def resolve(self, mention: str, position: int) -> str:
        """Return who a pronoun or a title stands for, and the mention itself where nobody fits.

        Args:
            mention: The pronoun or noun phrase.
            position: Where it stands.

        Returns:
            The name.
        """
        low = mention.lower()
        if low in _PRONOUN_KINDS:
            found = self._fitting(_PRONOUN_KINDS[low])
            return found.name if found is not None else mention
        if low.startswith(("the ", "this ", "that ", "its ", "his ", "her ", "their ")):
            described = self._described(mention)
            company = self._company(low, position)
            if company and (described is None or described.name not in self._named_companies()):
                return self.meet(company, position)
            if described is not None:
                self._met.remove(described)
                self._met.append(described)
                return described.name
        return self.meet(mention, position)

    def _company(self, mention: str, position: int) -> str:
        """Return the company named most often before a place, the last of several; "" if there is none."""
        if mention not in {"the company", "the firm"}:
            return ""
        earlier = [name for _, name in self._companies[: bisect_left(self._companies, (position, ""))]]
        times = Counter(name.split()[0] for name in earlier)
        return max(reversed(earlier), key=lambda name: times[name.split()[0]], default="")

    def _named_companies(self) -> set[str]:
        return {name for _, name in self._companies}

    def may_be(self, name: str, pronoun: str) -> bool:
        """Say whether a pronoun can stand for a speaker who was met."""
        known = self._recent.get(name.lower())
        return known is not None and known.kind in _ACCEPTS[_PRONOUN_KINDS[pronoun]]

    def notice(self, text: str, start: int, end: int) -> None:
        """Take note of the first full name in a stretch of text, or person met before: a pronoun may mean it later."""
        names = _NAME.finditer(text, start, end)
        match = next((each for each in names if text[max(0, each.start() - 4) : each.start()].lower() != "the "), None)
        if match is None:
            known = (self._full.get(word, "") for word in _SURNAME.findall(text, start, end))
            met = (name for name in known if name.lower() in self._recent)
            person = next((name for name in met if self._recent[name.lower()].kind in {"he", "she", "person"}), "")
            if person:
                self.meet(person, start)
            return
        name = _LEADING.sub("", match.group())
        if len(name.split()) > 1:
            self.meet(name, match.start())

    def _fitting(self, kind: Kind) -> _Entity | None:
        accepts = _ACCEPTS[kind]
        recent = self._met[-1 : -_FAR - 1 : -1]
        if kind == "she":  # a person whose first name tells nothing may be meant, if nobody was named since
            near = next((each for each in recent[:2] if each.kind in {"she", "person"}), None)
            if near is not None:
                return near
        exact = next((each for each in recent[:6] if each.kind == kind), None)
        if exact is not None and kind in {"she", "they", "it"}:
            return exact
        return next((each for each in recent if each.kind in accepts), None)

    def _described(self, mention: str) -> _Entity | None:
        """Find the last named speaker that a title ("the minister", "the company") can mean."""
        noun = head(mention)
        own = set(_lower_words(mention)) - {"the", "this", "that"}
        if noun not in _NOUNS_GROUP | _NOUNS_PERSON | _NOUNS_HE | _NOUNS_SHE:
            return None
        kinds = self._noun_kinds(noun)
        recent = [each for each in self._met[-1 : -_FAR - 1 : -1] if each.named]
        same = next((each for each in recent if head(each.name) == noun), None)
        if same is not None and (len(own) == 1 or same.described >= own):
            return same
        for each in recent:
            if each.described >= own or (noun in each.described and len(own) == 1):
                return each
        if len(own) > 1:
            return None
        if noun in _GENERIC:
            return next((each for each in recent if each.kind in kinds and _could_be(each, noun)), None)
        return None

    @staticmethod
    def _noun_kinds(noun: str) -> frozenset[Kind]:
        if noun in _NOUNS_HE:
            return frozenset({"he", "person", "unknown"})
        if noun in _NOUNS_SHE:
            return frozenset({"she", "person", "unknown"})
        return frozenset({"it", "unknown"}) if noun in _NOUNS_GROUP else frozenset({"he", "she", "person"})

    def _name(self, phrase: str) -> tuple[str, set[str]]:
        """Return the fullest name for a phrase, and the words that describe it."""
        cleaned = re.sub(r"\s+", " ", re.sub(r"\s*\([^)]*\)", "", phrase)).strip(" ,")
        cleaned = re.sub(r"^(?:Even|Only|Now|Then|But|And|Yet|Still) ", "", cleaned)
        described = _describing(cleaned)
        words = cleaned.split()
        cut = next((k for k, each in enumerate(words) if each in {"of", "for", "from", "at", "in"}), 0)
        if cut > 1 and words[cut - 1][:1].isupper() and words[cut - 2][:1].isupper() and not _is_title(words[cut - 1]):
            words = words[:cut]
        tail = len(words)
        while tail and (words[tail - 1][:1].isupper() or words[tail - 1] == "&"):
            tail -= 1
        proper = " ".join(words[tail:])
        if not proper or (words and words[0].lower() in {"the", "a", "an"}):
            return cleaned, described
        joined = {"of", "for", "and", "in", "at", "from", "on", "with"} & set(words[:tail])
        if joined and words[0].lower() not in RELATIVES:
            return cleaned, described
        proper = _TITLE_START.sub("", proper)
        pieces = proper.split()
        if len(pieces) == 1:
            given = self._given.get(pieces[0], "")
            known = _KNIGHT.match(cleaned) or _known_name(pieces[0]) or given.lower() in self._recent
            proper = self._bearer(pieces[0], _lower_words(cleaned)) or (given if known else "") or proper
        return " ".join(_without_offices(proper.split())) or cleaned, described

    def _bearer(self, surname: str, words: list[str]) -> str:
        """Return the full name of the first who bears a surname and whom a title before it ("Mrs") can mean."""
        titles = set(words)
        other: frozenset[str] = frozenset()
        if titles & (_TITLES_SHE | _TITLES_HE):
            other = _HE_NAMES if titles & _TITLES_SHE else _SHE_NAMES
        fitting = (name for name in self._bearers.get(surname, ()) if _plain(name.split()[0].lower()) not in other)
        return next(fitting, "") or self._full.get(surname, "")

    @staticmethod
    def _kind(phrase: str, name: str, described: set[str]) -> Kind:
        low = _lower_words(phrase)
        noun = head(phrase)
        first = [_plain(each) for each in _lower_words(name)[:1]]
        if any(each in _TITLES_SHE for each in low) or described & _NOUNS_SHE or (first and first[0] in _SHE_NAMES):
            return "she"
        if any(each in _TITLES_HE for each in low) or described & _NOUNS_HE or (first and first[0] in _HE_NAMES):
            return "he"
        if noun in _NOUNS_GROUP or noun in _GROUP_ENDINGS or "&" in phrase or head(name) in _INDUSTRIES | _BUSINESS:
            return "it"
        if (
            noun in _PLURALS
            or " and " in phrase
            or (noun.endswith("s") and not phrase[:1].isupper() and not noun.endswith("ss"))
        ):
            return "they"
        pieces = name.split()
        if described & _NOUNS_PERSON or (len(pieces) > 1 and all(each[:1].isupper() for each in pieces)):
            return "person"
        return "it" if described & _NOUNS_GROUP and name[:1].isupper() else "unknown"


_OFFICES = split_words(
    """prime foreign defence defense finance interior health vice deputy former attorney acting chief state us u.s"""
)
_BUSINESS = split_words("inc corp ltd llc plc co group holdings airlines motors systems industries partners club bank")
_GENERIC = split_words(
    """company firm agency group ministry minister spokesman spokeswoman president senator governor mayor club bank
    union"""
)
_PRONOUN_KINDS: dict[str, Kind] = {
    "he": "he",
    "him": "he",
    "his": "he",
    "she": "she",
    "her": "she",
    "it": "it",
    "its": "it",
    "they": "they",
    "their": "they",
    "them": "they",
}
_ACCEPTS: dict[Kind, frozenset[Kind]] = {
    "he": frozenset({"he", "person", "unknown"}),
    "she": frozenset({"she", "person", "unknown"}),
    "it": frozenset({"it", "unknown"}),
    "they": frozenset({"they", "it"}),
    "person": frozenset({"person"}),
    "unknown": frozenset({"unknown"}),
}
