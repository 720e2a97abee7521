"""Change the rules in thousands of small ways and see whether a test notices: `python -m tests.mutate [MODULE …]`.

mutmut makes the mutants, and mypy, which `make check` runs as well, rejects what no type allows. mutmut would run each
test that enters a mutant's function, and nearly all enter each row of the table; here coverage tells which tests reach
the changed statement (cover.py), and only those run, quickest first, each mutant in a fork (judge.py). All of it lies
in `mutants/`. A second run goes on where the first one stopped, and asks anew what survived and what was changed.
`--quick`: by the unit tests alone.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from mutmut.__main__ import create_mutants
from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData
from mutmut.mutation.diff_apply import generated_function_names, get_diff_for_mutant
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, walk_mutatable_files
from mutmut.utils.format_utils import get_mutant_name, orig_function_and_class_names_from_key

FOLDER = Path("mutants")
REJECTED = FOLDER / "rejected.json"
LINES = FOLDER / "lines.json"
JOBS = FOLDER / "jobs.json"
VERDICTS = FOLDER / "verdicts.jsonl"
SECONDS = 30.0  # of the quickest tests that reach a statement


def main() -> None:
    wanted = [name for name in sys.argv[1:] if name != "--quick"]
    files = _generated()
    subprocess.run([sys.executable, "-m", "tests.mutate.cover", str(LINES)], check=True)
    reach = json.loads(LINES.read_text())
    if "--quick" in sys.argv:
        reach["lines"] = {
            path: {line: _units(tests) for line, tests in of.items()} for path, of in reach["lines"].items()
        }
    known = _verdicts()
    jobs = {}
    for path, mutants in files.items():
        if not wanted or any(name in path for name in wanted):
            tree = ast.parse(Path(path).read_text())
            for mutant, (hashed, typed) in mutants.items():
                if typed and known.get(mutant) not in ((verdict, hashed) for verdict in ("killed", "endless")):
                    jobs[mutant] = {"tests": _tests(path, tree, mutant, reach), "hash": hashed}
    mixed = sorted(
        jobs, key=lambda mutant: hashlib.sha256(mutant.encode()).digest()
    )  # what is judged first is a sample
    JOBS.write_text(json.dumps({mutant: jobs[mutant] for mutant in mixed}))
    print(f"{len(jobs)} mutants to judge")
    subprocess.run([sys.executable, "-m", "tests.mutate.judge", JOBS.name, VERDICTS.name], cwd=FOLDER, check=True)
    _report(files, wanted)


def _generated() -> dict[str, dict[str, tuple[str, bool]]]:
    """Make the mutants of each module; return the hash of each one's function, and whether its types are sound."""
    FOLDER.mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    if create_mutants(2).mutated or not REJECTED.exists():
        REJECTED.write_text(json.dumps(sorted(_rejected())))
    rejected = set(json.loads(REJECTED.read_text()))
    files = {}
    for path in sorted(walk_mutatable_files()):
        data = SourceFileMutationData(path=path)
        data.load()
        files[str(path)] = {
            name: (data.hash_by_function_name.get(_function(name), ""), name not in rejected)
            for name in data.exit_code_by_key
        }
    return files


def _rejected() -> set[str]:
    """Return the mutants whose types are wrong: mypy names the line, and mutmut keeps which mutant stands there."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        *sorted({str(path) for path in walk_mutatable_files()}),
        "--output",
        "json",
    ]
    told = subprocess.run(
        [*command, "--disable-error-code", "unused-ignore"], cwd=FOLDER, capture_output=True, text=True
    )
    spans = {str(path): MutantLineSpans.load(path) for path in walk_mutatable_files()}
    found = set()
    for line in told.stdout.splitlines():
        error = json.loads(line)
        index = spans.get(error["file"])
        for name, span in index.span_by_function_name.items() if index and error["severity"] == "error" else ():
            if span.start <= error["line"] <= span.end and "__mutmut_orig" not in name:
                found.add(get_mutant_name(Path(error["file"]), name))
    return found


def _function(mutant: str) -> str:
    return mutant.rpartition(".")[2].rpartition("__mutmut_")[0]


def _units(tests: list[str]) -> list[str]:
    return [test for test in tests if test.startswith("tests/unit/")]


def _verdicts() -> dict[str, tuple[str, str]]:
    if not VERDICTS.exists():
        return {}
    told = [json.loads(line) for line in VERDICTS.read_text().splitlines()]
    return {one["mutant"]: (one["verdict"], one["hash"]) for one in told}


def _tests(path: str, tree: ast.Module, mutant: str, reach: dict[str, dict[str, list[str]]]) -> list[str]:
    """Return the tests that reach the statement that a mutant changes; first quick ones that go deep there.

    The tenth case of one test waits longer than the first of another.
    """
    lines, function = reach["lines"].get(path, {}), _definition(tree, mutant)
    depth = Counter(
        test for line in range(function.lineno, (function.end_lineno or 0) + 1) for test in lines.get(str(line), ())
    )
    found = {test for line in _statement(path, function, mutant) for test in lines.get(str(line), ())}
    cases, ranked = Counter[str](), []
    for took, test in sorted((reach["seconds"].get(test, 1), test) for test in found):
        cases[test.partition("[")[0]] += 1
        ranked.append((took * cases[test.partition("[")[0]] / depth[test] ** 2, took, test))
    chosen, seconds = [], 0.0
    for _, took, test in sorted(ranked):
        seconds += took
        if seconds > SECONDS:
            break
        chosen.append(test)
    return chosen


def _definition(tree: ast.Module, mutant: str) -> ast.FunctionDef:
    name, owner = orig_function_and_class_names_from_key(mutant)
    scope = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == owner) if owner else tree
    return next(n for n in scope.body if isinstance(n, ast.FunctionDef) and n.name == name.rpartition(".")[2])


def _statement(path: str, function: ast.FunctionDef, mutant: str) -> range:
    """Return the lines of the innermost statement that differs; of one with a body, those of its head."""
    spans = MutantLineSpans.load(path)
    assert spans is not None
    before, after = (
        source[source.index("def ") :].splitlines()
        for source in spans.read_function_sources(generated_function_names(mutant))
    )
    same = next((at for at in range(1, min(len(before), len(after))) if before[at] != after[at]), 0)
    line = function.lineno + same
    held = [n for n in ast.walk(function) if isinstance(n, ast.stmt) and n.lineno <= line <= (n.end_lineno or n.lineno)]
    inner = max(held, key=lambda n: n.lineno)
    if inner is function:  # a default of a parameter
        return range(function.lineno, (function.end_lineno or 0) + 1)
    body = getattr(inner, "body", None)
    return range(inner.lineno, body[0].lineno if body else (inner.end_lineno or inner.lineno) + 1)


def _report(files: dict[str, dict[str, tuple[str, bool]]], wanted: list[str]) -> None:
    verdicts, every = _verdicts(), Counter[str]()
    for path, mutants in files.items():
        if wanted and not any(name in path for name in wanted):
            continue
        told = {
            name: verdicts.get(name, ("unknown", ""))[0] if typed else "mypy" for name, (_, typed) in mutants.items()
        }
        every += (counts := Counter(told.values()))
        print(path, dict(counts))
        for name, verdict in told.items():
            if verdict in ("survived", "unreached"):
                print(f"  {verdict}: {name}")
                diff = get_diff_for_mutant(name, path=path).splitlines()[2:]
                print("\n".join(f"    {line}" for line in diff if line[:1] in "+-"))
    alive = every["survived"] + every["unreached"]
    judged = every.total() - every["unknown"]
    print(f"{every.total()} mutants: {dict(every)}; alive {100 * alive / max(judged, 1):.1f} % of {judged} judged")


if __name__ == "__main__":
    main()
