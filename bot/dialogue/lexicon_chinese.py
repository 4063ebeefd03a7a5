"""Chinese words of a wish in English: what the text search reads, since its encoder knows English.

Knows a table of everyday words. It refuses to know catalogues; names of categories are in `lexicon_words`.
"""

from __future__ import annotations

import re
from typing import Final

WISH_WORDS: Final[dict[str, str]] = {
    "太空": "space", "宇宙": "space", "外星人": "aliens", "机器人": "robots", "恐龙": "dinosaurs", "时间旅行": "time travel",
    "音乐家": "musician", "钢琴": "piano", "画家": "painter", "作家": "writer", "医生": "doctor", "律师": "lawyer", "法庭": "courtroom",
    "老师": "teacher", "学校": "school", "大学": "college", "监狱": "prison", "警察": "police", "侦探": "detective", "间谍": "spy",
    "黑帮": "gangster", "抢劫": "heist", "复仇": "revenge", "友谊": "friendship", "家庭": "family", "婚礼": "wedding", "母亲": "mother",
    "父亲": "father", "狗": "dog", "猫": "cat", "马": "horse", "鲨鱼": "shark", "大海": "sea", "海洋": "ocean", "沙漠": "desert",
    "火车": "train", "飞机": "airplane", "潜艇": "submarine", "火山": "volcano", "越战": "Vietnam war", "越南战争": "Vietnam war",
    "二战": "second world war", "第二次世界大战": "second world war", "历史": "history", "政治": "politics", "总统": "president",
    "足球": "football", "棒球": "baseball", "篮球": "basketball", "拳击": "boxing", "国际象棋": "chess", "舞蹈": "dance", "音乐": "music",
    "魔法": "magic", "吸血鬼": "vampire", "僵尸": "zombie", "鬼": "ghost", "旅行": "travel", "公路": "road trip", "美食": "food",
    "悲伤": "sad", "感人": "moving", "温馨": "heartwarming", "轻松": "light", "刺激": "exciting", "圣诞": "christmas", "反转": "twist",
    "无糖": "sugar free", "低脂": "low fat", "有机": "organic", "无麸质": "gluten free", "素食": "vegetarian", "健康": "healthy",
    "便宜": "cheap", "新鲜": "fresh", "冷冻": "frozen", "辣": "spicy", "甜": "sweet", "咸": "salty", "饮料": "drinks", "零食": "snacks",
    "早餐": "breakfast", "午餐": "lunch", "晚餐": "dinner", "甜点": "dessert", "蛋糕": "cake", "烘焙": "baking", "做蛋糕": "cake baking",
    "烧烤": "barbecue", "聚会": "party", "生日": "birthday", "野餐": "picnic", "婴儿": "baby", "宠物": "pet", "清洁": "cleaning",
    "洗衣": "laundry", "洗发水": "shampoo", "牙膏": "toothpaste", "肥皂": "soap", "纸巾": "paper towels", "电池": "batteries",
    "花生酱": "peanut butter", "酱油": "soy sauce", "茶": "tea", "葡萄酒": "wine", "米": "rice", "面粉": "flour", "糖": "sugar",
    "盐": "salt", "油": "oil", "鱼": "fish", "虾": "shrimp", "苹果": "apples", "橙子": "oranges", "草莓": "strawberries", "葡萄": "grapes",
    "坚果": "nuts", "麦片": "cereal", "药": "medicine", "感冒": "cold medicine",
}  # fmt: skip
"""What people ask for in Chinese -> the same in English."""
_WISH: Final = re.compile("|".join(sorted(WISH_WORDS, key=len, reverse=True)))


def in_english(text: str) -> str:
    """Put the English word for each that is known; the rest of the text stays."""
    return _WISH.sub(lambda match: f" {WISH_WORDS[match[0]]} ", text)
