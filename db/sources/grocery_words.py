"""Readable words for a grocer's abbreviations: product types, categories, departments, synonyms.

Knows English and this retailer's habits of writing. It refuses to know files other than its own table of names,
`grocery_names.csv` (the most bought types, named by hand); `readable` cleans the rest.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_WORDS = {
    "BEV": "beverages", "BRANDYH": "brandy", "CHOCOLA": "chocolate", "CLEANE": "cleaners", "INDR": "indoor",
    "MARINA": "marinades", "MFG": "manufacturer", "MINWTR": "mineral water", "PICKLS": "pickles",
    "PLANTR": "planter", "PNUT": "peanut", "PRESLCD": "pre-sliced", "RECHARABLE": "rechargeable",
    "SCE": "sauce", "SHLFSH": "shellfish", "SUPP": "supplements", "TABLOIDS": "tabloid",
    "QSR": "quick-service",
    "ACCESS.": "accessories", "ALL": "", "AUTO": "automatic", "BKD": "baked", "BKFST": "breakfast",
    "BN": "beans", "BRD": "breaded", "BREAKFST": "breakfast", "BRKFST": "breakfast", "BTL": "bottles",
    "BTR": "butter", "CAN": "canned", "CARB": "carbonated", "CATFD": "cat food", "CHIX": "chicken",
    "CHOC": "chocolate", "CHOCOCLATE": "chocolate", "CILANTO": "cilantro", "CKE": "cake", "CKYS": "cookies",
    "CLEANG": "cleaning", "CND": "canned", "CNDY": "candy", "CNTRL": "control", "COCO": "cocoa",
    "CONC": "concentrate", "CRBNTD": "carbonated", "CREME": "creme", "CRKR": "crackers",
    "CRYSTL": "crystal", "DAN": "danishes", "DECAFFINATED": "decaf", "DEOD": "deodorant",
    "DESS": "desserts", "DISPOSIBLE": "disposable", "DNR": "dinner", "DNRS": "dinners",
    "DOGFD": "dog food", "DPS": "dips", "DRNK": "drinks", "DRNKNG": "drinking", "DRNKS": "drinks",
    "DRSNG": "dressing", "DSH": "dishes", "EX": "except", "FD": "food", "FDS": "foods", "FEM.": "feminine",
    "FLVR": "flavored", "FLVRD": "flavored", "FRD": "fried", "FRE": "fresh", "FRZ": "frozen",
    "FRZN": "frozen", "GNG": "ginger", "GNGR": "ginger", "GRND": "ground", "H": "", "HBC": "care",
    "HISP": "Hispanic", "HYGN": "hygiene", "IQF": "individually frozen", "IWS": "wrapped", "JCE": "juice",
    "JUIC": "juice", "LIQ": "liquid", "LIQS": "liquids", "LSS": "less", "MICRO": "microwave",
    "MISC": "other", "MISC.": "other", "MISCELLANEOUS": "other", "MIXS": "mixes", "MLK": "milk",
    "MLT": "multi", "MNRL": "mineral", "MULT": "multi", "MW": "microwave", "MXS": "mixes", "N": "and",
    "NDAIRY": "non-dairy", "NO": "no", "NUTS(CANS)": "canned nuts", "ORIENTAL": "Asian", "OTHERS": "other",
    "PCKGD": "packaged", "PK": "pack", "PKG": "packaged", "PKG.SEAFOOD": "packaged seafood",
    "PKGD": "packaged", "PKLD": "pickled", "PLSTC": "plastic", "PNCH": "punch", "PNT": "peanut",
    "PORT": "portion", "PPK": "prepacked", "PREM": "premium", "PREP": "prepared",
    "PREPORTND": "pre-sliced", "PROD": "products", "PROTIEN": "protein", "PRPCK": "prepacked",
    "PRSLC": "pre-sliced", "PRESLC": "pre-sliced", "PWDR": "powdered", "PWDRS": "powders",
    "REFIGERATED": "refrigerated", "REFRGRATD": "refrigerated", "REFRIG": "refrigerated",
    "RTS": "ready-to-serve",
    "RW": "raw", "SAL": "salad", "SALD": "salad", "SAUS": "sausage", "SEASO": "seasoning", "SFT": "soft",
    "SGL": "single", "SHERBTS": "sherbets", "SMI": "semi", "SNDWCH": "sandwich", "SNGL": "single",
    "SNK": "snack", "SNKS": "snacks", "SOD": "soda", "SPEC": "special", "SPECILATY": "specialty",
    "SPLY": "supplies", "SPRD": "spreads", "SRV": "serve", "SS": "single-serve", "STK": "stick",
    "SUP": "super", "SUPPPLIES": "supplies", "SV": "serve", "SW": "sweet", "SWEETNERS": "sweeteners",
    "SWT": "sweet", "SYRP": "syrup", "THN": "than", "TISS": "tissues", "TORT": "tortilla", "TRSH": "trash",
    "UTIL": "utility", "VAC": "vacuum", "VEG": "vegetables", "VEND": "vending", "W/": "with", "W": "with",
    "WATE": "water", "WHL": "whole", "WHLSM": "wholesome", "WHSE": "warehouse", "WTR": "water",
    "XPCTRNT": "expectorant", "BG": "bags", "GDS": "goods", "MEMORABLILIA": "memorabilia",
}  # fmt: skip
_PROPER = {
    word.upper(): word
    for word in (
        "American", "Angus", "Asian", "Australian", "Bartlett", "Braeburn", "Christmas", "Easter", "English",
        "French", "Fuji", "Halloween", "Hawaiian", "Hispanic", "Italian", "Japanese", "July", "Mexican",
        "Spanish", "Swiss", "Thai", "Thanksgiving", "Valentine", "Valentines", "Vienna", "Greek", "Chinese",
        "DVD", "CD", "TV", "SPF", "Alaskan", "Atlantic", "Irish", "German", "Indian", "Caribbean", "Louisiana",
        "California", "Florida", "Georgia", "Idaho", "Kosher", "Kentucky", "Kiwi",
    )
} | {"KIWI": "kiwi", "KOSHER": "kosher"}  # fmt: skip

CATEGORIES = {
    "HOUSEHOLD CLEANG NEEDS": "Household cleaners", "LUNCHMEAT": "Lunch meat", "MAGAZINE": "Magazines",
    "MAKEUP AND TREATMENT": "Makeup",
    "AUDIO/VIDEO PRODUCTS": "Music and video", "BABY HBC": "Baby care", "BABYFOOD": "Natural baby food",
    "BAG SNACKS": "Bagged snacks", "BAKED BREAD/BUNS/ROLLS": "Bread, buns and rolls",
    "BAKED SWEET GOODS": "Packaged pastries", "BATH TISSUES": "Toilet paper", "BATH": "Bath accessories",
    "BEANS - CANNED GLASS & MW": "Canned beans", "BEERS/ALES": "Beer", "BOOKSTORE": "Books",
    "BREAKFAST SAUSAGE/SANDWICHES": "Breakfast sausage and sandwiches",
    "BREAKFAST SWEETS": "Bakery breakfast pastries", "CANDY - CHECKLANE": "Checkout candy",
    "CANDY - PACKAGED": "Packaged candy", "CHIPS&SNACKS": "Natural chips and snacks",
    "CHEESE": "Cheese", "CHEESES": "Deli cheese", "CHICKEN/POULTRY": "Prepared chicken",
    "CHRISTMAS  SEASONAL": "Christmas", "CONVENIENT BRKFST/WHLSM SNACKS": "Breakfast bars and snacks",
    "COOKIES": "Bakery cookies", "COOKIES/CONES": "Cookies and cones",
    "COUPON/MISC ITEMS": "Fuel and other sales",
    "COUPONS/STORE & MFG": "Coupons", "CRACKERS/MISC BKD FD": "Crackers", "DIAPERS & DISPOSABLES": "Diapers",
    "DINNER MXS:DRY": "Dinner mixes", "DOMESTIC GOODS": "Linens and home goods",
    "DRY BN/VEG/POTATO/RICE": "Rice, beans and potatoes",
    "DRY MIX DESSERTS": "Dessert mixes", "DRY NOODLES/PASTA": "Dry pasta",
    "DRY SAUCES/GRAVY": "Gravy and sauce mixes",
    "ELECTRICAL SUPPPLIES": "Light bulbs and electrical", "FACIAL TISS/DNR NAPKIN": "Tissues and napkins",
    "FD WRAPS/BAGS/TRSH BG": "Food wraps and bags", "FITNESS&DIET": "Fitness and diet",
    "FLUID MILK PRODUCTS": "Milk",
    "FROZEN - BOXED(GROCERY)": "Boxed frozen seafood", "FROZEN PIE/DESSERTS": "Frozen desserts",
    "FROZEN": "Natural frozen foods", "FRUIT - SHELF STABLE": "Canned fruit",
    "FRZN ICE": "Ice", "FRZN JCE CONC/DRNKS": "Frozen juice", "FRZN MEAT/MEAT DINNERS": "Frozen dinners",
    "FRZN NOVELTIES/WTR ICE": "Frozen treats", "FRZN VEGETABLE/VEG DSH": "Frozen vegetables",
    "GREETING CARDS/WRAP/PARTY SPLY": "Cards, gift wrap and party supplies",
    "HAND/BODY/FACIAL PRODUCTS": "Skin care",
    "HEAT/SERVE": "Heat-and-serve meals", "HISPANIC": "International foods",
    "ICE CREAM/MILK/SHERBTS": "Ice cream",
    "IN-STORE PHOTOFINISHING": "Photo prints", "ISOTONIC DRINKS": "Sports drinks",
    "J-HOOKS": "Aisle displays",
    "JUICE": "Natural juice", "LIQUOR": "Spirits", "MEAT - MISC": "Frozen meat and poultry",
    "MEAT - SHELF STABLE": "Canned meat and meals",
    "MILK BY-PRODUCTS": "Sour cream, dips and cottage cheese", "MISC. DAIRY": "Other dairy",
    "MISC WINE": "Other wine",
    "MISCELLANEOUS": "Other groceries", "MOLASSES/SYRUP/PANCAKE MIXS": "Syrup and pancake mixes",
    "NEW AGE": "Energy and new age drinks",
    "NUTS": "Produce nuts", "ORGANICS FRUIT & VEGETABLES": "Organic produce",
    "PAPER HOUSEWARES": "Paper plates and cups",
    "PEPPERS-ALL": "Peppers", "PICKLE/RELISH/PKLD VEG": "Pickles and relish",
    "PNT BTR/JELLY/JAMS": "Peanut butter and jelly",
    "PROCESSED": "Produce dips, dressings and juice", "PWDR/CRYSTL DRNK MX": "Drink mixes",
    "REFRGRATD DOUGH PRODUCTS": "Refrigerated dough",
    "REFRGRATD JUICES/DRNKS": "Refrigerated juice", "REFRIGERATED": "Natural refrigerated foods",
    "SALAD BAR": "Salad bar",
    "SALD DRSNG/SNDWCH SPRD": "Salad dressing and mayonnaise", "SEAFOOD - SHELF STABLE": "Canned seafood",
    "SEAFOOD-FRESH": "Fresh seafood", "SEAFOOD - FROZEN": "Frozen seafood", "SEAFOOD - MISC": "Other seafood",
    "SNKS/CKYS/CRKR/CNDY": "Natural cookies and candy", "SNACKS": "Deli snacks",
    "SOAP - LIQUID & BAR": "Soap",
    "SWEET GOODS & SNACKS": "Bakery sweets", "SYRUPS/TOPPINGS": "Ice cream toppings",
    "VALUE ADDED FRUIT": "Cut fruit",
    "VALUE ADDED VEGETABLES": "Cut vegetables", "VEGETABLES - ALL OTHERS": "Fresh vegetables",
    "VEGETABLES - SHELF STABLE": "Canned vegetables", "VEGETABLES SALAD": "Lettuce and greens",
    "WAREHOUSE SNACKS": "Canister and boxed snacks",
    "WATER - CARBONATED/FLVRD DRINK": "Water", "WATER": "Natural water",
    "SUGARS/SWEETNERS": "Sugar and sweeteners",
}  # fmt: skip
DEPARTMENTS = {
    "DRUG GM": "Drugstore and household", "NUTRITION": "Natural foods", "MEAT-PCKGD": "Packaged meat",
    "SEAFOOD-PCKGD": "Packaged seafood", "PASTRY": "Bakery", "GM MERCH EXP": "General merchandise",
    "CNTRL/STORE SUP": "Store supplies", "ELECT &PLUMBING": "Electrical and plumbing",
    "PHOTO & VIDEO": "Photo and video",
    "CHARITABLE CONT": "Charity", "PROD-WHS SALES": "Warehouse sales", "MISCELLANEOUS": "Other",
}  # fmt: skip
_BARE = frozenset({
    "all", "american", "basic", "bulk", "decor", "dry", "economy", "enhanced", "fresh", "frozen", "half",
    "lean", "mainstream", "microwave", "minuet", "miscellaneous", "natural", "other", "premium", "red",
    "refrigerated", "regular", "seasonal", "select", "smoked", "special", "specialty", "traditional",
    "value", "variety", "whole", "white",
})  # fmt: skip
"""Types that say nothing without their category."""
_PRODUCE = frozenset({
    "apples", "beans", "cherries", "corn", "grapes", "herbs", "lettuce", "melons", "mushrooms",
    "nectarines", "onions", "oranges", "peaches", "pears", "peppers", "plums", "potatoes", "squash",
    "tomatoes",
})  # fmt: skip
"""Kinds that the retailer puts before the variety: "APPLES FUJI" are Fuji apples."""
_SYNONYMS = {
    "soda": ("soft drinks", "pop", "fizzy drinks"),
    "diapers": ("nappies",),
    "potato chips": ("crisps",),
    "corn chips": ("corn crisps",),
    "candy bars": ("chocolate bars",),
    "chips": ("crisps",),
    "cookies": ("biscuits",),
    "crackers": ("savory biscuits",),
    "candy": ("sweets",),
    "toilet paper": ("toilet tissue", "bath tissue", "loo roll"),
    "paper towels": ("kitchen roll", "kitchen towels"),
    "gasoline": ("petrol", "gas", "fuel"),
    "french fries": ("chips", "fries"),
    "ground beef": ("mince", "minced beef", "hamburger meat"),
    "ketchup": ("catsup", "tomato ketchup"),
    "popsicles": ("ice lollies",),
    "zucchini": ("courgettes",),
    "trash bags": ("bin bags", "garbage bags"),
    "dish soap": ("washing-up liquid",),
    "sanitary pads": ("sanitary towels", "feminine pads"),
    "tortilla chips": ("nachos", "nacho chips", "corn tortilla chips"),
    "salsa": ("picante",),
    "yogurt": ("yoghurt",),
    "barbecue": ("bbq",),
    "mayonnaise": ("mayo",),
    "macaroni and cheese": ("mac and cheese",),
    "donuts": ("doughnuts",),
    "green onions": ("scallions", "spring onions"),
    "corn": ("sweetcorn",),
    "shrimp": ("prawns",),
    "facial tissues": ("tissues", "paper handkerchiefs"),
    "aluminum foil": ("tin foil", "aluminium foil"),
    "pain relievers": ("painkillers", "aspirin", "ibuprofen"),
    "sports drinks": ("isotonic drinks",),
    "frozen dinners": ("tv dinners", "ready meals"),
    "lunch meat": ("cold cuts",),
    "bandages": ("plasters",),
    "oatmeal": ("porridge",),
    "beer": ("ale", "lager"),
    "cat litter": ("kitty litter",),
    "cookie dough": ("biscuit dough",),
    "milk": (),
}
"""A phrase of a name -> what others say for it."""


@cache
def names() -> Mapping[tuple[str, str], str]:
    """Return our names: (type, category or "" where the type is not split) -> name."""
    text = (files("db.sources") / "grocery_names.csv").read_text(encoding="utf-8")
    return {(row["type"], row["category"]): row["name"] for row in csv.DictReader(text.splitlines())}


def type_name(kind: str, category: str, *, split: bool) -> str:
    """Return what a shopper calls a product type; `split` where the type spreads over categories."""
    named = names().get((kind, category if split else ""))
    if named:
        return named
    clean = readable(kind)
    if not clean:
        return f"Other {lower_first(category_name(category))}" if category else "Unsorted products"
    words = re.findall(r"[a-z]+", clean.lower())
    if all(word in _BARE for word in words):
        return f"{category_name(category)}, {lower_first(clean)}"
    return clean


def category_name(category: str) -> str:
    """Return a category as people say it."""
    return CATEGORIES.get(category) or readable(category) or "Other"


def department_name(department: str) -> str:
    """Return a department as people say it."""
    return DEPARTMENTS.get(department) or readable(department) or "Other"


@cache
def readable(label: str) -> str:
    """Return a label in sentence case with its abbreviations spelt out.

    "FRZN VEG/FRUIT" is "Frozen vegetables and fruit". A parenthesis, often cut off at the end, is left out.
    """
    text = re.sub(r"\([^)]*\)?", " ", label.upper())
    text = re.sub(r"\bW/\s*O\b", " without ", text)
    text = re.sub(r"\bW/(?=\w)", " with ", text)
    text = re.sub(r"\bN/A\b", " ", text)
    text = re.sub(r"\b(WOMEN|CHILDREN|MEN|KID) S\b", r"\1'S", text)
    text = re.sub(r"\s+-\s*|\s*-\s+|:|;", " , ", text)
    text = re.sub(r"[/&+]", " & ", text)
    words: list[str] = []
    for token in re.sub(r"-", " ", text).split():
        words += _spelt(token).split()
    if len(words) in (2, 3) and words[0] in _PRODUCE and not {"&", ",", "other"} & set(words):
        words = [*words[1:], words[0]]
    return _sentence(words)


def lower_first(text: str) -> str:
    """Return the text with a lower first letter, but for names such as "Asian foods"."""
    first = text.split(" ", 1)[0].rstrip(",")
    return text if first.upper() in _PROPER or first.isupper() else text[:1].lower() + text[1:]


def synonyms(name: str) -> tuple[str, ...]:
    """Return other ways to say a name: each known phrase in it replaced, the longest phrase first.

    What stands in parentheses tells two types apart and is left out.
    """
    lower, found = name.split(" (")[0].lower(), []
    covered = ""
    for phrase in sorted(_SYNONYMS, key=len, reverse=True):
        if re.search(rf"\b{phrase}\b", lower) and not re.search(rf"\b{phrase}\b", covered):
            covered += f" {phrase}"
            found += [re.sub(rf"\b{phrase}\b", other, lower) for other in _SYNONYMS[phrase]]
    return tuple(dict.fromkeys(found))


def slug(name: str) -> str:
    """Return an id made of a name: "Salsa and picante sauce" is "salsa-and-picante-sauce"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("'", "")).strip("-")


def _spelt(token: str) -> str:
    if token in _WORDS:
        return _WORDS[token]
    bare = token.strip(".")
    if bare in _WORDS:
        return _WORDS[bare]
    return _PROPER.get(token) or _PROPER.get(bare) or bare.lower()


def _sentence(words: list[str]) -> str:
    """Join words: "&" becomes "and", between three parts a comma first; doubled and trailing joints go."""
    kept: list[str] = []
    for word in words:
        joint = word in ("&", ",", "and")
        if joint and (not kept or kept[-1] in ("&", ",", "and")):
            continue
        kept.append("&" if word == "and" else word)
    while kept and kept[-1] in ("&", ",", "with", "except"):
        kept.pop()
    last = max((at for at, word in enumerate(kept) if word == "&"), default=-1)
    joined = [
        "and" if word == "&" and at == last else "," if word == "&" else word for at, word in enumerate(kept)
    ]
    text = " ".join(joined).replace(" ,", ",")
    return text[:1].upper() + text[1:]
