"""The budgets of the house: module ≤ 300 lines, function ≤ 40 and nine of ten ≤ 25, five parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "mailbot"
Function = ast.FunctionDef | ast.AsyncFunctionDef
MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if "migrations" not in path.parts]


def functions() -> Iterator[tuple[str, Function]]:
    """Yield every function and method with its place."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function):
                yield f"{path.relative_to(PACKAGE.parent)}:{node.lineno} {node.name}", node


def lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> int:
    """Count what a caller gives; `self` is not given."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return len([each for each in every if each.arg not in ("self", "cls")])


def test_modules_are_short() -> None:
    sizes = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert {path: size for path, size in sizes.items() if size > 300} == {}


def test_functions_are_short() -> None:
    sizes = {place: lines(function) for place, function in functions()}
    assert {place: size for place, size in sizes.items() if size > 40} == {}
    assert sorted(sizes.values())[int(len(sizes) * 0.9)] <= 25


def test_functions_take_five_things_at_most() -> None:
    counts = {place: parameters(function) for place, function in functions()}
    assert {place: count for place, count in counts.items() if count > 5} == {}


def test_every_module_says_what_it_does() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in MODULES}
    assert [str(path) for path, text in texts.items() if text.strip() and not ast.get_docstring(ast.parse(text))] == []
