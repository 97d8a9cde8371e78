#!/usr/bin/env python3
"""What people are told to type names our kinds in full: "kubectl get applications" is another's answer in a cluster that has
Argo CD too. Looks through documents, samples, and the messages in the sources."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHERE = ["*.md", "config/**", "crds/**", "operator/**", "webhooks/**", "tools/**", "dev"]
# Up to what ends a command in prose, in a string or in a shell.
COMMAND = re.compile(r"\bkubectl(?:_path\})?((?:\s+[^\s`|;&#]+)+)")
KINDS = r"(?:applications?|apps?|repositor(?:y|ies)|repos?|happ|hrepo|appprojects?|applicationsets?)"
SHORT = re.compile(rf"^{KINDS}(?:[/.](?!holdfast\.dev|argoproj\.io|\{{).*)?$")
# A flag's value is not the name of a kind.
TAKES_VALUE = {"-n", "--namespace", "-f", "-k", "-p", "-o", "-l", "--as", "--clusterrole", "--serviceaccount", "--type"}


def short_names_in(text):
    found = []
    for command in COMMAND.finditer(text):
        words = command.group(1).split()
        for before, word in zip([""] + words, words):
            for name in word.strip("\"'(),.").split(","):
                if before not in TAKES_VALUE and SHORT.match(name):
                    found.append(f"kubectl{command.group(1)}")
    return found


class FullNames(unittest.TestCase):
    def test_what_is_looked_for_is_found(self):
        for wrong in (
            "say `kubectl get applications -A`",
            "kubectl explain application.spec.source",
            "kubectl -n shop get app",
            'annotate: "kubectl annotate application/shop a=b"',
            "kubectl get pods,applications",
            "kubectl get happ --namespace shop",
        ):
            self.assertEqual(len(short_names_in(wrong)), 1, wrong)
        for right in (
            "kubectl get applications.holdfast.dev -A",
            "kubectl explain applications.holdfast.dev.spec",
            "kubectl annotate applications.holdfast.dev/shop a=b",
            "kubectl get applications.argoproj.io -n argocd",
            "kubectl get deployment -n app",
            "watch applications with kubectl",
            "kubectl apply -f application.yaml",
        ):
            self.assertEqual(short_names_in(right), [], right)

    def test_no_command_that_people_are_told_has_a_short_one(self):
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard", "--", *WHERE],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
        )
        wrong = []
        seen = 0
        for name in listed.stdout.split():
            path = ROOT / name
            if not path.is_file():
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            # A string in the sources that goes on in the next line.
            text = re.sub(r'"\s*\n\s*"', "", text)
            for line in text.splitlines():
                seen += line.count("kubectl")
                wrong += [f"{name}: {command}" for command in short_names_in(line)]
        self.assertGreater(seen, 50)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
