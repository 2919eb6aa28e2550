"""Everything that can be known about a Graph before anything runs."""

from ..flows import Flow as Flow
from ..graph import PICK as PICK, SWITCH as SWITCH
from ..wording import likely as likely
from .checked import RANDOM as RANDOM, Checked as Checked, CheckedNode as CheckedNode, Find as Find
from .checker import check as check, recheck as recheck, unread as unread
from .links import output_flow as output_flow
from .outputs import refusal as refusal
