"""Ordinary English words: those that a message may hold without meaning a title of the same letters.

A list and nothing else, written for this project. A title made of these words alone ("Heat", "Big", "Kids")
counts only where the sentence treats it as a title.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

COMMON: frozenset[str] = frozenset(
    """
a able about above accept accident across act action active actor actors actress actual actually add adult
adults advice afraid after afternoon again against age ago agree air alive all allow almost alone along
already also although always am amateur amazing among an and angel angels anger angry animal animals another
answer any anybody anyone anything anyway anywhere apart apartment apple apples april are area arm army
around arrive art artist as ask asleep assassins at ate august aunt autumn average avoid awake away awful
baby bachelor back bad bag bake baked baking ball bananas band bank bar base basic basket baskets bath be beach
bean beans bear beautiful beauty because become bed beef been beer before began begin beginning behind being
believe below benefit bent beside best bet better between beyond big biggest bill bird birds birth birthday bit
bite black blame blink bliss block blood blow blue board boat body bogus bomb bone book books boomerang boot
boots bored boring born boss both bother bottle bottom bought bound bowl box boy boys brain brand brands bread
break breakdown breakfast breath bride bridge brief bright bring broken brother brothers brought brown bubble
budget bug build building bulk bus bush business busy but butter buy buyer buyers by cabin cable cake call
called came camp can candy cannot canned captives car card cards care careful carpool carry cart case cash cat
catch category cats caught cause center century certain chain chair chance change character charade cheap cheaper
check cheer cheese chemical chicken child children chips chocolate choice choose christmas church circle cinema cinemas city class
classic classics clean clear clearly clever close closer clothes cloud club coach coast coat code coffee cold
color colors come comedies comedy comes coming commandments common company compare compared complete computer
contact contempt convent cook cookie cookies cool cop copy corn corner correct cost could country couple course
court cover crash crazy cream crime criminal cross crossing crow crowd cruel cry cup cure curious cut
dad daily damage dance dances dancing danger dangerous dark data date dates daughter dave day daylight days
dead deal dear death december decide deep degree delicious department depends desire desert dessert detail
details devil diet difference different difficult dim dinner direct dirty disclosure discover discovery dish disk
distance diva do doctor documentary does dog dogs doing dollar dollars done door double doubt down drama dramas
draw dream dreams dress drink drinks drive driver drop drunks dry due during dust duty dying each early earth
easily east easy eat eating edge effect egg eggs eight either eleven else empty end ending enemy energy english
enjoy enjoyed enjoys enough enter entire epic error escape especially even evening evenings event events ever
every everybody everyone everything evil exact exactly example excellent except excess excited exciting excuse
exotic expect expensive experience explain express extra extreme eye eyes face faces fact faculty fair faith
faithful fall fallen false familiar families family famous fan fans fantasy far farm fast fat father favorite
favourite fear fearless february feel feeling feelings feels feet fell felt female few fiction field fifteen
fifth fifty fight figure fill film films final finally find fine finger finish fire fires firm first fish five
fix flat flavor flirt floor flour flower flowers fluke fly flying focus follow follows food foods fool foot
for force foreign forest forever forget forgive form former forty forward found four fourth free freedom freeway
freeze french frequent fresh friday fridays friend friends from front frozen fruit fruits fuel full fun funnier
funny further future game games garden gas gave general genre genres gentle get gets getting ghost ghosts giant
gift girl girls give given gives giving glad glass glory go god goes going gold golden gone good goodbye goods
got grab grand grass great green grew grey grocery ground group grow guess guest guests guide guilty guitar gun
guy guys habit hack had hair half hall ham hand hands handsome happen happened happens happy hard has hat hate
hated hates have having he head heal health healthy hear heard heart hearts heat heaven heavy heck heights held
hell hello help hence her here hero herself hey hi hidden hide hideaway high higher hill him himself his history
hit hold hole holiday holidays hollow holy home honest honey hope hopefully horrible horror horse hospital hot
hotel hour hours house household households how however huge human humor humour hundred hunger hungry hunt hurry
hurt hush husband i ice idea ideas if ignore ill image imagine important impossible in incognito indeed indoor
infinity ingredient ingredients innocent inside instant instead interest interested interesting into invisible
invitation invite iron is island issue it item items its itself jack jacket jade jam january jealous jelly job
join joke journey joy juice july jump june jungle junior jury just keep kept key kick kid kids kill killed killer
killers killing kim kind kinds king kiss kissed kitchen knew knife knight knights know known knows lady lake lamb
land language large last late lately later laugh laughed laughing laughs law lazy lead leading leads leap learn
learned least leave leaves leaving led left leg legal legend legends lemon less let lets letter letters level
license lie lies life lift light lightning like liked likes likely likewise line lines lion list listen little
live lived lives living loaded local lock logical lonely long longer look looked looking looks loose lord lose
losing loss lost lot lots loud love loved lovely lover lovers loves loving low lower luck lucky lunch machine
mad made madness magic main make makes making male malice man many map march mark market marriage married mask
mass master match matter may maybe me meal meals mean means meant meat meet meeting member memory men mention
menu mess metal michael mid middle midnight might mile miles milk million mind mine minor minute minutes miracle
mirror miss missing mission mistake mix mixed modern mom moment monday mondays money monster monsters month
months mood moon moral more morning mornings most mother motion mountain mouse mouth move moved movie movies
moving much mum murder music musical musicals must my myself mysterious mystery naked name named names nap narrow
national natural nature near nearly necessary neck need needed needs neighbor neither nephew nervous net never new
newer newest news next nice night nightmare nights nine no nobody noise none noon nor normal north nose not note
nothing notice notorious november now nowhere number numbers nurse nut nuts october odd of off offer office
official often oh oil ok okay old older oldest on once one ones onion onions only open or orange order ordinary
original other others otherwise our ours out outbreak outdoor outside oven over own owner pack package page paid
pain paint pair pale panic panther paper parent parents park part particular particularly parts party pass past
pasta path pattern patterns pay paying peace peak peaks pen people pepper per percent perfect perfectly perhaps
period person personal persuasion phenomenon phone pick picked picks picnic picture pictures pie piece piercing
pies pig pilot pink pirate pirates pizza place places plain plan plane planet plant plants plate play played
player playing plays please pleasure plenty plus point poison police politics poor pop popular portion position
possible possibly post pot potato potatoes potter pound powder power practical prefer premium present pressure
pretty prevent price prices priest pride prince princess prison private prize probably problem product products
program project promise proof proper proposal protect proud prove public pull pulp punch pure purpose push put
puts quality queen quest question questions quick quickly quiet quit quite quiz race radio rain raise ran random
range ransom rare rate rated rather rating ratings raw reach read reading ready real really reason reasons rebel
recent recently recipe reckless recommend recommendation recommendations recommended red reduce region regular
relate related relationship relax release released relevant religious remain remember remove rent repeat replace
rest restaurant restoration result return reveal rice rich ride ridicule right ring ripe rise rising risk river
road robbery robot robots rock role roll rolls romance romantic roof room rooms root rose rough round row royal
rule ruled rules run running runs rush sad safe said salad sale sales salt same sample sand sat saturday saturdays
sauce save saved saw say saying says scare scared scary scene school science score scream screen script sea search
season seasonal seasons second secret secrets section security see seed seeing seem seems seen selection self sell
selling sells send senior sense senseless sent separate september series serious serve service session set sets
setting settle seven seventh several sex shade shadow shadows shake shall shame shape share sharp she shelf shift
shine ship shirt shoe shoes shoot shop shoppers shopping short shot should show showed showgirls showing shown shows
shut sick side sight sign signal silence silent silly silver similar simple since sing singer single sister sit site
six size skin sky sleep sleeper sleepers sleeping slice slide slow small smart smell smile smoke smooth snack snacks
snow so soap social soda soft sold soldier soldiers solid solo solution solve some somebody somehow someone something
sometimes somewhere son song songs soon sorry sort sorts soul sound sounds soup sour south southern space spaces spanish
speak special species specific speech speechless speed spell spend spent sphere spice spirit spirits split spoil spoon
sport sports spot spread spring square squeeze stable stag staff stage stalker stand standard star stars start started
starting starts state states station stay steak steal steel step stick still sting stolen stomach stone stood stop store
stores stories storm story straight strange stranger strangers street strength stress strike string strong stronger
strongest student stuff stupid style subject success such sudden sugar suggest suggested suggestion suggestions suit suite
sum summer sun sunday sundays sunset super supper support suppose sure surprise surprised surprising surely sweet swim
system table take taken takes taking tale talent talk talking talks tall target taste tasty taught tea teach teacher team
tear tears teen teenager teeth tell telling ten tender terrible test text than thank thanks that thats the theater theatre
their them theme then there these they thick thief thieves thin thing things think thinking third thirsty this those though
thought thoughts thousand threat three thrill thriller thrillers thriving throat through throw thursday thursdays ticket
tickets tie tight till time times tin tiny tip tired title titles to toast today together told tomato tomatoes tomorrow
tonight too took tool tooth top topic total touch tough tour toward town toy toys track trade traditional trail train trap
trash travel traveller treat tree trees trend trending trends trial trick tried trip trouble true trust truth try trying
tuesday tuesdays turbulence turn turned tv twelve twenty twice twilight twin twist twisted two type types typical ugly
uncle under underground understand unforgettable unhappy unit unless unlike until unusual up upon upset us use used useful
user users uses using usual usually vacation value variety various vegetable vegetables version very vice video view
violence violent virtual visit visitor visitors voice vote wait waiting wake walk walking wall want wanted wanting wants
war warm warning wars was wash waste watch watched watches watching water wave way ways we weak wear weather wedding
weddings wednesday wednesdays week weekday weekdays weekend weekends weeks weight weird welcome well went were west western
westerns what whatever wheat wheel when where which while white who whole whom whose why wide wife wild will wilder win
wind window windows wine wings winner winter wise wish with within without witness wolf woman women won wonder wonderful
trolley trolleys mates factor factors companion companions contain contained containing contains wood woods word words work worked working works world worried worry worse worst worth would write writer wrong yard year
years yellow yes yesterday yet yogurt you young your yours yourself zero dinosaur dinosaurs detective
detectives spy spies vampire vampires zombie zombies wizard wizards soldier heist courtroom baseball football boxing chess
reckon sequel sequels remake trilogy franchise plot director cast soundtrack ballet opera prefers recommends suggests
growing grows declining fading gaining dropping booming frequently alongside afterwards combine pairs household
bigger higher larger smaller stronger weaker counter counters outlet outlets venue fluke jump jumped spike slump busiest chart charts graph csv export plot versus profile correlate associations explain restock repurchase cycle cycles trend
directed starred wrote filmed
rising risen fallen falling grown fading faded peaked seasonal confident causal propensity adjusted stratified promote
promoted promotion promotions prompt browse bunch spirit folks count file gain gains shrinking trending overdue lapsed
contain contains decline link links linked connection seldom rarely unexpected useful actionable closest shorter shortly nobody everywhere
dont doesnt didnt cant wont isnt wasnt arent couldnt hadnt havent hasnt wouldnt shouldnt youre whats thats theres
twenty thirty forty fifty sixty seventy eighty ninety hundred unsalted salted lighter healthier healthy diet download
habits habit unsorted smth sth gimme ingredients guacamole cheaper funnier darker simpler spicy creamy crunchy vegan
reasoning convince evidence pushing justify frequent interval shortest longest weird strangest pairing partner
anytime sometime usual weekly monthly lol hmm umm yeah nope nah wanna gonna gotta dunno plz pls thx hiya cheers
""".split()  # noqa: SIM905 - a thousand quoted words would hide the list
)
SLANG = {
    "u": "you", "ur": "your", "r": "are", "abt": "about", "smth": "something", "sth": "something", "plz": "please", "pls": "please",
    "gimme": "give me", "wanna": "want to", "gonna": "going to", "lemme": "let me", "rec": "recommend", "recs": "recommendations",
    "whats": "what's", "thats": "that's", "ppl": "people", "luv": "love", "fav": "favourite", "fave": "favourite",
    "cos": "because", "dont": "don't", "didnt": "didn't", "hadnt": "hadn't", "isnt": "isn't", "wasnt": "wasn't",
    "cant": "can't", "couldnt": "couldn't", "doesnt": "doesn't", "im": "i'm", "ive": "i've", "nr": "number", "w": "with",
    "conf": "confidence", "n": "and", "goin": "going", "doin": "doing", "choc": "chocolate", "em": "them", "y": "why", "xmas": "christmas",
    "acc": "according", "tho": "though", "thx": "thanks", "wat": "what", "wud": "would", "kinda": "kind of", "sorta": "sort of",
    "whens": "when's", "wheres": "where's", "whos": "who's", "hows": "how's", "sooo": "so", "soooo": "so", "soo": "so",
}  # fmt: skip
"""How people shorten words on a phone -> the words."""


@cache
def words() -> frozenset[str]:
    """Return some 20,000 words of English, everyday ones and names: what stands among them is no slip of the pen.

    Unlike `COMMON` they say nothing of titles: "alien" is a word, and "Alien" a title all the same.
    """
    lines = files("bot.dialogue").joinpath("english.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
