"""Runs a command on a terminal of so many columns and passes on every byte that comes to it: COLUMNS COMMAND..."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
modes = termios.tcgetattr(theirs)
modes[1] &= ~termios.OPOST
termios.tcsetattr(theirs, termios.TCSANOW, modes)
child = subprocess.Popen(sys.argv[2:], stdin=theirs, stdout=theirs, stderr=theirs)
os.close(theirs)
# What is typed waits for whoever asks.
os.write(ours, os.environ.get("SPORE_TEST_TYPED", "").encode())
while True:
    try:
        part = os.read(ours, 65536)
    except OSError:
        break
    if not part:
        break
    sys.stdout.buffer.write(part)
sys.stdout.buffer.flush()
sys.exit(child.wait())
