"""Runs a command and writes the CPU seconds of its whole process tree, user and system, to a file.

cpu.py FILE COMMAND...
"""

import ctypes
import os
import resource
import subprocess
import sys

PR_SET_CHILD_SUBREAPER = 36

# A process whose parent ended becomes a child of this one, so that its time is counted too.
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
status = subprocess.call(sys.argv[2:])
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    print(used.ru_utime + used.ru_stime, file=file)
sys.exit(status)
