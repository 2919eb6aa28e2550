"""The exit codes of the command."""

DONE = 0
NODE_FAILED = 1  # or something could not be written
WRONG = 2  # the graph or the usage
FAULT = 70  # of nodegraph itself; EX_SOFTWARE in sysexits.h
INTERRUPTED = 130  # as a shell tells of Ctrl-C
