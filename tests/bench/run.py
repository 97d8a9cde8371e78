"""One measurement: a control plane of its own, one repository, and the operator, all of which end with it."""

import hmac
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

from cluster import NAMESPACE, ROOT, Api, free_port

SECRET = "bench-secret"


class Run:
    def __init__(self, options):
        self.options = options
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
        self.children = []
        self.results = {}
        self.metrics = f"127.0.0.1:{free_port()}"

    def start(self, name, command, **how):
        child = subprocess.Popen(command, stderr=open(self.directory / f"{name}.log", "wb"), start_new_session=True, **how)
        self.children.append(child)
        return child

    def stop(self):
        for child in reversed(self.children):
            if child.stdin:
                child.stdin.close()
            child.terminate()
            try:
                child.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
        if self.options.keep:
            print(f"kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    def say(self, text):
        print(f"  {text}", file=sys.stderr, flush=True)

    def kubectl(self, *arguments, stdin=None):
        return subprocess.run(["kubectl", "--kubeconfig", self.kubeconfig, *arguments], input=stdin, check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    def push(self, message):
        git = ["git", "-C", str(self.tree), "-c", "user.name=bench", "-c", "user.email=bench@example.com"]
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", message], check=True)
        subprocess.run([*git, "push", "-q", "origin", "HEAD:main"], check=True)
        return subprocess.run([*git, "rev-parse", "HEAD"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def scrape(self):
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=30) as answer:
            return answer.read().decode()

    @staticmethod
    def until_served(api, path):
        for _ in range(100):
            connection = api.connect(timeout=10)
            connection.request("GET", f"{path}?watch=1&timeoutSeconds=1")
            served = connection.getresponse().status == 200
            connection.close()
            if served:
                return
            time.sleep(0.1)
        raise RuntimeError(f"the API server does not serve watches of {path}")

    def note_silence(self):
        """The longest silence of the loop that an operator of this run has seen, and how long the loop waited for a processor, which the API
        server of this machine may have had; to be asked before each operator ends."""
        values = dict(line.rsplit(" ", 1) for line in self.scrape().splitlines() if line.startswith("holdfast_loop_"))
        silence = float(values["holdfast_loop_longest_silence_seconds"])
        self.results["silence_s"] = max(self.results.get("silence_s", 0.0), silence)
        waited = float(values["holdfast_loop_without_processor_seconds_total"])
        self.results["without_processor_s"] = self.results.get("without_processor_s", 0.0) + waited

    def settle(self, api):
        """Until the server answers nothing of interest for a second."""
        before = api.requests()
        for _ in range(300):
            time.sleep(1)
            now = api.requests()
            if now - before <= 1:
                return
            before = now

    def boot(self, *namespaces):
        """The control plane, with these namespaces."""
        launcher = self.start("cluster", [f"{self.options.tools}/testcluster", "--dir", str(self.directory / "cluster")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.kubeconfig = json.loads(launcher.stdout.readline())["kubeconfig"]
        for namespace in (*namespaces, NAMESPACE, "holdfast"):
            self.kubectl("create", "namespace", namespace)
        return Api(self.kubeconfig, self.directory)

    def serve(self):
        """An empty repository, and a tree to push from."""
        served = self.directory / "git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(served / "bench.git")], check=True)
        self.tree = self.directory / "tree"
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.tree)], check=True)
        server = self.start("git", [sys.executable, str(ROOT / "tests/support/git_http_server.py"), "--root", str(served), "--allow-push"],
                            stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{server.stdout.readline().split()[-1]}/bench.git"
        subprocess.run(["git", "-C", str(self.tree), "remote", "add", "origin", self.url], check=True)

    def define(self, api):
        """The operator's kinds."""
        self.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
        wait = ["kubectl", "--kubeconfig", self.kubeconfig, "wait", "--for=condition=Established", "--timeout=30s", "-f",
                str(ROOT / "crds")]
        for _ in range(20):  # kubectl gives up on a definition that has no conditions at all yet
            if subprocess.run(wait, capture_output=True).returncode == 0:
                break
            time.sleep(0.5)
        # An API server answers the first watches of a new kind with "storage is (re)initializing": what that costs is not measured here.
        for kind in ("applications", "applicationsets", "projects", "repositories"):
            self.until_served(api, f"/apis/holdfast.dev/v1alpha1/{kind}")

    def declare(self, spec):
        """The Repository object; `spec` is added to what it has to have."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({
            "apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository", "metadata": {"name": "bench", "namespace": "holdfast"},
            "spec": {"url": self.url, **spec}}))

    def operate(self, name, *arguments):
        """The operator, from now on; its log is NAME.log."""
        return self.start(name, [self.options.operator, "operator", "--kubeconfig", self.kubeconfig, "--namespace", "holdfast",
                                 "--cache-dir", str(self.directory / "cache"), "--metrics-listen", self.metrics, *arguments])

    def with_webhook(self):
        """The spec of a Repository whose pushes are announced, and its Secret."""
        self.kubectl("create", "secret", "generic", "hook", "-n", "holdfast", f"--from-literal=secret={SECRET}")
        return {"interval": "1h", "webhook": {"secretRef": {"name": "hook"}}}

    def announce(self, listen):
        """Tells the operator there of a push, as a provider does. How long it took until that was answered."""
        body = json.dumps({"repository": self.url, "ref": "refs/heads/main"}).encode()
        mac = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
        begin = time.monotonic()
        with urllib.request.urlopen(urllib.request.Request(f"http://{listen}/hooks/push", body, {"X-Signature": f"sha256={mac}"})) as answer:
            assert answer.status == 202
            return time.monotonic() - begin
