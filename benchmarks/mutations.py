"""Does any test notice when the engine is wrong? Mistakes chosen by hand, made one at a time in a copy, and tested.

    python benchmarks/mutations.py                    all of them, two at a time
    python benchmarks/mutations.py --only replan keys those whose file or reason has one of these words
    python benchmarks/mutations.py --check            only see that each still fits the code

For each it is printed whether it died, in which test, or lived. A mistake that lives is a test that is missing. Tests
that fail without any mistake are left out, and told. Exit 1 if one lives or does not fit any more.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"cache": ("worth", "memory", "values", "traces", "disk", "files", "cache"), "check": ("check", "idle"),
         "plan": ("behaviours", "edits", "executor"), "": ("edits", "executor", "engine"),
         "runs": ("instances", "calls", "behaviours", "upkeep", "executor", "repros")}
FAST = ("instances", "calls", "wall", "values_of_runs", "behaviours", "upkeep", "executor", "edits", "idle", "repros",
        "engine", "devices", "worth", "memory", "values", "traces", "disk", "files", "cache", "provenance", "models",
        "check")
FUZZ = "tests/nodegraph/test_fuzz.py"
LONG = "TestEditing or random_runs"  # what takes long to say what it found


class Mutation(NamedTuple):
    """One mistake. old: a text that stands once in the file, or else once in its folder; new: what stands there
    instead."""

    file: str
    old: str
    new: str
    why: str

    @property
    def name(self) -> str:
        """The file and the reason."""
        return f"{self.file}: {self.why}"

    @property
    def places(self) -> list[Path]:
        """Where the old text stands, once for each time: in its own file, or else in its folder."""
        own = ROOT / self.file
        for files in ([own] if own.is_file() else [], sorted(own.parent.glob("*.py"))):
            found = [path for path in files for _ in range(path.read_text().count(self.old))]
            if found:
                return found
        return []


def m(file: str, old: str, new: str, why: str) -> Mutation:
    """A mutation of a file in nodegraph/."""
    return Mutation(f"nodegraph/{file}.py", old, new, why)


MUTATIONS = (
    # -- those that lived when they were first tried
    m("plan/keys", 'out.append(b"|")', "pass", "nothing between literals and links"),
    m("plan/steps", "                    if reader not in reached:\n                        reached.add(reader)\n"
                    "                        stack.append(reader)",
      "                    if reader not in reached:\n                        reached.add(reader)",
      "dependents are direct readers alone"),
    m("plan/replan", "            contents[port_name] = literal.content", "            pass",
      "after an edit beside a file, it counts by its path"),
    m("plan/replan", "    if before.seeds or not before.flat:", "    if not before.flat:",
      "a plan with rolled seeds is made over"),
    m("runs/executor", "        self.costs[nodetype] = 0.7 * self.costs.get(nodetype, seconds) + 0.3 * seconds",
      "        self.costs[nodetype] = 0.0", "no node is found to be costly"),
    m("runs/run", "                self.cache.commit()  # before the wait, so that a kill finds nothing finished but unwritten\n",
      "", "nothing is written before a wait"),
    m("runs/values", "        if left == 0 and slot not in self.kept_slots:\n                self.let_go(place)".replace(
        "        if", "            if"), "            pass", "what nobody waits for is never let go"),
    m("runs/run", "            gc.set_threshold(*collecting)", "            pass", "the collector's threshold stays as it was set"),
    m("runs/tables", 'f"[{numbers[axis] + 1}]"', 'f"[{numbers[axis]}]"', "items are counted from 0 in errors"),
    m("runs/requests", "        elif (step.index, index) in self.run.forced and any(",
      "        elif False and any(", "what is to be made again is taken as remembered"),
    m("cache/objects", "FROM objects ORDER BY worth\"", "FROM objects ORDER BY worth DESC\"", "the worthiest goes first from disk"),
    m("cache/files", "            if time.time_ns() - max(stamp.modified, stamp.changed) < GRAIN:", "            if False:",
      "the digest of a file is kept though it may be changing"),
    m("cache/objects", "            self.touched[digest] = self.clock + seconds / max(size, 1)", "            pass",
      "a read from disk does not renew worth"),
    m("cache/objects", "path.stem.split(\".\")[0] not in known and path.stat().st_mtime < old", "path.stem.split(\".\")[0] not in known",
      "young files of other processes are swept"),
    m("cache/memory", "                entry.touched = self.clock", "                pass", "a read from memory does not renew worth"),
    m("cache/memory", "                users[0] -= 1\n                if users[0]:\n                    continue\n",
      "                users[0] -= 1\n", "a shared storage leaves the account with its first user"),
    m("cache/__init__", "        if code is not None and digest_bytes(code) == digest:", "        if code is not None:",
      "a damaged small Value is served"),
    m("cache/values", "        return _private(tensor)", "        return tensor", "numpy views are not copied"),
    m("check/checker", "    if checked.problems or not all(", "    if not all(", "a graph with warnings is rechecked as if it had none"),
    m("check/constructs", "(*first.choices, *(c for c in second.choices if c not in first.choices))", "first.choices",
      "a switch passes on the choices of its first branch alone"),

    # -- keys
    m("plan/keys", "encode((nodetype.name, nodetype.version))", "encode((nodetype.name,))", "the version is in no Key"),
    m("plan/keys", "        elif name not in linked and name in parts.defaults:\n            out += (code, parts.defaults[name])",
      "        elif False:\n            pass", "defaults are in no Key"),
    m("plan/keys", "            out += (code, encode(contents[name]))", "            out += (code,)", "contents of files are in no Key"),
    m("plan/keys", "    out += [parts.codes[name] for name in linked]", "    pass", "which ports are linked is in no Key"),
    m("plan/keys", '        if nodetype.distribution not in ("", OWN):\n            self.head += encode(nodetype.distribution)',
      "        pass", "packs of one name share Keys"),
    m("plan/keys", "self.ports = sorted(self.codes.items())", "self.ports = list(self.codes.items())[:1]", "only the first parameter counts"),
    m("plan/keys", "    if port.many:\n        return encode([port.type.flatten(item) for item in value])",
      "    if port.many:\n        return encode(sorted(map(str, value)))", "the order of a list is in no Key"),
    m("runs/requests", "        if step.odd:", "        if False:", "a type that is not the port's is in no Key"),
    m("runs/requests", "        return blake2b(key + b\"seen\" + seen, digest_size=SIZE).digest()", "        return key",
      "a fingerprint is in no Key"),
    m("runs/requests", 'b"asks" + ask.encode() + b"\\0" + answer, digest_size=SIZE).digest()\n\n    def answer',
      'b"asks" + ask.encode() + b"\\0", digest_size=SIZE).digest()\n\n    def answer', "what a node asked for is in no Key"),

    # -- plan
    m("plan/steps", "            elif step.kind == SWITCH:\n                stack += [producers[step.detail.on]] if step.detail.on >= 0 else []",
      "            elif step.kind == SWITCH:\n                stack += [producers[slot] for slot in step.slots]", "every branch of a switch runs"),
    m("plan/steps", "                          if port not in step.nodetype.lazy]", "                          ]", "lazy inputs are made before they are asked for"),
    m("plan/steps", 'return "true" if value else "false"', 'return str(value)', "a Bool chooses True and False"),
    m("plan/steps", "switch.branches.get(label(value), switch.branches.get(\"else\"))", "switch.branches.get(label(value))", "else takes nothing"),
    m("plan/steps", "return not self.seeds and all(", "return all(", "a graph that rolls is the same each time"),
    m("plan/steps", "s.nodetype.remember and s.nodetype.fingerprint is None", "s.nodetype.fingerprint is None",
      "a graph with a node that is not remembered is the same each time"),
    m("plan/steps", "s.nodetype.remember and s.nodetype.fingerprint is None", "s.nodetype.remember", "a graph that looks outside is the same each time"),
    m("plan/inputs", "known if known is not None else self.roll()", "self.roll()", "what was rolled is not taken again"),
    m("plan/inputs", 'f"{name}[{at}]"', "name", "the seeds of a list are one"),
    m("plan/inputs", "return int.from_bytes(digest([number, *index])[:4], \"big\") & 0x7FFFFFFF if index else number", "return number",
      "a random seed is one for all items"),
    m("plan/inputs", "            self.problems.append(Problem(where, f\"{name}: {named.problem}\"))", "            pass", "a file that is missing is no problem"),
    m("plan/replan", "    located = [row for row in before.located if (row[2], row[1]) not in changed] + boundary.located",
      "    located = boundary.located", "after an edit, other files are looked at no more"),
    m("plan/placement", "parents = self.scope.axes\n", "parents = ()\n", "a fold in something mapped does not know where it stands"),
    m("plan/placement", 'return self.leave_together(axes, outputs, list(outputs), True)',
      'return {name: self.leave_together(axes, outputs, [name], True)[name] for name in outputs}',
      "items that failed are left out of one output alone"),
    m("plan/placement", "    guards = (*source.guards, port)", "    guards = source.guards", "a graph's input with a range takes anything"),
    m("plan/requests", "    if port.range is not None or flow.type is ANY and port.type is not ANY:\n        return True",
      "    if port.range is not None:\n        return True", "Any may flow into anything unseen"),
    m("plan/requests", "    if port.type is SEED and flow.type is INT:\n        return True\n", "", "any int may be a seed"),
    m("plan/requests", "    if len(wires) > 1:\n        wires.sort()", "    pass", "links count in the order of the file"),
    m("plan/layout", "        return tuple(sorted(axes))", "        return tuple(sorted(axes))[:1]", "a step stands in one axis at most"),

    # -- runs: what is passed on
    m("runs/passing", "        kept = [place for place, flag in enumerate(flags) if flag]", "        kept = [place for place, flag in enumerate(flags) if not flag]",
      "pick keeps the others"),
    m("runs/passing", "        if len(items) != len(flags):", "        if False:", "pick takes lists of two lengths"),
    m("runs/passing", "        if len(set(lengths.values())) > 1:", "        if False:", "lists of two lengths go together"),
    m("runs/passing", "        first = before * len(places) + 1", "        first = 1", "a count begins anew in each row of a product"),
    m("runs/passing", "                if over or rounds == self.most_rounds[place]:", "                if rounds == self.most_rounds[place]:",
      "until ends no loop"),
    m("runs/passing", "return None if value is GONE else value is True", "return None if value is GONE else value is False",
      "a loop ends when it is not done"),
    m("runs/passing", "not 0 <= times <= MOST_ROUNDS", "not 0 <= times", "a link may ask for any number of rounds"),
    m("runs/passing", "        place = 1 if length else 0\n", "        place = 1\n", "no round at all gives what a round gave"),
    m("runs/passing", "(step.slots[1], (*index[:-1], index[-1] - 1))", "(step.slots[1], (*index[:-1], 0))", "each round is handed what the first gave"),
    m("runs/passing", 'if step.detail.skip and (name == step.name or name.startswith(f"{step.name}/")):', "if step.detail.skip:",
      "failures before a mapped node are its items' own"),
    m("runs/passing", "                self.tables.passed.add(cause)", "                pass", "a failure that was passed over is an error"),
    m("runs/passing", "            parts = (name.items if isinstance(name, ListDigest) else ()) if spread else (name,)",
      "            parts = (name,)", "a spread list is one item"),

    # -- runs: what runs
    m("runs/tables", "AS_CACHED = bytes(CACHED if state == RAN else state for state in range(256))",
      "AS_CACHED = bytes(state for state in range(256))", "what ran counts as ran in the next run"),
    m("runs/run", "            tables.digests[step.first:step.first + step.count] = [None] * step.count\n        return list(order)",
      "        return list(order)", "an edited step keeps what it gave before"),
    m("runs/run", "        if self.tables.waiting:\n            self.waits.wake(step.index, index)\n        if self.values.held:",
      "        if self.values.held:", "nobody who waits is woken"),
    m("runs/requests", "        waiting = self.in_flight.get(key)\n        if waiting is None:", "        waiting = self.in_flight.get(key)\n        if True:",
      "equal requests that are under way are made twice"),
    m("runs/requests", "                self.failures[key] = outcome\n", "", "a request that failed is made again for each who asks"),
    m("runs/requests", "            if nodetype.remember and not moved:", "            if nodetype.remember:", "a file that changed while it was read is remembered"),
    m("runs/requests", "            if nodetype.remember and not moved:", "            if not moved:", "what must not be remembered is recorded"),
    m("runs/requests", "trace = self.cache.trace(key, shape) if nodetype.remember else None", "trace = self.cache.trace(key, shape)",
      "what was recorded is taken for a node that must run"),
    m("runs/requests", "        if len(trace.outputs) != step.count:\n            return False\n", "", "a trace of another number of outputs is taken"),
    m("runs/requests", "        for guard in step.guards:", "        for guard in ():", "what a link brings is not judged"),
    m("runs/requests", "        if len(waiting) == nodetype.batch_size:", "        if False:", "batches may be of any size"),
    m("runs/requests", "        others = tuple([name for port, name in zip(step.ports, names) if port != nodetype.batch])",
      "        others = ()", "items with other arguments are served in one batch"),
    m("runs/requests", "        return any(batched & self.run.downstream(index) for index in self.run.flying_steps)",
      "        return False", "a batch does not wait for items that are being made"),
    m("runs/call", "        return self.attempt < self.step.retry", "        return False", "nothing is tried again"),
    m("runs/call", "            half = len(job.places) // 2", "            return [(job, outcome)]\n            half = len(job.places) // 2",
      "a batch with one bad item is lost whole"),
    m("runs/call", "        if self._caller.cancel.is_set() or self.abandoned:", "        if self.abandoned:", "a node that reports is not stopped"),
    m("runs/call", "        self.asks[\"ctx.dtype\"] = None\n", "", "a node that looks at the floating type is remembered without it"),
    m("runs/call", "    if any(len(column) != count for column in columns):", "    if False:", "a batch may give fewer than it was handed"),
    m("runs/run", "            self.landed(job, [(job, timed_out(job.step))], keep=True)", "            pass", "a call may take for ever"),
    m("runs/short", "        if forced or trouble and (step.index, index) in trouble:\n            return False\n",
      "        if trouble and (step.index, index) in trouble:\n            return False\n", "the short way takes what is to be made again as remembered"),
    m("runs/short", "            if cost > COSTLY:\n                return False\n", "", "a node that takes long is called by the thread that decides"),
    m("runs/short", "            record(key, name, code, value, seconds, shapes.get(nodetype) or shape_of(nodetype))",
      "            record(key, name, code, value, seconds)", "the shape of outputs is not written down"),

    # -- runs: values
    m("runs/values", "return deepcopy(value) if value.__class__ in (list, dict, set, bytearray) else value", "return value",
      "what a node does to a list is seen by another"),
    m("runs/values", "        return name, None if type.natural else type\n".replace("        ", "    "), "    return name, None\n", "equal digests of two types are one Value"),
    m("runs/values", "            return own_copy(type, value)", "            return value", "a caller may change what a run holds"),
    m("runs/values", "        if not stored:\n            entry[2], entry[3] =", "        if False:\n            entry[2], entry[3] =",
      "a Value that no tier takes is not held"),
    m("runs/run", "            self.made_again.add(key)\n", "", "what cannot be had is made again and again"),
    m("runs/run", "            if status in (FAILED, SKIPPED):\n                return self.give_up(entry, origin)\n", "",
      "who waits for what failed to be made again waits on"),
    m("engine", "                    and all(_stamp(path) == stamp for path, stamp in last.inner.items()):", "                    and True:",
      "an edit of a graph file inside is not seen"),
    m("engine", "last.plan.repeatable and self._as_located(last.plan)", "last.plan.repeatable", "a file that changed is not seen by the next run"),
    m("engine", "last.only == only and", "", "other outputs are asked for, and the last are given"),

    # -- cache
    m("cache/__init__", "        if shape and trace is not None and trace[3] and trace[3] != shape:\n            return None\n", "",
      "a trace of another shape is served"),
    m("cache/__init__", "return restored(type, code, [duplicate(tensor) for tensor in tensors])", "return restored(type, code, tensors)",
      "a caller is handed the cache's own tensor"),
    m("cache/memory", "        if entry.changed:\n            self.drop(digest)\n            self.warn(say(\"value.changed\"))\n            raise KeyError(digest)\n", "",
      "a tensor that was changed in place is served"),
    m("cache/memory", "        return entry.touched + entry.seconds / entry.bytes", "        return entry.touched - entry.seconds / entry.bytes",
      "what took longest goes first"),
    m("cache/memory", "            self.clock = max(self.clock, worth)\n", "", "memory never ages"),
    m("cache/objects", "            if digest not in self.pins:", "            if True:", "what someone waits for is pruned"),
    m("cache/objects", "            if digest_bytes(code) != digest:", "            if False:", "damaged plain data is served from disk"),
    m("cache/objects", "        if row is None:\n            rows = self.index", "        if True:\n            rows = self.index", "what is not written yet is not found"),
    m("cache/files", "        if known is not None and known[0] == stamp:", "        if known is not None:", "a file that changed counts as it was"),
    m("cache/traces", "ORDER BY rowid DESC LIMIT 1", "ORDER BY rowid LIMIT 1", "of two traces the older is served"),
    m("cache/traces", "small.update((d, code) for d, code in items if code is not None)", "pass", "small Values in a trace of several are lost"),

    # -- check
    m("check/links", "    if flow.optional and not port.optional and port.default is not None:", "    if False:", "nothing may flow where something must be"),
    m("check/links", "    elif flow.depth < depth:", "    elif False:", "one thing may flow where a list is wanted"),
    m("check/links", "not set(flow.choices) <= set(port.choices):\n        odd", "False:\n        odd", "a link may bring words that the port does not take"),
    m("check/narrow", "    return port.complaint(value)", "    return None", "a default flows into a range that it is not in"),
    m("check/constructs", "    if len(set(lengths.values())) > 1:", "    if False:", "lists of two lengths may stand in the file"),
    m("check/checker", "old.mute != new.mute", "False", "an edit of what is muted is taken for a literal's"),
    m("check/order", "        if node.node.mute:\n            muted[name] = name\n            continue", "        if node.node.mute:\n            continue",
      "a muted node runs"),
    m("check/order", "        read = links(node.node) if node.through is None else \\", "        read = links(node.node) if True else \\",
      "a bypassed node is muted by what it does not pass on"),
)


class Verdict(NamedTuple):
    """What became of one mistake."""

    mutation: Mutation
    killer: str  # the test that failed, or ""
    seconds: float


def misfits() -> list[str]:
    """Mutations whose old text does not stand in the code exactly once."""
    return [f"{one.name}: its text stands there {len(one.places)} times: {one.old.splitlines()[0].strip()}"
            for one in MUTATIONS if len(one.places) != 1]


def copied() -> Path:
    """A copy of what git tracks, or would, in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="nodegraph-mutations-"))
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in names.stdout.splitlines():
        if name.startswith(("nodegraph/", "tests/", "pyproject")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def pytest(folder: Path, arguments: list[str]) -> str:
    """What pytest prints in a copy. The copy's own modules are imported, since they lie in its working folder."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "h")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "90", "--no-header", *arguments]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=900)
    except subprocess.TimeoutExpired:
        return "FAILED tests/hangs.py::for_ever"
    if done.returncode not in (0, 1) and "FAILED" not in done.stdout:
        return f"FAILED tests/breaks.py::{done.stdout[-200:]!r}"
    return done.stdout


def files(names: tuple[str, ...] = FAST) -> list[str]:
    """Test files by their short names."""
    return [f"tests/nodegraph/test_{name}.py" for name in names if (ROOT / f"tests/nodegraph/test_{name}.py").is_file()]


def stages(mutation: Mutation) -> list[list[str]]:
    """What is run against a mistake, one after another until it dies: the tests of its room first, the fuzz last."""
    parts = mutation.file.split("/")
    near = ROOMS[parts[1]] if len(parts) > 2 else ROOMS[""]
    far = tuple(name for name in FAST if name not in near)
    return [[*files(near), "-k", f"not ({LONG})"], [*files(far), "-k", f"not ({LONG})"],
            [*files(("edits",)), FUZZ, "-k", "TestEditing or recursion and (0 or 1 or 2)"]]


def failing(output: str) -> list[str]:
    """The tests that failed, by what pytest prints."""
    return re.findall(r"^(?:FAILED|ERROR) (\S+::.*?)(?: - .*)?$", output, re.M)


def judged(mutation: Mutation, left_out: list[str]) -> Verdict:
    """Make one mistake and test it."""
    folder, started = copied(), time.monotonic()
    try:
        path = folder / mutation.places[0].relative_to(ROOT)
        path.write_text(path.read_text().replace(mutation.old, mutation.new))
        out = [word for test in left_out for word in ("--deselect", test)]
        for stage in stages(mutation):
            killers = failing(pytest(folder, ["-x", *stage, *out]))
            if killers:
                return Verdict(mutation, killers[0], time.monotonic() - started)
        return Verdict(mutation, "", time.monotonic() - started)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Try the mutations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[], help="words of a file's name or a reason")
    parser.add_argument("--check", action="store_true", help="only see that each fits the code")
    parser.add_argument("--start", type=int, default=0, help="how many to leave out at the beginning")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    told = misfits()
    print("\n".join(told) or f"{len(MUTATIONS)} mutations fit")
    if options.check:
        return 1 if told else 0
    chosen = [one for one in MUTATIONS[options.start:] if not any(one.name in text for text in told)
              and (not options.only or any(word in one.name for word in options.only))]
    folder = copied()
    left_out = failing(pytest(folder, files()))
    shutil.rmtree(folder, ignore_errors=True)
    if left_out:
        print(f"left out, since they fail without any mistake: {', '.join(left_out)}")
    with ThreadPoolExecutor(options.workers) as pool:
        verdicts = []
        for verdict in pool.map(lambda one: judged(one, left_out), chosen):
            verdicts.append(verdict)
            fate = f"died in {verdict.killer.partition('::')[2]}" if verdict.killer else "LIVED"
            print(f"{verdict.seconds:5.0f} s  {verdict.mutation.name}: {fate}", flush=True)
    lived = [verdict.mutation.name for verdict in verdicts if not verdict.killer]
    print(f"{len(verdicts) - len(lived)} of {len(verdicts)} died", *lived, sep="\n  ")
    return 1 if lived or told else 0


if __name__ == "__main__":
    sys.exit(main())
