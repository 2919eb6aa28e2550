"""Everything that can be known about a Graph before anything runs."""

from .checker import (RANDOM as RANDOM, SWITCH as SWITCH, Checked as Checked, CheckedNode as CheckedNode,
                      Find as Find, Flow as Flow, check as check, likely as likely, output_flow as output_flow,
                      recheck as recheck)
