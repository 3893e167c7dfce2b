"""The engines that are measured, each behind the same few verbs.

Every daemon is started here, with root, state and sockets of its own below the directories given, and ended by its
process id; an engine of the machine's own is never touched.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

import guard
from core import side_by_side
from machine import program, sh


class Engine:
    name = ""
    daemon = None

    def __init__(self, root, state, runtime="crun"):
        self.root, self.state = os.path.join(root, self.label()), os.path.join(state, self.label())
        self.runtime = program(runtime)
        os.makedirs(self.root)
        os.makedirs(self.state)
        self.count = 0

    @classmethod
    def label(cls):
        return cls.name.split()[0]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        pass

    def stop(self):
        self.end_daemon()
        self.unmount()
        shutil.rmtree(self.state, ignore_errors=True)

    def spawn(self, argv):
        """Starts the daemon and does not wait for it."""
        with open(os.path.join(self.root, "daemon.log"), "ab") as log:
            self.daemon = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def launch(self, argv, ready):
        """Starts the daemon and waits until the command `ready` succeeds."""
        self.spawn(argv)
        deadline = time.monotonic() + 30
        while subprocess.run(ready, capture_output=True, stdin=subprocess.DEVNULL).returncode != 0:
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                said = open(os.path.join(self.root, "daemon.log"), errors="replace").read()[-2000:]
                raise RuntimeError(f"start '{self.name}': not ready: {said}")
            time.sleep(0.05)

    def end_daemon(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
            try:
                self.daemon.wait(30)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        self.daemon = None

    def unmount(self):
        """Some engines keep mounts of their own beyond the daemon's life."""
        with open("/proc/self/mountinfo") as file:
            points = [line.split()[4] for line in file]
        for point in reversed(points):
            if point.startswith((self.root + "/", self.state + "/")):
                subprocess.run(["umount", "-l", point], capture_output=True)

    def fresh_name(self):
        self.count += 1
        return f"bench-{os.getpid()}-{self.count}"

    # What each engine says in its own words: full argument vectors, so that they can be timed without a shell.
    def load(self, archive): ...
    def run(self, image, *command): ...
    def detached(self, name, image, *command): ...
    def execute(self, name, *command): ...
    def interactive(self, image, *command): ...
    def pull(self, image): ...
    def pids(self, names): ...
    def remove(self, names): ...


class Gantry(Engine):
    name = "gantry"
    programs = ""  # where the three programs are; set once by bench.py

    def __init__(self, root, state, network="none"):
        super().__init__(root, state)
        self.network = network
        # The state goes where a socket's path stays short; the benchmark's work directory is short.
        self.socket = os.path.join(self.state, "gantry.sock")
        self.cli = [os.path.join(self.programs, "gantry"), "--socket", self.socket]

    def command(self):
        return [os.path.join(self.programs, "gantryd"), "--root", self.root, "--state", self.state]

    def start(self):
        self.launch(self.command(), [*self.cli, "version"])

    def load(self, archive):
        return [*self.cli, "load", "-i", archive]

    def run(self, image, *command, network=None):
        return [*self.cli, "run", "--rm", "--runtime", "crun", "--network", network or self.network, image, *command]

    def detached(self, name, image, *command):
        return [*self.cli, "run", "-d", "--runtime", "crun", "--network", self.network, "--name", name, image, *command]

    def execute(self, name, *command):
        return [*self.cli, "exec", name, *command]

    def interactive(self, image, *command):
        return [*self.cli, "run", "--rm", "-it", "--runtime", "crun", "--network", self.network, image, *command]

    def pull(self, image):
        return [*self.cli, "pull", "--quiet", image]

    def pids(self, names):
        return [int(line) for line in sh(*self.cli, "inspect", "-f", "{{.State.Pid}}", *names).split()]

    def remove(self, names):
        sh(*self.cli, "rm", "-f", *names)


class Containerd(Engine):
    name = "ctr"
    drivers = ["overlayfs"]

    def start(self):
        config = os.path.join(self.state, "config.toml")
        all_drivers = ["aufs", "btrfs", "devmapper", "native", "overlayfs", "zfs"]
        unused = [name for name in all_drivers if name not in self.drivers]
        disabled = [f"io.containerd.snapshotter.v1.{name}" for name in unused]
        disabled += ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
        with open(config, "w") as file:
            file.write(
                f'version = 2\nroot = "{self.root}"\nstate = "{self.state}/run"\n'
                f"disabled_plugins = {json.dumps(disabled)}\n"
                f'[grpc]\n  address = "{self.state}/containerd.sock"\n'
                f'[ttrpc]\n  address = "{self.state}/containerd.sock.ttrpc"\n'
            )
        self.cli = [program("ctr"), "--address", f"{self.state}/containerd.sock", "--namespace", "bench"]
        self.launch([program("containerd"), "--config", config], [*self.cli, "version"])

    def load(self, archive):
        return [*self.cli, "images", "import", "--snapshotter", "overlayfs", archive]

    def pull(self, image):
        return [*self.cli, "images", "pull", "--plain-http", "--snapshotter", "overlayfs", image]

    def options(self):
        return ["--snapshotter", "overlayfs", "--runtime", "io.containerd.runc.v2", "--runc-binary", self.runtime,
                "--runc-root", f"{self.state}/runc", "--fifo-dir", f"{self.state}/fifo"]

    def run(self, image, *command):
        return [*self.cli, "run", "--rm", *self.options(), image, self.fresh_name(), *command]

    def detached(self, name, image, *command):
        return [*self.cli, "run", "-d", *self.options(), image, name, *command]

    def pids(self, names):
        tasks = dict(line.split()[:2] for line in sh(*self.cli, "tasks", "ls").splitlines()[1:])
        return [int(tasks[name]) for name in names]

    def remove(self, names):
        side_by_side(lambda name: subprocess.run([*self.cli, "tasks", "rm", "--force", name], capture_output=True), names)
        sh(*self.cli, "containers", "rm", *names)

    def stop(self):
        # ctr leaves shims to whoever comes next; ask for every container's removal while there is a daemon to ask.
        if self.daemon and self.daemon.poll() is None:
            names = subprocess.run([*self.cli, "containers", "ls", "-q"], capture_output=True, text=True).stdout.split()
            if names:
                with contextlib.suppress(RuntimeError):
                    self.remove(names)
        super().stop()


class Docker(Engine):
    name = "docker"

    def start(self):
        config = os.path.join(self.state, "daemon.json")
        with open(config, "w") as file:
            file.write("{}\n")
        socket = f"unix://{self.state}/docker.sock"
        # Debian's own client stands in /usr/bin; another one may come before it in the path.
        self.cli = [program("/usr/bin/docker", "docker"), "--config", self.state, "--host", socket]
        self.launch(
            [program("dockerd"), "--config-file", config, "--data-root", self.root, "--exec-root", f"{self.state}/x",
             "--pidfile", f"{self.state}/pid", "--host", socket, "--bridge=none", "--iptables=false", "--ip6tables=false",
             "--storage-driver", "overlay2", "--add-runtime", f"crun={self.runtime}", "--default-runtime", "crun"],
            [*self.cli, "version"],
        )

    def load(self, archive):
        return [*self.cli, "load", "-i", archive]

    def run(self, image, *command):
        return [*self.cli, "run", "--rm", "--network", "host", image, *command]

    def detached(self, name, image, *command):
        return [*self.cli, "run", "-d", "--network", "host", "--name", name, image, *command]

    def execute(self, name, *command):
        return [*self.cli, "exec", name, *command]

    def interactive(self, image, *command):
        return [*self.cli, "run", "--rm", "-it", "--network", "host", image, *command]

    def remove(self, names):
        sh(*self.cli, "rm", "-f", *names)


class Podman(Engine):
    name = "podman"
    # podman would raise the limits, which a root without CAP_SYS_RESOURCE may not.
    limits = ["--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096"]

    def start(self):
        self.cli = [program("podman"), "--root", self.root, "--runroot", f"{self.state}/run", "--tmpdir", f"{self.state}/tmp",
                    "--storage-driver", "overlay", "--runtime", self.runtime, "--cgroup-manager", "cgroupfs",
                    "--events-backend", "none"]

    def load(self, archive):
        return [*self.cli, "load", "-q", "-i", archive]

    def run(self, image, *command):
        return [*self.cli, "run", "--rm", *self.limits, "--network", "none", image, *command]

    def detached(self, name, image, *command):
        return [*self.cli, "run", "-d", *self.limits, "--network", "none", "--name", name, image, *command]

    def pids(self, names):
        return [int(sh(*self.cli, "inspect", "-f", "{{.State.Pid}}", name)) for name in names]

    def remove(self, names):
        sh(*self.cli, "rm", "-f", "-t", "0", *names)

    def stop(self):
        # conmon starts 'podman container cleanup' after the container's end, and that mounts again what we unmount.
        deadline = time.monotonic() + 10
        while any(self.root in line for _, line in guard.descendants(os.getppid())) and time.monotonic() < deadline:
            time.sleep(0.05)
        super().stop()


class Bare:
    """A runtime alone, over a bundle: what no engine can beat."""

    def __init__(self, runtime, bundle, state):
        self.name = runtime
        self.path, self.bundle, self.state = program(runtime), bundle, os.path.join(state, f"{runtime}-root")
        self.count = 0

    def run(self):
        self.count += 1
        return [self.path, "--root", self.state, "run", "--bundle", self.bundle, f"bare-{os.getpid()}-{self.count}"]
