"""A running receiver for a test: made, started, looked at, stopped.

    with Daemon() as d:
        d.check("accepts a message", send(d) == 250)
    d.finish()

Everything lies in a folder of its own; the programs come from $B (default
build). Mailboxes alice, bob, carol at example.org. No name server is asked.
"""
import ctypes
import fcntl
import glob
import os
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ports import free_port  # noqa: E402,F401

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("B", "build"))
IS_ROOT = os.geteuid() == 0
failures = 0


def check(sentence, ok, detail=""):
    """One line of TAP."""
    global failures
    print(("ok - " if ok else "not ok - ") + sentence, flush=True)
    if not ok:
        failures += 1
        for line in str(detail).splitlines()[-20:]:
            print("# " + line, file=sys.stderr, flush=True)
    return ok


def skip(sentence, why):
    print(f"ok - {sentence} # SKIP {why}", flush=True)


def finish():
    sys.exit(1 if failures else 0)


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def mount_with_quota(image, folder, uid, octets):
    """A small ext4 file system where this user has no more. None, or why not."""
    def run(*command):
        return subprocess.run(command, capture_output=True).returncode == 0
    with open(image, "wb") as f:
        f.truncate(32 << 20)
    if not run("mkfs.ext4", "-q", "-O", "quota", "-E", "quotatype=usrquota", image):
        return "needs mkfs.ext4 with quotas"
    if not run("mount", "-o", "loop,usrquota", image, folder):
        return "needs loop devices and quotas in the kernel"
    device = next(line.split()[0] for line in open("/proc/self/mounts")
                  if line.split()[1] == folder)
    blocks = octets // 1024  # a struct if_dqblk, QIF_BLIMITS
    limits = struct.pack("=8QI4x", blocks, blocks, 0, 0, 0, 0, 0, 0, 1)
    set_quota = 0x800008 << 8  # Q_SETQUOTA of users
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.quotactl(set_quota, device.encode(), uid, limits) != 0:
        subprocess.run(["umount", folder], check=True)
        return "needs quotas in the kernel: " + os.strerror(ctypes.get_errno())
    return None


class Daemon:
    def __init__(self, extra="", mailboxes=None, wrapper=(), names="alice bob carol",
                 domains='"example.org"'):
        self.dir = tempfile.mkdtemp(prefix="tarry-test.", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.mail = os.path.join(self.dir, "mail")
        self.port = free_port()
        self.log_path = os.path.join(self.dir, "log")
        self.wrapper = list(wrapper)
        for name in names.split():
            os.makedirs(os.path.join(self.mail, name))
        user = ""
        if IS_ROOT:
            nobody = pwd.getpwnam("nobody")
            user = 'user = "nobody"'
            for path, dirs, _ in os.walk(self.mail):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.programs = os.path.join(self.dir, "bin")
        os.mkdir(self.programs)
        for p in ("tarryd", "smtpd", "signer", "resolver", "deliver", "greylist",
                  "queue", "relay", "tarryctl", "tarry-sendmail"):
            shutil.copy(os.path.join(BUILD, p), self.programs)
        self.conf = os.path.join(self.dir, "tarry.conf")
        self.base = f"""
hostname = "mx.example.org"
{user}
state = "{self.dir}/state"
domains = {{ {domains} }}
mailboxes = "{mailboxes or self.mail + '/%u'}"
control {{ socket = "{self.dir}/control" }}
resolver {{ servers = {{ "127.0.0.1:9" }} }}
"""
        self.configure(extra)
        self.process = None

    def configure(self, extra, listen=None):
        listen = listen or f'"127.0.0.1:{self.port}"'
        if "greylist" not in extra:
            extra += "\ngreylist { mode = off }"
        with open(self.conf, "w") as f:
            f.write(self.base + f"listen = {{ {listen} }}\n"
                    + extra.replace("$dir", self.dir) + "\n")

    def start(self, seconds=60):
        self.log_file = open(self.log_path, "ab")
        before = self.log().count("event=ready")
        self.process = subprocess.Popen(
            self.wrapper + [self.programs + "/tarryd", "-F", "-f", self.conf],
            stdin=subprocess.DEVNULL, stdout=self.log_file,
            stderr=self.log_file)
        if not wait_for(lambda: self.log().count("event=ready") > before or
                        self.process.poll() is not None, seconds):
            raise RuntimeError("does not start: " + self.log())
        if self.process.poll() is not None:
            raise RuntimeError("ended at start: " + self.log())
        return self

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def logged(self, text):
        return text in self.log()

    def new(self, name, base=None):
        """The files in a mailbox's new/."""
        return sorted(glob.glob(os.path.join(base or self.mail, name, "new", "*")))

    def tarryd_pid(self):
        """The daemon's own pid, also behind a wrapper such as strace."""
        pid = self.process.pid
        if not self.wrapper:
            return pid
        return int(subprocess.check_output(["pgrep", "-P", str(pid), "-x", "tarryd"]))

    def child(self, name):
        """Its pid. One that ended a moment ago is waited for."""
        pids = []

        def is_one():
            pids[:] = subprocess.run(["pgrep", "-P", str(self.tarryd_pid()), "-x", name],
                                     stdout=subprocess.PIPE).stdout.split()
            return len(pids) == 1
        wait_for(is_one)
        return int(pids[0])

    def has_heard(self, client):
        """smtpd has all that the client said, and has done what follows: it sleeps."""
        here, there = (f"0100007F:{port:04X}" for port in (self.port, client.sock.getsockname()[1]))
        unsent = fcntl.ioctl(client.sock, termios.TIOCOUTQ, b"\0" * 4)
        with open("/proc/net/tcp") as f:
            unread = [line.split()[4][9:] for line in f if line.split()[1:3] == [here, there]]
        with open(f"/proc/{self.child('smtpd')}/stat") as f:
            state = f.read().rsplit(")", 1)[1].split()[0]
        return not any(unsent) and unread == ["0" * 8] and state == "S"

    def complaints(self):
        """What a sanitizer has said in the log."""
        if not os.path.exists(self.log_path):
            return []
        return [line for line in self.log().splitlines()
                if "Sanitizer" in line or "runtime error:" in line]

    def stop(self):
        if self.process and self.process.poll() is None:
            os.kill(self.tarryd_pid(), signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self.start()

    def __exit__(self, *what):
        self.stop()
        if self.complaints():
            check("no sanitizer complains", False, self.log())
        if what[0] is not None:
            print("# log:\n# " + self.log().replace("\n", "\n# "), file=sys.stderr)
        shutil.rmtree(self.dir, ignore_errors=True)


class Client:
    """An SMTP client that sends what it is told to, octet for octet."""

    def __init__(self, port, source="127.0.0.1", host="127.0.0.1", timeout=60):
        self.sock = socket.create_connection((host, port), timeout, (source, 0))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")

    def reply(self):
        """All lines of one reply, as text; "" at the end of the connection."""
        text = ""
        while True:
            line = self.file.readline().decode("latin-1")
            text += line
            if len(line) < 4 or line[3] != "-":
                return text.rstrip("\r\n")

    def send(self, data):
        self.sock.sendall(data.encode("latin-1") if isinstance(data, str) else data)

    def say(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def hello(self):
        return [self.reply(), self.say("EHLO client.example")]

    def envelope(self, *to, sender="sender@client.example"):
        return [self.say(f"MAIL FROM:<{sender}>")] + \
               [self.say(f"RCPT TO:<{t}>") for t in to]

    def data(self, content):
        """content with CRLF line ends, ending in one; dots are stuffed."""
        reply = self.say("DATA")
        if not reply.startswith("354"):
            return reply
        if isinstance(content, str):
            content = content.encode("latin-1")
        if content.startswith(b"."):
            content = b"." + content
        self.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.reply()

    def close(self):
        self.file.close()
        self.sock.close()


def stored(path):
    """A file of a Maildir without the trace header, and that header."""
    with open(path, "rb") as f:
        text = f.read()
    end = text.index(b"; ")
    end = text.index(b"\n", end) + 1
    return text[end:], text[:end].decode()
