"""Pairs in which one word decides: "a violin" and "a trumpet" cannot both stand where "a violin" and "a fiddle" can.

A sentence with one word in a gap is set beside the same sentence, or a lightly reworded one, with another word there: a
sibling or an opposite, another word for the same, the kind that it belongs to or a member of it, or a word that fits
beside it. The relation of the words, which side is negated and which details are added give the label. The rows train;
they measure nothing but themselves.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Any

from nli.errors import InputError

SPLITS = ("train", "dev")
_C, _E, _N = "contradiction", "entailment", "neutral"

# (relation, stance of the premise, stance of the hypothesis) -> label; what is missing is never made, as it is unclear:
# who says that the soup is not hot does not quite say that it is cold
LABELS: dict[tuple[str, int, int], str] = {
    **{(same, 1, 1): _E for same in ("same", "synonym")},
    **{(same, 1, -1): _C for same in ("same", "synonym")},
    **{(same, -1, 1): _C for same in ("same", "synonym")},
    ("up", 1, 1): _E,
    ("up", 1, -1): _C,
    ("up", -1, 1): _N,
    ("down", 1, 1): _N,
    ("down", 1, -1): _N,
    ("down", -1, 1): _C,
    ("sibling", 1, 1): _C,
    ("sibling", 1, -1): _E,
    ("contrary", 1, 1): _C,
    ("contrary", 1, -1): _E,
    ("opposite", 1, 1): _C,
    ("opposite", 1, -1): _E,
    ("opposite", -1, 1): _E,
    **{("other", one, two): _N for one, two in ((1, 1), (1, -1), (-1, 1))},
}

# fmt: off
# siblings; a ";" ends those of a kind, which follows "^" (several after "/"), "=" another word for it, ">" a member
_GROUPS: dict[str, str] = {
    "country": "Peru, Chile, Uruguay, Bolivia, Ecuador ^ a South American country; Spain, Poland, "
               "Norway, Hungary, Greece ^ a European country; Kenya, Ghana, Senegal, Zambia, Morocco "
               "^ an African country; Iran, Japan, Nepal, Vietnam, Thailand ^ an Asian country",
    "nationality": "Peruvian, Chilean, Bolivian, Brazilian ^ South American; French, Italian, "
                   "Swedish, Danish ^ European; Kenyan, Nigerian, Ethiopian, Tunisian ^ African; "
                   "Japanese, Korean, Indian, Indonesian ^ Asian",
    "city": "Lyon, Marseille, Toulouse, Bordeaux ^ a French city; Munich, Hamburg, Cologne, Dresden "
            "^ a German city; Turin, Naples, Bologna, Palermo ^ an Italian city; Osaka, Kyoto, "
            "Nagoya, Sapporo ^ a Japanese city",
    "colour": "red>crimson, yellow>lemon yellow, orange, pink ^ a warm colour; blue>navy blue, "
              "green>olive green, turquoise ^ a cool colour; white, black, grey ^ a neutral colour",
    "instrument": "violin=fiddle, cello, harp, banjo ^ string instrument / musical instrument; "
                  "trumpet, trombone, tuba, bugle ^ brass instrument / musical instrument; flute, "
                  "clarinet, oboe, bassoon ^ woodwind instrument / musical instrument",
    "drink": "coffee>espresso, tea>green tea, cocoa=hot chocolate, mulled wine ^ a hot drink / "
             "something to drink; lemonade, orange juice, iced water, cold milk ^ a cold drink / "
             "something to drink",
    "fruit": "apple, banana, pear, lemon, peach, mango, orange, pineapple, melon, fig ^ fruit / "
             "piece of food",
    "vegetable": "carrots, onions, potatoes=spuds, leeks, cabbages, beans, turnips, radishes, peas, "
                 "beetroots ^ vegetables / food",
    "dish": "soup=broth, pizza, curry, lasagne, paella, risotto, stew, sushi, goulash, moussaka ^ a "
            "dish of some kind / food",
    "material": "wood=timber>oak, steel, glass, concrete, brick, marble, plastic, clay, copper, "
                "leather ^ a solid material",
    "room": "kitchen, bedroom, bathroom, cellar=basement, attic=loft, hallway=corridor, dining room, "
            "study, nursery, laundry room ^ room of the house",
    "vehicle": "bus>double-decker bus, lorry=truck, tractor, motorcycle=motorbike, tram, ambulance, "
               "taxi=cab, van, fire engine, bicycle=bike ^ vehicle / means of transport",
    "animal": "dog>terrier, horse>mare, cow, goat, sheep, cat, donkey, camel, elephant, rabbit ^ "
              "mammal / animal; duck, owl, goose, parrot ^ bird / animal",
    "sport": "football=soccer, tennis, basketball, volleyball, rugby, cricket, badminton, handball, "
             "hockey, golf ^ a ball game or racket game / a sport",
    "garment": "coat, scarf, waistcoat, cardigan, poncho, shawl, cape, kimono, dressing gown, apron "
               "^ piece of clothing / garment",
    "headgear": "helmet>cycle helmet, turban, beret, straw hat, bowler hat, crown, hood, headscarf, "
                "wig, tiara ^ something on the head",
    "profession": "doctor=physician>surgeon, lawyer=attorney, baker, plumber, farmer, carpenter, "
                  "librarian, pilot>airline pilot, dentist, electrician, fisherman, accountant ^ "
                  "person with a job / worker",
    "weekday": "Monday, Tuesday, Wednesday, Thursday, Friday ^ a weekday; Saturday, Sunday ^ the "
               "weekend",
    "month": "January, February, March, April, May, June ^ the first half of the year; July, August, "
             "September, October, November, December ^ the second half of the year",
    "season": "spring, summer, autumn, winter ^ one of the four seasons",
    "ordinal": "second, third, fourth, fifth, sixth, seventh, eighth, ninth ^ in the top ten",
    "cardinal": "three, four, five, six, seven, eight, nine, eleven, twelve=a dozen, fourteen, "
                "fifteen, sixteen ^ several / more than two",
    "planet": "Mercury, Venus, Mars=the red planet ^ a rocky planet / a planet; Jupiter, Saturn, "
              "Uranus, Neptune ^ a giant planet / a planet",
    "body part": "knee, ankle, hip, thigh, calf, shin ^ leg; wrist, elbow, forearm ^ arm; jaw, nose, "
                 "chin ^ face",
    "relation": "brother, father=dad, uncle, grandfather=granddad, nephew, son ^ male relative / "
                "relative; sister, mother=mum, aunt, grandmother=grandma, niece, daughter ^ female "
                "relative / relative",
    "language": "Spanish, Portuguese, Italian, Romanian ^ a Romance language / a foreign language; "
                "Polish, Czech, Ukrainian, Slovak ^ a Slavic language / a foreign language; Turkish, "
                "Arabic, Swahili, Japanese ^ a foreign language",
    "weapon": "missiles>cruise missiles, tanks=battle tanks, drones=unmanned aircraft, "
              "rifles>assault rifles, howitzers, grenades=hand grenades, torpedoes, mines>sea mines, "
              "machine guns, mortars ^ weapons / military goods",
    "cause": "fog, ice, a gust of wind, heavy snow, a lightning strike ^ the weather; a burst tyre, "
             "a brake failure, a broken axle, a faulty signal ^ a technical fault; a tired driver, a "
             "driver's mistake, reckless steering ^ human error",
    "office": "foreign minister, finance minister, interior minister, health minister, president, "
              "mayor, prime minister=premier, governor, defence minister, justice minister ^ "
              "politician",
    "institution": "central bank, supreme court, parliament, army, navy, tax office, post office, "
                   "electoral commission, national library, statistics office ^ public body",
    "currency": "euros, pesos, rupees, yen, kroner, rand, dinars, roubles, zloty, francs ^ cash / "
                "money",
    "direction": "north, south, east, west ^ certain direction",
    "crime": "murder=homicide, assault, kidnapping=abduction, armed robbery ^ a violent crime / a "
             "crime; theft, bribery, forgery, tax evasion=tax fraud, perjury ^ a non-violent crime / "
             "a crime",
    "illness": "malaria, cholera, measles, influenza=the flu, tuberculosis, dengue fever, whooping "
               "cough, typhoid, hepatitis, chickenpox ^ an infectious disease / an illness",
    "building": "hospital, school>primary school, library, theatre, hotel>luxury hotel, factory, "
                "prison=jail, church, museum, warehouse, airport terminal, power station ^ building",
    "ship": "tanker=oil tanker, ferry>car ferry, submarine, trawler, tugboat=tug, cruise "
            "liner=cruise ship, container ship, icebreaker, aircraft carrier, lifeboat ^ vessel",
    "aircraft": "helicopter=chopper, glider, airliner=passenger jet, fighter jet, hot-air balloon, "
                "airship, seaplane, cargo plane ^ aircraft",
    "metal": "copper, nickel, lithium, zinc, gold, silver, tin, cobalt, iron, aluminium ^ a metal / "
             "a raw material",
    "fuel": "coal, natural gas, crude oil=petroleum, diesel, hydrogen, firewood, peat, "
            "petrol=gasoline ^ fuel / an energy source",
    "furniture": "sofa=couch, armchair, table>coffee table, bed, wardrobe, bookcase, bench, stool, "
                 "desk, cradle ^ piece of furniture",
    "tool": "hammer>sledgehammer, saw, screwdriver, chisel, spanner=wrench, axe, drill, paintbrush, "
            "shovel=spade, rake ^ tool",
    "container": "bucket=pail, suitcase, basket>wicker basket, barrel, bottle, cardboard box, "
                 "rucksack=backpack, jar, sack, crate ^ container",
    "tree": "oak, birch, beech, willow, maple, chestnut ^ deciduous tree / tree; pine, spruce, "
            "cedar, fir ^ conifer / tree",
    "flower": "roses, tulips, lilies, daisies, sunflowers, carnations, orchids, daffodils, poppies, "
              "violets ^ flowers",
    "landscape": "beach, mountain path, frozen lake, forest trail, meadow, desert road, river "
                 "bank=riverbank, cliff, glacier, sand dune ^ place outdoors",
    "disaster": "an earthquake=a quake, a flood, a volcanic eruption, a tornado=a twister, a "
                "landslide, an avalanche, a hurricane, a wildfire, a drought, a tsunami ^ a natural "
                "disaster",
    "shape": "a circle, a triangle, a square, a hexagon, an oval, a pentagon, a star, a crescent, a "
             "diamond, a heart ^ a shape",
    "subject": "chemistry, physics, biology, geology ^ a natural science / an academic subject; law, "
               "history, philosophy, linguistics ^ an arts or law subject / an academic subject; "
               "medicine, architecture, economics, nursing ^ an academic subject",
    "transport": "train, plane, bus, ferry, bicycle, car, tram, taxi, helicopter, lorry ^ some means "
                 "of transport",
    "age group": "toddler, teenager=adolescent, middle-aged man, old man=elderly man, baby boy, old "
                 "woman=elderly woman, baby girl, middle-aged woman ^ human being / person",
    "insect": "bee, wasp, butterfly, beetle, ant, moth, grasshopper, dragonfly, mosquito, ladybird ^ "
              "insect",
    "bird": "eagle, pigeon, swan, crow, stork, kestrel, flamingo, woodpecker, pelican, heron ^ bird",
    "jewel": "ring>wedding ring, necklace, bracelet, brooch, pair of earrings, pendant, tiara, "
             "anklet ^ piece of jewellery",
    "publication": "novel, cookbook=cookery book, dictionary, atlas, biography, travel "
                   "guide=guidebook, textbook, hymn book ^ book",
    "music": "jazz, opera, folk music, heavy metal, hip-hop, chamber music, reggae, country music ^ "
             "music",
    "payment": "in cash, by credit card, by cheque, by bank transfer, with a gift voucher, in gold "
               "coins, with a phone app, in instalments by direct debit ^ in some way",
    "time of day": "noon=midday, midnight, dawn=daybreak, dusk=nightfall, two in the afternoon, "
                   "eight in the evening, nine in the morning, four in the morning ^ some time on "
                   "the day",
    "sector": "shipping, banking, farming=agriculture, tourism, mining, insurance, publishing, "
              "fishing ^ business",
}
_TAGS = {"country": "place", "city": "place", "direction": "place", "room": "place", "landscape": "place",
         "weekday": "time", "month": "time", "season": "time", "time of day": "time", "cardinal": "number",
         "ordinal": "number"}

# text | groups | words that fit beside them | "s" a scene that nobody reports
# {x} the word, {a} with its article, {t} with "the" (a kind with "a"), {n} where "not" goes,
# [this//that] a choice, <detail//another> what may be left out
_FRAMES: dict[str, tuple[str, ...]] = {
    "train": (
        ("the [protest//summit//trade fair] was{n} held in {x}< and drew several thousand people// after weeks of "
         "preparation> | country city"),
        ("the [company//family firm] has{n} moved its headquarters to {x}< to save on rent//, where it employs 300 "
         "people> | country city"),
        ("the cargo of [rice//grain//cotton] was{n} shipped from {x}< in a single container// at the end of the "
         "week> | country"),
        ("the missing [tourist//hiker] was{n} found in {x}< after a long search// with the help of a local guide> "
         "| country city"),
        "the [agency//bureau] opened its only foreign office in {x}<, with a staff of nine// two years ago> | country",
        ("a gas explosion destroyed a block of flats in {x}< early in the morning//, and the fire burned for "
         "hours> | city"),
        ("the [ambassador//diplomat] who was expelled is{n} {x}< and has served for ten years// and speaks four "
         "languages> | nationality | married, a former judge"),
        ("{a} [climber//cyclist//chess player] won the competition< by a narrow margin// at the first attempt> | "
         "nationality | young, left-handed"),
        "the arrested captain is{n} {x}< and was alone on the bridge// and holds a valid licence> | nationality",
        ("the [front door//garden fence//old boat] is{n} painted {x}< and has a brass plate> | colour | with great "
         "care, by hand | s"),
        ("the [car//van] that left the scene was{n} {x}< and had a broken tail light// and was driven by a woman> "
         "| colour | stolen, brand new, insured"),
        ("a [girl//woman] in a dress that is {x} walks past a shop window< with a dog// eating an ice cream> | "
         "colour | knee-length, expensive | s"),
        ("a [man//woman//street musician] is playing {a}< on a busy corner// in front of a fountain// with closed "
         "eyes> | instrument | | s"),
        ("the stolen object was{n} {a}< from the nineteenth century//, which was later returned> | instrument tool "
         "jewel publication | a family heirloom"),
        ("a [boy//girl] is learning to play {a}. The teacher sits next to the pupil<, tapping the beat with a "
         "pencil> | instrument | | s"),
        ("a [man//woman] sits at a small table by the window and drinks {x}< while reading a newspaper// alone> | "
         "drink | | s"),
        "the [guest//customer] ordered {x}< and paid in coins// before sitting down> | drink dish | | s",
        "the [child//old man] is eating {a}< on a park bench// with great care> | fruit | | s",
        "the still life on the wall shows {a} on a plate< beside a silver knife// in dim light> | fruit | | s",
        "the only thing left in the bowl was{n} {a}< with a small bruise on it> | fruit | | s",
        ("the [farmer//couple] grows only {x} on the hill behind the house< and sells them at the market// for a "
         "local restaurant> | vegetable flower"),
        "a woman at a market stall is weighing {x}< for a customer// under a striped awning> | vegetable | | s",
        "the main course at the wedding was{n} {x}< with fresh bread// and it was served late> | dish | | s",
        "the [bridge//tower//statue] is made of {x}< and weighs nine tonnes// and was finished last year> | material",
        "the box in which the letters were kept was{n} made of {x}< and had a small lock// and bore a date> | material",
        "a [woman//man] is sweeping the floor of {t}< while the radio plays// in the early morning> | room | | s",
        "the fire started in {t}<, according to the first results// and spread within minutes> | room",
        "a [man//woman//police officer] is standing beside {a}< in the rain// with a map> | vehicle | | s",
        ("the [robber//suspect] fled in {a}< and was caught near the border// shortly before the alarm was raised> "
         "| vehicle ship"),
        ("the [winner of the raffle//pensioner] was{n} given {a}< by the town// at a ceremony on the square> | "
         "vehicle furniture jewel"),
        ("what blocked the [motorway//runway] was{n} {a}< that had run off from a farm//, and drivers waited for "
         "an hour> | animal"),
        "a [girl//boy] is feeding {a} at the edge of a pond< with bread from a bag// on a sunny day> | animal | | s",
        ("a [photograph//poster] above the desk shows {a}<, taken at dawn// in black and white> | animal bird "
         "insect tree | | s"),
        ("two teams of [students//children] are playing {x}< on a muddy pitch// in front of their parents> | sport "
         "| | s"),
        "the [gold medallist//champion] earns a living from {x}< and trains six hours a day> | sport",
        ("the woman in the middle of the picture is{n} wearing {a} <over her shoulders//as she crosses the street> "
         "| garment | | s"),
        ("the [old man//boy] is wearing {a}< and laughing// as he waves to a friend> | headgear | a pair of "
         "glasses, a heavy watch | s"),
        ("the man on the motorcycle is wearing {a}. Behind him sits a child< who is holding on tightly> | headgear "
         "| | s"),
        ("the [witness//victim//hostage] is{n} {a}< from a small town// and has two children> | profession | a "
         "keen swimmer, a vegetarian, a parent"),
        ("the man who found the coins works as {a}< in a nearby village// and collects stamps in his free time> | "
         "profession"),
        ("the [hearing//meeting//funeral] was{n} held on {x}< in a crowded hall// after a short delay> | weekday | "
         "a small budget"),
        ("the [plant//mine] was closed for good on {x}<, and 200 people lost their jobs// after a long dispute> | "
         "weekday"),
        ("the [law//treaty//trade deal] was{n} signed in {x}< after two rounds of talks// in front of the cameras> "
         "| month season | public, haste"),
        ("the new [ferry line//tunnel//factory] will open in {x}<, with a party for the workers// if the tests go "
         "well> | month season"),
        "the [runner//swimmer//rower] finished {x}< in a field of forty// despite a cold> | ordinal",
        ("the [team//driver] was{n} {x} at the end of the season< and changed its sponsor// after a hard fight> | "
         "ordinal | tired"),
        ("{x} [people//passengers//climbers] were rescued from the mountain< by helicopter// in the dark> "
         "| cardinal"),
        ("a group of {x} [children//dancers] stands on the stage< in costume// before a full hall> | cardinal | "
         "tired, cheerful | s"),
        "the probe took its first pictures of {x}< and sent them to Earth// after a journey of years> | planet",
        ("the midfielder's injury is{n} to the {x}< and was treated at once// and will keep him out for a month> | "
         "body part"),
        "a dog bit the [postman//jogger] in the {x}< outside a bakery// and ran off> | body part",
        ("the [caller//person in the photograph] was{n} the minister's {x}<, whom reporters had tried to reach//, "
         "who lives abroad> | relation | neighbour, lawyer"),
        ("the boxer dedicated the victory to one person alone, his {x}<, who had paid for his first gloves//, in a "
         "short speech> | relation"),
        ("the [letter//warning//manual] was{n} written in {x}< on a single page// and bore a stamp> | language | "
         "haste, pencil"),
        "the [lecture//play] will be given in {x}< in the old town hall> | language",
        ("the shipment that was stopped at the port was{n} made up of {x}<, packed in forty crates// for a buyer "
         "abroad> | weapon metal"),
        ("the only thing the army bought last year was {x}<, at a price of two billion// from a foreign supplier> "
         "| weapon fuel"),
        ("the cause of the [crash//derailment] was{n} {x}<, according to the final report//, and no charges were "
         "filed> | cause"),
        "the accident on the coast road was caused by {x} alone< and cost three lives> | cause",
        ("the [author of the note//man on the tape] was{n} {t}<, who has since left the country> | office | a keen "
         "gardener"),
        "the prize was handed over by {t}< at a dinner in the capital// on a rainy evening> | office",
        "the data were stolen from {t}< by a single hacker// over a long weekend> | institution",
        "the building on fire was{n} the seat of {t}<, which had been renovated last year> | institution",
        "the ransom was{n} paid in {x}<, in two instalments// at a petrol station> | currency | secret, a hurry",
        "the suitcase was full of {x}<, worth about 90,000 dollars//, hidden under clothes> | currency",
        "the enemy attacked from {t}< at dawn// with two columns> | direction",
        "a strong wind was blowing from {t} that night< and tore roofs off> | direction",
        ("the [banker//former general//dealer] was convicted of {x} and nothing else< after a trial of six weeks// "
         "by a court in the capital> | crime"),
        ("the charge on which the [officer//priest] stood trial was{n} {x}<, for which he could be jailed for ten "
         "years> | crime"),
        ("the outbreak in the [camp//suburb] was{n} {x}<, and doctors treated 80 people// according to the "
         "laboratory> | illness"),
        "the [explorer//child] died of {x}< in a field hospital// after two weeks of fever> | illness",
        "the shell hit {a}< on the edge of town// shortly after midnight> | building",
        ("the [city council//developer] will turn the old barracks into {a}< at a cost of nine million// over the "
         "next three years> | building"),
        ("the wreck off the coast is{n} {a}< and lies at a depth of ninety metres// and was found by divers> | "
         "ship | a popular sight"),
        "{a} is lying at anchor in the bay< below a white lighthouse// in the evening sun> | ship | | s",
        "what came down in the field was{n} {a}< with two people on board> | aircraft | stolen, overloaded",
        "a [crowd//child] is watching {a} in the sky< with a hand above the eyes> | aircraft bird | | s",
        "the [mine//pit] in the north is{n} a source of {x}< and belongs to a foreign company> | metal",
        "the power station runs on {x}< and serves half a million homes> | fuel",
        "a [cat//small child] is asleep on {a} <under a blanket//near the window> | furniture | | s",
        "a [man//woman] in overalls is holding {a}< in one hand// and looking at the ceiling> | tool | | s",
        "a [woman//porter] is carrying {a} up the stairs< with both hands// behind an old man> | container | | s",
        "the [lightning//storm] struck {a} on the village green<, which was 200 years old> | tree",
        "the [widow//singer] was given a bunch of {x}< by a stranger// after the concert> | flower",
        "two [people//friends] are walking their dog along {a}< in thick coats// hand in hand> | landscape | | s",
        "the town was destroyed by {x}< within a single hour//, and the survivors moved away> | disaster",
        "the badge on the jacket is in the form of {x}< with a gold edge> | shape | | s",
        ("the [student//spy//young officer] took her degree in {x}< at a small university// with the best marks> | "
         "subject"),
        "the delegation arrived by {x}< in the evening// with two hours' delay> | transport",
        "the first person through the gate is{n} {a}< with a red umbrella> | age group | | s",
        "{a} [is sitting on a low wall//is waiting at a bus stop]< with a paper bag// in the shade> | age group | | s",
        "a close-up of {a} on a leaf< after the rain> | insect | | s",
        "the [actress//bride] lost {a} on the beach< and offered a reward> | jewel",
        "a [passenger//student] on the train is reading {a}< and underlining words> | publication | | s",
        "the festival is{n} devoted to {x}< and lasts four days> | music",
        "the bill was settled {x}< on the same day> | payment | without complaint, by the landlord",
        "the [bomb//device] went off at {x}< near a bus station//, while most people were indoors> | time of day",
        "the group now makes nearly all its profit in {x}< and wants to hire more staff> | sector",
    ),
    "dev": (
        "voters in {x} went to the polls at the weekend< under heavy guard> | country",
        "the orchestra's bus broke down in {x}< on the way to a concert> | city country",
        "the painter is{n} {x}< and lives in exile> | nationality | famous, single",
        "the wall behind the altar is{n} {x}< and slightly cracked> | colour | damp, cold | s",
        "an old busker with a beard tunes {a}< before the show> | instrument | | s",
        "the cup on the tray is filled with {x}< up to the brim> | drink | | s",
        "a monkey is holding {a} in one paw< and looking around> | fruit | | s",
        "the cook is peeling and chopping {x}< for twenty guests> | vegetable | | s",
        "the smell of {x} filled the stairwell< before lunch> | dish | | s",
        "the new roof is{n} made of {x}< and cost a fortune> | material",
        "two painters are at work in {t}< with a ladder> | room | | s",
        "the thing parked across the entrance was{n} {a}< with a flat tyre> | vehicle | rusty, stolen",
        "the parade was led by {a}< with a garland of flowers> | animal age group | | s",
        "the neighbour across the street is{n} {a}< and sings in a choir> | profession | a widower, a good cook",
        "the verdict was{n} read out on {x}< in an almost empty room> | weekday",
        "the strike was{n} called off in {x}< after a vote> | month season",
        "the youngest skater came {x}< in the final> | ordinal",
        "{x} containers fell off the ship< in a storm> | cardinal",
        "the telescope was pointed at {x}< for three nights> | planet",
        "the goalkeeper had surgery on the {x}< in a private clinic> | body part",
        "the heir to the estate is{n} the actor's {x}<, who lives on an island> | relation | secretary",
        "the rebels received {x} from abroad and nothing else< over the winter> | weapon",
        "the inquiry blamed {x} for the collision< and closed the case> | cause",
        "the strongest critic of the plan is{n} {t}<, who spoke last> | office",
        "the suspect in the dock was accused only of {x}< and pleaded for mercy> | crime",
        "the nurse fell ill with {x}< on her second day> | illness",
        "the site on which the tower stood will be used for {a}< and a small park> | building",
        "the navy towed {a} into the harbour< at first light> | ship",
        "a carpenter is sanding {a} in the yard< behind his shop> | furniture | | s",
        "a hand is lifting {a} from the workbench< in a dusty shed> | tool | | s",
    ),
}

# text | words | their opposites | words that fit beside either | "!" nothing lies between them, "s" a scene
# verbs bear their base form after "/", to be denied with
_OPPOSITES: dict[str, tuple[str, ...]] = {
    "train": (
        "the [shop//museum//border crossing] is{n} {x}< during the holidays> | open | closed, shut | large, new | !",
        ("the [captain//hostage//king] is{n} {x}< after the battle> | alive, living | dead, deceased | famous, "
         "married | !"),
        "the court found the [nurse//driver] {x}< after two hours> | guilty | innocent, not guilty | | ",
        ("the [board//parliament] {x} the plan< by a large majority> | approved/approve, backed/back | "
         "rejected/reject, turned down/turn down | discussed/discuss, published/publish"),
        ("the [union//player] {x} the offer< within an hour> | accepted/accept, took up/take up | refused/refuse, "
         "declined/decline | announced/announce, read/read"),
        ("[prices//exports//rents] {x} last year<, according to new figures> | rose/rise, went up/go up, "
         "increased/increase | fell/fall, went down/go down, decreased/decrease"),
        "the [team//party] {x} the final round< in front of 9,000 people> | won/win | lost/lose | filmed/film",
        ("the [president//delegation] {x} the capital at noon< with a small staff> | arrived in/arrive in, "
         "reached/reach | left/leave, departed from/depart from | praised/praise"),
        "the [guards//reporters] waited {x} the building< for an hour> | inside, within | outside, in front of",
        "the [speech//concert] was{n} given {x} the vote< in the main hall> | before, ahead of | after, following",
        ("the camp is{n} {x} the river< and has a well> | near, close to | far from, a long way from | named "
         "after, older than"),
        ("the two [reports//accounts] are{n} {x}< in their main points> | the same, identical | different, unlike "
         "each other | long, recent | !"),
        "the [soup//bath water] is{n} {x}< by now> | hot | cold, chilled | clean | s",
        "the [street//desert road] is{n} {x}< at this hour> | empty, deserted | crowded, packed | narrow, straight | s",
        "the [pavement//towel] is{n} {x}< in the morning> | wet, damp | dry | grey, old | !s",
        "the [room//tunnel] is{n} {x}< at the moment> | dark, unlit | bright, brightly lit | narrow, empty | s",
        "the [boy//giant in the picture] is{n} {x}< for his age> | tall | short | clever, friendly | s",
        "the [man//woman] on the bench is{n} {x}< and wears a hat> | young | old, elderly | tall, alone | s",
        "the [knife//blade] is{n} {x}< and lies on a board> | sharp, keen | blunt, dull | long, expensive | s",
        ("the [child//baby] is{n} {x}< in the back of the car> | asleep, sleeping | awake, wide awake | small, "
         "warm | !s"),
        "the [girl//clown] is{n} {x}< at the end of the film> | happy, glad | sad, unhappy | rich, alone | s",
        "the [hall//glass] is{n} {x}< to the last place> | full, filled | empty | new, clean | s",
        "the [bag//trunk] is{n} {x}< and has a strap> | heavy | light, lightweight | brown, new | s",
        "the [river//lake] is{n} {x} at this point< and full of fish> | deep | shallow | clean, cold",
        "the [bridge//alley] is{n} {x}< and rarely used> | wide, broad | narrow | old, famous",
        "the [exam//climb] was{n} {x} this year< for most people> | easy, simple | difficult, hard | free, popular",
        "the [surgeon//merchant] was{n} {x}< and had many friends> | rich, wealthy | poor, penniless | tall, young",
        "the [soldiers//villagers] were{n} {x}< in those days> | brave, courageous | cowardly | young, local",
        "the [waiter//clerk] was{n} {x}< to every guest> | polite, courteous | rude, impolite | known",
        "the [tablet//chemical] is{n} {x}< in small amounts> | harmless, safe | dangerous, harmful | expensive, blue",
        ("the [painting//banknote] is{n} {x}< in the expert's view> | genuine, authentic | fake, forged | small, "
         "valuable | !"),
        "the [contract//licence] is{n} {x}< under the new rules> | valid | invalid, void | long, secret | !",
        ("the [strike//sale of the land] was{n} {x}< in the court's view> | legal, lawful | illegal, unlawful | "
         "brief, popular | !"),
        ("the [minister's account//statement] is{n} {x}< in every detail> | true, correct | false, untrue | short, "
         "recent"),
        ("the [witness//treasurer] was{n} {x}< about the money> | honest, truthful | dishonest, lying | nervous, "
         "angry | !"),
        "the [engine//lamp] is{n} switched {x}< at present> | on | off | | !",
        "the [rope//screw] is{n} {x}< at one end> | loose, slack | tight, taut | thick, rusty",
        "the [bread//fish] is{n} {x}< and on sale> | fresh | stale | expensive, local",
        "the [apples//plums] are{n} {x}< this week> | ripe | unripe | small, cheap | !",
        "the [meat//rice] is{n} {x}< and on a plate> | raw, uncooked | cooked, fully cooked | expensive, brown | !s",
        "the [lorry//train] was{n} {x}< on the last stretch> | fast, quick | slow, sluggish | full, noisy",
        "the [crowd//classroom] is{n} {x}< while the speaker talks> | quiet, silent | noisy, loud | large, cold | s",
        "the [crops//lawns] were{n} {x}< at the time> | healthy | diseased, sick | young, valuable | !",
        "the [talks//tests] were{n} {x}< in the end> | successful | unsuccessful, a failure | long, public | !",
        "the [method//vaccine] is{n} {x}< against the virus> | effective | ineffective, useless | new, expensive | !",
        ("attendance at the [course//service] is{n} {x}< for staff> | compulsory, mandatory | voluntary, optional "
         "| popular, free of charge | !"),
        ("the shortage is{n} {x}<, in the bank's view> | temporary, short-lived | permanent, lasting | serious, "
         "costly | !"),
        "the [archive//beach] is{n} {x}< by law> | public | private | large, guarded | !",
        ("the [minutes//talks] were{n} {x}< from the start> | secret, confidential | public, open to all | brief, "
         "useful | !"),
        "the [fee//price of bread] is{n} {x}< by any measure> | high | low | fixed, new",
        "the [budget//ban] met with {x}< in the chamber> | support, approval | opposition, resistance | delays | ",
        "the [majority//chairwoman] voted {x} the motion< last night> | for, in favour of | against, to reject",
        ("the [senator//coach] {x} the reform< in a speech> | supported/support, endorsed/endorse | "
         "opposed/oppose, resisted/resist | explained/explain"),
        ("the [critics//judges] {x} the new book< at length> | praised/praise, lauded/laud | condemned/condemn, "
         "slammed/slam | read/read, quoted/quote"),
        ("the [guard//cook] {x} the gate< at nine> | opened/open, unlocked/unlock | closed/close, shut/shut | "
         "painted/paint, photographed/photograph"),
        ("the [bank//shop] {x} the loan terms< for its customers> | eased/ease, relaxed/relax | tightened/tighten, "
         "toughened/toughen | explained/explain"),
        ("the [firm//ministry] {x} its staff< over the year> | expanded/expand, enlarged/enlarge | cut/cut, "
         "reduced/reduce | praised/praise"),
        ("the council {x} the tax on cars< for two years> | raised/raise, increased/increase | lowered/lower, "
         "cut/cut | defended/defend, discussed/discuss"),
        ("the army {x} the hill< on the third day> | captured/capture, seized/seize | lost/lose, abandoned/abandon "
         "| shelled/shell"),
        ("the [rebels//troops] {x} overnight< along the whole front> | advanced/advance, moved forward/move "
         "forward | retreated/retreat, fell back/fall back"),
        ("the pilot {x} the warning< before take-off> | heeded/heed, obeyed/obey | ignored/ignore, "
         "disregarded/disregard | heard/hear, recorded/record"),
        ("the [clerk//actor] {x} the password< during the break> | remembered/remember, recalled/recall | "
         "forgot/forget | changed/change"),
        ("the [widow//museum] {x} the vase< at an auction> | bought/buy, purchased/purchase | sold/sell | "
         "described/describe, admired/admire"),
        ("the [student//apprentice] {x} the test< in the spring> | passed/pass | failed/fail, flunked/flunk | "
         "criticised/criticise"),
        "the doctors {x} the patient's life< in the night> | saved/save, preserved/preserve | failed to save | | ",
        ("the [court//governor] {x} the ban< on appeal> | upheld/uphold, confirmed/confirm | lifted/lift, "
         "overturned/overturn | reviewed/review, explained/explain"),
        ("the [prisoner//spy] was{n} {x}< on the same day> | freed, released | kept in prison, kept behind bars | "
         "photographed, questioned"),
        ("the [minister//editor] {x} the mistake< in an interview> | admitted/admit, acknowledged/acknowledge | "
         "denied/deny, disputed/dispute | explained/explain"),
        ("the [manager//bishop] {x} the workers to leave early< that day> | allowed/allow, permitted/permit | "
         "forbade/forbid, refused to permit | expected/expect"),
        ("the [company//owner] {x} two hundred people< in the autumn> | retained/retain, kept on/keep on | "
         "dismissed/dismiss, laid off/lay off | trained/train, thanked/thank"),
        ("the [lawyer//teacher] {x} the meeting< in the old library> | attended/attend, took part in/take part in "
         "| missed/miss, stayed away from/stay away from | praised/praise"),
        ("the [mechanic//caretaker] {x} the clock< in the square> | repaired/repair, fixed/fix | broke/break, "
         "wrecked/wreck | photographed/photograph"),
        ("the [workers//engineers] {x} the old chapel< within a month> | built/build, put up/put up | "
         "demolished/demolish, tore down/tear down | insured/insure"),
        ("the [general//boxer] {x} the enemy< within minutes> | defeated/defeat, beat/beat | surrendered "
         "to/surrender to, gave in to/give in to | underestimated/underestimate"),
        ("the troops {x} the village from the first attack< with heavy guns> | defended/defend, protected/protect "
         "| gave up/give up, abandoned/abandon"),
        ("the [judge//referee] {x} the protest< after a short look at the rules> | allowed/allow, "
         "sustained/sustain | dismissed/dismiss, threw out/throw out | heard/hear"),
        ("the [aunt//landlord] {x} the money to the family< in one sum> | lent/lend, loaned/loan | refused to lend "
         "| promised/promise"),
        ("the currency {x} against the dollar< this week> | strengthened/strengthen, gained/gain | "
         "weakened/weaken, lost ground/lose ground"),
        ("the temperature in the reactor {x} during the test< on Sunday> | rose/rise, climbed/climb | "
         "dropped/drop, sank/sink"),
        ("the number of visitors {x} over the decade< in all regions> | grew/grow, increased/increase | "
         "shrank/shrink, declined/decline"),
        ("the [patient//horse] {x} during the week< in the clinic> | got better/get better, recovered/recover | "
         "got worse/get worse, deteriorated/deteriorate | ate well/eat well"),
        ("the play {x} at eight< on the first night> | began/begin, started/start | ended/end, finished/finish | "
         "was sold out"),
        ("the lift {x} at noon< with a full load> | went up/go up, ascended/ascend | went down/go down, "
         "descended/descend"),
        ("the [children//dogs] are running {x} the house< on a windy day> | towards, in the direction of | away "
         "from, off from | | s"),
        "the [lamp//painting] hangs {x} the table< in the dining room> | above, over | below, under | | s",
        "the [boy//cat] is hiding {x} the [tree//shed]< with muddy feet> | behind, at the back of | in front of | | s",
        "the woman holds the cup in her {x} hand< and smiles> | left | right | clean, wet | s",
        ("the [bus//car] turned {x} at the crossing< without a signal> | left, to the left | right, to the right | "
         "slowly, suddenly"),
        "the [ship//convoy] sailed {x}< along the coast> | north, northwards | south, southwards | slowly, at night",
        "the path leads {x} the hill< past a chapel> | up, to the top of | down, to the foot of",
        ("[both//most] of the [passengers//tourists] were {x}< when help came> | conscious | unconscious, knocked "
         "out | cold, afraid"),
        "the man climbs {x} the boat< with a rope> | into, aboard | out of | | s",
        "the [cyclist//runner] started {x} the race< from the second row> | with, together with | without",
        "the [editor//guard] {x} checks the list< before the meeting> | always, invariably | never, at no time",
        "the [old man//colonel] {x} visits the town< in summer> | often, frequently | rarely, seldom | | ",
        ("the [nurse//librarian] speaks {x}< on the phone> | loudly, in a loud voice | quietly, softly | clearly, "
         "politely"),
        "the [driver//pilot] acted {x}< that evening> | carefully, with care | carelessly, recklessly | alone",
        ("the [shot//alarm] was{n} fired or set off {x}< on the night> | on purpose, deliberately | by accident, "
         "accidentally | at night, twice | !"),
        "the [letter//guest] arrived {x}< on Friday> | early, ahead of time | late, behind schedule | safely",
        ("the [chairman//spokeswoman] spoke {x} about the bank< on the radio> | positively, favourably | "
         "negatively, unfavourably | briefly, at length"),
        ("the patrol was{n} {x} when the attack began< at dusk> | armed, carrying weapons | unarmed, without "
         "weapons | tired, hungry | !"),
        ("the [clerk//uncle] is{n} {x}<, his neighbours say> | married, a husband | single, unmarried | tall, a "
         "vegetarian | !"),
        ("the [flat//post] is{n} {x} at the moment< and costs a lot> | occupied, taken | vacant, unoccupied | too "
         "small, new | !"),
        ("the [island//house] is{n} {x}< at this time of year> | inhabited, lived in | uninhabited, deserted | "
         "rocky, green | !"),
        "the [mushroom//berry] is{n} {x}< for humans> | edible, fit to eat | inedible, unfit to eat | rare, common | !",
        ("the [figure//total] in the report is{n} {x}< by a wide margin> | too high, overstated | too low, "
         "understated | new, public"),
        "the [ball//wheel] is{n} {x}< and lies on the floor> | round, circular | square | wooden, old | s",
        "the [floor//shirt] is{n} {x}< on this side> | clean, spotless | dirty, filthy | old, green | s",
        "the [hair of the girl//rope in the picture] is{n} {x}< and brown> | long | short | wet, clean | s",
        "the [slice of bread//wall] is{n} {x}< on one side> | thick | thin | old, cold | s",
        "the [surface//skin of the fruit] is{n} {x}< to the touch> | smooth, even | rough, uneven | warm, yellow",
        "the [cushion//mattress] is{n} {x}< and smells of soap> | soft | hard, firm | new, white",
        "the [plane//kite] is flying {x}< over the sea> | high, at a great height | low, close to the ground | alone",
        "the [guide//thief] is{n} {x} than the others< in the group> | older | younger | richer, friendlier",
        "the [hotel//second part] was{n} {x} than expected< by the guests> | better | worse | smaller, quieter",
        ("the new [phone//route] is{n} {x} than the old one< by a third> | cheaper, less expensive | more "
         "expensive, costlier | faster, prettier"),
        "the [harvest//turnout] was{n} {x} than last year< in most places> | bigger, larger | smaller | earlier, safer",
        "the sister is{n} {x} than the brother< by a little> | taller | shorter | kinder, cleverer",
        "the [window//vase] is{n} {x}< after the storm> | intact, undamaged | broken, smashed | clean, new | !",
        ("the [line//computer] is{n} {x} since the morning< in both offices> | working, in operation | out of "
         "order, down | monitored, in use by the police | "),
        ("the [rebel//officer] was{n} {x} to the king< in the war> | loyal, faithful | disloyal, unfaithful | "
         "related, known | !"),
        "the [army//border] was{n} {x} for the attack< that came> | ready, prepared | unprepared, unready | famous | !",
        ("the [answer//address] is{n} {x}< in the printed form> | right, correct | wrong, incorrect | short, in "
         "French | !"),
        "the [outcome//date] is{n} {x}< so far> | known, no mystery | unknown | important | ",
        "the [pond//window pane] is{n} {x}< and has a green edge> | transparent, clear | opaque, cloudy | small, cold",
        "the lake is{n} {x}< in January> | frozen, covered with ice | free of ice, ice-free | deep, popular | !",
        ("the [guest//mother] was{n} {x} at the trial< on the first day> | present, in attendance | absent, "
         "missing | mentioned, named | !"),
        "the firm made {a} last year<, its second in a row> | profit, gain | loss, deficit | a film",
        ("the [negotiations//race] ended in {x}< on the last day> | victory for the hosts, a win for the hosts | "
         "defeat for the hosts, a loss for the hosts | heavy rain"),
        ("the outcome was{n} {a} for the president< in his second term> | success, triumph | failure, fiasco | "
         "a surprise"),
        "the two states have been at {x} for years< along the border> | war | peace | odds over fishing",
        "the [stranger//visitor] was{n} {a} of the family< for years> | friend | enemy, foe | a neighbour, a tenant",
        ("the [buyer//first speaker] is{n} {x}< and comes from the coast> | male, a man | female, a woman | rich, "
         "Canadian | !"),
        "the [song//word] is{n} of {x} origin< in this case> | known | unknown, uncertain | foreign, local | !",
        ("the [front//back] page was printed {x}< for the weekend issue> | in colour | in black and white | twice, "
         "in Malta"),
        "{x} of the [passengers//villagers] survived the night< after the storm> | all, every one | none, not one",
    ),
    "dev": (
        "the [well//safe] is{n} {x}< this morning> | unlocked | locked, bolted | deep, old | !",
        "the [vicar//gardener] is{n} {x}< since his illness> | strong, sturdy | weak, feeble | bald, cheerful",
        "the [tax//toll] was{n} {x} last June< by decree> | introduced, brought in | abolished, scrapped | debated",
        ("the envoy {x} the invitation< in writing> | welcomed/welcome, greeted/greet | spurned/spurn, "
         "rebuffed/rebuff | received/receive"),
        ("shares in the company {x} at the opening< on heavy trading> | soared/soar, surged/surge | "
         "plunged/plunge, tumbled/tumble"),
        "the [singer//captain] {x} the country< for a tour> | entered/enter | exited/exit | praised/praise",
        "the [curtain//flag] was{n} {x}< at sunset> | taken down, hauled down | hoisted, run up | washed, torn | ",
        "the [train//lecture] was{n} {x} that day< for once> | punctual, on time | delayed, overdue | full | !",
        ("the [figures//names] on the list are{n} {x}< on page two> | complete, all there | incomplete, partly "
         "missing | in blue | !"),
        "the [rock//ladder] is{n} {x}< and has moss on it> | stable, steady | unstable, wobbly | grey, new",
        "the [duke//seller] was{n} {x} with money< all his life> | generous, open-handed | stingy, miserly | familiar",
        ("the pupils {x} the rule< in the yard> | followed/follow, complied with/comply with | violated/violate, "
         "flouted/flout | discussed/discuss"),
        ("the [nation//province] {x} the union< in spring> | joined/join | quit/quit, withdrew from/withdraw from "
         "| criticised/criticise"),
        "the [boat//wreck] lies {x} the surface< near the pier> | beneath, underneath | on top of | ",
        "the [jury//assembly] was{n} {x}< on the last point> | unanimous, of one mind | divided, split | vocal | !",
        "the [valve//tap] is{n} turned {x}< at night> | clockwise | anticlockwise, counterclockwise | slowly | ",
        ("the [tent//harbour] was{n} {x} during the storm< on Friday> | sheltered, protected | exposed, "
         "unprotected | full | !"),
        "the [plot//film] is{n} {x}< in the critic's view> | exciting, thrilling | boring, tedious | short, French",
        "the [ship//villa] is{n} {x}< and for sale> | ancient | modern, contemporary | white, insured",
        ("the [gang//agent] {x} the papers< in the cellar> | hid/hide, concealed/conceal | revealed/reveal, "
         "disclosed/disclose | copied/copy"),
    ),
}
# fmt: on

_SAY = ("{c}.", "{c}.", "{c}.", "{s} said that {c}.", "according to {s}, {c}.", "{c}, {s} said.",
        "{s} reported that {c}.", "{s} confirmed that {c}.", "{c}, as {s} put it.")  # fmt: skip
_DENY = ("it is not true that {c}.", "{s} said it was not the case that {c}.")
_DENY_SHARE = 0.2
_SPEAKERS = {
    "train": ("officials", "a spokeswoman", "local media", "two newspapers", "a radio station", "several witnesses",
              "a news agency", "people familiar with the matter", "the evening news", "a local reporter", "an insider"),
    "dev": ("sources on the spot", "a correspondent", "a morning paper", "an observer"),
}  # fmt: skip
_ASIDES = ("More details are expected later.", "It rained for most of the day.", "The news was first published online.",
           "Many people in the area were surprised.", "A fuller account will follow.")  # fmt: skip
_SCENE_ASIDES = ("The sky is cloudy.", "In the background, music is playing.", "Someone is taking a picture.",
                 "It looks like a quiet day.", "A clock shows half past ten.")  # fmt: skip
_ASIDE_SHARE = 0.12

_SHARES = {_C: 45, _E: 25, _N: 30}
# stances of premise and hypothesis, which do not depend on the label wanted
_STANCES = {(1, 1): 70, (1, -1): 18, (-1, 1): 12}
_RELATIONS = {"exclusive": 5, "synonym": 3, "up": 3, "down": 3, "other": 3, "same": 1}
_FRAME_SHARE = 0.6
_TRIES = 20000
_NEGATION = re.compile(r"\b(?:not|no|never|none|nobody|nothing|without|denied|seldom|rarely)\b", re.IGNORECASE)
_ALONE = re.compile(r"\[([^\]]*)\]")
_AFTER = re.compile(r"<([^>]*)>")
_AN = re.compile(r"(?!uni[fqtv]|uku|use|eu|one)[aeiou]|hour|honest|heir", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word for a concept; `kinds` are the concepts that hold it, `base` the form in which a verb is denied."""

    text: str
    concept: str
    kinds: frozenset[str] = frozenset()
    base: str = ""
    role: str = "member"  # or "kind", which holds others, or "other", which fits beside them


@dataclass(frozen=True, slots=True)
class _Topic:
    """Words that exclude each other: all in one group as siblings, or two sides."""

    name: str
    words: tuple[_Word, ...]
    exclusive: str  # the relation of words that exclude each other


@dataclass(frozen=True, slots=True)
class _Frame:
    text: str
    topics: tuple[_Topic, ...]
    others: tuple[_Word, ...]
    flags: str

    @property
    def deniable(self) -> bool:
        return "{n}" in self.text


def lexicon(number: int, seed: int, split: str = "train") -> list[dict[str, Any]]:
    """Make pairs.

    Args:
        number: How many.
        seed: Draws them; the same seed gives the same pairs.
        split: "train" or "dev", which share no sentence frame and no pair of words.

    Returns:
        Rows with the fields of a pair.

    Raises:
        InputError: If there is no such split, or it has fewer pairs than asked for.
    """
    if split not in SPLITS:
        raise InputError(f"There is no split {split!r} of these pairs: choose {' or '.join(SPLITS)}.")
    rng = random.Random(f"lexicon/{seed}/{split}")  # noqa: S311 -- chance, not secrets
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    while len(rows) < number:
        wanted = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
        stances = rng.choices(list(_STANCES), list(_STANCES.values()))[0]
        for _ in range(_TRIES):
            row = _row(rng, split, stances)
            if row and row["label"] == wanted and (row["premise"], row["hypothesis"]) not in rows:
                rows[row["premise"], row["hypothesis"]] = {"id": f"x-{split}-{len(rows)}", **row}
                break
        else:
            raise InputError(f"The {split} split has only about {len(rows)} pairs: ask for fewer.")
    return list(rows.values())


def label_of(relation: str, premise: int = 1, hypothesis: int = 1) -> str | None:
    """Return the label of two statements by the relation of their words and their stances, 1 or -1; None if unclear."""
    return LABELS.get((relation, premise, hypothesis))


def relation_of(one: str, two: str) -> str | None:
    """Return the relation of the second word to the first where some group or pair of opposites has both."""
    for topic in _topics():
        found = {word.text: word for word in reversed(topic.words)}
        if one in found and two in found:
            return _relate(topic, found[one], found[two])
    return None


def _relate(topic: _Topic, one: _Word, two: _Word) -> str | None:
    if one.concept == two.concept:
        return "same" if one.text == two.text else "synonym"
    if "other" in {one.role, two.role}:
        return "other" if one.role != two.role else None
    if two.concept in one.kinds:
        return "up"
    if one.concept in two.kinds:
        return "down"
    return topic.exclusive if "member" in {one.role, two.role} else None


def _list(text: str, separator: str = ",") -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]


def _group(name: str, text: str, split: str) -> _Topic:
    """Read a group; the last words of each kind are those of the dev split, and a split "" has all."""
    words: list[_Word] = []
    for part in _list(text, ";"):
        members, _, kinds = part.partition("^")
        found, above = _list(members), frozenset(_list(kinds, "/"))
        share = max(-(-len(found) // 4), min(2, len(found) // 2))
        chosen = {"train": found[:-share], "dev": found[-share:]}.get(split, found)
        for member in chosen:
            names, *below = _list(member, ">")
            first, *more = _list(names, "=")
            words += [_Word(name, first, above) for name in (first, *more)]
            words += [_Word(name, name, above | {first}) for name in below]
        nested = _list(kinds, "/")
        for place, kind in enumerate(nested):
            if all(word.text != kind for word in words):
                words.append(_Word(kind, kind, frozenset(nested[place + 1 :]), role="kind"))
    return _Topic(name, tuple(words), "sibling")


def _side(text: str, *, other: bool = False) -> list[_Word]:
    parts = [part.partition("/") for part in _list(text)]
    if other:
        return [_Word(word, word, base=base, role="other") for word, _, base in parts]
    return [_Word(word, parts[0][0], base=base) for word, _, base in parts]


def _frame(row: str, groups: dict[str, _Topic]) -> _Frame:
    text, names, others, flags = [*(part.strip() for part in row.split("|")), "", ""][:4]
    held = " " + names + " "
    topics = []
    for name in sorted(groups, key=len, reverse=True):
        if f" {name} " in held:
            topics.append(groups[name])
            held = held.replace(f" {name} ", " ")
    if held.strip():
        raise InputError(f"The frame {text!r} names no such group: {held.strip()}.")
    return _Frame(text, tuple(topics), tuple(_side(others, other=True)), flags)


def _opposite(row: str) -> _Frame:
    text, one, two, others, flags = [*(part.strip() for part in row.split("|")), "", ""][:5]
    words = (*_side(one), *_side(two))
    topic = _Topic(words[0].text, words, "opposite" if "!" in flags else "contrary")
    return _Frame(text, (topic,), tuple(_side(others, other=True)), flags)


def _read(split: str) -> tuple[tuple[_Frame, ...], tuple[_Frame, ...]]:
    groups = {name: _group(name, text, split) for name, text in _GROUPS.items()}
    return tuple(_frame(row, groups) for row in _FRAMES[split]), tuple(_opposite(row) for row in _OPPOSITES[split])


_READ = {split: _read(split) for split in SPLITS}


def _topics() -> list[_Topic]:
    groups = [_group(name, text, "") for name, text in _GROUPS.items()]
    return groups + [frame.topics[0] for split in SPLITS for frame in _READ[split][1]]


def _row(rng: random.Random, split: str, stances: tuple[int, int]) -> dict[str, Any] | None:
    """Draw a pair; None where it is unclear what it means or cannot be put."""
    frames, opposites = _READ[split]
    frame = rng.choice(frames if rng.random() < _FRAME_SHARE else opposites)
    topic = rng.choice(frame.topics)
    words = topic.words + frame.others
    wanted = rng.choices(list(_RELATIONS), list(_RELATIONS.values()))[0]
    one = rng.choice(words)
    choices = [two for two in words if _is(_relate(topic, one, two), wanted)]
    if not choices:
        return None
    two = rng.choice(choices)
    relation = str(_relate(topic, one, two))
    text = _ALONE.sub(lambda found: rng.choice(found[1].split("//")), frame.text)
    details = _AFTER.search(text)
    extras = _extras(rng, details[1].split("//") if details else [], frame)
    said = [
        _say(rng, frame, text, word, stance, extra, split)
        for word, stance, extra in zip((one, two), stances, extras, strict=True)
    ]
    label = label_of(relation, *stances)
    if label is None or said[0] is None or said[1] is None or said[0] == said[1]:
        return None
    added = any(two and two != one for one, two in zip(*extras, strict=True))
    if added and label == _E:
        label = _N
    return {
        "premise": said[0],
        "hypothesis": said[1],
        "label": label,
        "tags": [_tag(topic, relation)],
        "domain": "lexicon",
        "group": f"{topic.name}: {one.text} / {two.text}",
        "premise_source": "",
        "hypothesis_source": "",
    }


def _is(relation: str | None, wanted: str) -> bool:
    return relation == wanted or (wanted == "exclusive" and relation in {"sibling", "contrary", "opposite"})


def _tag(topic: _Topic, relation: str) -> str:
    if relation in {"contrary", "opposite"}:
        return "antonym"
    if relation == "sibling":
        return _TAGS.get(topic.name, "other-object")
    return {"up": "kind-member", "down": "kind-member", "other": "other-object"}.get(relation, "paraphrase")


def _extras(rng: random.Random, details: list[str], frame: _Frame) -> tuple[tuple[str, str], tuple[str, str]]:
    """Draw the detail and the further sentence of either side; the second has mostly the first one's or none."""
    asides = _SCENE_ASIDES if "s" in frame.flags else _ASIDES
    first = rng.choice(["", *details])
    second = rng.choice([first, first, "", *details])
    aside = rng.choice(asides) if rng.random() < _ASIDE_SHARE else ""
    other = rng.choice(asides) if rng.random() < _ASIDE_SHARE / 3 else ""
    return (first, aside), (second, rng.choice([aside, other, other]))


def _say(
    rng: random.Random, frame: _Frame, text: str, word: _Word, stance: int, extra: tuple[str, str], split: str
) -> str | None:
    """Put a word into the frame; None where it cannot be denied, or would be denied with a detail."""
    detail, aside = extra
    shown, negation, shell = word.text, "", "{c}."
    reported = "s" not in frame.flags and ". " not in text
    if reported:
        shell = rng.choice(_SAY)
    if stance < 0:
        if detail or not (frame.deniable or word.base):
            return None
        if reported and rng.random() < _DENY_SHARE:
            shell = rng.choice(_DENY)
        elif frame.deniable:
            negation = " not"
        else:
            shown = f"did not {word.base}"
    with_article = shown if word.role == "other" else article(shown)
    clause = _AFTER.sub(lambda _: detail, text).replace("{n}", negation)
    if word.role == "other" and "{a} [" in frame.text:
        with_article = article(shown)
    definite = f"the {shown}" if word.role == "member" else with_article
    clause = clause.replace("{x}", shown).replace("{a}", with_article).replace("{t}", definite).strip()
    said = shell.format(c=clause, s=rng.choice(_SPEAKERS[split]))
    said = said[0].upper() + said[1:]
    return f"{said} {aside}".strip()


def article(noun: str) -> str:
    """Put "a" or "an" before a noun, by how it sounds."""
    return noun if noun.startswith(("something ", "part of ")) else f"{'an' if _AN.match(noun) else 'a'} {noun}"
