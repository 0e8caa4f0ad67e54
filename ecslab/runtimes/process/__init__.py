"""The process runtime: the lab's own images as real local processes, where no engine is to be had.

``supervise`` is the program every container starts with; ``launch`` decides what is started; ``output`` and ``watch``
follow it; ``leftovers`` cleans up after a lab that died. Invariant: no process outlives the lab server.
"""

from ecslab.runtimes.process.runtime import ProcessRuntime

__all__ = ["ProcessRuntime"]
