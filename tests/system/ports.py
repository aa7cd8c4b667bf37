#!/usr/bin/env python3
"""Ports for what a test starts: ports.py [COUNT] prints some.

They are free for TCP and UDP on both loopback addresses, and below those that the
kernel gives to outgoing connections, where it leaves some: so nobody has one by
chance before it is listened on, or while what listens is started again."""
import random
import socket
import sys

LOWEST = 10000


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


def free_port():
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        end = int(f.read().split()[0])
    if end < LOWEST + 1000:
        end = 65536
    for _ in range(1000):
        port = random.randrange(LOWEST, end)
        if is_free(port):
            return port
    raise RuntimeError(f"no free port from {LOWEST} to {end}")


if __name__ == "__main__":
    print(*(free_port() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))
