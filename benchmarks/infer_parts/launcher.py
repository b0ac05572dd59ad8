"""Runs a command and prints what it took: `python -I -S launcher.py FOLDER PROGRAM ARGUMENTS`.

A process counts the memory of the one that started it until it becomes another program: only one as small as this one
can start others and leave their peak as it is.
"""

import json
import os
import sys
import time

os.chdir(sys.argv[1])
command = sys.argv[2:]
quiet = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
start = time.perf_counter()
child = os.posix_spawn(command[0], command, os.environ, file_actions=[quiet])
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss * unit]))
