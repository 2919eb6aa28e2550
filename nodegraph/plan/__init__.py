"""A Graph understood: what there is to do, in order, each request with the part of its Key that is known."""

from .build import plan as plan
from .inputs import (
                     Expand as Expand,
                     Locate as Locate,
                     given_digest as given_digest,
                     judged as judged,
                     rolled_at as rolled_at,
                     still_located as still_located,
)
from .replan import replan as replan
from .steps import (
                     CARRY as CARRY,
                     LAST as LAST,
                     LEAVE as LEAVE,
                     LIST as LIST,
                     OPEN as OPEN,
                     PICK as PICK,
                     REQUEST as REQUEST,
                     ROLL as ROLL,
                     SWITCH as SWITCH,
                     Axes as Axes,
                     Axis as Axis,
                     Given as Given,
                     Index as Index,
                     Named as Named,
                     Output as Output,
                     Plan as Plan,
                     Region as Region,
                     Step as Step,
                     View as View,
                     chosen as chosen,
                     cut as cut,
                     domain as domain,
                     label as label,
)
