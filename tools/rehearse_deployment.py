# SPDX-License-Identifier: Apache-2.0
"""Runs the Ansible role into fresh Debian 12 machines: three containers of systemd-nspawn on this one.

    sudo .venv/bin/python tools/rehearse_deployment.py --ansible-playbook PATH

A zHCP, a management node and a compute host are made by ``deploy/ansible/site.yml`` over ssh on the loopback,
with a simulator outside of them as the z/VM. Then: the daemons run as their own users, ``zvm manager check``
finds every link good, a second run of the playbook changes nothing, and a changed option restarts the one
daemon that reads it. Nothing but what is below ``--work`` is left behind.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = {"systemd-nspawn": "systemd-container", "debootstrap": "debootstrap", "ssh": "openssh-client"}
PACKAGES = "systemd,systemd-sysv,dbus,ca-certificates,python3,kmod,openssh-server"
GROUPS = {"zhcp": "zvm_zhcps", "manager": "zvm_managers", "compute": "zvm_computes"}
UNITS = {
    "zhcp": ["zvm-zhcp"],
    "manager": ["zvm-manager"],
    "compute": ["zvm-nova-compute@zvmsim1", "zvm-neutron-agent@zvmsim1"],
}
PASSWORD = "rehearsed"  # noqa: S105 - of a management node that is gone at the end


def main() -> int:
    """Rehearse; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ansible-playbook", default=shutil.which("ansible-playbook"), metavar="PATH")
    parser.add_argument("--work", type=Path, default=Path("/var/tmp/zvm-rehearsal"), metavar="FOLDER")  # noqa: S108
    parser.add_argument("--mirror", default="http://deb.debian.org/debian", metavar="URL")
    parser.add_argument(
        "--bind-ro", action="append", default=[], metavar="PATH", help="also seen inside, as /etc/pip.conf"
    )
    parser.add_argument("--again", action="store_true", help="into the machines of the last run")
    options = parser.parse_args()
    if missing := lacking(options.ansible_playbook):
        sys.stderr.write("".join(f"rehearse_deployment: {line}\n" for line in missing))
        return 2
    with ExitStack() as stack:
        Rehearsal(options, stack).run()
    return 0


def lacking(playbook: str | None) -> list[str]:
    """Return what this machine lacks, a line for each with what helps."""
    lines = [] if os.geteuid() == 0 else ["needs root: containers are booted"]
    lines += [
        f"{program} is missing: apt-get install {package}"
        for program, package in NEEDED.items()
        if shutil.which(program) is None
    ]
    if playbook is None:
        lines.append("ansible-playbook is missing: pip install ansible-core, or say where it is")
    return lines


class Rehearsal:
    """Three hosts, what stands under them, and the playbook."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self.options, self.stack, self.work = options, stack, options.work
        self.ports = {name: free_port() for name in (*GROUPS, "zhcp-api", "manager-api")}
        self.run_folder = self.work / "run"
        if not options.again:
            shutil.rmtree(self.run_folder, ignore_errors=True)
        for folder in ("files", "sockets"):  # written anew
            shutil.rmtree(self.run_folder / folder, ignore_errors=True)
            (self.run_folder / folder).mkdir(parents=True)
        self.key = self.run_folder / "key"

    def run(self) -> None:
        """Do all of it.

        :raises SystemExit: something is not as it should be.
        """
        if not self.key.exists():
            command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key)
        self.base()
        self.simulator()
        for host in GROUPS:
            self.stack.enter_context(self.container(host))
        for host in GROUPS:
            until(lambda host=host: self.ssh(host, "true", check=False).returncode == 0, f"ssh to {host}")
        self.inventory()
        say("playbook, first run", self.playbook())
        self.look()
        say("playbook, second run", again := self.playbook())
        expect(not any(counts["changed"] for counts in again.values()), "nothing changes")
        self.restarts("manager", "zvm-manager", "manager.conf", "task_retention = 3500")
        self.restarts("compute", "zvm-nova-compute@zvmsim1", "nova.conf", "report_interval = 9")
        say("done", None)

    def base(self) -> None:
        """Make the root file system that all hosts begin with, once."""
        base = self.work / "base"
        if not base.exists():
            shutil.rmtree(self.work / "new", ignore_errors=True)
            made = self.work / "new"
            command(
                "debootstrap",
                "--variant=minbase",
                f"--include={PACKAGES}",
                "bookworm",
                made,
                self.options.mirror,
            )
            made.rename(base)

    def simulator(self) -> None:
        """Start the z/VM, outside of the hosts; its sockets are seen in the zHCP's."""
        state, sockets = self.run_folder / "simulator", self.run_folder / "sockets"
        words = ["--smapi-socket", sockets / "smapi", "--platform-socket", sockets / "platform"]
        self.start([sys.executable, "-m", "zvm.simulator", "run", "--state", state, *words], "simulator")
        until((sockets / "platform").exists, "the simulator's sockets")

    @contextmanager
    def container(self, host: str) -> Iterator[None]:
        """Boot one host; at the end switch it off and forget it."""
        folder = self.run_folder / host
        parts = {name: folder / name for name in ("upper", "work", "root")}
        for part in parts.values():
            part.mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={self.work / 'base'},upperdir={parts['upper']},workdir={parts['work']}"
        command("mount", "-t", "overlay", "overlay", "-o", layers, parts["root"])
        try:
            root = parts["root"]
            listen = f"Port {self.ports[host]}\nListenAddress 127.0.0.1\n"
            (root / "etc/ssh/sshd_config.d/rehearsal.conf").write_text(listen)
            (root / "root/.ssh").mkdir(mode=0o700, exist_ok=True)
            shutil.copy(self.key.with_suffix(".pub"), root / "root/.ssh/authorized_keys")
            (root / "etc/hostname").write_text(f"{host}\n")
            binds = [f"--bind-ro={path}" for path in self.options.bind_ro]
            if host == "zhcp":
                binds.append(f"--bind={self.run_folder / 'sockets'}:/run/zvm-simulator")
            words = ["systemd-nspawn", "--quiet", "--boot", "--register=no", "--console=pipe", *binds]
            words += [f"--machine=zvm-{host}", "--resolv-conf=copy-host", f"--directory={root}"]
            groups = [] if Path("/run/systemd/system").exists() else own_cgroups(host)
            if groups:  # this machine's own PID 1 is another
                joined = "".join(f"echo $$ > {group}/cgroup.procs; " for group in groups)
                words = ["sh", "-c", f'{joined}exec "$@"', "sh", *words, "--keep-unit"]
            process = self.start(words, host, stop=False)
            try:
                yield
            finally:
                self.ssh(host, "systemctl poweroff", check=False)
                end(process, patience=60)
                for group in groups:
                    remove_cgroup(group)
        finally:
            command("umount", parts["root"])

    def start(self, words: list[object], name: str, stop: bool = True) -> subprocess.Popen[bytes]:
        """Start a program that is ended with the rehearsal."""
        with (self.run_folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        if stop:
            self.stack.callback(end, process)
        return process

    def inventory(self) -> None:
        """Write the files an operator writes: inventory, variables and each daemon's configuration."""
        files = self.run_folder / "files"
        wheel = command(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", files, cwd=ROOT)
        print(wheel.stderr.strip())
        (files / "token").write_text("a-token-of-the-rehearsal\n")
        contents = {
            "zhcp.conf": ZHCP.format(port=self.ports["zhcp-api"]),
            "manager.conf": MANAGER.format(port=self.ports["manager-api"], zhcp=self.ports["zhcp-api"]),
            "nova.conf": NOVA.format(client=CLIENT.format(port=self.ports["manager-api"], password=PASSWORD)),
            "agent.conf": AGENT.format(
                client=CLIENT.format(port=self.ports["manager-api"], password=PASSWORD)
            ),
        }
        for name, text in contents.items():
            (files / name).write_text(text)
        secret = {"name": "zhcp.token", "src": str(files / "token")}
        variables: dict[str, dict[str, object]] = {
            "zhcp": {
                "nova_zvm_zhcp_conf": str(files / "zhcp.conf"),
                "nova_zvm_secrets": [{**secret, "daemon": "zhcp"}],
            },
            "manager": {
                "nova_zvm_manager_conf": str(files / "manager.conf"),
                "nova_zvm_secrets": [{**secret, "daemon": "manager"}],
                "nova_zvm_users": {"nova": PASSWORD},
            },
            "compute": {
                "nova_zvm_compute_confs": {"zvmsim1": str(files / "nova.conf")},
                "nova_zvm_agent_confs": {"zvmsim1": str(files / "agent.conf")},
            },
        }
        common = {
            "ansible_host": "127.0.0.1",
            "ansible_user": "root",
            "ansible_ssh_private_key_file": str(self.key),
            "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
            "ansible_python_interpreter": "/usr/bin/python3",
            "nova_zvm_wheel": str(next(files.glob("*.whl"))),
            "nova_zvm_constraints": str(ROOT / "requirements" / "constraints.txt"),
        }
        inventory = {
            group: {"hosts": {host: {**common, **variables[host], "ansible_port": self.ports[host]}}}
            for host, group in GROUPS.items()
        }
        # JSON is YAML.
        (self.run_folder / "inventory.yml").write_text(json.dumps(inventory, indent=1))

    def playbook(self) -> dict[str, dict[str, int]]:
        """Run site.yml; return the counts of each host."""
        words = [self.options.ansible_playbook, "-i", self.run_folder / "inventory.yml", "site.yml"]
        environment = {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_FORCE_COLOR": "0"}
        done = command(*words, cwd=ROOT / "deploy" / "ansible", environment=environment)
        (self.run_folder / "playbook.log").write_text(done.stdout)
        recap = done.stdout.split("PLAY RECAP")[1].splitlines()[1:]
        counts = {}
        for line in recap:
            if ":" in line:
                host, _, rest = line.partition(":")
                counts[host.strip()] = {k: int(v) for k, v in (pair.split("=") for pair in rest.split())}
        expect(counts.keys() == GROUPS.keys(), "all hosts are told of", done.stdout)
        return counts

    def look(self) -> None:
        """See that the daemons run as who they should, and reach what they need."""
        zvm = "/opt/nova-zvm/bin/zvm"
        check = f"runuser -u zvm-manager -- {zvm} manager check --config-file /etc/zvm/manager.conf"
        until(
            lambda: self.ssh("manager", f"{check} --profile LNXDFLT", check=False).returncode == 0,
            "all links good",
        )
        say("zvm manager check", self.ssh("manager", f"{check} --profile LNXDFLT").stdout)
        for host, units in UNITS.items():
            for unit in units:
                show = self.ssh(host, f"systemctl show -p ActiveState,NRestarts,User {unit}").stdout.split()
                say(unit, " ".join(show))
                expect(
                    {"ActiveState=active", "NRestarts=0"} <= set(show),
                    f"{unit} runs",
                    self.journal(host, unit),
                )
        verify = self.ssh("compute", "systemd-analyze verify /etc/systemd/system/zvm-*@.service", check=False)
        expect("zvm" not in verify.stderr, "systemd finds nothing wrong", verify.stderr)
        for unit in UNITS["compute"]:
            until(
                lambda unit=unit: "Connection refused" in self.journal("compute", unit),
                f"{unit} asks for its bus",
            )

    def restarts(self, host: str, unit: str, file: str, line: str) -> None:
        """Add a line to a file and see that ``unit`` alone is started anew."""
        path = self.run_folder / "files" / file
        path.write_text(path.read_text().replace("[DEFAULT]\n", f"[DEFAULT]\n{line}\n", 1))
        before = self.invocations()
        say(f"playbook, with another {file}", counts := self.playbook())
        after = self.invocations()
        anew = {name for name in after if after[name] != before[name]}
        expect(anew == {unit}, f"{unit} is started anew, nothing else", anew)
        expect({name for name in GROUPS if counts[name]["changed"]} == {host}, f"{host} alone is changed")

    def invocations(self) -> dict[str, str]:
        """Return the id of each unit's present run."""
        return {
            unit: self.ssh(host, f"systemctl show -P InvocationID {unit}").stdout.strip()
            for host, units in UNITS.items()
            for unit in units
        }

    def journal(self, host: str, unit: str) -> str:
        """Return what a unit has logged."""
        return self.ssh(host, f"journalctl --no-pager -u {unit}").stdout

    def ssh(self, host: str, line: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command on a host."""
        options = [
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
            "BatchMode=yes",
        ]
        words = ["ssh", "-i", self.key, "-p", self.ports[host], *(f"-o{option}" for option in options)]
        return command(*words, "root@127.0.0.1", line, check=check)


ZHCP = """\
[DEFAULT]
bind_host = 127.0.0.1
bind_port = {port}
token_file = /etc/zvm/zhcp.token
platform = simulator
simulator_platform_socket = /run/zvm-simulator/platform
smapi_socket = /run/zvm-simulator/smapi
"""
MANAGER = """\
[DEFAULT]
bind_host = 127.0.0.1
bind_port = {port}
audit_log = /var/log/zvm-manager/audit.log

[zhcp:zhcp]
url = http://127.0.0.1:{zhcp}
token_file = /etc/zvm/zhcp.token
hostname = zhcp.example.com
host = zvmsim1
pools = POOL1
"""
CLIENT = """\
[zvm_xcat]
server = http://127.0.0.1:{port}
username = nova
password = {password}
host = zvmsim1
"""
NOVA = """\
[DEFAULT]
host = zvm1
compute_driver = zvm_xcat.ZVMDriver
transport_url = rabbit://nova:nobody@127.0.0.1:1/

{client}
diskpool = POOL1
user_profile = LNXDFLT
"""
AGENT = """\
[DEFAULT]
host = zvm1
transport_url = rabbit://neutron:nobody@127.0.0.1:1/

[zvm_agent]
vswitch_mappings = physnet1:XCATVSW1

{client}
"""


def command(
    *words: object, cwd: Path | None = None, environment: dict[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and show what it said where it fails."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode:
        sys.stderr.write(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}\n")
        raise SystemExit(1)
    return done


def end(process: subprocess.Popen[bytes], patience: float = 0) -> None:
    """End a program of ours, after ``patience`` seconds in which it may by itself, and wait for it."""
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait(60)


def until(true: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait for something.

    :raises SystemExit: it does not come.
    """
    limit = time.monotonic() + seconds
    while not true():
        expect(time.monotonic() < limit, f"{what} within {seconds:g} s")
        time.sleep(0.5)


def expect(true: bool, what: str, fact: object = None) -> None:
    """Go on where something is as it should be.

    :raises SystemExit: it is not.
    """
    if not true:
        raise SystemExit(
            f"rehearse_deployment: not as it should be: {what}{'' if fact is None else f': {fact}'}"
        )


def own_cgroups(host: str) -> list[Path]:
    """Make a control group for the host in each hierarchy that systemd uses, where none runs to do it."""
    folders = []
    for hierarchy in ("systemd", "unified"):
        if (Path("/sys/fs/cgroup") / hierarchy / "cgroup.procs").exists():
            folders.append(Path("/sys/fs/cgroup") / hierarchy / f"zvm-{host}")
            folders[-1].mkdir(exist_ok=True)
    return folders


def remove_cgroup(group: Path) -> None:
    """Remove a control group in which nothing runs any more, with those that were made below it."""
    for folder, _, _ in os.walk(group, topdown=False):
        Path(folder).rmdir()


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def say(what: str, fact: object) -> None:
    """Print a line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {what}{'' if fact is None else f': {fact}'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
