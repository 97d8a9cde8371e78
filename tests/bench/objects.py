"""What applications of a measurement bring: four objects each, said in one of the ways that there are builders for."""

import json
import pathlib


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
