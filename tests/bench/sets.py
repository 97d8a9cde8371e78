"""One ApplicationSet over many directories, each with one ConfigMap: what it costs to make them, to change nothing, to add one."""

import json
import time

from cluster import NAMESPACE, Seen, cpu_seconds, free_port, peak_memory
from objects import manifests
from run import Run


class SetRun(Run):
    def __init__(self, options, count):
        super().__init__(options)
        self.count = count
        self.names = [f"app-{i:04}" for i in range(count)]
        self.results = {"set_of": count}

    def write(self, name, generation):
        path = self.tree / "apps" / name / "a.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(manifests(name, generation)[0]))

    def the_set(self):
        return {"apiVersion": "holdfast.dev/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "bench", "namespace": "holdfast"},
                "spec": {"generators": [{"git": {"repoURL": self.url, "revision": "main", "directories": [{"path": "apps/*"}]}}],
                         "template": {"metadata": {"name": "{{path.basename}}"},
                                      "spec": {"source": {"repoURL": self.url, "targetRevision": "main", "path": "{{path}}"},
                                               "destination": {"name": "in-cluster", "namespace": NAMESPACE},
                                               "syncPolicy": {"automated": {"prune": True, "selfHeal": True}}}}}}

    def writes_of_applications(self, api):
        """How many requests the server answered that create or change Applications."""
        total = 0.0
        for line in api.call("GET", "/metrics").decode().splitlines():
            if line.startswith("apiserver_request_total{") and 'resource="applications"' in line and 'subresource=""' in line:
                labels, value = line.rsplit(" ", 1)
                if any(f'verb="{verb}"' in labels for verb in ("POST", "PATCH", "PUT", "APPLY")):
                    total += float(value)
        return total

    def run(self):
        self.say(f"a set of {self.count} applications × 1 object: booting a control plane")
        api = self.boot()
        self.serve()
        for name in self.names:
            self.write(name, 1)
        self.push("all")
        self.define(api)
        self.declare(self.with_webhook())
        seen = Seen(api, NAMESPACE)
        push = f"127.0.0.1:{free_port()}"
        operator = self.operate("operator", "--listen", push)
        time.sleep(5)
        self.settle(api)

        self.say("the set is created")
        requests, writes, cpu = api.requests(), self.writes_of_applications(api), cpu_seconds(operator.pid)
        begin = time.monotonic()
        self.kubectl("apply", "-f", "-", stdin=json.dumps(self.the_set()))
        wanted = {("ConfigMap", name) for name in self.names}

        def live(s):
            return sum(1 for key in wanted if s.state.get(key) == "1") == len(wanted)
        end = time.monotonic() + 900
        while not live(seen):
            if time.monotonic() > end or operator.poll() is not None:
                raise RuntimeError("the set does not get its applications live:\n" + (self.directory / "operator.log").read_text()[-3000:])
            time.sleep(0.05)
        self.results["cold_s"] = time.monotonic() - begin
        self.settle(api)
        self.results["cold_requests"] = api.requests() - requests
        self.results["cold_writes"] = self.writes_of_applications(api) - writes
        self.results["cold_cpu_s"] = cpu_seconds(operator.pid) - cpu

        self.say("a push that changes no directory")
        requests, writes, cpu = api.requests(), self.writes_of_applications(api), cpu_seconds(operator.pid)
        (self.tree / "README").write_text("nothing\n")
        self.push("nothing")
        self.announce(push)
        time.sleep(3)
        self.settle(api)
        self.results["noop_requests"] = api.requests() - requests
        self.results["noop_writes"] = self.writes_of_applications(api) - writes
        self.results["noop_cpu_s"] = cpu_seconds(operator.pid) - cpu

        self.say("a push of one file, and of one directory more, in turn")

        def time_of(name, generation):
            self.write(name, generation)
            self.push(name)
            begin = time.monotonic()
            self.announce(push)
            end = seen.wait(lambda s: s.state.get(("ConfigMap", name)) == str(generation), 60, f"the push of {name}")
            self.settle(api)
            return end - begin
        files, directories = [], []
        for i in range(3):
            files.append(time_of(self.names[i], 2))
            directories.append(time_of(f"more-{i}", 1))
        self.results["one_file_s"] = sorted(files)[1]
        self.results["one_directory_s"] = sorted(directories)[1]
        self.note_silence()
        self.results["peak_memory_mib"] = peak_memory(operator.pid)
        return self.results


def show(results):
    r = results
    print(f"\nA set of {r['set_of']} applications × 1 object")
    rows = [
        ("all objects live", f"{r['cold_s']:.2f} s"),
        ("CPU until then", f"{r['cold_cpu_s']:.2f} s"),
        ("requests, per application", f"{r['cold_requests'] / r['set_of']:.1f}"),
        ("… of them writes of Applications (goal: 1)", f"{r['cold_writes'] / r['set_of']:.2f}"),
        ("no-op push: requests / writes of Applications (goal: 0)", f"{r['noop_requests']:.0f} / {r['noop_writes']:.0f}"),
        ("no-op push: CPU", f"{r['noop_cpu_s']:.2f} s"),
        ("an announced push of one file, live (median of 3)", f"{r['one_file_s']:.3f} s"),
        ("… of one directory more, live (median of 3)", f"{r['one_directory_s']:.3f} s"),
        ("… times that of one file", f"{r['one_directory_s'] / r['one_file_s']:.2f}×"),
        ("longest silence of the loop (goal: 0.1 s)", f"{r['silence_s']:.3f} s"),
        ("peak memory", f"{r['peak_memory_mib']:.0f} MiB"),
    ]
    for name, value in rows:
        print(f"{name:60} {value:>12}")
