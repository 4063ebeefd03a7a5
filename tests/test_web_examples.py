"""The examples and the snippets for site owners do what they say."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from bot.web.config import Site, WebConfig
from bot.web.demo import DemoService
from bot.web.identity import customer_token, read_customer
from bot.web.serve import bind, create_app

ROOT = Path(__file__).parents[1]
SITES = {"shop": Site(origins=("https://shop.example",), secret="s" * 32)}
NODE = pytest.mark.skipif(shutil.which("node") is None, reason="install node to run this test")
PHP = pytest.mark.skipif(shutil.which("php") is None, reason="install php to run this test")


def load(path: str):
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def snippet(language: str) -> str:
    text = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server over the sample service whose answers break off, once each, after their third piece."""
    app = create_app(DemoService(), WebConfig(), ui=False)
    cut: set[bytes] = set()

    async def line(scope, receive, send):
        if scope.get("path") != "/api/chat":
            await app(scope, receive, send)
            return
        left, body = 4, await receive()
        again = body["body"] in cut
        cut.add(body["body"])
        bodies = [body]

        async def read():
            return bodies.pop() if bodies else await receive()

        async def broken(message):
            nonlocal left
            left -= 1
            if left < 0 and not again:
                raise ConnectionResetError
            await send(message)

        await app(scope, read, broken)

    listener = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(line, log_level="critical", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
    listener.close()


def test_the_python_client_goes_on_after_a_broken_line_and_keeps_its_conversation(url):
    with load("examples/clients/client.py").Almanac(url, "movies") as client:
        first = list(client.events("a comedy"))
        done = first[-1]
        assert "".join(one["text"] for one in first if one["type"] == "token") == done["answer"]["answer"]
        assert list(client.events("and a drama"))[-1]["conversation"] == done["conversation"]


@NODE
def test_the_javascript_client_goes_on_after_a_broken_line(url):
    command = ["node", str(ROOT / "examples/clients/client.mjs"), url, "movies", "a comedy", "a drama"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    lines = done.stdout.strip().split("\n")
    assert len(lines) == 2
    assert lines[0].startswith("M*A*S*H stands in 40 of 160 sample baskets.")


def proven(token: str) -> str:
    return read_customer(token, SITES, time.time())


def test_the_python_snippet_signs_as_the_server_reads():
    names: dict = {}
    exec(snippet("python"), names)
    assert proven(names["customer_token"]("s" * 32, "shop", "ann é/1")) == "ann é/1"


@NODE
def test_the_node_snippet_signs_as_the_server_reads(tmp_path):
    script = snippet("js") + f"\nprocess.stdout.write(customerToken('{'s' * 32}', 'shop', 'ann é/1'));"
    (tmp_path / "sign.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run(["node", str(tmp_path / "sign.mjs")], capture_output=True, text=True, check=True)
    assert proven(done.stdout) == "ann é/1"


@PHP
def test_the_php_snippet_signs_as_the_server_reads():
    script = snippet("php") + f"\necho customer_token('{'s' * 32}', 'shop', 'ann é/1');"
    done = subprocess.run(["php", "-r", script], capture_output=True, text=True, check=True)
    assert proven(done.stdout) == "ann é/1"


def test_the_shop_signs_its_customers_and_writes_what_people_type_as_text():
    shop = load("examples/shop/shop.py")
    assert proven(shop.customer_token("ann", "s" * 32)) == "ann"
    page = shop.render("50", '<b>"ann"</b>', ["1"], "s" * 32)
    assert "<b>&lt;b&gt;&quot;ann&quot;&lt;/b&gt;</b>" in page
    assert 'data-page="50"' in page
    assert 'data-cart="[&quot;1&quot;]"' in page
    assert 'data-item-url="/item/{id}"' in page
    assert proven(re.search(r'data-customer="([^"]+)"', page)[1]) == '<b>"ann"</b>'
    assert "data-customer" not in shop.render(None, "", [], "s" * 32)


def test_a_token_made_here_is_the_token_that_the_snippet_makes(monkeypatch):
    names: dict = {}
    exec(snippet("python"), names)
    monkeypatch.setattr(time, "time", lambda: 1_000.5)
    assert names["customer_token"]("s" * 32, "shop", "ann", 60) == customer_token(
        "s" * 32, "shop", "ann", 1_060
    )
