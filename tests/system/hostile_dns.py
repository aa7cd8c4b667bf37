"""A name server for tests that misbehaves as the question asks it to.

Questions about 127.66.N.M (its reverse name) and about names below
"hostile.test" are answered by the behaviour that stands for N, or for the
first label of the name; those about 127.67.N.M never.  Every question is
recorded.  Served over UDP and TCP on one loopback port.
"""

import os
import re
import socket
import struct
import threading
import time

A, CNAME, SOA, PTR, AAAA, OPT = 1, 5, 6, 12, 28, 41


def encode(name):
    """A name on the wire; labels may be bytes, and hold anything."""
    labels = name.split(".") if isinstance(name, str) else name
    out = b""
    for label in labels:
        label = label.encode("latin-1") if isinstance(label, str) else label
        if label:
            out += bytes([len(label)]) + label
    return out + b"\0"


def decode(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels), at + 1


def record(kind, data, owner=b"\xc0\x0c", ttl=600):
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def address(text):
    return socket.inet_aton(text)


class Question:
    def __init__(self, message, tcp, source):
        self.id, = struct.unpack_from("!H", message)
        self.name, end = decode(message, 12)
        self.type, = struct.unpack_from("!H", message, end)
        self.asked = message[12:end + 4]
        self.edns = struct.unpack_from("!H", message, 10)[0] > 0
        self.tcp = tcp
        self.port = source[1]
        self.at = time.monotonic()
        m = re.match(r"(\d+)\.(\d+)\.66\.127\.in-addr\.arpa$", self.name)
        self.client = "127.66.%s.%s" % (m[2], m[1]) if m else None
        self.act = int(m[2]) if m else None

    def answer(self, *records, rcode=0, flags=0x8180, id=None, asked=None,
               count=None, questions=1):
        count = len(records) if count is None else count
        return struct.pack("!6H", self.id if id is None else id, flags | rcode,
                           questions, count, 0, 0) + \
            (self.asked if asked is None else asked) + b"".join(records)

    def ptr(self, *names, **more):
        return self.answer(*[record(PTR, encode(n)) for n in names], **more)


class Hostile:
    """Behaviours: what each number of BEHAVIOURS answers to a PTR question.

    A behaviour returns one message, a list of them, or None (silence).
    """

    def __init__(self):
        self.questions = []
        self.lock = threading.Lock()
        while True:
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(("127.0.0.1", 0))
            self.port = self.udp.getsockname()[1]
            self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self.tcp.bind(("127.0.0.1", self.port))
                break
            except OSError:
                self.udp.close()
                self.tcp.close()
        self.tcp.listen(64)
        for work in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    def asked(self, pattern, kind=None):
        with self.lock:
            return [q for q in self.questions if re.search(pattern, q.name)
                    and kind in (None, q.type)]

    def serve_udp(self):
        while True:
            message, source = self.udp.recvfrom(65536)
            q = Question(message, False, source)
            with self.lock:
                self.questions.append(q)

            def send(octets, source=source):
                self.udp.sendto(octets, source)
            self.react(q, send)

    def serve_tcp(self):
        while True:
            conn, source = self.tcp.accept()
            threading.Thread(target=self.serve_conn, args=(conn, source),
                             daemon=True).start()

    def serve_conn(self, conn, source):
        try:
            while True:
                head = conn.recv(2, socket.MSG_WAITALL)
                if len(head) < 2:
                    return
                message = conn.recv(struct.unpack("!H", head)[0],
                                    socket.MSG_WAITALL)
                q = Question(message, True, source)
                with self.lock:
                    self.questions.append(q)
                if q.act == TCP_CLOSES:
                    return
                if q.act == TCP_STALLS:
                    conn.sendall(b"\xff\xff" + b"x" * 100)
                    continue
                if q.act == TCP_GARBAGE:
                    conn.sendall(os.urandom(4096))
                    return
                self.react(q, lambda octets: conn.sendall(
                    struct.pack("!H", len(octets)) + octets))
        except OSError:
            pass
        finally:
            conn.close()

    def react(self, q, send):
        if q.name.endswith(".67.127.in-addr.arpa"):
            reply = None
        elif q.act is not None:
            reply = BEHAVIOURS[q.act](q, send)
        else:
            reply = addresses(q)
        for octets in [reply] if isinstance(reply, bytes) else reply or []:
            send(octets)


def addresses(q):
    """Below hostile.test: the first label says what its addresses are.

    is-127-66-1-2 has that address; never-... gets no answer.
    """
    label = q.name.split(".")[0].lower()
    m = re.match(r"(is|never|servfail|short|bounce)-(\d+)-(\d+)-(\d+)-(\d+)", label)
    if not m or q.type != A:
        return q.answer(rcode=3)
    own = address(".".join(m.groups()[1:]))
    return {
        "is": lambda: q.answer(record(A, own)),
        "never": lambda: None,
        "servfail": lambda: q.answer(rcode=2),
        "short": lambda: q.answer(record(A, own[:3]), record(A, own + b"x"),
                                  record(A, b"")),
        "bounce": lambda: q.answer(record(A, own, owner=encode("other.test"))),
    }[m[1]]()


def good(q):
    """The name that leads back to the client."""
    return "is-%s.hostile.test" % q.client.replace(".", "-")


def named(q, prefix):
    return "%s-%s.hostile.test" % (prefix, q.client.replace(".", "-"))


def later(sec):
    def behave(q, send):
        threading.Timer(sec, send, [q.ptr(good(q))]).start()
    return behave


def from_elsewhere(q, send):
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.sendto(q.ptr(good(q)), ("127.0.0.1", q.port))
    other.close()


def flood(q, send):
    for i in range(100):
        send(q.ptr("evil.test", id=(q.id + 1 + i) & 0xffff))
    return q.ptr(good(q))


def truncated(q, reply):
    return q.answer(flags=0x8380) if not q.tcp else reply


def needs_no_edns(q, send):
    return q.answer(rcode=1) if q.edns else q.ptr(good(q))


def pointer(at):
    return struct.pack("!H", 0xc000 | at)


def loops(q, send):
    at = 12 + len(q.asked)
    return {
        # An owner that is a pointer to itself.
        "1": lambda: q.answer(pointer(at) + b"\0\x0c\0\1\0\0\2\x58\0\2\xc0\x0c"),
        # Data that are a pointer to themselves.
        "2": lambda: q.answer(record(PTR, pointer(at + 12))),
        # Two pointers to each other.
        "3": lambda: q.answer(record(PTR, pointer(at + 14) + pointer(at + 12))),
        # Far outside.
        "4": lambda: q.answer(record(PTR, pointer(0x3fff))),
        # An alias of itself.
        "5": lambda: q.answer(record(CNAME, pointer(12))),
        # A long way of pointers to pointers.
        "6": lambda: q.answer(record(PTR, b"".join(
            pointer(at + 12 + 2 * (i + 1)) for i in range(500)) + b"\0")),
    }[q.client.split(".")[3]]()


def garbage(q, send):
    head = struct.pack("!H", q.id)
    whole = q.ptr(good(q))
    return {
        "1": lambda: [b""],
        "2": lambda: [b"x"],
        "3": lambda: [head + b"\xff" * 10],
        "4": lambda: [head + os.urandom(1200)],
        "5": lambda: [whole[:n] for n in range(1, len(whole))],
        "6": lambda: [q.answer(record(PTR, encode("a.test")), count=65535)],
        "7": lambda: [q.answer(questions=0, asked=b"")],
        "8": lambda: [q.answer(questions=65535)],
        "9": lambda: [q.answer(count=5)],
    }[q.client.split(".")[3]]()


def odd_names(q, send):
    names = {
        "1": [[b"a\r\nb", "test"], [b"a\0b", "test"], [b"a b", "test"]],
        "2": [["x" * 63] * 3 + ["y" * 61]],
        "3": [["a"] * 127],
        "4": [[b"\xff" * 63, "test"], ["a.b", "test"], ["%s%n", "test"]],
        "5": [[]],
        "6": [["-"], ["$(reboot)", "test"], ["<b>", "test"]],
        "7": [[b"a\nb", "test"], good(q)],
    }[q.client.split(".")[3]]
    return q.ptr(*names)


def many(n, last):
    """n names that lie, then perhaps the one that does not."""
    def behave(q, send):
        names = ["n%d.hostile.test" % i for i in range(n)]
        names += [good(q)] if last else []
        reply = q.ptr(*names)
        return truncated(q, reply) if len(reply) > 1200 else reply
    return behave


(GOOD, LATE, VERY_LATE, NEVER, WRONG_ID, WRONG_QUESTION, ELSEWHERE, FLOOD,
 LOOPS, GARBAGE, ODD_NAMES, TWENTY, THOUSANDS, LIES, TCP_CLOSES, TCP_STALLS,
 TCP_GARBAGE, TRUNCATED_TWICE, SERVFAIL, REFUSED, NO_EDNS, FIRST_DEAD,
 ADDRESS_FAILS, SHORT, FOREIGN_OWNER, NXDOMAIN) = range(26)

BEHAVIOURS = {
    GOOD: lambda q, send: q.ptr(good(q)),
    LATE: later(4.5),
    VERY_LATE: later(10),
    NEVER: lambda q, send: None,
    WRONG_ID: lambda q, send: q.ptr(good(q), id=q.id ^ 1),
    WRONG_QUESTION: lambda q, send: q.ptr(
        good(q), asked=encode("1.2.3.127.in-addr.arpa") + b"\0\x0c\0\1"),
    ELSEWHERE: from_elsewhere,
    FLOOD: flood,
    LOOPS: loops,
    GARBAGE: garbage,
    ODD_NAMES: odd_names,
    TWENTY: many(20, False),
    THOUSANDS: many(1800, True),
    LIES: lambda q, send: q.ptr("is-127-0-0-1.hostile.test"),
    TCP_CLOSES: lambda q, send: truncated(q, None),
    TCP_STALLS: lambda q, send: truncated(q, None),
    TCP_GARBAGE: lambda q, send: truncated(q, None),
    TRUNCATED_TWICE: lambda q, send: q.answer(flags=0x8380),
    SERVFAIL: lambda q, send: q.answer(rcode=2),
    REFUSED: lambda q, send: q.answer(rcode=5),
    NO_EDNS: needs_no_edns,
    FIRST_DEAD: lambda q, send: q.ptr(named(q, "never"), good(q)),
    ADDRESS_FAILS: lambda q, send: q.ptr(named(q, "servfail")),
    SHORT: lambda q, send: q.ptr(named(q, "short")),
    FOREIGN_OWNER: lambda q, send: q.ptr(named(q, "bounce")),
    NXDOMAIN: lambda q, send: q.answer(rcode=3),
}
