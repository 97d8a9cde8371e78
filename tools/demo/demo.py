#!/usr/bin/env python3
"""A local cluster follows a small Git repository, in front of your eyes.

Boots a control plane (or uses yours), serves a Git repository over smart HTTP, installs the CRDs, starts the operator, applies one
Repository and one Application, and then shows what Holdfast is for: a push goes live, a hand edit is reverted, a file removed from Git
is pruned. Every step waits for what it claims and says how long it took; a step that does not happen in time is a failure.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMESPACE = "holdfast"
BOLD, DIM, GREEN, RED, PLAIN = (
    ("\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("",) * 5
)


class StepFailed(Exception):
    pass


def say(text):
    print(f"{BOLD}▸ {text}{PLAIN}", flush=True)


def note(text):
    print(f"  {DIM}{text}{PLAIN}", flush=True)


class Demo:
    def __init__(self, options):
        self.options = options
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-demo-"))
        self.children = []
        self.kubeconfig = options.kubeconfig
        self.work_tree = self.directory / "shop"
        self.kubectl_path = shutil.which("kubectl") or str(pathlib.Path(options.tools) / "kubectl")

    # ---- children and tools ----

    def start(self, name, command, **how):
        log = open(self.directory / f"{name}.log", "wb")
        child = subprocess.Popen(command, stderr=log, start_new_session=True, **how)
        self.children.append((name, child))
        return child

    def stop(self):
        for name, child in reversed(self.children):
            if child.stdin:
                child.stdin.close()
            if child.poll() is None:
                child.terminate()
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                note(f"{name} does not stop; killing it")
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def kubectl(self, *arguments, check=True, stdin=None):
        done = subprocess.run(
            [self.kubectl_path, "--kubeconfig", str(self.kubeconfig), *arguments],
            input=stdin, capture_output=True, text=True, timeout=60,
        )
        if check and done.returncode != 0:
            raise StepFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout if done.returncode == 0 else None

    def git(self, *arguments):
        done = subprocess.run(
            ["git", "-C", str(self.work_tree), "-c", "user.name=You", "-c", "user.email=you@example.com", *arguments],
            capture_output=True, text=True, timeout=60,
        )
        if done.returncode != 0:
            raise StepFailed(f"git {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def push(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        self.git("push", "-q", "origin", "HEAD:main")

    def step(self, what, condition, limit=60):
        """Waits until `condition` gives something true, shows how long that took, and gives it."""
        begin = time.monotonic()
        while time.monotonic() - begin < limit:
            for name, child in self.children:
                if child.poll() is not None:
                    log = (self.directory / f"{name}.log").read_text(errors="replace")
                    raise StepFailed(f"{name} ended with status {child.returncode}:\n{log[-2000:]}")
            found = condition()
            if found:
                print(f"  {GREEN}✓{PLAIN} {what} {DIM}({time.monotonic() - begin:.1f} s){PLAIN}", flush=True)
                return found
            time.sleep(0.1)
        raise StepFailed(f"{what}: not within {limit} s")

    def value(self, path, *what):
        return self.kubectl("get", *what, "-o", f"jsonpath={{{path}}}", check=False)

    def show(self):
        for line in self.kubectl("get", "applications.holdfast.dev", "-A").splitlines():
            note(line)

    # ---- the parts ----

    def boot_cluster(self):
        if self.kubeconfig:
            say(f"Using the cluster of {self.kubeconfig}")
            self.kubectl("version")
            return
        say("Booting a control plane: etcd, kube-apiserver, kube-controller-manager")
        begin = time.monotonic()
        launcher = self.start(
            "cluster", [str(pathlib.Path(self.options.tools) / "testcluster"), "--dir", str(self.directory / "cluster")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        line = launcher.stdout.readline()
        if not line:
            raise StepFailed((self.directory / "cluster.log").read_text(errors="replace")[-3000:])
        self.kubeconfig = json.loads(line)["kubeconfig"]
        note(f"ready after {time.monotonic() - begin:.1f} s")

    def serve_repository(self):
        say("Serving a small Git repository over smart HTTP")
        served = self.directory / "git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(served / "shop.git")], check=True)
        shutil.copytree(ROOT / "tools/demo/repository", self.work_tree)
        server = self.start(
            "git-server",
            [sys.executable, str(ROOT / "tests/support/git_http_server.py"), "--root", str(served), "--allow-push"],
            stdout=subprocess.PIPE, text=True,
        )
        ready = server.stdout.readline()
        if not ready:
            raise StepFailed((self.directory / "git-server.log").read_text(errors="replace")[-2000:])
        self.repository_url = f"http://127.0.0.1:{ready.split()[-1]}/shop.git"
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", self.repository_url)
        self.push("The shop opens")
        note(self.repository_url)

    def install(self):
        say("Installing the custom resources")
        self.kubectl("apply", "--server-side", "-f", str(ROOT / "config/crds"))
        # kubectl gives up at once on a definition that has no conditions at all yet.
        self.step(
            "they are established",
            lambda: self.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "config/crds"), check=False),
        )
        for namespace in (NAMESPACE, "shop"):
            if self.kubectl("get", "namespace", namespace, check=False) is None:
                self.kubectl("create", "namespace", namespace)

    def start_operator(self):
        say("Starting the operator")
        self.start(
            "operator",
            [str(pathlib.Path(self.options.operator).resolve()), "operator", "--kubeconfig", str(self.kubeconfig),
             "--namespace", NAMESPACE, "--cache-dir", str(self.directory / "cache"), "--listen", "", "--metrics-listen", ""],
        )

    def follow(self):
        say("Applying one Repository and one Application")
        self.kubectl("apply", "-f", "-", stdin=f"""
apiVersion: holdfast.dev/v1alpha1
kind: Repository
metadata: {{name: shop, namespace: {NAMESPACE}}}
spec:
  url: {self.repository_url}
  interval: 1s
---
apiVersion: holdfast.dev/v1alpha1
kind: Application
metadata:
  name: shop
  namespace: {NAMESPACE}
  finalizers: [holdfast.dev/resources-finalizer]
spec:
  source: {{repoURL: "{self.repository_url}", targetRevision: main, path: deploy}}
  destination: {{server: "https://kubernetes.default.svc", namespace: shop}}
  syncPolicy:
    automated: {{prune: true, selfHeal: true}}
""")
        app = ("application.holdfast.dev/shop", "-n", NAMESPACE)
        self.step(
            "the application is Synced and Healthy",
            lambda: self.value(".status.sync.status", *app) == "Synced"
            and self.value(".status.health.status", *app) == "Healthy",
        )
        self.kubectl("wait", "--for=condition=Ready", "--timeout=30s", *app)
        self.show()

    def push_goes_live(self):
        say("Pushing a change; nobody tells the operator, it polls")
        file = self.work_tree / "deploy/config.yaml"
        file.write_text(file.read_text().replace("Welcome", "Welcome back"))
        self.push("Greet returning customers")
        self.step(
            "the change is live",
            lambda: self.value(".data.greeting", "configmap", "shop", "-n", "shop") == "Welcome back",
        )

    def hand_edit_is_reverted(self):
        say("Editing by hand what Git says otherwise: kubectl scale --replicas=5")
        self.kubectl("scale", "deployment/web", "-n", "shop", "--replicas=5")
        self.step(
            "it is back to what Git says",
            lambda: self.value(".spec.replicas", "deployment", "web", "-n", "shop") == "0",
        )

    def removed_file_is_pruned(self):
        say("Removing a file from Git")
        (self.work_tree / "deploy/banner.yaml").unlink()
        self.push("No banner any more")
        self.step(
            "its object is pruned",
            lambda: self.kubectl("get", "configmap", "banner", "-n", "shop", check=False) is None,
        )
        self.show()

    def run(self):
        self.boot_cluster()
        self.serve_repository()
        self.install()
        self.start_operator()
        self.follow()
        self.push_goes_live()
        self.hand_edit_is_reverted()
        self.removed_file_is_pruned()
        if self.options.once:
            say("All steps were shown")
            return
        say("Everything keeps running. Play with it:")
        print(f"  export KUBECONFIG={self.kubeconfig}")
        print(f"  {self.kubectl_path} get applications -A -w")
        print(f"  cd {self.work_tree}   # edit, commit, git push")
        print(f"  tail -f {self.directory}/operator.log")
        say("Ctrl-C stops all of it")
        while True:
            for name, child in self.children:
                if child.poll() is not None:
                    raise StepFailed(f"{name} ended with status {child.returncode}")
            time.sleep(0.5)


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operator", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tools", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--once", action="store_true", help="leave when all steps were shown; non-zero when one failed")
    parser.add_argument("--kubeconfig", type=pathlib.Path, help="use the cluster of this kubeconfig instead of a local one")
    demo = Demo(parser.parse_args())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    status = 0
    try:
        demo.run()
    except KeyboardInterrupt:
        print()
        say("Stopping")
    except (StepFailed, subprocess.SubprocessError, OSError) as failure:
        print(f"  {RED}✗ {failure}{PLAIN}", file=sys.stderr, flush=True)
        log = demo.directory / "operator.log"
        if log.exists():
            print("The operator's last words:\n" + log.read_text(errors="replace")[-3000:], file=sys.stderr)
        status = 1
    finally:
        demo.stop()
    return status


if __name__ == "__main__":
    sys.exit(main())
