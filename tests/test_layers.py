"""The arrows between packages, and what an import may load."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "torch",
    "transformers",
    "gradio",
    "faiss",
    "sqlmodel",
    "sqlalchemy",
    "sentence_transformers",
    "mlxtend",
)


def test_layer_contract_holds() -> None:
    """In a process of its own: the linter sets up logging for the whole process."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as c; c()",
        "--no-cache",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("mining", HEAVY),
        ("retrieval", HEAVY),
        ("db", ("torch", "transformers", "gradio", "faiss", "mlxtend", "sentence_transformers")),
        ("bot", HEAVY),
        ("bot.cli", (*HEAVY, "pandas", "numpy")),
        ("bot.settings", HEAVY),
    ],
)
def test_import_stays_light(module: str, forbidden: tuple[str, ...]) -> None:
    """Someone may want one package alone, and the command line starts in a moment."""
    code = f"import sys, {module}; print(*[name for name in {forbidden!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
