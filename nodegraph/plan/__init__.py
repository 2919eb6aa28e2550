"""A Graph understood: what there is to do, in order, each request with the part of its Key that is known."""

from .build import (Given as Given, Locate as Locate, Named as Named, Output as Output, Part as Part, Plan as Plan,
                    Step as Step, Wire as Wire, chosen as chosen, given_digest as given_digest, label as label,
                    place_of as place_of, plan as plan, replan as replan)
