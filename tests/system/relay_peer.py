"""The real relay, with this test as its parent, its queue, and its server."""

import contextlib
import os
import queue
import select
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from ports import free_port  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
B = os.path.join(ROOT, os.environ.get("B", "build"))
PATIENCE = 60
failures = 0


def check(sentence, true, *details):
    global failures
    print(("ok - " if true else "not ok - ") + sentence, flush=True)
    if not true:
        failures += 1
        for d in details:
            print("# %s" % (d,), file=sys.stderr)


class Wrong(Exception):
    """What came is not what was to come."""


class Place:
    """A folder, a listener, a certificate: what all cases share."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="tarry-relay-")
        os.chmod(self.folder, 0o755)
        os.mkdir(os.path.join(self.folder, "empty"), 0o755)
        self.port, self.dead_port = free_port(), free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.listener.settimeout(PATIENCE)
        self.make_certificate()
        self.conf = self.write("conf", """
hostname = "me.example.com"
domains = {"example.com"}
mailboxes = "/var/mail/%%d/%%u"
state = "%s"
user = "nobody"
listen = {"127.0.0.1:2525"}
queue { source-ipv4 = "127.0.0.77" }
route "*" { to = "[127.0.0.1]:%d" to = "[127.0.0.1]:%d" tls = "verified" }
""" % (self.folder, self.port, self.dead_port))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        data = text if isinstance(text, bytes) else text.encode()
        with open(path, "wb") as f:
            f.write(data)
        return path

    def make_certificate(self):
        self.key = os.path.join(self.folder, "key.pem")
        self.cert = os.path.join(self.folder, "cert.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
             "/CN=mx1.example.net", "-addext",
             "subjectAltName=DNS:mx1.example.net", "-keyout", self.key,
             "-out", self.cert], check=True, stderr=subprocess.DEVNULL)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.cert, self.key)

    def close(self):
        self.listener.close()
        if failures == 0:
            shutil.rmtree(self.folder)
        else:
            print("# files are in %s" % self.folder, file=sys.stderr)


class Relay:
    """One relay, from its start to its end."""

    def __init__(self, place, **job):
        self.place = place
        self.log = open(os.path.join(place.folder, "log"), "a+")
        self.since = self.log.seek(0, 2)
        env = dict(os.environ, SSL_CERT_FILE=place.cert)
        self.p = subprocess.Popen(
            [os.path.join(B, "tests/drive_relay"), os.path.join(B, "relay"),
             place.conf], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, text=True, bufsize=1, env=env)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        if self.next() != "ready":
            raise Wrong("no ready: " + self.logged())
        self.job_settings(**job)

    def job_settings(self, sender="sender@example.com", flags="", times=None,
                     some_times=(), rcpt=("bob@example.net",), hosts=None,
                     size=100, rate=0, envid="", helo="me.example.com",
                     source=None):
        out = ["set helo " + helo, "set sender " + sender, "flags " + flags,
               "set size %d" % size, "set rate %d" % rate, "clear"]
        if source:
            out.append("set source " + source)
        if envid:
            out.append("set envid " + envid)
        if times:
            out.append("times %d" % times)
        out += ["time %d %d" % t for t in some_times]
        if hosts is None:
            hosts = [("mx1.example.net", "127.0.0.1", self.place.port)]
        out += ["address %s %s %d" % h for h in hosts]
        out += ["rcpt " + r for r in rcpt]
        self.say(*out)

    def read(self):
        for line in self.p.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put("end")

    def say(self, *lines):
        with contextlib.suppress(BrokenPipeError):  # it may have ended by itself
            self.p.stdin.write("".join(line + "\n" for line in lines))

    def job(self, message=b"Subject: hi\n\nbody\n"):
        self.say("job " + self.place.write("message", message))

    def next(self, sec=PATIENCE):
        try:
            return self.lines.get(timeout=sec)
        except queue.Empty:
            return "nothing"

    def results(self):
        """What is told until the job is done: results by index, and more."""
        out, dotted = {}, False
        while True:
            line = self.next()
            words = line.split(" ", 7)
            if words[0] == "result":
                if int(words[2]) in out:
                    raise Wrong("a second result: " + line)
                out[int(words[2])] = {
                    "outcome": words[3], "step": words[4],
                    "flags": int(words[5]), "host": words[6],
                    "address": words[7].split(" ", 1)[0],
                    "reply": words[7].split(" ", 1)[1]}
            elif words[0] == "dot":
                dotted = True
            elif words[0] == "done":
                return out, dotted, words[2] == "1"
            else:
                raise Wrong("%s instead of a result\n%s"
                            % (line, self.logged()))

    def finish(self):
        """How it ended after END."""
        self.say("end")
        return self.ended()

    def ended(self):
        line = self.next()
        while line.startswith(("closed", "hung up", "result", "dot", "done")):
            line = self.next()
        self.kill()
        return line

    def kill(self):
        self.p.kill()
        self.p.wait()
        self.log.close()

    def logged(self):
        with open(os.path.join(self.place.folder, "log")) as f:
            f.seek(self.since)
            return f.read()


class Server:
    """The server's end of a connection."""

    def __init__(self, place):
        self.place = place
        self.s, _ = place.listener.accept()
        self.s.settimeout(PATIENCE)
        self.buf = b""

    def say(self, text):
        self.raw(text.encode("latin-1") + b"\r\n")

    def raw(self, data):
        self.s.sendall(data)

    def line(self):
        while b"\n" not in self.buf:
            try:
                got = self.s.recv(65536)
            except (ConnectionError, ssl.SSLError):
                got = b""
            except socket.timeout:
                raise Wrong("the relay says nothing, after %r" % self.buf)
            if not got:
                return None
            self.buf += got
        line, self.buf = self.buf.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise Wrong("a line without CRLF at its end: %r" % line)
        return line[:-1].decode("latin-1")

    def octets(self, n):
        while len(self.buf) < n:
            got = self.s.recv(65536)
            if not got:
                raise Wrong("only %d octets of %d" % (len(self.buf), n))
            self.buf += got
        out, self.buf = self.buf[:n], self.buf[n:]
        return out

    def data(self):
        """The lines up to the dot, with the stuffing taken off."""
        out = []
        while True:
            line = self.line()
            if line is None:
                raise Wrong("closed in the data")
            if line == ".":
                return out
            out.append(line[1:] if line.startswith(".") else line)

    def quiet(self, sec=0.1):
        """True when nothing comes for a while."""
        return not self.buf and not select.select([self.s], [], [], sec)[0]

    def start_tls(self):
        self.s = self.place.tls.wrap_socket(self.s, server_side=True)
        self.s.settimeout(PATIENCE)

    def close(self):
        self.s.close()

    def reset(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
        self.s.close()


def wait_until(condition, sec=PATIENCE):
    end = time.monotonic() + sec
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
