"""Documents are checked, not trusted."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from bot.cli import app

ROOT = Path(__file__).parents[1]


def test_the_reference_is_what_the_code_says() -> None:
    module = runpy.run_path(str(ROOT / "docs" / "reference.py"))
    assert (ROOT / "docs" / "reference.md").read_text(encoding="utf-8") == module["reference"](), (
        "run `python docs/reference.py`"
    )


def test_every_setting_says_what_it_is_for() -> None:
    rows = [line for line in (ROOT / "docs" / "reference.md").read_text().splitlines() if "`ALMANAC_" in line]
    assert len(rows) > 30
    assert [row for row in rows if row.rstrip().endswith("|  |")] == []


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


def test_every_command_helps() -> None:
    assert [
        command.callback.__name__ for command in app.registered_commands if not command.callback.__doc__
    ] == []
