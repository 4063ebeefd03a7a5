"""The tour's pictures: all there, small, and made again by its script."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import uvicorn
from PIL import Image

from bot.web.config import WebConfig
from bot.web.demo import DemoService
from bot.web.serve import bind, create_app

DOCS = Path(__file__).parents[1] / "docs"
MOST = 60_000
"""Bytes that a picture in the repository may have."""


def shown() -> list[str]:
    """The pictures that the tour shows."""
    return re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (DOCS / "tour.md").read_text(encoding="utf-8"))


def test_every_picture_of_the_tour_is_there_and_small():
    assert len(shown()) == 6
    assert [name for name in shown() if (DOCS / name).stat().st_size > MOST] == []


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*no_silent_downcasting.*")
@pytest.mark.filterwarnings("ignore:The copy keyword is deprecated.*")
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium: apt-get install chromium")
def test_the_script_takes_each_of_them_again(tmp_path):
    listener = bind("127.0.0.1", 0)
    app = create_app(DemoService(), WebConfig(demo_personas=True))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        command = [sys.executable, "-P", str(DOCS / "tour.py"), "--url", url, "--out", str(tmp_path)]
        subprocess.run(command, check=True, timeout=150)
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
    assert {path.name for path in tmp_path.iterdir()} == {Path(name).name for name in shown()}
    for path in tmp_path.iterdir():
        with Image.open(path) as picture:
            assert len(set(picture.convert("L").resize((40, 40)).get_flattened_data())) > 20, (
                f"{path} is blank"
            )
