"""The client: what a notebook imports. It talks HTTP to the lab server and never imports moto.

``connecting`` finds or starts the server, ``lab`` is the object a learner holds, ``view`` and ``render`` show the
lab as it is. Invariant: nothing here prints, and nothing here decides: all that is known comes from the server.
"""
