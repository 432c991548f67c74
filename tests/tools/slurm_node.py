#!/usr/bin/env python3
"""A Slurm cluster of one node on loopback, for tests and for trying things out.

Usage: slurm_node.py COMMAND [ARGUMENTS...] starts it, runs the command with SLURM_CONF set, and
stops it: `tests/tools/slurm_node.py build/bin/nibblesim sweep FILE -o DIR --executor slurm`.

It is Debian's slurm-wlm (slurmctld, slurmd) with its own slurm.conf, ports, state and logs in a
temporary folder. Everyone on it is who he says he is (auth/none, so no munge); processes are
followed through /proc, so that it runs in a container without cgroups; there is no accounting.
"""
import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DAEMONS = ("slurmctld", "slurmd")
SECONDS = 30  # to become idle, or empty again
CPUS = 4  # of the node, whatever the machine has, so that tasks run side by side

CONFIGURATION = """
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def found(program):
    """A daemon's path, or None: they lie where users do not look."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def is_installed():
    return all(found(name) for name in DAEMONS) and shutil.which("sbatch") is not None


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class SlurmNode:
    """`with SlurmNode() as node:` a cluster; node.environment is for the programs that use it."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slurm_node_"))
        for name in ("state", "spool"):
            (self.folder / name).mkdir()
        self.host = socket.gethostname().split(".")[0]
        ports = free_ports(2)
        configuration = self.folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(
            host=self.host, user=getpass.getuser(), folder=self.folder, cpus=CPUS,
            controller_port=ports[0], node_port=ports[1]))
        self.environment = {**os.environ, "SLURM_CONF": str(configuration)}
        self.daemons = []
        try:
            for name, options in zip(DAEMONS, (["-D"], ["-D", "-N", self.host])):
                with open(self.folder / f"{name}.log", "w") as log:
                    self.daemons.append(subprocess.Popen(
                        [found(name), *options], env=self.environment, stdin=subprocess.DEVNULL,
                        stdout=log, stderr=log, start_new_session=True))
            self.wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if len(self.daemons) == len(DAEMONS):
            self.run("scancel", "--user", getpass.getuser())
            try:
                self.wait_until(lambda: not self.run("squeue", "--noheader"))
            except TimeoutError as fault:
                print(fault, file=sys.stderr)
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(SECONDS)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command):
        """What one of Slurm's commands prints; empty if it fails."""
        done = subprocess.run(command, env=self.environment, text=True, capture_output=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    def wait_until_idle(self):
        """Not "idle*", which has not answered yet: a job that is released then waits for the next
        round of the scheduler, a minute later."""
        self.wait_until(lambda: self.run("sinfo", "--noheader", "--format=%T") == "idle")

    def wait_until(self, is_so):
        since = time.monotonic()
        while not is_so():
            if time.monotonic() - since > SECONDS:
                logs = "\n".join((self.folder / f"{name}.log").read_text()[-2000:]
                                 for name in DAEMONS)
                raise TimeoutError(f"Slurm is not ready after {SECONDS} s:\n{logs}")
            time.sleep(0.1)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not is_installed():
        sys.exit("slurm_node.py: the Debian package slurm-wlm is not installed")
    with SlurmNode() as node:
        return subprocess.run(sys.argv[1:], env=node.environment).returncode


if __name__ == "__main__":
    sys.exit(main())
