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

--sets measures ApplicationSets in place of that: one set of so many directories.
"""

import argparse
import itertools
import json
import os
import pathlib
import time

import sets
from cluster import NAMESPACE, Seen, cpu_seconds, free_port, peak_memory, run_bare, run_create
from objects import files, manifests
from run import Run


class Bench(Run):
    def __init__(self, options, kind, count):
        super().__init__(options)
        self.kind, self.count = kind, count
        self.names = [f"app-{i:04}" for i in range(count)]
        self.others = [f"other-{i:04}" for i in range(options.paths - count)]
        self.results = {"kind": kind, "applications": count, "objects": 4 * count, "paths": count + len(self.others)}

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
        api = self.boot("bare")

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
        self.serve()
        self.write(self.names + self.others, 1)
        first = self.push("all")
        self.define(api)
        self.declare({"interval": self.options.interval})
        applications = [self.application(name) for name in self.names]
        run_create(self.kubeconfig, str(self.directory), applications)

        seen = Seen(api, NAMESPACE)
        time.sleep(1)
        requests = api.requests()
        begin = time.monotonic()
        operator = self.operate("operator", "--listen", "")
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
        again = self.operate("operator-again", "--listen", "")
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
        probes = [self.application(f"probe-{i}") for i in range(2000)]
        for i, probe in enumerate(probes):  # judged against all applications, and looked for in the store
            probe["spec"]["source"]["path"] = self.names[i % self.count]
            probe["spec"]["destination"]["namespace"] = f"elsewhere-{i}"
        self.say("50 dry runs of Applications at a time, without admission")
        self.results["apply_off"] = self.percentiles(probes)

        self.say("both webhooks, and a poll once an hour")
        self.declare(self.with_webhook())
        push, admission = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        self.operate("operator-told", "--listen", push, "--admission-listen", admission, "--admission-url", f"https://{admission}")
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
            begin = time.monotonic()
            self.results["answered_s"] = self.announce(push)
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

    def wait_ready(self, operator, seen, revision):
        """Until every Application says that it is Synced to the revision and Healthy; when that was."""
        def complete(s):
            return operator.poll() is not None or all(s.state.get(("Application", name)) == revision for name in self.names)
        end = seen.wait(complete, max(400, self.count), "all applications Synced and Healthy")
        if operator.poll() is not None:
            raise RuntimeError("the operator ended:\n" + (self.directory / "operator.log").read_text()[-3000:])
        return end

    def application(self, name):
        return {"apiVersion": "holdfast.dev/v1alpha1", "kind": "Application", "metadata": {"name": name, "namespace": "holdfast"},
                "spec": {"source": {"repoURL": self.url, "targetRevision": "main", "path": name},
                         "destination": {"server": "https://kubernetes.default.svc", "namespace": NAMESPACE},
                         "syncPolicy": {"automated": {"prune": True, "selfHeal": True}}}}


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
    parser.add_argument("--sets", type=int, nargs="+", default=[], help="one ApplicationSet of so many directories, in place of the rest")
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
    for count in options.sets:
        run = sets.SetRun(options, count)
        try:
            everything.append(run.run())
            sets.show(everything[-1])
        finally:
            run.stop()
    for kind, count in itertools.product(options.kind, [] if options.sets else options.applications):
        bench = Bench(options, kind, count)
        try:
            everything.append(bench.run())
            show(everything[-1])
        finally:
            bench.stop()
    if len(everything) > 1 and not options.sets:
        compare(everything)
        growth(everything)
    pathlib.Path(options.json).write_text(json.dumps(everything, indent=1) + "\n")
    print(f"\nWritten to {options.json}")


if __name__ == "__main__":
    main()
