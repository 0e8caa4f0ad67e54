"""The teacher's side: notebooks built from the labs' sources, proofs that they grade right, the nbgrader course.

Not part of what a learner runs: ``ecslab`` never imports it. Invariant: everything under ``source/``, ``release/``,
``submitted/``, ``autograded/`` and ``feedback/`` can be made again from ``labs/``, or came from a learner.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
# jsonschema, which nbformat needs, does without it; compiling its grammar takes longer than all else that is imported
