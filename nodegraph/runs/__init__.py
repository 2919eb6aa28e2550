"""A Plan carried out."""

from .executor import Executor as Executor, NodeResult as NodeResult, Result as Result
