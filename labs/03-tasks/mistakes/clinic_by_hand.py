# question: 3.5
# expects: by-hand, timeout
# score: 1
register("clinic", *clinic())
end(start("clinic", until=("ACTIVATING",)))
