"""usage: keep.py PROGRAM ARGUMENT...

Runs a program until standard input ends: a test that dies takes its servers with it.
"""

import signal
import subprocess
import sys

child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
signal.signal(signal.SIGCHLD, lambda *_: None)
sys.stdin.buffer.read()
child.send_signal(signal.SIGTERM)
try:
    child.wait(5)
except subprocess.TimeoutExpired:
    child.kill()
    child.wait()
