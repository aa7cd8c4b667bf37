"""A real Postfix for a test: its own configuration, queue and port.

    p = Postfix("virtual_mailbox_domains = example.net ...")
    p.start() ... p.stop()

Needs root, and the package postfix installed as a whole.
"""
import os
import pwd
import re
import shutil
import subprocess
import tempfile

from tarry import IS_ROOT, free_port, wait_for

SENDMAIL = "/usr/lib/postfix/sbin/smtpd"
MASTER = "/usr/share/postfix/master.cf.dist"


def missing():
    """Why there can be none, or an empty string."""
    if not IS_ROOT:
        return "not root"
    if not os.path.exists(SENDMAIL) or not os.path.exists(MASTER):
        return "Postfix is not installed"
    return ""


class Postfix:
    def __init__(self, settings):
        self.dir = tempfile.mkdtemp(prefix="tarry-postfix.", dir="/var/tmp")
        os.chmod(self.dir, 0o755)
        self.port = free_port()
        self.mail = self.dir + "/mail"
        for d in ("etc", "spool", "data", "mail"):
            os.mkdir(f"{self.dir}/{d}", 0o755)
        self.write_master()
        with open(self.dir + "/etc/main.cf", "w") as f:
            f.write(f"""
compatibility_level = 3.6
queue_directory = {self.dir}/spool
data_directory = {self.dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = mx.example.net
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
virtual_mailbox_base = {self.mail}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
maillog_file = {self.dir}/spool/maillog
maillog_file_prefixes = /
""" + settings.replace("$dir", self.dir) + "\n")
        os.chown(self.dir + "/data", pwd.getpwnam("postfix").pw_uid, -1)
        os.chown(self.mail, 65534, 65534)

    def write_master(self):
        """The distribution's services, outside of their chroots."""
        with open(MASTER) as f:
            text = re.sub(r"^smtp +inet.*$", f"127.0.0.1:{self.port} inet n - n - 20 smtpd",
                          f.read(), flags=re.M)
        lines = []
        for line in text.splitlines():
            field = line.split()
            if line[:1].isalpha() and len(field) > 4 and field[4] == "y":
                field[4] = "n"
                line = " ".join(field)
            lines.append(line)
        if not any(x.startswith("postlog") for x in lines):
            lines.append("postlog unix-dgram n - n - 1 postlogd")
        with open(self.dir + "/etc/master.cf", "w") as f:
            f.write("\n".join(lines) + "\n")

    def command(self, *words):
        return subprocess.run(["/usr/sbin/postfix", "-c", self.dir + "/etc", *words],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=60).returncode

    def log(self):
        try:
            with open(self.dir + "/spool/maillog", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def start(self):
        self.command("set-permissions")
        self.command("start")
        wait_for(lambda: "daemon started" in self.log())
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *what):
        self.command("stop")
        shutil.rmtree(self.dir, ignore_errors=True)
