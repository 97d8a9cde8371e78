#!/usr/bin/env python3
"""Measures Holdfast against what the API server allows: a bare parallel server-side apply of the same objects, in the same run.

N applications of 4 objects each (a ConfigMap of 2 KB, a ServiceAccount, a Service, a Deployment with 0 replicas) from one Git repository.
Times are taken by watches on the live objects, not from anything that Holdfast says; how often it built, and how long that took, is from its
metrics. Prints ratios, since machines are noisy; writes JSON.

--kind says in which way the repository has the objects, and --paths makes it a monorepo, with further folders that no application follows:

    ./dev bench --kind directory kustomize helm jsonnet --applications 200 --paths 1000

Of several runs a table compares what building costs: all of them at first, after a restart (nothing is built), after a commit in one folder.
Of each kind, a second table compares what grows with the number of applications: the time until an announced push of one file is live, as a
multiple of that with the fewest (at most 2), and for how long the loop that holds all state was silent at the longest (at most 0.1 s). A run
with 2000 applications takes about a quarter of an hour on 2 cores.
"""

import argparse
import concurrent.futures
import hmac
import http.client
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMESPACE = "bench"
KINDS = {
    "ConfigMap": ("/api/v1", "configmaps"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "Service": ("/api/v1", "services"),
    "Deployment": ("/apis/apps/v1", "deployments"),
}


def manifests(name, generation):
    text = f"{generation} " + "x" * 2000
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "annotations": {"generation": str(generation)}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "annotations": {"generation": str(generation)}},
         "spec": {"clusterIP": "None", "selector": {"app": name}, "ports": [{"port": 80}]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "annotations": {"generation": str(generation)}},
         "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}},
                  "template": {"metadata": {"labels": {"app": name}},
                               "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]}}}},
    ]


def files(kind, name, generation):
    """The files of an application's folder: the same objects, said in one of the ways that there are builders for."""
    objects = manifests(name, generation)
    named = {f"{m['kind'].lower()}.json": json.dumps(m, indent=1) for m in objects}
    if kind == "kustomize":
        return {"kustomization.yaml": "resources:\n" + "".join(f"- {file}\n" for file in named), **named}
    if kind == "helm":
        return {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n", **{f"templates/{file}": text for file, text in named.items()}}
    if kind == "jsonnet":
        return {"main.jsonnet": "[" + ", ".join(f"import '{pathlib.Path(file).stem}.libsonnet'" for file in named) + "]\n",
                **{file.replace(".json", ".libsonnet"): text for file, text in named.items()}}
    return named


class Api:
    """An API server, spoken to with the admin's certificate over kept-alive connections, one a thread."""

    def __init__(self, kubeconfig, directory):
        view = json.loads(subprocess.check_output(
            ["kubectl", "--kubeconfig", kubeconfig, "config", "view", "--raw", "--flatten", "-o", "json"]))
        import base64
        self.url = urllib.parse.urlparse(view["clusters"][0]["cluster"]["server"])
        files = {}
        for key, value in (("ca", view["clusters"][0]["cluster"]["certificate-authority-data"]),
                           ("cert", view["users"][0]["user"]["client-certificate-data"]),
                           ("key", view["users"][0]["user"]["client-key-data"])):
            files[key] = directory / f"admin-{key}.pem"
            files[key].write_bytes(base64.b64decode(value))
        self.tls = ssl.create_default_context(cafile=files["ca"])
        self.tls.load_cert_chain(files["cert"], files["key"])
        self.local = threading.local()

    def connect(self, timeout=120):
        return http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.tls, timeout=timeout)

    def call(self, method, path, body=None, content_type="application/json"):
        if not hasattr(self.local, "connection"):
            self.local.connection = self.connect()
        self.local.connection.request(method, path, body, {"Content-Type": content_type, "Accept": "application/json"})
        answer = self.local.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return text

    def get(self, path):
        return json.loads(self.call("GET", path))

    def apply(self, namespace, manifest, manager):
        prefix, plural = KINDS[manifest["kind"]]
        self.call("PATCH", f"{prefix}/namespaces/{namespace}/{plural}/{manifest['metadata']['name']}?fieldManager={manager}&force=true",
                  json.dumps(manifest), "application/apply-patch+yaml")

    def requests(self):
        """How many requests the server answered, by user agents' verbs; watches and the bench's own scrape left out."""
        total = 0
        for line in self.call("GET", "/metrics").decode().splitlines():
            if line.startswith("apiserver_request_total{") and 'verb="WATCH"' not in line:
                labels, value = line.rsplit(" ", 1)
                # What the control plane does by itself: leases, its own status.
                if any(f'resource="{own}"' in labels for own in ("leases", "endpointslices", "apiservices", "flowschemas",
                                                                 "prioritylevelconfigurations", "servicecidrs")):
                    continue
                if 'resource=""' in labels:
                    continue
                total += float(value)
        return total


class Seen:
    """Watches the four kinds in a namespace, and the Applications, and knows when which generation of which was first seen."""

    def __init__(self, api, namespace):
        self.api, self.namespace = api, namespace
        self.state = {}  # (kind, name) -> generation text; of an Application the revision that it is Synced to and Healthy at
        self.replicas = {}  # of a Deployment -> all that were seen, and when: drift is taken back sooner than anybody looks
        self.observed = 0.0  # when the cluster's own controller last took note of a Deployment
        self.changed = threading.Condition()
        self.last = 0.0
        for kind in KINDS:
            threading.Thread(target=self.watch, args=(kind,), daemon=True).start()
        threading.Thread(target=self.watch_applications, daemon=True).start()

    def follow(self, path):
        """Each object as it is and as it changes. An API server that has just started refuses watches (429) and may end them: a watch that
        ended begins again with all objects, and what was seen before changes nothing."""
        while True:
            connection = self.api.connect(timeout=3600)
            try:
                connection.request("GET", f"{path}?watch=1")
                answer = connection.getresponse()
                while answer.status == 200 and (line := answer.readline()):
                    event = json.loads(line)
                    if event["type"] in ("ADDED", "MODIFIED"):
                        yield event["object"]
            except (OSError, http.client.HTTPException):
                pass  # begun again below, as after an answer that ended
            finally:
                connection.close()
            time.sleep(0.1)

    def watch_applications(self):
        for item in self.follow("/apis/holdfast.dev/v1alpha1/namespaces/holdfast/applications"):
            status = item.get("status", {})
            sync = status.get("sync", {})
            good = sync.get("status") == "Synced" and status.get("health", {}).get("status") == "Healthy"
            with self.changed:
                self.state[("Application", item["metadata"]["name"])] = sync.get("revision") if good else None
                self.changed.notify_all()

    def watch(self, kind):
        prefix, plural = KINDS[kind]
        for item in self.follow(f"{prefix}/namespaces/{self.namespace}/{plural}"):
            metadata = item["metadata"]
            generation = (item["data"].get("text", "").split(" ")[0] if kind == "ConfigMap" and "data" in item
                          else metadata.get("annotations", {}).get("generation", ""))
            with self.changed:
                if kind == "Deployment":
                    self.replicas.setdefault(metadata["name"], []).append((item["spec"]["replicas"], time.monotonic()))
                    if item.get("status", {}).get("observedGeneration") == metadata["generation"]:
                        self.observed = time.monotonic()
                if self.state.get((kind, metadata["name"])) != generation:
                    self.state[(kind, metadata["name"])] = generation
                    self.last = time.monotonic()
                self.changed.notify_all()

    def wait(self, condition, limit, what):
        with self.changed:
            if not self.changed.wait_for(lambda: condition(self), timeout=limit):
                raise RuntimeError(f"{what}: not within {limit} s")
            return time.monotonic()

    def wait_all(self, names, generation, limit, what):
        wanted = {(kind, name) for kind in KINDS for name in names}

        def complete(_):
            return sum(1 for key in wanted if self.state.get(key) == generation) == len(wanted)
        # Counting thousands on each event would be what is measured: look a few times a second, and take the time of the last event.
        end = time.monotonic() + limit
        while time.monotonic() < end:
            with self.changed:
                if complete(self):
                    return self.last
            time.sleep(0.1)
        missing = [key for key in wanted if self.state.get(key) != generation]
        raise RuntimeError(f"{what}: {len(missing)} objects not there within {limit} s, such as {missing[:3]}")


def cpu_seconds(pid):
    """Of the process and of the children it has waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(fields[i]) for i in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


class Bench:
    def __init__(self, options, kind, count):
        self.options, self.kind, self.count = options, kind, count
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-bench-"))
        self.children = []
        self.names = [f"app-{i:04}" for i in range(count)]
        self.others = [f"other-{i:04}" for i in range(options.paths - count)]
        self.results = {"kind": kind, "applications": count, "objects": 4 * count, "paths": count + len(self.others)}
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

    def write(self, names, generation):
        for name in names:
            for file, text in files(self.kind, name, generation).items():
                path = self.tree / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)

    def write_config_map(self, name, generation):
        """The one file with the ConfigMap."""
        for file, text in files(self.kind, name, generation).items():
            if pathlib.Path(file).name.startswith("configmap."):
                (self.tree / name / file).write_text(text)

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

    def builds(self):
        """How many times the operator built an application since its start, and the seconds that took in sum."""
        text = self.scrape()
        found = {"count": 0.0, "sum": 0.0}
        for line in text.splitlines():
            name, _, value = line.rpartition(" ")
            for what in found:
                if name.startswith(f"holdfast_render_duration_seconds_{what}{{"):
                    found[what] += float(value)
        return found["count"], found["sum"]

    def run(self):
        self.say(f"{self.count} applications × 4 objects: booting a control plane")
        launcher = self.start("cluster", [f"{self.options.tools}/testcluster", "--dir", str(self.directory / "cluster")],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.kubeconfig = json.loads(launcher.stdout.readline())["kubeconfig"]
        api = Api(self.kubeconfig, self.directory)
        for namespace in ("bare", NAMESPACE, "holdfast"):
            self.kubectl("create", "namespace", namespace)

        self.say("bare parallel apply of all objects")
        run_bare(self.kubeconfig, str(self.directory), "bare", [m for m in manifests("warm-up", 0)], self.options.parallel)
        self.settle(api)
        self.results["bare_cold_s"] = self.timed_bare(self.names, 1)
        # What the cluster's own controllers make of it is not to burden what is measured next.
        self.settle(api)
        self.results["bare_one_s"] = self.timed_bare(self.names[:1], 2, objects=1)
        self.results["bare_all_s"] = self.timed_bare(self.names, 3)
        self.kubectl("delete", "namespace", "bare", "--timeout=300s")
        self.settle(api)

        self.say("one repository, its applications, and the operator")
        served = self.directory / "git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(served / "bench.git")], check=True)
        self.tree = self.directory / "tree"
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.tree)], check=True)
        server = self.start("git", [sys.executable, str(ROOT / "tests/support/git_http_server.py"), "--root", str(served), "--allow-push"],
                            stdout=subprocess.PIPE, text=True)
        self.url = url = f"http://127.0.0.1:{server.stdout.readline().split()[-1]}/bench.git"
        subprocess.run(["git", "-C", str(self.tree), "remote", "add", "origin", url], check=True)
        self.write(self.names + self.others, 1)
        first = self.push("all")
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
        self.kubectl("apply", "-f", "-", stdin=json.dumps({
            "apiVersion": "holdfast.dev/v1alpha1", "kind": "Repository", "metadata": {"name": "bench", "namespace": "holdfast"},
            "spec": {"url": url, "interval": self.options.interval}}))
        applications = [self.application(name, url) for name in self.names]
        run_create(self.kubeconfig, str(self.directory), applications)

        seen = Seen(api, NAMESPACE)
        time.sleep(1)
        requests = api.requests()
        begin = time.monotonic()
        operator = self.start("operator", [self.options.operator, "operator", "--kubeconfig", self.kubeconfig, "--namespace", "holdfast",
                                           "--cache-dir", str(self.directory / "cache"), "--listen", "", "--metrics-listen", self.metrics])
        self.results["cold_s"] = seen.wait_all(self.names, "1", 900, "cold sync") - begin
        self.results["cold_ready_s"] = self.wait_ready(operator, seen, first) - begin
        self.results["cold_observed_s"] = seen.observed - begin
        self.results["cold_requests"] = api.requests() - requests
        self.results["cold_cpu_s"] = cpu_seconds(operator.pid)
        self.note_silence()
        self.results["cold_builds"], self.results["cold_build_s"] = self.builds()
        if self.results["cold_builds"] < self.count:
            raise RuntimeError(f"the metrics tell of {self.results['cold_builds']:.0f} builds of {self.count} applications")
        self.settle(api)

        self.say("a push that changes one file")
        target = self.names[len(self.names) // 2]
        self.write_config_map(target, 2)
        requests, cpu, builds = api.requests(), cpu_seconds(operator.pid), self.builds()
        self.push("one file")
        begin = time.monotonic()
        end = seen.wait(lambda s: s.state.get(("ConfigMap", target)) == "2", 120, "one-file push")
        self.results["one_push_s"] = end - begin
        self.settle(api)
        self.results["one_push_requests"] = api.requests() - requests
        self.results["one_push_cpu_s"] = cpu_seconds(operator.pid) - cpu
        self.results["one_push_builds"] = self.builds()[0] - builds[0]

        self.say("a push that changes everything")
        self.write(self.names, 3)
        everything = self.push("everything")
        begin = time.monotonic()
        self.results["all_push_s"] = seen.wait_all(self.names, "3", 900, "push of everything") - begin
        self.results["all_ready_s"] = self.wait_ready(operator, seen, everything) - begin
        self.settle(api)

        self.say("a push that changes nothing for any application, and doing nothing")
        (self.tree / "README").write_text("nothing\n")
        requests, cpu, builds = api.requests(), cpu_seconds(operator.pid), self.builds()
        self.push("nothing")
        time.sleep(6)
        self.results["noop_builds"] = self.builds()[0] - builds[0]
        self.results["noop_requests"] = api.requests() - requests
        self.results["noop_cpu_s"] = cpu_seconds(operator.pid) - cpu
        cpu = cpu_seconds(operator.pid)
        time.sleep(10)
        self.results["idle_cpu_percent"] = (cpu_seconds(operator.pid) - cpu) * 10

        self.say("drift")
        begin = time.monotonic()
        api.call("PATCH", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{target}", '{"spec":{"replicas":2}}', "application/merge-patch+json")

        def reverted(s):
            counts = [count for count, _ in s.replicas[target]]
            return 2 in counts and counts[-1] == 0
        seen.wait(reverted, 60, "drift revert")
        self.results["drift_s"] = seen.replicas[target][-1][1] - begin
        self.settle(api)

        self.say("a restart")
        self.results["peak_memory_mib"] = peak_memory(operator.pid)
        self.note_silence()
        operator.terminate()
        operator.wait(timeout=30)
        requests = api.requests()
        again = self.start("operator-again", [self.options.operator, "operator", "--kubeconfig", self.kubeconfig, "--namespace", "holdfast",
                                              "--cache-dir", str(self.directory / "cache"), "--listen", "", "--metrics-listen", self.metrics])
        time.sleep(max(8, self.count / 50))
        self.note_silence()
        self.results["restart_builds"] = self.builds()[0]
        self.results["restart_requests"] = api.requests() - requests
        self.results["restart_cpu_s"] = cpu_seconds(again.pid)
        self.results["restart_memory_mib"] = peak_memory(again.pid)
        again.terminate()
        again.wait(timeout=30)
        self.announced(api, seen, target)
        return self.results

    def announced(self, api, seen, target):
        """With both webhooks: a push that is announced instead of polled for, and what admission costs whoever applies."""
        probes = [self.application(f"probe-{i}", self.url) for i in range(2000)]
        for i, probe in enumerate(probes):  # judged against all applications, and looked for in the store
            probe["spec"]["source"]["path"] = self.names[i % self.count]
            probe["spec"]["destination"]["namespace"] = f"elsewhere-{i}"
        self.say("50 dry runs of Applications at a time, without admission")
        self.results["apply_off"] = self.percentiles(probes)

        self.say("both webhooks, and a poll once an hour")
        secret = "bench-secret"
        self.kubectl("create", "secret", "generic", "hook", "-n", "holdfast", f"--from-literal=secret={secret}")
        self.kubectl("patch", "repository.holdfast.dev", "bench", "-n", "holdfast", "--type=merge", "-p",
                     json.dumps({"spec": {"interval": "1h", "webhook": {"secretRef": {"name": "hook"}}}}))
        push, admission = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.start("operator-told", [self.options.operator, "operator", "--kubeconfig", self.kubeconfig, "--namespace", "holdfast",
                                     "--cache-dir", str(self.directory / "cache"), "--listen", push, "--metrics-listen", self.metrics,
                                     "--admission-listen", admission, "--admission-url", f"https://{admission}"])
        for _ in range(100):
            time.sleep(0.3)
            bundle = self.kubectl("get", "validatingwebhookconfigurations", "-o", "jsonpath={.items[*].webhooks[0].clientConfig.caBundle}")
            if bundle:
                break
        time.sleep(2)
        self.settle(api)
        for i, key in enumerate(("announced_s", "announced_again_s")):
            self.write_config_map(target, 10 + i)
            self.push("announced")
            body = json.dumps({"repository": self.url, "ref": "refs/heads/main"}).encode()
            mac = hmac.new(secret.encode(), body, "sha256").hexdigest()
            begin = time.monotonic()
            with urllib.request.urlopen(urllib.request.Request(f"http://{push}/hooks/push", body, {"X-Signature": f"sha256={mac}"})) as answer:
                self.results["answered_s"] = time.monotonic() - begin
                assert answer.status == 202
            self.results[key] = seen.wait(lambda s: s.state.get(("ConfigMap", target)) == str(10 + i), 60, "announced push") - begin
        self.say("50 dry runs of Applications at a time, with admission")
        self.results["apply_on"] = self.percentiles(probes)
        self.note_silence()

    def percentiles(self, objects):
        """Median and 99th percentile, in seconds, of dry-run applies, 50 at a time; the first round warms up."""
        run_bare(self.kubeconfig, str(self.directory), "holdfast", objects[:200], 50, "-dry-run")
        out = run_bare(self.kubeconfig, str(self.directory), "holdfast", objects, 50, "-dry-run", "-latency")
        return {"median_s": out[1], "p99_s": out[2]}

    def timed_bare(self, names, generation, objects=4):
        work = [m for name in names for m in manifests(name, generation)[:objects]]
        return run_bare(self.kubeconfig, str(self.directory), "bare", work, self.options.parallel)[0]

    def settle(self, api):
        """Until the server answers nothing of interest for a second."""
        before = api.requests()
        for _ in range(300):
            time.sleep(1)
            now = api.requests()
            if now - before <= 1:
                return
            before = now

    def wait_ready(self, operator, seen, revision):
        """Until every Application says that it is Synced to the revision and Healthy; when that was."""
        def complete(s):
            return operator.poll() is not None or all(s.state.get(("Application", name)) == revision for name in self.names)
        end = seen.wait(complete, max(400, self.count), "all applications Synced and Healthy")
        if operator.poll() is not None:
            raise RuntimeError("the operator ended:\n" + (self.directory / "operator.log").read_text()[-3000:])
        return end

    def application(self, name, url):
        return {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application", "metadata": {"name": name, "namespace": "holdfast"},
                "spec": {"source": {"repoURL": url, "targetRevision": "main", "path": name},
                         "destination": {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE},
                         "syncPolicy": {"automated": {"prune": True, "selfHeal": True}}}}


def in_threads(kubeconfig, directory, parallel, work, one):
    api = Api(kubeconfig, pathlib.Path(directory))
    with concurrent.futures.ThreadPoolExecutor(max_workers=parallel) as pool:
        list(pool.map(lambda item: one(api, item), work))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def run_bare(kubeconfig, directory, namespace, work, parallel, *further):
    """The bare apply, in seconds by its own clock: in Go, since Python's own time would be counted otherwise."""
    tool = pathlib.Path(directory) / "bare-apply"
    if not tool.exists():
        subprocess.run(["go", "build", "-o", str(tool), "."], cwd=ROOT / "tests/bench/bare_apply", check=True)
    done = subprocess.run([str(tool), "--kubeconfig", kubeconfig, "--namespace", namespace, "--parallel", str(parallel), *further],
                          input="\n".join(json.dumps(m) for m in work), text=True, check=True, stdout=subprocess.PIPE)
    return [float(number) for number in done.stdout.split()]


def run_create(kubeconfig, directory, objects):
    def one(api, item):
        api.call("POST", "/apis/holdfast.dev/v1alpha1/namespaces/holdfast/applications", json.dumps(item))
    in_threads(kubeconfig, directory, 8, objects, one)


def show(results):
    r = results
    rows = [
        ("cold sync, all objects live", f"{r['cold_s']:.2f} s", f"{r['bare_cold_s']:.2f} s", f"{r['cold_s'] / r['bare_cold_s']:.2f}×"),
        ("… the cluster's own controllers done", f"{r['cold_observed_s']:.2f} s", "", ""),
        ("… and all statuses Synced, Healthy", f"{r['cold_ready_s']:.2f} s", "", f"{r['cold_ready_s'] / r['bare_cold_s']:.2f}×"),
        ("push of one file (poll included)", f"{r['one_push_s']:.2f} s", f"{r['bare_one_s']:.2f} s", ""),
        ("push of one file, announced by webhook", f"{r['announced_again_s']:.3f} s", f"{r['bare_one_s']:.2f} s", ""),
        ("… until the webhook is answered", f"{r['answered_s']:.4f} s", "", ""),
        ("push of everything", f"{r['all_push_s']:.2f} s", f"{r['bare_all_s']:.2f} s", f"{r['all_push_s'] / r['bare_all_s']:.2f}×"),
        ("… and all statuses Synced, Healthy", f"{r['all_ready_s']:.2f} s", "", f"{r['all_ready_s'] / r['bare_all_s']:.2f}×"),
        ("drift reverted", f"{r['drift_s']:.3f} s", "", ""),
        ("longest silence of the loop (goal: 0.1 s)", f"{r['silence_s']:.3f} s", "", ""),
        ("the loop waited for a processor, in sum", f"{r['without_processor_s']:.2f} s", "", ""),
        ("builds: cold sync", f"{r['cold_builds']:.0f}", "", ""),
        (f"builds: push of one file, one of {r['paths']} folders", f"{r['one_push_builds']:.0f}", "", ""),
        ("builds: no-op push", f"{r['noop_builds']:.0f}", "", ""),
        ("builds: restart", f"{r['restart_builds']:.0f}", "", ""),
        ("requests: cold sync, per application", f"{r['cold_requests'] / r['applications']:.1f}", "4.0", ""),
        ("requests: push of one file", f"{r['one_push_requests']:.0f}", "1", ""),
        ("requests: no-op push", f"{r['noop_requests']:.0f}", "0", ""),
        ("requests: restart", f"{r['restart_requests']:.0f}", "", ""),
        ("50 dry runs at once, admission on / off: median", f"{r['apply_on']['median_s']:.4f} s", f"{r['apply_off']['median_s']:.4f} s",
         f"{r['apply_on']['median_s'] / r['apply_off']['median_s']:.2f}×"),
        ("… 99th percentile", f"{r['apply_on']['p99_s']:.4f} s", f"{r['apply_off']['p99_s']:.4f} s",
         f"{r['apply_on']['p99_s'] / r['apply_off']['p99_s']:.2f}×"),
        ("idle CPU", f"{r['idle_cpu_percent']:.1f} %", "", ""),
        ("CPU of the cold sync", f"{r['cold_cpu_s']:.2f} s", "", ""),
        ("CPU of a restart", f"{r['restart_cpu_s']:.2f} s", "", ""),
        ("peak memory", f"{r['peak_memory_mib']:.0f} MiB", "", ""),
        ("peak memory after a restart", f"{r['restart_memory_mib']:.0f} MiB", "", ""),
    ]
    print(f"\n{r['applications']} applications × 4 objects, {r['kind']}, a repository of {r['paths']} folders")
    print(f"{'':50} {'Holdfast':>12} {'bare apply':>12} {'ratio':>8}")
    for name, ours, bare, ratio in rows:
        print(f"{name:50} {ours:>12} {bare:>12} {ratio:>8}")


def compare(everything):
    """What building costs, in one table for all runs. The mean of a build has its wait for a free place in the sandbox."""
    columns = (
        ("kind", 10, lambda r: r["kind"]),
        ("apps", 6, lambda r: f"{r['applications']}"),
        ("folders", 8, lambda r: f"{r['paths']}"),
        ("live", 9, lambda r: f"{r['cold_s']:.2f} s"),
        ("builds", 7, lambda r: f"{r['cold_builds']:.0f}"),
        ("mean", 10, lambda r: f"{1000 * r['cold_build_s'] / r['cold_builds']:.1f} ms"),
        ("CPU", 9, lambda r: f"{r['cold_cpu_s']:.2f} s"),
        ("builds", 9, lambda r: f"{r['restart_builds']:.0f}"),
        ("CPU", 9, lambda r: f"{r['restart_cpu_s']:.2f} s"),
        ("builds", 10, lambda r: f"{r['one_push_builds']:.0f}"),
        ("live", 9, lambda r: f"{r['one_push_s']:.2f} s"),
    )
    print(f"\n{'':24} {'cold sync':>38} {'restart':>19} {'commit in one folder':>20}")
    print(" ".join(f"{title:>{width}}" for title, width, _ in columns))
    for r in everything:
        print(" ".join(f"{value(r):>{width}}" for _, width, value in columns))


def growth(everything):
    """What grows with the number of applications and should not, against the run of the same kind with the fewest."""
    print(f"\n{'kind':>10} {'apps':>6} {'announced push':>15} {'of the fewest':>14} {'goal':>6} {'silence of the loop':>20} {'goal':>7}")
    for r in everything:
        fewest = min((one for one in everything if one["kind"] == r["kind"]), key=lambda one: one["applications"])
        ratio = r["announced_again_s"] / fewest["announced_again_s"]
        print(f"{r['kind']:>10} {r['applications']:>6} {r['announced_again_s']:>13.3f} s {ratio:>13.2f}× {'2×':>6} {r['silence_s']:>18.3f} s {'0.1 s':>7}")


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operator", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tools", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--applications", type=int, nargs="+", default=[200, 2000],
                        help="how many; several make several runs (default: 200 2000, which takes about 20 minutes on 2 cores)")
    parser.add_argument("--kind", nargs="+", default=["directory"], choices=["directory", "kustomize", "helm", "jsonnet"],
                        help="how the repository says the objects; several make several runs (default: directory)")
    parser.add_argument("--paths", type=int, default=0,
                        help="how many folders the repository has, those of the applications among them (default: those alone)")
    parser.add_argument("--parallel", type=int, default=32, help="connections of the bare apply (default: 32)")
    parser.add_argument("--interval", default="1s", help="the Repository's poll interval (default: 1s)")
    parser.add_argument("--json", default="build/bench.json", help="where the results go (default: build/bench.json)")
    parser.add_argument("--keep", action="store_true", help="keep the logs")
    options = parser.parse_args()
    options.operator = str(pathlib.Path(options.operator).resolve())
    os.environ["PATH"] += f":{options.tools}"
    everything = []
    for kind, count in itertools.product(options.kind, options.applications):
        bench = Bench(options, kind, count)
        try:
            everything.append(bench.run())
            show(everything[-1])
        finally:
            bench.stop()
    if len(everything) > 1:
        compare(everything)
        growth(everything)
    pathlib.Path(options.json).write_text(json.dumps(everything, indent=1) + "\n")
    print(f"\nWritten to {options.json}")


if __name__ == "__main__":
    main()
