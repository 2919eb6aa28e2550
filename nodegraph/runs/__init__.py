"""A Plan carried out."""

from .executor import Executor as Executor
from .report import NodeResult as NodeResult
from .result import Result as Result
