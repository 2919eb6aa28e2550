"""The command line from the first letter to the exit code. Whatever happens is told in a sentence.

Only what a command needs is imported, and only once it is known, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys

from .exits import DONE, FAULT, INTERRUPTED, NODE_FAILED, WRONG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..errors import Problem
    from .options import Options
    from .stdout import Stdout


def main(argv: list[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        from .stdout import Stdout, StdoutFailed, flush, silence

        try:
            options = _options(argv)
            with Stdout() as stdout:
                code = _guarded(options, stdout)
            flush(sys.stderr)  # what a display could not write any more would otherwise fail at exit, with code 120
            return code
        except BrokenPipeError:
            silence()  # whoever read the output has gone; there is no one to tell
            return DONE
        except StdoutFailed as failure:
            silence(1)
            print(failure, file=sys.stderr)
            return NODE_FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _options(argv: list[str] | None) -> Options:
    from .options import Options, parser
    from .stdout import flush

    try:
        whole = parser()
        if "_ARGCOMPLETE" in os.environ:  # a shell asks
            from .completion import complete

            complete(whole)
        return whole.parse_args(argv, Options())
    except SystemExit:
        flush(sys.stdout)
        raise


def _guarded(options: Options, stdout: Stdout) -> int:
    """Carry out a command. What goes wrong is told on stderr, and with --json in a document too."""
    from ..errors import GraphError, NodegraphError, Problem
    from .stdout import StdoutFailed

    try:
        return _answer(options, stdout)
    except NodegraphError as error:
        print(error, file=sys.stderr)
        problems = error.problems if isinstance(error, GraphError) else (Problem(None, str(error)),)
        return _refused(options, stdout, WRONG, problems)
    except (BrokenPipeError, StdoutFailed):
        raise
    except OSError as error:
        told = _unwritten(error)
        problem = told or _fault(error)
        print(problem, file=sys.stderr)
        return _refused(options, stdout, NODE_FAILED if told else FAULT, (problem,))
    except Exception as error:
        problem = _fault(error)
        print(problem, file=sys.stderr)
        return _refused(options, stdout, FAULT, (problem,))


def _answer(options: Options, stdout: Stdout) -> int:
    """Hand a command to the file that carries it out."""
    if options.command in ("run", "edit", "check", "nodes", "plan", "why", "pack", "doctor", "models", "bundle"):
        from pathlib import Path

        from ..packs.project import known_models, known_packs
        from ..shipped import resolved

        options.graph = resolved(options.graph) if options.graph else ""
        options.graphs = [resolved(graph) for graph in options.graphs]
        if options.command != "edit":  # which unpacks a bundle where its user sees it
            options.graph = _in_bundle(options.graph, options)
            options.graphs = [_in_bundle(graph, options) for graph in options.graphs]
        options.pack = [*options.pack, *map(str, known_packs(Path.cwd(), os.environ))]
        options.models = [*options.models, *map(str, known_models(Path.cwd()))]
    match options.command:
        case "run":
            from .run import run

            return run(options, stdout)
        case "check":
            from .check import check

            return check(options, stdout)
        case "nodes":
            from .nodes import nodes

            return nodes(options, stdout)
        case "plan":
            from .plan import plan

            return plan(options, stdout)
        case "why":
            from .why import why

            return why(options, stdout)
        case "pack":
            from .pack import pack

            return pack(options, stdout)
        case "models":
            from .models import models

            return models(options, stdout)
        case "cache":
            from .cache import cache

            return cache(options, stdout)
        case "new":
            from .new import new

            return new(options, stdout)
        case "open":
            from .open import open

            return open(options, stdout)
        case "doctor":
            from .doctor import doctor

            return doctor(options, stdout)
        case "completion":
            from .completion import completion

            return completion(options, stdout)
        case "bundle":
            from .bundle import bundle

            return bundle(options, stdout)
        case "edit":
            from .edit import edit

            return edit(options)
    return _version_or_help(options, stdout)


def _in_bundle(graph: str, options: Options) -> str:
    """The graph file that is meant: of a bundle, the one in it."""
    if not graph.lower().endswith(".zip"):
        return graph
    from pathlib import Path

    from ..bundle import graph_of
    from ..machine import default_cache_folder

    folder = Path(options.cache) if options.cache not in ("", "none") else default_cache_folder()
    return str(graph_of(graph, folder))


def _version_or_help(options: Options, stdout: Stdout) -> int:
    if options.version:
        from .. import __version__

        stdout(f"nodegraph {__version__}")
        return DONE
    from .options import parser

    stdout(parser().format_help().rstrip())
    return WRONG


def _refused(options: Options, stdout: Stdout, code: int, problems: tuple[Problem, ...]) -> int:
    if options.json:
        from ..documents import problem_document

        stdout.json({"exit": code, "problems": [problem_document(problem) for problem in problems]})
    return code


def _unwritten(error: OSError) -> Problem | None:
    """What is told where the disk or its rules are in the way of a file that a command writes; None of anything else."""
    import errno

    from ..errors import Problem
    from ..wording import say

    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    if not full and error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG):
        return None
    path = error.filename2 or error.filename or "the file"
    hint = say("write.full") if full else say("write.elsewhere")
    return Problem(None, say("write.refused", path=path, reason=error.strerror), hint)


def _fault(error: Exception) -> Problem:
    """A problem of nodegraph's own, with the way to find out more."""
    from ..errors import Problem, text_of
    from ..wording import say

    if os.environ.get("NODEGRAPH_TRACE"):
        import traceback

        print("".join(traceback.format_exception(error)), file=sys.stderr)
        hint = say("fault.report")
    else:
        hint = say("fault.trace")
    return Problem(None, say("fault.own", kind=type(error).__name__, text=text_of(error)), hint)
