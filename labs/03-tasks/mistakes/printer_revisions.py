# question: 3.7
# expects: revisions
# score: 2
for pages in ("4", "6"):
    register("printer", box("press", "log", pages))
    start("printer", until=("STOPPED",))
