"""The ladder of sandboxes in which a stranger's notebook runs, strongest first.

``docker`` (no network, read-only, no capabilities), ``bubblewrap`` (namespaces of its own), ``landlock`` (the kernel
refuses files, network, signals), and ``none`` for those who ask for it by name. Each is the same warm program
(``grader.inside``) behind another wall. Invariant: what a rung cannot do here is said by its probe, with the reason.
"""
