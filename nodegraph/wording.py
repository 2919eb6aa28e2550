"""The sentences that people read, each under a code: an English table here, other languages where they are shown.

A Phrase is its English sentence, and remembers the code and the facts that it was made of. So it can be printed,
raised and put into a Problem like any text, and an editor can say the same in another language:

    say("node.no-input", node="blur", input="radios")     # 'blur has no input radios'
    phrase.code, phrase.facts                             # 'node.no-input', {'node': 'blur', 'input': 'radios'}

A fact may be a Phrase itself. A code is two short words, the thing and what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

ENGLISH: dict[str, str] = {
    # the command line
    "fault.own": "nodegraph met a fault of its own: {kind}: {text}",
    "fault.report": "Please report it, with what stands above and the graph.",
    "fault.trace": "Please report it; with NODEGRAPH_TRACE=1 in the environment it also tells where.",
    "run.unwritten": "output {output} cannot be written: {reason}",
    "run.loading": "loading {what}",
    "run.loaded": "loaded {what}",
    "run.items": "{done} of {total} items",
    "run.left": "{items}, about {time} left",
    "run.folder": "{summary}, in {folder}",
    "run.more-unwritten": "output {output}: {count} more files could not be written; --json tells of each",
    "run.many-files": "it is a list of {count}, and each is written to a file of its own; join them in the graph for one file",
    "run.items-lost": "output {output}: {written} files, without item {items}",
    "run.more-failures": "{node} failed {count} times more; --json tells of each",
    "write.refused": "{path} cannot be written: {reason}",
    "write.elsewhere": "Go to a folder that is yours, or name one.",
    "write.full": "Make room there, or name another folder.",
    "set.in-unicode": "Give it in UTF-8.",
    "set.no-text": "{what} is {value}, and these bytes are no text",

    # the machine
    "device.count": "There are {count} CUDA devices, counted from 0.",
    "device.missing": "device {device} is not there",
    "device.there-is-cpu": "This machine has cpu; leave --device out.",
    "device.there-is-mps": "This machine has cpu and mps.",
    "device.there-is-cuda": "This machine has cpu and cuda.",

    # values, where a type's own code raises
    "value.unjudged": "is {value}, and the type {type} cannot tell whether it is one ({why})",
    "value.unread": "is {value}; it takes {takes} ({why})",

    # packs
    "pack.brought-twice": "pack {pack}: {one} and {other} both bring a pack of this name; uninstall one of them",
    "pack.name-taken": "pack {path}: the {kind} {name} is declared by {owner} already; give it another name",
    "pack.requires-broken": "pack {pack} requires the pack {name}, which cannot be read: {why}",
    "pack.requires-missing": "pack {pack} requires the pack {name}, and there is none; "
                             "install it, or name its folder with --pack",
    "project.key": "{key!r} is no part of a project file",
    "models.none": "no model that is found here speaks of {word}",
    "models.no-folder": "no models are found here; name folders of them in nodegraph.yaml (models:), or in NODEGRAPH_MODELS",
    "models.pickle": "a pickle, which is code when it is loaded and is not opened here; take the same as .safetensors",
    "models.unknown": "of no kind that is known here",
    "project.models": "models is {found}; it takes a list of folders, as in [~/ComfyUI/models]",
    "project.packs": "packs is {found}; it takes a list of folders and Python files, as in [./my_pack]",
    "record.picture": "{path} is a picture; what a run records is in it already",
    "record.unwritable": "{path} cannot be written ({error}); nothing is recorded in it",
    "packs.wrong": "packs.{pack} is {value}; it takes what brings the pack, as in nodegraph-ramp 1.2",
    "packs.other": "the pack {pack} comes from {now} here, and from {then} when this was recorded, so it may come out "
                   "otherwise",
    "node.pack-missing": "{node}.type is {type}, and it is not here; when this was recorded {origin} brought the pack {pack}",
    "node.pack-loose": "{node}.type is {type}, and it is not here; the pack {pack} came from {files}, which was not installed",
    "hint.install": "Install it: pip install {distribution}",
    "hint.upgrade": "Here the pack comes from {here}. Install what it came from: pip install --upgrade {distribution}",
    "hint.pack-loose": "Ask for {file} whoever made this, and name it with --pack.",
    "hint.newer-nodegraph": "Install a newer release of nodegraph, from where this one came.",
    "hint.record": "`nodegraph check --record` writes it, or take the line out.",
    "pack.two-names": "{manifest}: pack is {pack}, and the installed entry point calls it {entry}; call both the same",

    "run.stopped": "the run was stopped",

    # what stands where
    "subject.input": "input {name}",
    "subject.item": "item {number} of {of}",
    "flow.list": "a list of {type}",
    "flow.lists": "a list {lists}of {type}",
    "value.empty": "empty",
    "value.list": "a list",
    "value.mapping": "a mapping",
    "takes.plain": "a link, a list or a plain value",

    # graphfile: YAML
    "yaml.character": "the character U+{number} may not stand in YAML",
    "yaml.comment": "what follows # in a line is a comment, so the {opener} that opens before it is not closed",
    "yaml.half-character": "the escape {escape} is half of a character",
    "yaml.odd-character": "{name} (U+{number}) stands here",
    "yaml.unreadable": "the YAML cannot be read here: {what}",
    "yaml.tab": "this line is indented with a tab; YAML takes spaces",
    "yaml.quote-open": "the quote {quote} that opens here is never closed",
    "yaml.colon-space": "a space is wanted after this colon",
    "yaml.bracket-open": "the {opener} that opens here is not closed with {closer}",
    "yaml.value-begin": "a value cannot begin with {character}",
    "yaml.no-colon": "no colon follows {word}",
    "yaml.second-colon": "a second ': ' stands in this line",
    "yaml.too-deep": "this line is indented deeper than the one above, which has a value already",
    "yaml.after-quote": "something stands after the end of a quoted text",
    "yaml.item-among-names": "a list item stands among names here",
    "yaml.not-lined-up": "this line is not lined up with those above",
    "yaml.list-in-line": "a list cannot begin in the line of its name",
    "yaml.escape": "this backslash begins no escape that YAML knows",
    "yaml.after-end": "more follows after the end of the document",
    "yaml.tag": "the YAML tag {tag} is not part of a graph file",
    "yaml.alias": "the YAML alias *{name} is not part of a graph file",
    "yaml.anchor": "the YAML anchor &{name} is not part of a graph file",
    "yaml.merge": "the YAML merge key << is not part of a graph file",
    "yaml.nested-name": "a list or mapping stands where a name is wanted",
    "yaml.nested": "lists and mappings are nested more than {most} deep",
    "yaml.twice": "{key} stands twice; it is also on line {line}",
    "yaml.second-document": "a second YAML document begins here",

    # graphfile: the file and what it holds
    "file.none": "there is no file {path}",
    "file.folder": "{path} is a folder",
    "file.unreadable": "{path} cannot be read: {reason}",
    "file.no-graph": "this picture carries no graph",
    "file.foreign": "this is {what}, and no graph of nodegraph",
    "file.kind": "this is {kind}, which carries no graph",
    "file.pointer": "this is a pointer of Git LFS: the file itself was not downloaded",
    "file.utf32": "this is UTF-32; a graph file is UTF-8",
    "file.utf16": "this is UTF-16; a graph file is UTF-8",
    "file.not-utf8": "the byte 0x{byte} is not UTF-8 text",
    "file.no-mapping": "the file {holds}; a mapping of names is wanted",
    "file.holds": "the file {holds}",
    "holds.nothing": "is empty",
    "holds.value": "holds {value}",
    "holds.names": "holds {names} and nothing of a graph",
    "section.wrong": "{section} is {value}; it takes a mapping of names",
    "key.unknown": "{key} is no part of a graph file",
    "key.text": "{key} is {value}; it takes a text",
    "version.missing": "the line `nodegraph: 1` is missing",
    "version.newer": "nodegraph is {value}; this release reads version {version}",
    "version.wrong": "nodegraph is {value}; it takes the version of the file format, {version}",
    "name.wrong": "{name} is no name",
    "name.both": "{name} is both a graph input and a node, so ${name} could mean either",
    "graph.no-nodes": "the graph has no nodes",
    "output.wrong": "output {output} is {value}; it takes a link",
    "output.key-unknown": "{key} is no part of an output",
    "output.no-value": "output {output} has no value: that is written",
    "output.format-wrong": "format of output {output} is {value}; it takes one such as png, jpg, txt or json",
    "output.quality-wrong": "quality of output {output} is {value}; it takes an int, 1 to 100",
    "link.wrong": "{text} is no link; a link is $name or $name.port and stands alone",
    "link.in-default": "{text} looks like a link, and none can stand in a default",
    "link.nested": "{text} looks like a link, and none can stand in a list or mapping inside another",

    # graphfile: inputs
    "input.untyped": "input {input} is {value}; its type cannot be told from that",
    "input.key-unknown": "{key} says nothing about an input",
    "input.no-type": "input {input} has no type",
    "input.type-wrong": "the type of input {input} is {value}; it takes the name of one",
    "input.min-above-max": "min of input {input} is {low}, above its max, {high}",
    "input.help-wrong": "help of input {input} is {value}; it takes a text",
    "input.limit-wrong": "{key} of input {input} is {value}; it takes a number",
    "input.choices-wrong": "choices of input {input} is {value}; it takes a list of texts",
    "input.choice-wrong": "a choice of input {input} is {value}; it takes a text",

    # graphfile: nodes
    "node.wrong": "node {node} is {value}; it takes a mapping with type: and its inputs",
    "node.no-type": "node {node} has no type",
    "node.type-wrong": "the type of node {node} is {value}; it takes the name of one",
    "node.flag-wrong": "{word} of {node} is {value}; it takes true or false",

    # graphfile: the words of a node
    "node.names-wrong": "{word} of {node} is {value}; it takes the name of an input, or a list of names",
    "node.name-linked": "{word} of {node} is {value}; it takes the name of one of {node}'s inputs, without $",
    "node.name-twice": "{word} of {node} names {name} twice",
    "node.repeat-wrong": "repeat of {node} is {value}; it takes a number of rounds, 0 to {most}, or a link",
    "node.until-wrong": "until of {node} is {value}; it takes the name of an output that is true or false",
    "node.count-wrong": "count of {node} is {value}; it takes the name of an input that is a whole number",
    "node.carry-wrong": "carry of {node} is {value}; it takes the name of an input and output, a list of names, "
                        "or a mapping of inputs to outputs",
    "node.carry-part": "carry of {node} has {value} in it; it takes names of inputs and outputs",
    "node.failed-wrong": "failed of {node} is {value}; it takes skip",
    "node.timeout-wrong": "timeout of {node} is {value}; it takes a number of seconds above 0",
    "node.retry-wrong": "retry of {node} is {value}; it takes how many times to try again, 1 or more",
    "node.cases-wrong": "cases of {node} is {value}; it takes a mapping of labels",
    "node.case-twice": "{node} has two branches {label}, one of them under cases:",
    "link.spread-alone": "{link} stands alone; its dots join a list into another, inside brackets",

    # check: the graph and its inputs
    "graph.no-outputs": "the graph has no outputs, so nothing would run",
    "graph.inside-itself": "{type} contains itself",
    "graph.inside-itself-through": "{type} contains itself: {path}",
    "graph.nested": "graphs are nested more than {most} deep here",
    "graph.too-large": "with {node}, the graphs inside this one come to {steps} nodes; {most} can be run",
    "pack.broken": "{error}",
    "input.unused": "input {input} is never used",
    "input.limits-type": "input {input} is {type} and has min or max, which are for numbers",
    "input.choices-type": "input {input} is {type} and has choices, which are for Text",
    "input.no-choices": "input {input} is a Choice without choices",
    "input.type-unknown": "input {input} has the type {type}; there is none of that name",
    "input.default-narrow": "input {input} flows into {port}, and its default {wrong}",

    # check: nodes
    "node.type-linked": "{node}.type is {type}; a type cannot come from a link",
    "node.type-unknown": "{node}.type is {type}; there is no node type of that name",
    "node.pack-unknown": "{node}.type is {type}; no pack called {pack} is installed",
    "node.no-input": "{node} has no input {input}",
    "node.refused": "{node}: {wrong}",
    "node.needs": "{node} needs {input} ({takes})",
    "node.input-reserved": "{node} needs {input}, and in a node that word has a meaning of its own",
    "node.word-graph": "{word} of {node} stands on a graph; it is for a node whose code runs",
    "node.word-passing": "{word} of {node} stands on a {type}, which only passes on what it is given",

    # check: links
    "link.nowhere": "{link} links to {name}, and there is no node or input of that name",
    "link.input-port": "{link} asks for a port of a graph input; an input is one value",
    "link.several-outputs": "{link} could mean any of {node}'s outputs: {outputs}",
    "link.no-outputs": "{link} links to {node}, which has no outputs",
    "link.no-output": "{node} has no output {output}",
    "link.bypassed": "{link} links to {node}, which is bypassed, and no {flow} flows into it to pass on",
    "link.maybe-none": "{what} must have a value, but this link may carry none: the default of the input is null",
    "link.type": "{what} takes {takes}, but this link carries {flow}",
    "link.list-into-one": "{what} takes one {type}, but this link carries {flow}",
    "link.list-into-list": "{what} takes {takes}, but this link carries {flow}",
    "link.one-into-list": "{what} takes {takes}, but this link carries one {type}",
    "link.spread-one": "{what} joins the items of {link}, which carries one {type}",
    "link.choices": "{what} takes one of {choices}, but this link may carry {odd}",
    "cycle.itself": "{node}.{input} reads what {node} itself gives",
    "cycle.nodes": "these nodes wait for each other: {path}",

    # check: outputs
    "output.file": "output {output} is a File, which is copied as it is",
    "output.format": "output {output} carries {flow}, which is written as {formats}, not as {format}",
    "output.no-quality": "output {output} is written as {format}, which has no quality to choose",

    # check: values
    "value.wrong": "{what} is {value}; it takes {takes}",
    "value.refused": "{what} {wrong}",
    "value.narrow": "{what} flows into {port}, and {wrong}",
    "value.list-into-one": "{what} is a list; it takes one {type}",
    "value.name": "{node}.{input} is the text {name}, and there is {what} of that name",
    "value.names": "{node}.{input} holds the names {names} as texts",
    "node.unread": "nothing reads what {node} gives, so it does not run",
    "value.mention": "{node}.{input} has ${name} inside a text, where it stays as it is",
    "file.missing": "{what}: {missing}",
    "file.no-match": "{what}: there is no file {pattern}",

    # check: how often a node runs
    "each.no-input": "{node} has no input {input} to run each of",
    "each.not-given": "{node} runs once per item of {input}, but {input} is not given",
    "each.batch": "{node} takes its items all at once and can be mapped over {input} alone",
    "each.lengths": "{node} runs once per item, but its lists differ in length: {counts}",
    "each.count": "{input} has {count}",
    "cross.beside-each": "{node} has each: and cross:, which take its lists apart in two ways",
    "until.no-rounds": "until of {node} ends rounds, and there are none; it needs repeat:",
    "until.type": "until of {node} is {output}, which gives {flow}; it takes an output that gives one Bool",
    "carry.once": "carry of {node} hands a run what the one before gave, and it runs once; it needs repeat: or each:",
    "carry.crossed": "carry of {node} hands an item what the one before gave, and those of cross: have no order",
    "carry.mapped": "{node}.{input} is carried from item to item, and each: names it too",
    "carry.no-input": "{node} has no input {input} to carry into",
    "carry.type": "carry of {node} hands on {output}, which gives {flow}, but {input} takes {takes}",
    "count.once": "count of {node} numbers its runs, and it runs once; it needs repeat:, each: or cross:",
    "count.no-input": "{node} has no input {input} to count in",
    "count.type": "count of {node} is {input}, which takes {takes}; it takes an input that is one Int",
    "count.carried": "{node}.{input} counts, and is carried too",
    "count.given": "{node}.{input} counts, and is given too",
    "failed.once": "failed of {node} leaves items out, and it runs once; it needs each: or cross:",
    "failed.carried": "failed of {node} leaves items out, and carry: hands each on to the next",

    # check: switches and picks
    "switch.no-on": "{node} needs on: (the value that chooses a branch)",
    "switch.no-branches": "{node} has no branches",
    "switch.types": "{one} carries {flow}, but {other} carries {other_flow}",
    "switch.on-value": "{node}.on takes Bool, Int or Text, but this is {value}",
    "switch.on-type": "{node}.on takes Bool, Int or Text, but this link carries {flow}",
    "switch.stray": "{node}.on is one of {words}, so branch {label} is never taken",
    "switch.lost": "{node}.on may be {words}, and there is no branch of that name and no else",
    "pick.no-from": "{node} needs from: (the list that it picks from)",
    "pick.no-where": "{node} needs where: (true for each item that it picks)",
    "pick.from-one": "{node}.from takes a list, but this is {flow}",
    "pick.lengths": "{node} picks from {items} items, and where: has {answers}",

    "subject.a-node": "a node",
    "subject.an-input": "an input",

    # what to do
    "hint.a-number": "Write a number, such as {value}.",
    "hint.add-branch": "Add {label}: or else: to {node}.",
    "hint.add-branches": "Add one per value of on, and else: for the rest.",
    "hint.add-choices": "Add choices: [one, two].",
    "hint.add-each": "Add `each: {port}` to run it once per item.",
    "hint.add-link": "Add {input}: with a link.",
    "hint.add-list": "Add {input}: with a link to a list.",
    "hint.add-name": "Add a node or an input called {name}.",
    "hint.add-node": "Add at least one under nodes:, `name: {{type: ...}}`.",
    "hint.add-node-type": "Add type:, one of those that `nodegraph nodes` lists.",
    "hint.add-on": "Add on: with a link, `on: $name`.",
    "hint.add-outputs": "Add outputs: with a link, `name: $node`.",
    "hint.add-repeat": "Add `repeat: 10`, say: the most rounds that there may be.",
    "hint.add-type": "Add type: Text, Int, Float, Bool, Image, ...",
    "hint.add-value": "Add {input}: with a value or a link.",
    "hint.between": "Put {nodes} between them.",
    "hint.base": "Name the folder where they are with --base, or give them with --set.",
    "hint.brackets": "Put it in brackets: {value}.",
    "hint.break-cycle": "Take one of these links away, such as {node}.{input}.",
    "hint.call-it": "Call it {label}.",
    # cache: what is not as it should be
    "cache.unusable": "the cache folder {folder} cannot be used ({error}); this run remembers in memory only",
    "cache.read-only": "the cache folder {folder} cannot be written; what it holds is used, nothing new is kept",
    "cache.set-aside": "the cache's index {path} {why}; it was set aside as {name} and a new one begun",
    "cache.taken-away": "the cache folder {folder} was taken away; it is begun anew",
    "cache.held": "the cache in {folder} is held by another process; what is new is written when it is free",
    "cache.not-kept": "the cache in {folder} is held by another process; what this one made is not kept",
    "cache.left": "the cache in {folder} {why}; this run goes on without it",
    "index.format": "was written by another release (format {format}; this one reads {own})",
    "index.damaged": "is damaged ({error})",
    "index.unreadable": "cannot be read ({error})",
    "index.unwritable": "cannot be written ({error})",
    "index.lost": "was taken away and cannot be made anew ({error})",
    "history.damaged": "what is remembered of the last run of {node} is damaged; it is not used",
    "trace.damaged": "a remembered trace is damaged; its node runs again",
    "value.changed": "a remembered value was changed in place; it is read or made again",
    "value.damaged": "a remembered value {why} ({name}); it is made again",
    "cache.files-held": "{files} files in {folder} are in use and stay for now; clear the cache again when nothing runs",
    "value.unwritable": "a value cannot be written to disk ({error}); it is kept in memory alone",
    "damage.name": "does not match its name",
    "damage.checksum": "does not match its checksum",
    "damage.unreadable": "cannot be read ({error})",
    "damage.type": "cannot be read as {type} ({error})",

    # files that are written, and pictures that are read
    "export.no-unicode": "its text holds {character}, which is no character of Unicode",
    "export.gone": "the value is gone; run again",
    "bundle.none": "{path} is no bundle: it is damaged, or another kind of zip",
    "bundle.unsafe": "{path} is not unpacked: {name} in it would lie beside its folder",
    "bundle.too-large": "{path} is not unpacked: it holds more than a bundle may ({size})",
    "bundle.suffix": "{path} cannot be the name of a bundle; it ends in .zip",
    "bundle.same-name": "{one} and {other} would both be {name} in the bundle; put one of them beside the graph, or rename it",
    "bundle.not-found": "the graph would not find {count} of its files in a bundle; name them from the folder of the graph",
    "picture.version": "{node} is version {now} now, and this picture was made with version {then}, so it may come out "
                       "otherwise",
    "picture.files-gone": "this picture was made of files that are not in {folder}: {files}",
    "picture.file-changed": "{file} holds something else than when this picture was made",

    # models
    "model.broken": "{source} {problem}",
    "model.file": "is a file, and a folder is wanted",
    "model.patch-gone": "the {kind} {source} is not at {place} any more",
    "model.unknown-kind": "an argument names a model of a kind that no pack declares; name its ModelType in the Recipe",
    "model.not-leased": "none of the arguments names the model {source}, so it is not at hand; a PortType names those of its "
                        "values by models=",
    "model.several": "there are several models {source}: {names}; write more of the path of the one that is meant",
    "model.misfit": "{source} {problem}. A {kind} is wanted. {hint}",
    "model.not-here": "there is no model {source} on this machine. {hint} If it is the name of a hub repository, run once "
                      "with --download; otherwise give a folder.",
    "model.not-fetched": "the model {source} is not on this machine, and it cannot be fetched: {error}. {hint} Look whether "
                         "the hub has a repository of that name, or give a folder.",
    "model.no-hub": "the hub cannot be reached",
    "model.other-kind": "{source} holds no {kind}. {hint}",
    "model.unclear": "whether {source} holds a {kind} cannot be found out ({error})",

    # what to do
    "hint.models": "Such models are {names}.",
    "hint.no-model": "No pack has such a model; give a folder.",
    "hint.carry": "Write `carry: name`, or `carry: {{input: output}}`.",
    "hint.answers": "Link or write a list that says true or false for each item.",
    "hint.carry-none": "None of its outputs is what {input} takes.",
    "hint.each-another": "Map another input with each:, or take {input} out of carry:.",
    "hint.carry-each": "Use each: to go from item to item, or add repeat:.",
    "hint.carry-output": "Write `carry: {{{input}: {output}}}`.",
    "hint.carry-type": "Carry an output of the type that the input takes.",
    "hint.cases": "Write cases: and below it, indented, `label: ...`.",
    "hint.check-path": "Check the name and the folder.",
    "hint.address": "Nothing is read from the net; download the file, and name it where it lies then.",
    "hint.choices": "Turn them into words that it takes with a switch.",
    "hint.choices-type": "Take them out, or make it a Choice.",
    "hint.close-bracket": "Add {closer}, or put the text in quotes if the bracket belongs to it.",
    "hint.close-quote": "Close it on the same line.",
    "hint.copied": "Take format and quality out.",
    "hint.count": "Name an input that takes a whole number.",
    "hint.dollar-place": "Links stand in a node's inputs, and in a list there. For a text that begins with $ write $$.",
    "hint.dollar-text": "For a text that begins with $ write $$. To join texts use a node such as text.compose.",
    "hint.default-or-word": 'Give the input a default; for the word itself, "{word}".',
    "hint.empty-or-word": 'For an empty text write ""; for the word itself, "{word}".',
    "hint.foreign": "Its nodes belong to that program; `nodegraph nodes` lists those to build it of here.",
    "hint.lfs": "Fetch it with `git lfs pull`.",
    "hint.plain-character": "Write a plain {character} in its place.",
    "hint.plain-space": "Write a plain space in its place.",
    "hint.quote-comment": "Put the text that holds # in quotes.",
    "hint.take-it-out": "Take it out.",
    "hint.whole-escape": "Write both halves, \\ud83d\\ude00, or the character itself.",
    "hint.each-for-failed": "Add `each: name`, or take failed: out.",
    "hint.each-or-cross": "Keep each: for lists that go together, or cross: for every combination.",
    "hint.empty-list": "For an empty list write [].",
    "hint.empty-text": 'For an empty text write "".',
    "hint.equally-long": "Make them equally long.",
    "hint.fewer-brackets": "Take some of the brackets away.",
    "hint.format-node": "{node} makes {type} of it, which is written as {format}.",
    "hint.give-default": "Give the input a default.",
    "hint.give-list": "Give it a list: {input}: $node.",
    "hint.graph-around": "Put the node into a graph file, and map that over the outer list.",
    "hint.graph-begins": "A graph file begins with `nodegraph: 1` and has nodes: and outputs:.",
    "hint.in-brackets": "Put it in brackets to make a list of it: [{link}].",
    "hint.input-and-word": "Write `input: {link}` and `{word}: input`.",
    "hint.keep-one": "Keep one of the two.",
    "hint.level-out": "Take one level out.",
    "hint.limits": "Take them out, or make it an Int or a Float.",
    "hint.line-up": "Line it up with the names it belongs to.",
    "hint.link": "A link is written ${name}.",
    "hint.meant-link": "Did you mean {link}?",
    "hint.read-or-out": "Link it with ${node}, or take it out.",
    "hint.link-alone": "A link stands alone; join texts with a node such as text.compose.",
    "hint.link-another": "Link another node there.",
    "hint.link-made": "Link a node that gives {type}, such as {nodes}.",
    "hint.link-reader": "Link a node that gives it, such as {nodes}: `{port}: $node`.",
    "hint.file-instead": "Take it out; inside the graph a node such as {nodes} gives it.",
    "hint.make-file": "Make the input {input} a File, `{declared}`, and put {nodes} between them, `{between}`.",
    "hint.link-node": "Link a node that gives it: {port}: $node.",
    "hint.link-or-out": "Link it somewhere with ${input}, or take it out.",
    "hint.link-type": "Link something that gives {type}.",
    "hint.list-in-node": "Make it in a node, and link that.",
    "hint.list-types": "`nodegraph nodes` lists them.",
    "hint.make-input": "Make the input {type}, or link something else.",
    "hint.meant": "Did you mean {name}?",
    "hint.meant-type": "Did you mean type: where {key}: stands?",
    "hint.name-in-folder": "Name a graph file in it.",
    "hint.name-value": "Write `name: value`.",
    "hint.names": "Names begin with a letter and have letters, digits, _ and -.",
    "hint.new-line-list": "Write [one, two], or begin a new line with `- `.",
    "hint.newer-release": "Install a newer release, or write `nodegraph: {version}`.",
    "hint.no-dots": "Take the dots away: {link}.",
    "hint.no-each": "Take `each: {port}` away.",
    "hint.no-folder": "There is no folder {folder} either.",
    "hint.not-bypassed": "Take `bypass: true` away from {node}, or link something else.",
    "hint.not-inside-itself": "A graph cannot stand inside itself; take it out here.",
    "hint.map-it": "Add `each: {port}` to run once per item.",
    "hint.no-quality": "Take quality out.",
    "hint.number": "Write {value}, say.",
    "hint.on": "Link something that is one of a few words or numbers.",
    "hint.one-graph": "Put one graph in one file.",
    "hint.one-item-type": "All items of a list are of one type.",
    "hint.one-of-two": "Take one of the two out.",
    "hint.one-or-each": "Link one thing, or add `each: {port}` to run once per item.",
    "hint.one-type": "All branches of a switch carry one type.",
    "hint.out-of-cross": "Take {port} out of cross:.",
    "hint.out-of-each": "Take {input} out of each:.",
    "hint.output-value": "Add value: with a link, `{output}: {{value: $node, format: png}}`.",
    "hint.packs": "The packs are {packs}; others are installed with pip, or named with --pack.",
    "hint.path": "A path begins at the folder of the graph file.",
    "hint.pictures": "Those that `nodegraph run` writes as PNG do, unless a tool took it out.",
    "hint.place-once": "Take {node} out, or place {type} once and link to it.",
    "hint.plain-utf8": "Take it out, and save the file as plain UTF-8 text.",
    "hint.plain-values": "Take it away; a graph file holds plain values.",
    "hint.quality-formats": "There is quality for {formats}.",
    "hint.quote": 'Put it in quotes: "{value}".',
    "hint.quote-brace": "Put texts that begin with {{ in quotes.",
    "hint.quote-bracket": "Put the text in quotes if the bracket belongs to it.",
    "hint.quote-colon": "Put the text that holds it in quotes.",
    "hint.quote-color": "Put the colour in quotes, since # begins a comment.",
    "hint.quote-it": "Put it in quotes.",
    "hint.quote-whole": "Put the whole text in quotes; inside '...' a quote is written ''.",
    "hint.quote-yaml": "Put texts that hold ': ', '#', quotes or brackets in quotes.",
    "hint.quotes": "Put it in quotes.",
    "hint.rename-input": "Rename the input {input} in {type}.",
    "hint.rename-one": "Rename one of the two.",
    "hint.repeat-or-each": "Add `repeat: 10` for rounds, or `each: name` to go from item to item.",
    "hint.same-indent": "Give the lines of one mapping the same indentation, in spaces.",
    "hint.save-utf8": "Save the file as UTF-8 text.",
    "hint.several": "Add `repeat: 10`, or `each: name`.",
    "hint.single-quotes": "Use '...' quotes, where a backslash is plain.",
    "hint.spaces": "Put spaces in its place.",
    "hint.spread": "Write [{link}], or leave the dots out.",
    "hint.spread-list": "Write {link}... to join its items into this list.",
    "hint.takes-none": "It takes none.",
    "hint.there-is": "There is {names}.",
    "hint.there-is-more": "There is {names} and {count} more.",
    "hint.turn-round": "Turn them round.",
    "hint.type-here": "Write the type here, or choose between two nodes with a switch.",
    "hint.unquote": "Take the quotes away: {value}.",
    "hint.until": "Name an output that is true once it is done.",
    "hint.version-first": "Put it first; it names the version of the file format.",
    "hint.without-quotes": "Write {value}, without quotes.",
    "hint.word-behind": "Take it out, or put it on the node that reads this one.",
    "hint.word-inside": "Put it on the nodes inside {type}.",
    "hint.write-choices": "Write choices: [one, two].",
    "hint.write-colon": "Write `{word}:`.",
    "hint.write-each": "Write `each: {input}`.",
    "hint.write-input": "Write it out: {input}: {{type: {type}, default: ...}}",
    "hint.write-link": "Write ${name}.",
    "hint.write-name": "Write `{word}: name`.",
    "hint.write-node": "Write {node}: {{type: {type}, ...}}",
    "hint.write-out": "Write the names and values out in each place.",
    "hint.write-out-link": "Write the value out in each place; a link between nodes is written $name.",
    "hint.write-format": "Write `format: png`, say.",
    "hint.write-output": "Write ${node}.{output}, say.",
    "hint.write-output-link": "Write {output}: ${link}.",
    "hint.write-output-node": "Write {output}: $node or {output}: $node.port.",
    "hint.write-section": "Write {section}: and below it, indented, `name: ...`.",
    "hint.write-this": "Write {link}.",
    "hint.write-type": "Write type: Text, Int, Float, Bool, Image, ...",
    "hint.write-word": "Write `{word}: {value}`.",
}


class Phrase(str):
    """A sentence with the code and the facts behind it."""

    code: str
    facts: Mapping[str, Any]

    def __new__(cls, code: str, facts: Mapping[str, Any], text: str) -> Phrase:
        self = super().__new__(cls, text)
        self.code, self.facts = code, facts
        return self

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return Phrase, (self.code, self.facts, self[:])


def say(code: str, /, **facts: Any) -> Phrase:
    """The English sentence of a code. Raises KeyError for a code or a fact that is not there."""
    return Phrase(code, facts, ENGLISH[code].format_map(facts))


# ---- values and names in words

_INT = re.compile(r"[-+]?[0-9]{1,4000}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None,
          "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NUMERIC = frozenset("0123456789+-.")


def scalar(text: str) -> Any:
    """What a bare word means in a graph file: a number, true, false, null, or itself."""
    if text[:1] in _NUMERIC:
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text):
            number = float(text)
            return number if abs(number) != float("inf") else text  # too large to be a number
        return {".inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}.get(text, text)
    return _WORDS[text] if text in _WORDS else text


def written(value: Any) -> str:
    """A value in a few words, as a graph file writes it."""
    if value is None or value == "":
        return say("value.empty")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return say("value.mapping")
    if isinstance(value, list):
        return say("value.list")
    return brief(value)


def spelled(value: Any, source: str) -> str:
    """A value as its file writes it, if that is known and means this value; else as `written`."""
    meant = scalar(source) if source else value
    same = value is not None and source and type(meant) is type(value) and (meant == value or meant != meant)
    return source if same else written(value)


def brief(value: Any) -> str:
    """The beginning of a value, as Python writes it."""
    text = repr(value)
    return text if len(text) <= 50 else f"{text[:47]}..."


def an(name: str) -> str:
    """A name with its article: an Image, a Text."""
    return ("an " if name[:1] in "AEIOUaeiou" else "a ") + name


def closest(name: str, names: Iterable[str]) -> str:
    """The one of some names that is most like this one, or an empty text if none is like it."""
    from difflib import get_close_matches

    names = [str(n) for n in names]
    found = get_close_matches(name, names, 1, 0.6) or [n for n in names if n.rsplit(".", 1)[-1] == name]
    if not found:
        same = [n for n in names if n.lower() == name.lower()]
        found = same or [n for n in names if "." in n and n.rsplit(".", 1)[-1] == name.rsplit(".", 1)[-1]]
    return found[0] if found else ""


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint that names the closest of some names, or what there is."""
    names = [str(n) for n in names]
    close = closest(name, names)
    if close:
        return say("hint.meant", name=close)
    if not names:
        return ""
    shown, more = ", ".join(sorted(names)[:12]), len(names) - 12
    return say("hint.there-is-more", names=shown, count=more) if more > 0 else say("hint.there-is", names=shown)


def likely(word: Any, words: Iterable[str] | None) -> str:
    """A hint that names the closest of some words, for a problem that lists them all; empty if none is like it."""
    close = closest(word, words) if words else ""
    return say("hint.meant", name=close) if close else ""
