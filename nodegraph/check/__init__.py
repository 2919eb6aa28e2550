"""Everything that can be known about a Graph before anything runs."""

from ..flows import Flow as Flow
from ..graph import SWITCH as SWITCH
from ..wording import likely as likely
from .checker import (RANDOM as RANDOM, Checked as Checked, CheckedNode as CheckedNode, Find as Find, check as check,
                      output_flow as output_flow, recheck as recheck)
