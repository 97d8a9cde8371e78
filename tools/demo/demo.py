#!/usr/bin/env python3
"""A local cluster follows a small Git repository, in front of your eyes.

Boots a control plane (or uses yours), serves a Git repository and a password store over smart HTTP, installs the CRDs, starts the operator,
applies Repositories and one Application, and then shows what Holdfast is for: a wrong Application is refused, a push that is announced by a
signed webhook goes live, a password comes from `pass` and is rotated there, a hand edit is reverted, a file removed from Git is pruned.
With a real node (./dev demo --node, as root) the application is a web server in a pod of it, whose page is shown before and after the push.
Every step waits for what it claims and says how long it took; a step that does not happen in time is a failure.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

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


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Demo:
    def __init__(self, options):
        self.options = options
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-demo-"))
        self.children = []
        self.kubeconfig = options.kubeconfig
        self.node = False  # whether the cluster has a real one
        self.work_tree = self.directory / "shop"
        # On tmpfs: sockets of gpg's agent need a short path.
        self.gnupg = pathlib.Path(tempfile.mkdtemp(prefix="hf-demo-", dir="/dev/shm"))
        self.hook_secret = base64.b64encode(os.urandom(24)).decode()
        self.push_port, self.admission_port, self.page_port = free_port(), free_port(), free_port()
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
        subprocess.run(["gpgconf", "--kill", "all"], env=self.pass_environment(), check=False)
        shutil.rmtree(self.gnupg, ignore_errors=True)
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

    def announce(self, url):
        """What a Git provider does after a push."""
        body = json.dumps({"repository": url, "ref": "refs/heads/main"}).encode()
        mac = hmac.new(self.hook_secret.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.push_port}/hooks/push", body, {"X-Signature": f"sha256={mac}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            note(f"POST /hooks/push, signed: {answer.status}")

    # ---- the password store ----

    def pass_environment(self):
        return {**os.environ, "GNUPGHOME": str(self.gnupg), "PASSWORD_STORE_DIR": str(self.directory / "store"),
                "GIT_AUTHOR_NAME": "You", "GIT_AUTHOR_EMAIL": "you@example.com",
                "GIT_COMMITTER_NAME": "You", "GIT_COMMITTER_EMAIL": "you@example.com"}

    def run_with_pass(self, *command, stdin=None):
        done = subprocess.run(command, env=self.pass_environment(), input=stdin, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise StepFailed(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def insert_password(self, value):
        self.run_with_pass("pass", "insert", "-m", "-f", "shop/db", stdin=f"{value}\nuser: shop\n")
        self.run_with_pass("pass", "git", "push", "-q", "origin", "HEAD:main")

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
        program = str(pathlib.Path(self.options.tools) / "testcluster")
        if (pathlib.Path(self.options.tools) / "kubelet").exists():
            lacks = subprocess.run([program, "--node-lacks"], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
        else:
            lacks = "./dev demo --node builds one, as root"
        self.node = not lacks
        if self.node:
            say("Booting a control plane and a node: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, containerd")
        else:
            say("Booting a control plane: etcd, kube-apiserver, kube-controller-manager")
            note(f"no node, so no pods: {lacks}")
        begin = time.monotonic()
        launcher = self.start(
            "cluster", [program, "--dir", str(self.directory / "cluster"), *(["--node"] if self.node else [])],
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
        for name in ("shop", "passwords"):
            subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(served / f"{name}.git")], check=True)
        shutil.copytree(ROOT / "tools/demo/repository", self.work_tree)
        if self.node:
            shutil.copy(ROOT / "tools/demo/with_pods/web.yaml", self.work_tree / "deploy/web.yaml")
        server = self.start(
            "git-server",
            [sys.executable, str(ROOT / "tests/support/git_http_server.py"), "--root", str(served), "--allow-push"],
            stdout=subprocess.PIPE, text=True,
        )
        ready = server.stdout.readline()
        if not ready:
            raise StepFailed((self.directory / "git-server.log").read_text(errors="replace")[-2000:])
        self.repository_url = f"http://127.0.0.1:{ready.split()[-1]}/shop.git"
        self.store_url = f"http://127.0.0.1:{ready.split()[-1]}/passwords.git"
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", self.repository_url)
        self.push("The shop opens")
        note(self.repository_url)
        say("Making a password store with gpg and pass, and pushing it")
        self.run_with_pass("gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", "shop", "future-default", "default", "never")
        self.run_with_pass("pass", "init", "shop")
        self.run_with_pass("pass", "git", "init", "-q", "-b", "main")
        self.run_with_pass("pass", "git", "remote", "add", "origin", self.store_url)
        self.insert_password("the first password")
        note(self.store_url)

    def install(self):
        say("Installing the custom resources")
        self.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
        # kubectl gives up at once on a definition that has no conditions at all yet.
        self.step(
            "they are established",
            lambda: self.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(ROOT / "crds"), check=False),
        )
        for namespace in (NAMESPACE, "shop"):
            if self.kubectl("get", "namespace", namespace, check=False) is None:
                self.kubectl("create", "namespace", namespace)

    def start_operator(self):
        say("Starting the operator")
        self.start(
            "operator",
            [str(pathlib.Path(self.options.operator).resolve()), "operator", "--kubeconfig", str(self.kubeconfig),
             "--namespace", NAMESPACE, "--cache-dir", str(self.directory / "cache"), "--metrics-listen", "",
             "--listen", f"127.0.0.1:{self.push_port}", "--admission-listen", f"127.0.0.1:{self.admission_port}",
             "--admission-url", f"https://127.0.0.1:{self.admission_port}", "--page-listen", f"127.0.0.1:{self.page_port}"],
        )

    def page_token(self):
        """A token to log in to the page with, for all that there is."""
        if self.kubectl("get", "serviceaccount", "page", "-n", NAMESPACE, check=False) is None:
            self.kubectl("create", "serviceaccount", "page", "-n", NAMESPACE)
        self.kubectl("apply", "-f", "-", stdin=f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: page, namespace: {NAMESPACE}}}
rules:
- {{apiGroups: [holdfast.dev], resources: [applications, applications/status], verbs: [get, list, patch]}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: page, namespace: {NAMESPACE}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: page}}
subjects:
- {{kind: ServiceAccount, name: page, namespace: {NAMESPACE}}}
""")
        return self.kubectl("create", "token", "page", "-n", NAMESPACE, "--duration=8h").strip()

    def wrong_application_is_refused(self):
        say("Applying an Application with a mistake in it")
        wrong = f"""
apiVersion: holdfast.dev/v1alpha1
kind: Application
metadata: {{name: wrong, namespace: {NAMESPACE}}}
spec:
  source: {{repoURL: "{self.repository_url}", targetRevision: main, path: deploy}}
  destination: {{server: "https://kubernetes.default.svc", namespace: shop}}
  syncPolicy: {{syncOptions: [CreateNamspace=true]}}
"""

        def refusal():
            done = subprocess.run(
                [self.kubectl_path, "--kubeconfig", str(self.kubeconfig), "apply", "--dry-run=server", "-f", "-"],
                input=wrong, capture_output=True, text=True, timeout=60,
            )
            return done.stderr.strip() if done.returncode != 0 and "did you mean" in done.stderr else None

        note(self.step("kubectl apply is refused, and says what to write", refusal))

    def follow(self):
        say("Applying two Repositories and one Application")
        key = self.run_with_pass("gpg", "--batch", "--armor", "--export-secret-keys", "shop")
        secrets = [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE}, "stringData": data}
            for name, data in (("hook", {"secret": self.hook_secret}), ("pass-key", {"private.asc": key}))
        ]
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": secrets}))
        self.kubectl("apply", "-f", "-", stdin=f"""
apiVersion: holdfast.dev/v1alpha1
kind: Repository
metadata: {{name: shop, namespace: {NAMESPACE}}}
spec:
  url: {self.repository_url}
  interval: 1h
  webhook: {{secretRef: {{name: hook}}}}
---
apiVersion: holdfast.dev/v1alpha1
kind: Repository
metadata: {{name: passwords, namespace: {NAMESPACE}}}
spec:
  url: {self.store_url}
  interval: 1h
  webhook: {{secretRef: {{name: hook}}}}
  passwordStore: {{keySecretRef: {{name: pass-key}}, default: true}}
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
        app = ("applications.holdfast.dev/shop", "-n", NAMESPACE)
        self.step(
            "the application is Synced and Healthy",
            lambda: self.value(".status.sync.status", *app) == "Synced"
            and self.value(".status.health.status", *app) == "Healthy",
        )
        self.kubectl("wait", "--for=condition=Ready", "--timeout=30s", *app)
        self.show()
        self.step("its Secret has the password from the store", lambda: self.password() == "the first password")

    def page(self):
        """What the shop's web server says; None where it does not answer."""
        try:
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with direct.open(f"http://{self.service}/", timeout=3) as answer:
                return answer.read().decode()
        except OSError:
            return None

    def page_is_served(self, text):
        if not self.node:
            return
        self.service = self.value(".spec.clusterIP", "service", "web", "-n", "shop")
        self.step(f"curl http://{self.service}/ says: {text}", lambda: self.page() == text)

    def password(self):
        return base64.b64decode(self.value(".data.password", "secret", "db", "-n", "shop") or "").decode()

    def push_goes_live(self):
        say("Pushing a change, and announcing it as a Git provider does; the next poll would be in an hour")
        file = self.work_tree / "deploy/config.yaml"
        file.write_text(file.read_text().replace("Welcome", "Welcome back"))
        self.push("Greet returning customers")
        self.announce(self.repository_url)
        self.step(
            "the change is live",
            lambda: self.value(".data.greeting", "configmap", "shop", "-n", "shop") == "Welcome back",
        )
        self.page_is_served("Welcome back")

    def password_is_rotated(self):
        say("Rotating the password: pass insert shop/db, and a push")
        self.insert_password("the second password")
        self.announce(self.store_url)
        self.step("the Secret has the new one", lambda: self.password() == "the second password")

    def hand_edit_is_reverted(self):
        say("Editing by hand what Git says otherwise: kubectl scale --replicas=5")
        self.kubectl("scale", "deployment/web", "-n", "shop", "--replicas=5")
        self.step(
            "it is back to what Git says",
            lambda: self.value(".spec.replicas", "deployment", "web", "-n", "shop") == ("1" if self.node else "0"),
        )

    def removed_file_is_pruned(self):
        say("Removing a file from Git")
        (self.work_tree / "deploy/banner.yaml").unlink()
        self.push("No banner any more")
        self.announce(self.repository_url)
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
        self.wrong_application_is_refused()
        self.follow()
        self.page_is_served("Welcome")
        self.push_goes_live()
        self.password_is_rotated()
        self.hand_edit_is_reverted()
        self.removed_file_is_pruned()
        if self.options.once:
            say("All steps were shown")
            return
        say("Everything keeps running. Play with it:")
        print(f"  export KUBECONFIG={self.kubeconfig}")
        print(f"  {self.kubectl_path} get applications.holdfast.dev -A -w")
        if self.node:
            print(f"  curl http://{self.service}/")
        print(f"  cd {self.work_tree}   # edit, commit, git push")
        print(f"  tail -f {self.directory}/operator.log")
        print(f"  https://127.0.0.1:{self.page_port}/ is the page; its certificate is made on the spot. Log in with:")
        print(f"  {self.page_token()}")
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
