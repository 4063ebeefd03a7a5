"""Everyday words for categories, places and products: tables and nothing else.

Each table maps what people say to names that a catalogue may have; a name that the catalogue lacks is left out
when the lexicon is built.
"""

from __future__ import annotations

from typing import Final

CATEGORY_WORDS: Final[dict[str, str]] = {
    "scary": "Horror", "spooky": "Horror", "frightening": "Horror", "creepy": "Horror", "terrifying": "Horror",
    "horrors": "Horror", "slasher": "Horror", "funny": "Comedy", "hilarious": "Comedy", "humorous": "Comedy",
    "comic": "Comedy", "comedic": "Comedy", "make me laugh": "Comedy", "a good laugh": "Comedy",
    "kids": "Children's", "kid": "Children's", "children": "Children's", "child": "Children's",
    "childrens": "Children's", "family": "Children's", "kid friendly": "Children's",
    "family friendly": "Children's", "toddlers": "Children's", "my daughter": "Children's",
    "my son": "Children's", "cartoon": "Animation", "animated": "Animation", "anime": "Animation",
    "animations": "Animation", "romantic": "Romance", "love story": "Romance", "love stories": "Romance",
    "date night": "Romance", "scifi": "Sci-Fi", "sci fi": "Sci-Fi", "science fiction": "Sci-Fi",
    "sf": "Sci-Fi", "futuristic": "Sci-Fi", "suspense": "Thriller", "suspenseful": "Thriller",
    "thrilling": "Thriller", "whodunit": "Mystery", "whodunnit": "Mystery", "detective": "Mystery",
    "mysteries": "Mystery", "noir": "Film-Noir", "cowboy": "Western", "cowboys": "Western",
    "documentaries": "Documentary", "docs": "Documentary", "true story": "Documentary",
    "singing": "Musical", "gangster": "Crime", "mafia": "Crime", "mob": "Crime",
    "adventurous": "Adventure", "action packed": "Action", "dramatic": "Drama", "magical": "Fantasy",
}  # fmt: skip
"""What people say of films -> the genre names of MovieLens."""

PRODUCT_WORDS: Final[dict[str, str]] = {
    "nappies": "diapers", "nappy": "diapers", "soda": "soft drinks", "pop": "soft drinks",
    "soft drink": "soft drinks", "fizzy drinks": "soft drinks", "coke": "soft drinks", "crisps": "potato chips",
    "loo roll": "toilet tissue", "toilet paper": "toilet tissue", "bathroom tissue": "toilet tissue",
    "kitchen roll": "paper towels", "ketchup": "catsup", "biscuits": "cookies", "sweets": "candy",
    "courgette": "zucchini", "aubergine": "eggplant", "minced beef": "ground beef", "mince": "ground beef",
    "hamburger meat": "ground beef", "fries": "french fries", "joe": "coffee", "decaf": "decaf coffee",
    "mac and cheese": "macaroni and cheese", "washing powder": "laundry detergents",
    "detergent": "laundry detergents", "ice lolly": "frozen novelties", "prawns": "shrimp",
    "coriander": "cilantro", "kibble": "dry dog food", "jelly": "jams and jellies", "jam": "jams and jellies",
    "booze": "liquor", "smokes": "cigarettes", "petrol": "gasoline", "gas": "gasoline", "loaf": "bread",
    "tissues": "facial tissue", "kleenex": "facial tissue", "porridge": "oatmeal", "beers": "beer",
}  # fmt: skip
"""What shoppers say -> a phrase that a product's name or category may hold."""

CHINESE_WORDS: Final[dict[str, str]] = {
    "恐怖": "Horror", "吓人": "Horror", "喜剧": "Comedy", "搞笑": "Comedy", "好笑": "Comedy", "科幻": "Sci-Fi",
    "爱情": "Romance", "浪漫": "Romance", "动作": "Action", "冒险": "Adventure", "动画": "Animation",
    "卡通": "Animation", "儿童": "Children's", "孩子": "Children's", "犯罪": "Crime", "纪录片": "Documentary",
    "剧情": "Drama", "奇幻": "Fantasy", "黑色电影": "Film-Noir", "音乐剧": "Musical", "歌舞": "Musical",
    "悬疑": "Mystery", "惊悚": "Thriller", "战争": "War", "西部": "Western", "玉米片": "tortilla chips",
    "墨西哥玉米片": "tortilla chips", "莎莎酱": "salsa", "薯片": "potato chips", "咖啡": "coffee",
    "牛奶": "milk", "面包": "bread", "鸡蛋": "eggs", "啤酒": "beer", "香蕉": "bananas", "奶酪": "cheese",
    "芝士": "cheese", "酸奶": "yogurt", "冰淇淋": "ice cream", "冰激凌": "ice cream", "纸尿裤": "diapers",
    "尿布": "diapers", "尿不湿": "diapers", "狗粮": "dog food", "猫粮": "cat food", "汽水": "soft drinks",
    "可乐": "soft drinks", "披萨": "frozen pizza", "意大利面": "pasta", "黄油": "butter", "糖果": "candy",
    "巧克力": "chocolate", "汤": "soup", "水果": "fruit", "蔬菜": "vegetables", "牛肉": "beef",
    "鸡肉": "chicken", "猪肉": "pork", "海鲜": "seafood", "饼干": "cookies", "蛋糕粉": "cake mixes",
    "洗衣液": "laundry detergents", "厕纸": "toilet tissue", "卫生纸": "toilet tissue", "果汁": "juice",
    "沙拉": "salad", "洗发水": "shampoo", "花生酱": "peanut butter",
    "牙膏": "toothpaste", "苹果": "apples", "草莓": "strawberries", "大米": "rice", "面粉": "flour", "白糖": "sugar", "茶叶": "tea",
    "葡萄酒": "wine", "红酒": "wine", "薯条": "french fries", "麦片": "cereal", "纸巾": "paper towels",
    "土豆": "potatoes", "番茄": "tomatoes", "西红柿": "tomatoes", "洋葱": "onions",
}  # fmt: skip
"""Chinese words -> a category or a phrase of a product's name."""

STATES: Final[dict[str, str]] = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

REGION_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "northeast": ("north east", "northeastern", "north eastern", "northeasterners", "东北部"),
    "midwest": ("mid west", "midwestern", "middle west", "midwesterners", "中西部"),
    "south": ("the south", "southern states", "down south", "southerners", "southern people", "南部", "南方"),
    "west": ("the west", "western states", "out west", "westerners", "西部地区"),
}
"""Census region -> other words for it."""

STATE_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "west coast": ("CA", "OR", "WA"),
    "pacific coast": ("CA", "OR", "WA"),
    "pacific northwest": ("OR", "WA"),
    "east coast": (
        "ME", "NH", "MA", "RI", "CT", "NY", "NJ", "DE", "MD", "DC", "VA", "NC", "SC", "GA", "FL",
    ),
    "new england": ("CT", "ME", "MA", "NH", "RI", "VT"),
    "deep south": ("AL", "GA", "LA", "MS", "SC"),
    "southwest": ("AZ", "NM", "OK", "TX"),
    "gulf coast": ("AL", "FL", "LA", "MS", "TX"),
    "great lakes": ("IL", "IN", "MI", "MN", "NY", "OH", "PA", "WI"),
    "rocky mountains": ("CO", "ID", "MT", "NV", "UT", "WY"),
    "tri state area": ("CT", "NJ", "NY"),
    "西海岸": ("CA", "OR", "WA"),
    "东海岸": (
        "ME", "NH", "MA", "RI", "CT", "NY", "NJ", "DE", "MD", "DC", "VA", "NC", "SC", "GA", "FL",
    ),
}  # fmt: skip
"""Names for groups of states; the linker joins the states that the catalogue has by "|"."""

REGION_OF_GROUP: Final[dict[str, str]] = {
    "west coast": "west", "pacific coast": "west", "pacific northwest": "west", "east coast": "northeast",
    "new england": "northeast", "deep south": "south", "southwest": "south", "gulf coast": "south",
    "great lakes": "midwest", "rocky mountains": "west", "tri state area": "northeast",
    "西海岸": "west", "东海岸": "northeast",
}  # fmt: skip
"""Where a catalogue has regions but no states: the nearest region."""

OWN_BRAND: Final[dict[str, str]] = {
    "store brand": "Private", "store brands": "Private", "own brand": "Private", "own brands": "Private",
    "own label": "Private", "private label": "Private", "private brand": "Private", "house brand": "Private",
    "generic brand": "Private", "national brand": "National", "national brands": "National",
    "name brand": "National", "name brands": "National", "brand name": "National",
}  # fmt: skip
"""What shoppers call the two kinds of brand that retailers file."""

QUALIFIERS: Final[frozenset[str]] = frozenset(
    """dry canned frozen fresh refrigerated boneless bulk bag bagged boxed large small medium regular premium
    traditional mainstream economy all other others misc miscellaneous single serve multi pack packs natural plain
    white red green yellow whole sliced shredded grated chunk chunks bottle bottled can cans jar jars pouch pouches
    liquid powder powdered instant prepared ready family adult kids fat free low light lite diet smoked cooked raw
    baked fried soft hard hot cold big mini snack food foods mix mixes product products item items dairy specialty
    value choice lean enhanced condensed private label and or with of for the exact weight under over more than
    random loose packaged pack hispanic italian mexican french domestic imported
    """.split()  # noqa: SIM905
)
"""Words that never name a product alone, so no short form is made of them."""
