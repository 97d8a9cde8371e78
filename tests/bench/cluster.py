"""A control plane that is measured: its API server spoken to over kept connections, its objects watched, and a bare parallel apply to it."""

import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMESPACE = "bench"
KINDS = {
    "ConfigMap": ("/api/v1", "configmaps"),
    "ServiceAccount": ("/api/v1", "serviceaccounts"),
    "Service": ("/api/v1", "services"),
    "Deployment": ("/apis/apps/v1", "deployments"),
}


class Api:
    """An API server, spoken to with the admin's certificate over kept-alive connections, one a thread."""

    def __init__(self, kubeconfig, directory):
        view = json.loads(subprocess.check_output(
            ["kubectl", "--kubeconfig", kubeconfig, "config", "view", "--raw", "--flatten", "-o", "json"]))
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
