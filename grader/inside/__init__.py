"""What runs inside the sandbox, beside the learner's code: the program that forks for each submission.

Nothing here knows a check, a solution or another submission, and nothing it says is believed: this folder, the
``ecslab`` package and the Python environment are all of the teacher's files that can be seen from in there.
"""
