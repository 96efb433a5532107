"""Events of the compositional generator: who did what to which thing, and what two such propositions are to each other.

An event has a verb with an object of a kind (``weapons``) that has members which exclude one another (``missiles``,
``drones``). An outcome has predicates of which at most one can be true of the same subject.
A ``~`` before a noun marks one without a plural. Events, names and speakers of the two splits are kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: base form, past, past participle and gerund ("send", "sent", "sent", "sending")."""

    base: str
    past: str
    participle: str
    gerund: str


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun without article, in the plural unless it has none ("missiles", "coal")."""

    text: str
    mass: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Something that can happen again and again, with other objects, places and times.

    Args:
        domain: Domain of the cards that it is like.
        verb: The verb.
        actor: Pool of ``NAMES`` that the actor comes from.
        tail: What follows the verb, with ``{o}`` for the object and ``{r}`` for the recipient or place.
        recipient: Pool of the recipient; empty where the tail has none.
        kind: The kind that every member belongs to.
        members: At least two members of the kind that exclude one another.
        nominal: The event as a noun phrase without article, with ``{o}`` and ``{r}``.
        blamed: Whether one can be accused of it.
        counted: Whether a number of objects reads well.
        policy: Whether one can make it a rule never to do it.
        modifies: Whether the rest of the tail belongs to the object ("bills passed by the senate").
    """

    domain: str
    verb: Verb
    actor: str
    tail: str
    recipient: str
    kind: Noun
    members: tuple[Noun, ...]
    nominal: str
    blamed: bool
    counted: bool
    policy: bool
    modifies: bool

    @property
    def id(self) -> str:
        """The verb in its base form, which no other event has."""
        return self.verb.base.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something that happens once and ends in one of several ways.

    Args:
        id: Name of the outcome.
        domain: Domain of the cards that it is like.
        actor: Pool that the subject comes from.
        recipient: Pool of the other party; empty where there is none.
        ways: Pairs of a verb and its tail; two ways cannot both be true of the same subject and other party.
        once: Whether it happens at one time only to the same parties.
        often: Whether it can plainly happen again at another time.
        free: Whether it can also happen to another recipient.
    """

    id: str
    domain: str
    actor: str
    recipient: str
    ways: tuple[tuple[Verb, str], ...]
    once: bool
    often: bool
    free: bool


def _verb(forms: str) -> Verb:
    words = forms.split("/")
    if len(words) > 1:
        return Verb(*words)
    base = words[0]
    if base.endswith("e"):
        return Verb(base, base + "d", base + "d", base[:-1] + "ing")
    if base.endswith("y") and base[-2] not in "aeou":
        return Verb(base, base[:-1] + "ied", base[:-1] + "ied", base + "ing")
    return Verb(base, base + "ed", base + "ed", base + "ing")


def _noun(text: str) -> Noun:
    return Noun(text.removeprefix("~"), text.startswith("~"))


def _event(  # a row of a table
    domain: str, verb: str, actor: str, tail: str, recipient: str, kind: str, members: str, nominal: str, flags: str
) -> Event:
    return Event(
        domain=domain,
        verb=_verb(verb),
        actor=actor,
        tail=tail,
        recipient=recipient,
        kind=_noun(kind),
        members=tuple(_noun(member) for member in members.split(", ")),
        nominal=nominal,
        blamed="b" in flags,
        counted="n" in flags,
        policy="p" in flags,
        modifies="m" in flags,
    )


def _outcome(name: str, domain: str, actor: str, recipient: str, flags: str, *ways: str) -> Outcome:
    parts = [way.partition(" ") for way in ways]
    return Outcome(
        id=name,
        domain=domain,
        actor=actor,
        recipient=recipient,
        ways=tuple((_verb(verb), tail) for verb, _, tail in parts),
        once="1" in flags,
        often="m" in flags,
        free="f" in flags,
    )


# fmt: off
# Flags: b one can be blamed for it, n objects can be counted, p one can make it a rule never to do it, m the rest of
# the tail belongs to the object.
_TRAIN_EVENTS: tuple[Event, ...] = (
    # geopolitics
    _event("geopolitics", "send/sent/sent/sending", "country", "{o} to {r}", "country", "weapons",
           "missiles, drones, rifles, artillery shells", "shipment of {o} to {r}", "bnp"),
    _event("geopolitics", "deploy", "country", "{o} to {r}", "region", "troops",
           "paratroopers, marines, tank crews, army engineers", "deployment of {o} to {r}", "bn"),
    _event("geopolitics", "shelter", "country", "{o} wanted by {r}", "country", "fugitives",
           "tax evaders, army deserters, bank robbers", "sheltering of {o} wanted by {r}", "bnpm"),
    _event("geopolitics", "finance", "country", "{o} in {r}", "country", "armed groups",
           "border militias, mercenary companies, guerrilla cells", "financing of {o} in {r}", "bpm"),
    _event("geopolitics", "intercept", "country", "{o} in {r}", "sea", "vessels",
           "trawlers, tankers, ferries, yachts", "interception of {o} in {r}", "bn"),
    _event("geopolitics", "supply", "country", "{r} with {o}", "country", "~military equipment",
           "~body armour, night-vision goggles, radar sets, parachutes", "", "bp"),
    _event("geopolitics", "recruit", "militia", "{o} in {r}", "country", "fighters",
           "snipers, drone pilots, sappers, machine gunners", "recruitment of {o} in {r}", "bnp"),
    # defence
    _event("defence", "fire", "militia", "{o} at {r}", "town", "projectiles",
           "rockets, mortar rounds, cruise missiles, tank shells", "firing of {o} at {r}", "bn"),
    _event("defence", "buy/bought/bought/buying", "country", "{o} from {r}", "company", "aircraft",
           "helicopters, transport planes, fighter jets, gliders", "purchase of {o} from {r}", "n"),
    _event("defence", "mothball", "country", "{o} at {r}", "port", "warships",
           "frigates, submarines, minesweepers, corvettes", "mothballing of {o} at {r}", "n"),
    _event("defence", "store", "country", "{o} at {r}", "site", "munitions",
           "cluster bombs, thermobaric rockets, depth charges, naval mines", "storage of {o} at {r}", "bp"),
    _event("defence", "train", "militia", "{o} in {r}", "region", "special forces",
           "frogmen, mountain troops, night snipers", "training of {o} in {r}", "bn"),
    # sanctions
    _event("sanctions", "ship/shipped/shipped/shipping", "company", "{o} to {r}", "country", "electronics",
           "microchips, navigation units, lasers, circuit boards", "shipment of {o} to {r}", "bp"),
    _event("sanctions", "insure", "insurer", "{o} from {r}", "country", "vessels",
           "tankers, freighters, barges, trawlers", "insuring of {o} from {r}", "bnpm"),
    _event("sanctions", "unload", "shipper", "{o} at {r}", "port", "raw materials",
           "~crude oil, ~iron ore, ~copper, ~timber", "unloading of {o} at {r}", "b"),
    _event("sanctions", "import", "company", "{o} from {r}", "country", "~metal",
           "~nickel, ~aluminium, ~titanium, ~palladium", "import of {o} from {r}", "bp"),
    _event("sanctions", "transfer/transferred/transferred/transferring", "bank", "{o} to {r}", "country",
           "~foreign currency", "~dollars, ~euros, ~yen, ~Swiss francs", "transfer of {o} to {r}", "b"),
    _event("sanctions", "refuel/refuelled/refuelled/refuelling", "company", "{o} from {r}", "country", "aircraft",
           "cargo planes, business jets, helicopters", "refuelling of {o} from {r}", "bnpm"),
    # politics
    _event("politics", "accept", "politician", "{o} from {r}", "company", "gifts",
           "watches, paintings, concert tickets, cases of wine", "acceptance of {o} from {r}", "bnp"),
    _event("politics", "appoint", "politician", "{o} to {r}", "board", "lobbyists",
           "tobacco lobbyists, oil lobbyists, arms lobbyists, sugar lobbyists", "appointment of {o} to {r}", "bn"),
    _event("politics", "leak", "politician", "{o} to {r}", "newspaper", "documents",
           "memos, emails, cabinet minutes, draft bills", "leaking of {o} to {r}", "bnp"),
    _event("politics", "veto/vetoed/vetoed/vetoing", "politician", "{o} passed by {r}", "assembly", "bills",
           "tax bills, housing bills, farm bills, school bills", "", "nm"),
    _event("politics", "shred/shredded/shredded/shredding", "ministry", "{o}", "", "records",
           "invoices, contracts, visitor logs, travel claims", "shredding of {o}", "bn"),
    _event("politics", "pardon", "politician", "{o} in {r}", "town", "offenders",
           "burglars, fraudsters, smugglers, poachers", "pardoning of {o} in {r}", "bn"),
    _event("politics", "wiretap/wiretapped/wiretapped/wiretapping", "spies", "{o} in {r}", "town", "lawyers",
           "defence lawyers, tax lawyers, human-rights lawyers", "wiretapping of {o} in {r}", "bnp"),
    _event("politics", "promise", "politician", "{o} to {r}", "group", "benefits",
           "tax credits, fuel vouchers, rent subsidies, childcare grants", "", ""),
    # courts
    _event("courts", "overturn", "court", "{o} handed down in {r}", "town", "convictions",
           "fraud convictions, murder convictions, theft convictions, perjury convictions",
           "overturning of {o} handed down in {r}", "nm"),
    _event("courts", "withhold/withheld/withheld/withholding", "prosecutor", "{o} from {r}", "person", "~evidence",
           "bank statements, medical records, phone recordings, fingerprints", "withholding of {o} from {r}", "b"),
    _event("courts", "forge", "person", "{o}", "", "documents",
           "wills, passports, cheques, land deeds", "forging of {o}", "bn"),
    _event("courts", "intimidate", "person", "{o} in {r}", "town", "court staff",
           "court clerks, ushers, interpreters, stenographers", "intimidation of {o} in {r}", "b"),
    # police
    _event("police", "seize", "police", "{o} in {r}", "town", "firearms",
           "pistols, shotguns, hunting rifles, submachine guns", "seizure of {o} in {r}", "n"),
    _event("police", "arrest", "police", "{o} in {r}", "town", "activists",
           "climate activists, animal-rights activists, anti-war activists", "arrest of {o} in {r}", "bn"),
    _event("police", "steal/stole/stolen/stealing", "person", "{o} from {r}", "museum", "antiques",
           "coins, brooches, tapestries, porcelain vases", "theft of {o} from {r}", "bn"),
    _event("police", "plant", "police", "{o} in the home of {r}", "person", "drugs",
           "~cocaine, ~heroin, ~cannabis, amphetamines", "planting of {o} in the home of {r}", "b"),
    _event("police", "smuggle", "person", "{o} into {r}", "country", "wild animals",
           "parrots, tortoises, lizards, monkeys", "smuggling of {o} into {r}", "bn"),
    # company
    _event("company", "sack", "company", "{o} in {r}", "town", "workers",
           "welders, drivers, cleaners, electricians", "sacking of {o} in {r}", "bn"),
    _event("company", "sell/sold/sold/selling", "company", "{o} to {r}", "group_trade", "~customer data",
           "~location data, browsing histories, purchase records, contact lists", "sale of {o} to {r}", "bp"),
    _event("company", "overstate", "company", "{o} in {r}", "report", "figures",
           "sales figures, profit figures, output figures, membership figures", "overstatement of {o} in {r}", "b"),
    _event("company", "outsource", "company", "{o} to {r}", "country", "jobs",
           "design jobs, payroll jobs, call-centre jobs, testing jobs", "outsourcing of {o} to {r}", "bnp"),
    _event("company", "acquire", "company", "{o} in {r}", "country", "factories",
           "sawmills, breweries, paper mills, cement works", "acquisition of {o} in {r}", "nm"),
    _event("company", "bribe", "company", "{o} in {r}", "country", "officials",
           "judges, customs officers, tax inspectors, building inspectors", "bribery of {o} in {r}", "bnpm"),
    _event("company", "poach", "company", "{o} from {r}", "company", "staff",
           "accountants, programmers, chemists, sales managers", "poaching of {o} from {r}", "bp"),
    # finance
    _event("finance", "hide/hid/hidden/hiding", "bank", "{o} from {r}", "regulator", "losses",
           "trading losses, property losses, currency losses, mortgage losses", "concealment of {o} from {r}", "b"),
    _event("finance", "grant", "bank", "{o} to {r}", "company", "loans",
           "bridging loans, export loans, mortgage loans, start-up loans", "granting of {o} to {r}", "n"),
    _event("finance", "charge", "bank", "{r} {o}", "group", "account fees",
           "overdraft fees, transfer fees, account-closing fees, card fees", "", "bp"),
    _event("finance", "freeze/froze/frozen/freezing", "bank", "{o} held by {r}", "company", "assets",
           "deposits, shares, bonds, ~gold", "freezing of {o} held by {r}", "bm"),
    _event("finance", "backdate", "company", "{o} for {r}", "person", "business papers",
           "invoices, contracts, receipts, delivery notes", "backdating of {o} for {r}", "bn"),
    # health
    _event("health", "prescribe", "hospital", "{o} to {r}", "patients", "medicines",
           "opioids, antibiotics, sedatives, antidepressants", "prescribing of {o} to {r}", "bp"),
    _event("health", "reuse", "hospital", "{o} in {r}", "ward", "instruments",
           "syringes, scalpels, catheters, forceps", "reuse of {o} in {r}", "bp"),
    _event("health", "ration", "hospital", "{o} in {r}", "ward", "medical supplies",
           "~oxygen, ~insulin, ~morphine, ~blood plasma", "rationing of {o} in {r}", "bp"),
    _event("health", "postpone", "hospital", "{o} for {r}", "patients", "operations",
           "hip operations, heart operations, eye operations, bowel operations", "postponement of {o} for {r}", "bnm"),
    _event("health", "detect", "healthagency", "{o} in {r}", "foodstuff", "bacteria",
           "~salmonella, ~listeria, ~legionella, ~E. coli", "detection of {o} in {r}", ""),
    # product-safety
    _event("product-safety", "recall", "company", "{o} sold in {r}", "country", "appliances",
           "heaters, kettles, toasters, hairdryers", "recall of {o} sold in {r}", "nm"),
    _event("product-safety", "add", "company", "{o} to {r}", "foodstuff", "additives",
           "sweeteners, preservatives, colourings, thickeners", "addition of {o} to {r}", "bp"),
    _event("product-safety", "fit/fitted/fitted/fitting", "company", "{o} to {r}", "vehicle", "used parts",
           "used brakes, used tyres, used batteries, used airbags", "fitting of {o} to {r}", "bp"),
    _event("product-safety", "mislabel/mislabelled/mislabelled/mislabelling", "company", "{o} sold in {r}", "country",
           "~seafood", "~tuna, ~cod, prawns, oysters", "mislabelling of {o} sold in {r}", "bm"),
    # sport
    _event("sport", "take/took/taken/taking", "athlete", "{o} before {r}", "race", "banned substances",
           "steroids, stimulants, diuretics, blood boosters", "taking of {o} before {r}", "bp"),
    _event("sport", "sign", "club", "{o} from {r}", "club", "players",
           "defenders, goalkeepers, strikers, midfielders", "signing of {o} from {r}", "n"),
    _event("sport", "rig/rigged/rigged/rigging", "club", "{o} against {r}", "club", "matches",
           "friendly matches, cup matches, league matches", "rigging of {o} against {r}", "bn"),
    _event("sport", "suspend", "federation", "{o} from {r}", "country", "athletes",
           "sprinters, rowers, boxers, fencers", "suspension of {o} from {r}", "nm"),
    # accident
    _event("accident", "ignore", "operator", "{o} from {r}", "agency", "warnings",
           "storm warnings, fire warnings, flood warnings, avalanche warnings", "", "bnm"),
    _event("accident", "skip/skipped/skipped/skipping", "airline", "{o} at {r}", "airport", "safety checks",
           "brake checks, engine checks, fuel checks, tyre checks", "skipping of {o} at {r}", "bn"),
    _event("accident", "spill/spilled/spilled/spilling", "company", "{o} into {r}", "river", "chemicals",
           "~benzene, ~ammonia, ~acetone, ~chlorine", "spilling of {o} into {r}", "b"),
    _event("accident", "disable", "operator", "{o} at {r}", "site", "alarms",
           "smoke alarms, gas alarms, flood alarms, radiation alarms", "disabling of {o} at {r}", "bn"),
    # environment
    _event("environment", "dump", "company", "{o} in {r}", "river", "~waste",
           "~slag, ~sewage, ~asbestos, ~rubble", "dumping of {o} in {r}", "bp"),
    _event("environment", "fell", "company", "{o} in {r}", "forest", "trees",
           "oaks, pines, cedars, beeches", "felling of {o} in {r}", "bn"),
    _event("environment", "burn/burned/burned/burning", "company", "{o} at {r}", "site", "fossil fuels",
           "~coal, ~diesel, ~natural gas, ~peat", "burning of {o} at {r}", "bp"),
    _event("environment", "drain", "company", "{o} in {r}", "region", "wetlands",
           "salt marshes, peat bogs, mangrove swamps", "draining of {o} in {r}", "b"),
    _event("environment", "trap/trapped/trapped/trapping", "person", "{o} in {r}", "forest", "birds",
           "finches, owls, hawks, thrushes", "trapping of {o} in {r}", "bn"),
    # labour
    _event("labour", "underpay/underpaid/underpaid/underpaying", "company", "{o} in {r}", "town", "kitchen staff",
           "cooks, waiters, dishwashers, bakers", "underpayment of {o} in {r}", "bpm"),
    _event("labour", "blacklist", "company", "{o} in {r}", "country", "tradespeople",
           "plumbers, scaffolders, carpenters, roofers", "blacklisting of {o} in {r}", "bp"),
    _event("labour", "monitor", "company", "{o} of {r}", "staff", "communications",
           "emails, phone calls, text messages, chat messages", "monitoring of {o} of {r}", "bpm"),
    _event("labour", "abolish", "company", "{o} for {r}", "staff", "allowances",
           "meal allowances, travel allowances, night allowances, clothing allowances", "abolition of {o} for {r}",
           "bm"),
    # science
    _event("science", "discover", "university", "{o} in {r}", "region", "fossils",
           "dinosaur fossils, fish fossils, plant fossils, insect fossils", "discovery of {o} in {r}", "n"),
    _event("science", "invent", "scientist", "{o} for {r}", "paper", "~data",
           "~survey data, ~weather data, ~dosage data, ~genetic data", "invention of {o} for {r}", "bm"),
    _event("science", "breed/bred/bred/breeding", "university", "{o} at {r}", "site", "laboratory animals",
           "laboratory mice, laboratory rabbits, laboratory pigs", "breeding of {o} at {r}", "bp"),
    _event("science", "implant", "university", "{o} in {r}", "animals", "devices",
           "electrodes, pacemakers, microchips, insulin pumps", "implanting of {o} in {r}", "bp"),
    # technology
    _event("technology", "collect", "techfirm", "{o} from {r}", "users", "~biometric data",
           "fingerprints, iris scans, voice recordings, face scans", "collection of {o} from {r}", "bp"),
    _event("technology", "infect", "hackers", "{o} at {r}", "company", "devices",
           "routers, laptops, printers, servers", "infection of {o} at {r}", "bnm"),
    _event("technology", "block", "techfirm", "{o} in {r}", "country", "websites",
           "news sites, gambling sites, dating sites, music sites", "blocking of {o} in {r}", "bn"),
    _event("technology", "disclose", "techfirm", "{o} to {r}", "country", "user records",
           "chat logs, search logs, call logs, payment logs", "disclosure of {o} to {r}", "bp"),
    # culture
    _event("culture", "borrow", "museum", "{o} from {r}", "museum", "artworks",
           "sculptures, watercolours, oil paintings, etchings", "borrowing of {o} from {r}", "n"),
    _event("culture", "plagiarise", "writer", "{o} by {r}", "writer", "texts",
           "poems, essays, song lyrics, short stories", "", "bnm"),
    _event("culture", "return", "museum", "{o} to {r}", "country", "artefacts",
           "masks, statues, manuscripts, ceremonial drums", "return of {o} to {r}", "n"),
    _event("culture", "censor", "broadcaster", "{o} about {r}", "person", "programmes",
           "documentaries, comedies, cartoons, interviews", "censoring of {o} about {r}", "bnm"),
    # local
    _event("local", "demolish", "council", "{o} in {r}", "district", "buildings",
           "warehouses, terraced houses, barns, garages", "demolition of {o} in {r}", "bn"),
    _event("local", "close", "council", "{o} in {r}", "district", "public amenities",
           "libraries, swimming pools, playgrounds, youth clubs", "closure of {o} in {r}", "bn"),
    _event("local", "tow", "council", "{o} from {r}", "district", "vehicles",
           "vans, lorries, motorcycles, taxis", "towing of {o} from {r}", "bn"),
)

_DEV_EVENTS: tuple[Event, ...] = (
    _event("geopolitics", "provide", "country", "{r} with {o}", "country", "~weaponry",
           "howitzers, torpedoes, grenade launchers, anti-tank guns", "", "bp"),
    _event("geopolitics", "expel/expelled/expelled/expelling", "country", "{o} sent by {r}", "country", "diplomats",
           "trade attachés, consuls, military attachés", "expulsion of {o} sent by {r}", "nm"),
    _event("defence", "lay/laid/laid/laying", "militia", "{o} near {r}", "town", "mines",
           "anti-tank mines, anti-personnel mines", "laying of {o} near {r}", "bnp"),
    _event("sanctions", "export", "company", "{o} to {r}", "country", "machine tools",
           "lathes, milling machines, hydraulic presses, welding robots", "export of {o} to {r}", "bnp"),
    _event("politics", "award", "ministry", "{o} to {r}", "company", "contracts",
           "cleaning contracts, catering contracts, road-building contracts", "award of {o} to {r}", "n"),
    _event("courts", "seal", "court", "{o} about {r}", "company", "court papers",
           "witness statements, expert reports, settlement agreements", "sealing of {o} about {r}", "nm"),
    _event("police", "use", "police", "{o} against demonstrators in {r}", "town", "riot-control weapons",
           "rubber bullets, stun grenades, water cannons, batons", "use of {o} against demonstrators in {r}", "bp"),
    _event("company", "copy", "company", "{o} from {r}", "company", "designs",
           "battery designs, engine designs, furniture designs, pump designs", "copying of {o} from {r}", "bnp"),
    _event("company", "delete", "company", "{o} from {r}", "archive", "messages",
           "text messages, voice messages, internal emails", "deletion of {o} from {r}", "bn"),
    _event("finance", "offload", "bank", "{o} on {r}", "group", "securities",
           "junk bonds, penny shares, warrants, mortgage notes", "offloading of {o} on {r}", "bn"),
    _event("finance", "open", "bank", "{o} for {r}", "person", "accounts",
           "savings accounts, offshore accounts, trust accounts", "opening of {o} for {r}", "n"),
    _event("health", "administer", "hospital", "{o} to {r}", "patients", "vaccines",
           "measles vaccines, flu vaccines, rabies vaccines, polio vaccines", "administering of {o} to {r}", "n"),
    _event("product-safety", "repackage", "company", "{o} for {r}", "country", "~expired food",
           "~expired yoghurt, expired sausages, expired noodles, expired soups", "repackaging of {o} for {r}", "bp"),
    _event("sport", "ban/banned/banned/banning", "federation", "{o} from {r}", "race", "competitors",
           "cyclists, swimmers, wrestlers, archers", "banning of {o} from {r}", "n"),
    _event("accident", "evacuate", "operator", "{o} from {r}", "site", "people",
           "contractors, schoolchildren, firefighters", "evacuation of {o} from {r}", "n"),
    _event("environment", "spray", "company", "{o} on fields near {r}", "town", "pesticides",
           "weedkillers, insecticides, fungicides, rat poisons", "spraying of {o} on fields near {r}", "bp"),
    _event("environment", "cull", "agency", "{o} in {r}", "forest", "mammals",
           "badgers, deer, foxes, wild boar", "culling of {o} in {r}", "bnp"),
    _event("labour", "hire", "company", "{o} in {r}", "country", "temporary staff",
           "temporary packers, temporary porters, temporary clerks", "hiring of {o} in {r}", "bp"),
    _event("science", "extract", "university", "{o} from {r}", "sea", "trace gases",
           "~methane, ~neon, ~argon, ~krypton", "extraction of {o} from {r}", ""),
    _event("technology", "remove", "techfirm", "{o} about {r}", "person", "posts",
           "satirical posts, medical posts, historical posts", "removal of {o} about {r}", "bnm"),
    _event("culture", "auction", "museum", "{o} from {r}", "country", "musical instruments",
           "violins, pianos, flutes, cellos", "auctioning of {o} from {r}", "bnm"),
    _event("local", "uproot", "council", "{o} in {r}", "district", "shrubs",
           "rose bushes, lilacs, hawthorns, laurels", "uprooting of {o} in {r}", "bn"),
)

# Flags: 1 it happens once to the same parties, m it can plainly happen again, f it can happen to another recipient.
_TRAIN_OUTCOMES: tuple[Outcome, ...] = (
    _outcome("verdict", "courts", "court", "person", "1f",
             "acquit/acquitted/acquitted/acquitting {r} of fraud", "convict {r} of fraud"),
    _outcome("fine", "courts", "court", "company", "1f",
             "uphold/upheld/upheld/upholding the fine on {r}", "quash the fine on {r}", "halve the fine on {r}"),
    _outcome("voyage", "accident", "vessel", "sea", "",
             "sink/sank/sunk/sinking in {r}", "cross {r} undamaged"),
    _outcome("final", "sport", "club", "club", "",
             "beat/beat/beaten/beating {r} in the cup final", "lose/lost/lost/losing to {r} in the cup final"),
    _outcome("bill", "politics", "assembly", "bill", "1f",
             "pass {r}", "throw/threw/thrown/throwing out {r}"),
    _outcome("rate", "finance", "centralbank", "", "m",
             "raise the key interest rate", "cut/cut/cut/cutting the key interest rate",
             "leave/left/left/leaving the key interest rate unchanged"),
    _outcome("post", "politics", "politician", "post", "1",
             "resign as {r}", "stay on as {r}"),
    _outcome("illness", "health", "drug", "patients", "f",
             "shorten the illness of {r}", "lengthen the illness of {r}"),
    _outcome("takeover", "company", "company", "company", "1f",
             "complete the takeover of {r}", "abandon the takeover of {r}"),
    _outcome("strike", "labour", "union", "company", "fm",
             "call off the strike at {r}", "extend the strike at {r}"),
    _outcome("collection", "culture", "museum", "artwork", "1f",
             "keep/kept/kept/keeping {r}", "give/gave/given/giving away {r}"),
    _outcome("lorries", "local", "council", "bridge", "fm",
             "reopen {r} to lorries", "bar/barred/barred/barring lorries from {r}"),
    _outcome("offer", "labour", "union", "company", "f",
             "endorse the pay offer of {r}", "spurn the pay offer of {r}"),
    _outcome("election", "politics", "politician", "town", "f",
             "win/won/won/winning the mayoral election in {r}",
             "finish/finished/finished/finishing third in the mayoral election in {r}"),
    _outcome("race", "sport", "athlete", "race", "f",
             "complete {r}", "drop/dropped/dropped/dropping out of {r}"),
    _outcome("dividend", "company", "company", "", "",
             "double the annual dividend", "scrap/scrapped/scrapped/scrapping the annual dividend"),
    _outcome("search", "police", "police", "person", "1f",
             "find/found/found/finding {r} alive", "find/found/found/finding {r} dead"),
    _outcome("service", "technology", "techfirm", "country", "fm",
             "restore the service in {r}", "shut/shut/shut/shutting down the service in {r}"),
    _outcome("licence", "health", "healthagency", "drug", "1f",
             "approve {r}", "turn/turned/turned/turning down {r}"),
    _outcome("treaty", "geopolitics", "country", "treaty", "1f",
             "ratify {r}", "shelve {r}"),
    _outcome("drone", "defence", "country", "region", "fm",
             "shoot/shot/shot/shooting down the drone over {r}",
             "let/let/let/letting the drone over {r} fly on unharmed"),
    _outcome("fishing", "environment", "country", "sea", "fm",
             "lift the fishing ban in {r}", "tighten the fishing ban in {r}"),
    _outcome("prize", "culture", "writer", "prize", "1f",
             "collect {r} in person", "decline {r}"),
)

_DEV_OUTCOMES: tuple[Outcome, ...] = (
    _outcome("extradition", "courts", "court", "person", "1f",
             "extradite {r}", "release {r} on bail"),
    _outcome("semi-final", "sport", "club", "club", "",
             "thrash {r} in the semi-final", "draw/drew/drawn/drawing with {r} in the semi-final"),
    _outcome("currency", "finance", "centralbank", "", "m",
             "devalue the currency", "prop/propped/propped/propping up the currency"),
    _outcome("boycott", "labour", "union", "company", "fm",
             "end the boycott of {r}", "prolong the boycott of {r}"),
    _outcome("committee", "politics", "assembly", "bill", "1f",
             "adopt {r}", "bury {r} in committee"),
    _outcome("rescue", "company", "company", "company", "1f",
             "rescue {r} from bankruptcy", "liquidate {r}"),
    _outcome("arrival", "accident", "vessel", "port", "",
             "dock safely at {r}", "capsize off {r}"),
)

EVENTS: dict[str, tuple[Event, ...]] = {"train": _TRAIN_EVENTS, "dev": _DEV_EVENTS}
OUTCOMES: dict[str, tuple[Outcome, ...]] = {"train": _TRAIN_OUTCOMES, "dev": _DEV_OUTCOMES}

# Before the bar stand the names of train, after it those of dev; a pool of common nouns has none of its own for dev.
# A person's name is followed by the pronoun; all other parties are "it".
_NAMES: dict[str, str] = {
    "country": "Iran, Serbia, Turkey, Peru, Kenya, Hungary, Georgia, Vietnam, Algeria, Bolivia, Norway, Malaysia,"
               " Egypt, Belarus, Chile, Ghana, Pakistan, Romania, Uganda, Cuba"
               " | Armenia, Ecuador, Jordan, Latvia, Nepal, Tunisia, Uruguay, Zambia",
    "region": "the Arvan valley, the Sorel plateau, the Tamber peninsula, the Ketu desert, the Molva highlands,"
              " the Brisk delta | the Oluk basin, the Hembra steppe, the Verrin marshes",
    "sea": "the Sea of Marrik, the Strait of Dohl, the Gulf of Anset, the Pellan Sea, Thorne Bay"
           " | the Bay of Corr, the Ostvik Sound, the Sea of Luma",
    "town": "Harrow Spa, Velmar, Dustrow, Pellworth, Saint Ossory, Kadesh Vale, Lomnitz, Ardbrook, Novi Tal, Mirefield"
            " | Brenholm, Castrova, Eddlestow, Porto Ruvo",
    "port": "the port of Salvena, the port of Ormund, the port of Quillay, the port of Hadra, the port of Trell"
            " | the port of Ilvesta, the port of Namur Bay, the port of Szent",
    "site": "the Kettle Hill depot, the Orlan works, the Vasko site, the Northmoor terminal, the Elsen complex"
            " | the Brask yard, the Tolland compound, the Umber Point facility",
    "company": "Bravex Industries, Corlane Foods, Daltrey Motors, Ostrum Chemicals, Pinnock & Sons, Varo Steel,"
               " Mellow Mills, Kestane Mining, Trivane, Arctos Energy, Luxor Textiles, Farnham Logistics,"
               " Soltane Group, Nordhag | Quarrendon Works, Zephyrine, Hallam Freight, Obrecht Foods, Tessaly Group",
    "insurer": "Harbour Mutual, Anchor Re, Lodestone Insurance, the Merchants' Assurance Society",
    "shipper": "Galene Shipping, Blue Funnel Marine, Orsted Tankers, Kymi Lines",
    "bank": "Banque Merel, Crestwell Bank, Union Savings, the Bank of Dorrin, Lakeside Credit, Ferrand & Cie"
            " | Hollis Bank, Credito Alpino, the Savings Bank of Umbria",
    "centralbank": "the central bank of Kenya, the central bank of Chile, the central bank of Serbia,"
                   " the central bank of Norway | the central bank of Nepal, the central bank of Armenia,"
                   " the central bank of Uruguay",
    "regulator": "the banking supervisor, the stock exchange, the tax office, the pension regulator",
    "politician": "Senator Ruth Calder:she, Governor Emil Brandt:he, Deputy Lena Foss:she, Minister Omar Haddad:he,"
                  " Congressman Joel Pryce:he, Chancellor Ines Moreau:she, Minister Tove Sand:she"
                  " | Senator Hugo Marten:he, Governor Amina Sall:she, Deputy Petra Voss:she",
    "board": "the energy board, the port authority, the health council, the broadcasting council, the water board",
    "newspaper": "the Morning Ledger, the Coast Herald, the Evening Lantern, the Weekly Compass, the Valley Post"
                 " | the Northern Dispatch, the Sunday Beacon, the Capital Gazette",
    "assembly": "the lower house, the senate, the regional assembly, the city parliament | the upper chamber,"
                " the island assembly, the state legislature",
    "ministry": "the interior ministry, the transport ministry, the defence ministry, the education ministry"
                " | the fisheries ministry, the housing ministry, the energy ministry",
    "agency": "the food agency, the coastguard, the environment agency, the public health institute,"
              " the weather service | the veterinary office, the river authority, the radiation office",
    "spies": "the domestic intelligence service, the military intelligence bureau, the security service",
    "healthagency": "the medicines agency, the public health institute, the health inspectorate",
    "group": "pensioners, farmers, nurses, students, small shopkeepers, taxi drivers",
    "group_trade": "advertisers, debt collectors, estate agents, insurance brokers, betting firms",
    "court": "the supreme court, the court of appeal, the regional court, the military court"
             " | the constitutional court, the commercial court, the high court",
    "prosecutor": "Prosecutor Nils Aaker:he, Prosecutor Carla Benz:she, Prosecutor Ivo Radek:he",
    "person": "Martin Oakes:he, Selma Korte:she, Pavel Dvorski:he, Joan Arkwright:she, Tariq Nasser:he, Helga Roth:she,"
              " Luis Cordero:he, Maud Tennant:she | Anton Weiss:he, Grace Odell:she, Rafael Pinto:he, Signe Dahl:she",
    "police": "the Pellworth constabulary, the border police force, the Velmar police force, the transport constabulary"
              " | the Castrova police force, the harbour constabulary, the Brenholm police force",
    "museum": "the Harcourt Museum, the Museum of Navigation, the Delmonte Gallery, the Folk Museum of Arle"
              " | the Winslow Collection, the Textile Museum, the Oriel Gallery",
    "report": "the annual report, the half-year report, the prospectus, the bid papers, the loan application",
    "hospital": "Saint Brigid's Hospital, the Lakeview Clinic, the Mercy Hospital, the Ossory Children's Hospital"
                " | the Fairmount Clinic, Saint Cuthbert's Hospital, the Ridgeway Hospital",
    "patients": "children, pensioners, diabetics, pregnant women, war veterans",
    "ward": "the burns ward, the maternity ward, the cancer ward, the emergency ward, the dialysis ward",
    "foodstuff": "soft cheese, baby food, apple juice, sausages, bread, frozen peas",
    "vehicle": "school buses, fire engines, ambulances, delivery vans, trams",
    "athlete": "the swimmer Kaya Lund:she, the cyclist Bruno Vett:he, the runner Abebe Tola:he,"
               " the skier Mira Hagen:she | the rower Tom Aldous:he, the hurdler Nadia Petrov:she,"
               " the climber Jo Tanaka:she",
    "race": "the Alpine Cup, the Continental Games, the Coast Marathon, the winter trials, the spring classic"
            " | the Harbour Race, the Nations Trophy, the autumn relay",
    "club": "Pellworth Rovers, Real Dorrin, Velmar Athletic, Sporting Lomnitz, FC Ardbrook, Mirefield Town"
            " | Castrova United, Eddlestow City, Dynamo Brenholm",
    "federation": "the athletics federation, the cycling union, the rowing federation, the boxing association"
                  " | the swimming federation, the ski union, the triathlon association",
    "operator": "Tramway Systems, Summit Cableways, Metro Sud, Deepwell Power | Funi Rail, Ridge Hydro, Atlas Ferries",
    "airline": "Skylark Air, TransPolar, Jetstream Iberia, Aero Kivu",
    "airport": "Dorrin airport, Velmar airport, Novi Tal airport, Lomnitz airport",
    "river": "the River Elbrook, the River Tamsa, Lake Orm, the River Quill, Lake Hespera",
    "forest": "the Old Forest of Sarre, the Karst reserve, Bellwood, the Imber hills | the Grenz reserve, Ashmoor,"
              " the Tolva hills",
    "staff": "warehouse staff, sales staff, nursing staff, cabin crews, office clerks",
    "university": "the University of Arle, the Polar Institute, the Dorrin Institute of Biology, Westlake University"
                  " | the University of Castrova, the Marine Institute, Northgate University",
    "scientist": "Professor Lars Venn:he, Dr Priya Raman:she, Professor Ilse Kranz:she, Dr Owen Tudor:he",
    "paper": "a paper on sleep, a paper on soil, a paper on whales, a paper on asthma",
    "animals": "sheep, rats, pigs, dogs",
    "techfirm": "Chatterly, the search engine Quaro, the app maker Pixelhaus, Nimbus Cloud, the network Friendly"
                " | the platform Vocalis, the app maker Tandem, Orbit Search",
    "hackers": "the hacking group Red Moth, the hacking group Glass Viper, the hacking group Ninth Floor",
    "users": "schoolchildren, commuters, hospital visitors, football fans, jobseekers",
    "writer": "the novelist Edda Quist:she, the poet Samuel Aron:he, the playwright Chloe Dufour:she,"
              " the essayist Imre Zoltan:he",
    "broadcaster": "Channel North, Radio Dorrin, the state broadcaster, Coast Television",
    "council": "Pellworth council, Mirefield council, the city of Velmar, the town of Ardbrook"
               " | Brenholm council, the city of Castrova, Eddlestow council",
    "district": "the harbour district, the old town, the station quarter, Millside, Upper Lindrum",
    "militia": "the Red Ridge militia, the Northern Front, the Free Valley Brigade, the Desert Guard"
               " | the Hembra Legion, the Eastern Column, the River Militia",
    "vessel": "the ferry Albatross, the freighter Mary Lunt, the trawler Stella Polaris, the tanker Grand Duke"
              " | the yacht Sirocco, the ferry Princess Ida, the freighter Tallow",
    "bill": "the water bill, the pensions bill, the press bill, the asylum bill | the rail bill, the tenancy bill,"
            " the gambling bill",
    "post": "minister of transport, party leader, head of the audit committee, speaker of the house",
    "treaty": "the fisheries treaty, the border treaty, the nuclear treaty, the free-trade treaty",
    "union": "the dockers' union, the teachers' union, the miners' union, the pilots' union"
             " | the nurses' union, the bakers' union, the printers' union",
    "artwork": "the Dorrin altarpiece, the Harcourt diamond, the Velmar tapestry, the bronze hare",
    "bridge": "the Old Mill bridge, the Quill bridge, the station bridge, the harbour bridge",
    "prize": "the Arle Prize, the Golden Quill, the Northern Book Prize",
    "drug": "the drug Zelorin, the drug Pavexa, the drug Omnicort, the drug Tridaline",
    "archive": "the shared drive, the message archive, the backup server",
}

# fmt: on
PLACES: frozenset[str] = frozenset(
    {"region", "sea", "town", "port", "site", "ward", "airport", "river", "forest", "district", "archive", "bridge"}
)
"""Pools of places, which a change of recipient is tagged for."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a party or place, with the pronoun that stands for it ("it", "he", "she")."""

    text: str
    pronoun: str = "it"


def _pool(names: str) -> dict[str, tuple[Name, ...]]:
    parts = [tuple(Name(*name.strip().split(":")) for name in part.split(",")) for part in names.split("|")]
    return {"train": parts[0], "dev": parts[-1]}


NAMES: dict[str, dict[str, tuple[Name, ...]]] = {pool: _pool(names) for pool, names in _NAMES.items()}

Relation: TypeAlias = Literal[
    "same", "up", "down", "less", "more", "fewer", "exceeds", "exclusive", "conflict", "other", "unsafe"
]
"""What a second proposition is to a first: the same; a wider or narrower kind; one with fewer or more particulars;
a lower bound below an exact number or the other way round; a rival outcome; a figure that cannot also be true;
independent; or a mixture whose label a reader could dispute."""


@dataclass(frozen=True, slots=True)
class Proposition:
    """One thing that may have happened.

    Args:
        what: The event or outcome.
        actor: Who did it.
        thing: The object, None for an outcome.
        way: Which way of an outcome, 0 for an event.
        recipient: To whom, from whom or where, None where it is not said.
        time: When ("in March"), None where it is not said.
        number: "exactly" or "at least" with the count, None where it is not said.
    """

    what: Event | Outcome
    actor: Name
    thing: Noun | None = None
    way: int = 0
    recipient: Name | None = None
    time: str | None = None
    number: tuple[Literal["exactly", "at least"], int] | None = None


def relate(first: Proposition, second: Proposition) -> Relation:
    """Tells what the second proposition is to the first.

    Args:
        first: The proposition of the premise.
        second: The proposition of the hypothesis.

    Returns:
        The relation; "unsafe" where the guidelines do not settle it beyond doubt.
    """
    if first.what is not second.what:
        return "other"
    if first.actor != second.actor:
        return "other" if isinstance(first.what, Event) else "unsafe"
    steps = {_step(first.recipient, second.recipient), _step(first.time, second.time), _thing_step(first, second)}
    if isinstance(first.what, Outcome):
        return _relate_outcomes(first, second, first.what, steps)
    if "other" in steps:
        return "other"
    counts = _count_step(first, second)
    if counts in {"fewer", "exceeds", "conflict", "unsafe"}:
        return counts if steps == {"same"} else "unsafe"
    return _TOGETHER.get(frozenset((steps | {counts}) - {"same"}), "unsafe")


# A wider kind with fewer particulars is still less, a narrower one with more is more; the rest goes two ways at once.
_TOGETHER: dict[frozenset[Relation], Relation] = {
    frozenset(): "same",
    frozenset({"up"}): "up",
    frozenset({"down"}): "down",
    frozenset({"less"}): "less",
    frozenset({"more"}): "more",
    frozenset({"up", "less"}): "less",
    frozenset({"down", "more"}): "more",
}


def _step(first: object, second: object) -> Relation:
    if first == second:
        return "same"
    if second is None:
        return "less"
    return "more" if first is None else "other"


def _thing_step(first: Proposition, second: Proposition) -> Relation:
    if first.thing == second.thing:
        return "same"
    if isinstance(first.what, Event) and second.thing == first.what.kind:
        return "up"
    if isinstance(first.what, Event) and first.thing == first.what.kind:
        return "down"
    return "other"


def _count_step(first: Proposition, second: Proposition) -> Relation:
    if first.number is None or second.number is None or first.number == second.number:
        return _step(first.number, second.number)
    (one, low), (two, high) = first.number, second.number
    if one == two == "exactly":
        return "conflict"
    if one == "exactly":
        return "fewer" if high <= low else "conflict"
    if two == "exactly":
        return "exceeds" if low <= high else "conflict"
    return "unsafe"


def _relate_outcomes(first: Proposition, second: Proposition, what: Outcome, steps: set[Relation]) -> Relation:
    if first.recipient != second.recipient:
        return "other" if what.free else "unsafe"
    if first.time != second.time and None not in {first.time, second.time}:
        if what.once:
            return "exclusive" if first.way == second.way else "unsafe"
        return "other" if what.often else "unsafe"
    if first.way != second.way:
        return "exclusive" if first.time == second.time else "unsafe"
    return _TOGETHER.get(frozenset(steps - {"same"}), "unsafe")
