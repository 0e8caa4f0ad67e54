"""The lab server: the composition root, the only floor that knows everything.

One process is one account: it owns moto, the loops, the agents, the containers, the journal and the checks.
"""

from ecslab.server.serve import ServerInfo, ServerOptions, serve

__all__ = ["ServerInfo", "ServerOptions", "serve"]
