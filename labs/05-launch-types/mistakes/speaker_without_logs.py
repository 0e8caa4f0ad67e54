# question: 5.5
# expects: no-lines
# score: 1.5
silent = {key: value for key, value in speaker.items() if key != "logConfiguration"}
attempt(family="speaker", containerDefinitions=[silent], **size)
run("speaker")
