#!/usr/bin/env python3
"""Ports for what a test starts: ports.py [COUNT] prints some.

They are free for TCP and UDP on both loopback addresses, and below those that the
kernel gives to outgoing connections, where it leaves some: so nobody has one by
chance before it is listened on, or while what listens is started again. Nor has
another test: a program takes them from blocks that are its own until it ends."""
import random
import socket
import sys

LOWEST = 10000
BLOCK = 50
blocks, ours = [], []


def can_bind(family, host):
    try:
        with socket.socket(family) as s:
            s.bind((host, 0))
        return True
    except OSError:
        return False


LOOPBACKS = [x for x in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")) if can_bind(*x)]


def is_free(port):
    held = []
    try:
        for family, host in LOOPBACKS:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                held.append(socket.socket(family, kind))
                held[-1].bind((host, port))
        return True
    except OSError:
        return False
    finally:
        for s in held:
            s.close()


def take_block():
    """The ports of a block that nobody has: it is the name of a UNIX socket
    without a file, which goes with its owner."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        end = int(f.read().split()[0])
    if end < LOWEST + 1000:
        end = 65536
    for _ in range(1000):
        first = random.randrange(LOWEST, end - BLOCK, BLOCK)
        held = socket.socket(socket.AF_UNIX)
        try:
            held.bind("\0tarry-test-ports-%d" % first)
        except OSError:
            held.close()
            continue
        blocks.append(held)
        return random.sample(range(first, first + BLOCK), BLOCK)
    raise RuntimeError(f"no free ports from {LOWEST} to {end}")


def free_port():
    while True:
        if not ours:
            ours.extend(take_block())
        port = ours.pop()
        if is_free(port):
            return port


if __name__ == "__main__":
    print(*(free_port() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))
