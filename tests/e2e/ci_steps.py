#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The shell steps of the generated pipelines, run in scratch repositories against an API on the
loopback; what they post, keep and sign is compared.

    tests/e2e/ci_steps.py KINGLET
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import ci_support
from ci_support import Api, Scratch

KINGLET = ci_support.absolute(sys.argv.pop(1))
MARKER = "<!-- kinglet playbook.yaml -->\n"
SIGN_COMMAND = ('openssl dgst -sha256 -sign "$KINGLET_SIGN_KEY_FILE" '
                '-out "$KINGLET_SIGN_FILE.sig" "$KINGLET_SIGN_FILE"')


def table(base, now):
    return ("### Playbook\n\n| metric | base | now |\n|---|---|---|\n"
            f"| ram \"quoted\" \\ ä | {base} | {now} |\n")


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.api = Api()
        self.addCleanup(self.api.close)
        self.scratch = Scratch(folder.name)

    # Each platform's run of a merge request and of the main branch, with one face.

    def create(self, platform, **options):
        self.platform = platform
        self.scratch.create(KINGLET, platform, **options)

    def merge_request(self, token="secret-token"):
        if self.platform == "github":
            context = {"github.token": token}
            return ci_support.run_github(self.scratch, "pull_request", context, {
                "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/7/merge",
                "GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "octo/cat",
                "GITHUB_API_URL": self.api.url,
                "GITHUB_STEP_SUMMARY": str(self.scratch.folder / "summary.md")})
        if self.platform == "gitlab":
            return ci_support.run_gitlab(self.scratch, ["gates", "review"], {
                "GITLAB_CI": "true", "CI_API_V4_URL": self.api.url, "CI_PROJECT_ID": "42",
                "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "KINGLET_TOKEN": token})
        return ci_support.run_jenkins(self.scratch, ["Install", "Gates", "post"], {
            "CHANGE_ID": "7", "CHANGE_TARGET": "main", "KINGLET_PLATFORM": "gitlab",
            "KINGLET_API_URL": self.api.url, "KINGLET_REPOSITORY": "42", "KINGLET_TOKEN": token})

    def main_branch(self, key, command):
        if self.platform == "github":
            context = {"secrets.KINGLET_SIGN_KEY": key, "vars.KINGLET_SIGN_COMMAND": command}
            return ci_support.run_github(self.scratch, "push", context, {
                "GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main"})
        environment = {"KINGLET_SIGN_KEY": key, "KINGLET_SIGN_COMMAND": command}
        if self.platform == "gitlab":
            return ci_support.run_gitlab(self.scratch, ["gates", "sign"], environment)
        return ci_support.run_jenkins(self.scratch, ["Install", "Gates", "Sign"], environment)

    def failed(self, statuses):
        return {step for step, status in statuses.items() if status != 0}


class MergeRequests(Case):
    def test_one_comment_that_is_updated(self):
        for platform in ("github", "gitlab", "jenkins"):
            with self.subTest(platform=platform):
                self.doCleanups()
                self.setUp()
                self.create(platform)
                # A stranger's comment with the same first line stays as it is.
                stranger = self.api.add("mallory", MARKER + "mine")
                statuses, log = self.merge_request()
                self.assertEqual(self.failed(statuses), set(), log)
                self.assertEqual([comment["body"] for comment in self.api.comments],
                                 [MARKER + "mine", MARKER + table(10, 12)])
                self.scratch.commit("playbook.yaml", "ram: 9\n")
                statuses, log = self.merge_request()
                self.assertEqual(self.failed(statuses), set(), log)
                self.assertEqual([comment["body"] for comment in self.api.comments],
                                 [MARKER + "mine", MARKER + table(10, 9)])
                self.assertEqual(stranger["body"], MARKER + "mine")
                self.assertNotIn("secret-token", log)
                self.assertEqual(self.scratch.git("worktree", "list").count("\n"), 1)

    def test_gates_that_fail_are_commented_too(self):
        for platform in ("github", "gitlab", "jenkins"):
            with self.subTest(platform=platform):
                self.doCleanups()
                self.setUp()
                self.create(platform)
                self.scratch.commit("playbook.yaml", "ram: 99\ngate: fail\n")
                statuses, log = self.merge_request()
                self.assertEqual({name.lower() for name in self.failed(statuses)}, {"gates"}, log)
                self.assertEqual(self.api.comments[0]["body"], MARKER + table(10, 99))
                self.assertTrue((self.scratch.output() / "report/index.html").exists())

    def test_a_playbook_without_sense(self):
        self.create("github")
        _, log = self.merge_request()
        self.assertEqual(self.api.comments[0]["body"], MARKER + table(10, 12), log)
        self.scratch.commit("playbook.yaml", "check: bad\n")
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), {"Gates"}, log)
        self.assertIn("cannot be judged; `kinglet playbook check`", self.api.comments[0]["body"])

    def test_a_change_that_mends_the_base(self):
        self.create("gitlab")
        self.scratch.git("checkout", "--quiet", "main")
        self.scratch.commit("playbook.yaml", "check: bad\n")
        self.scratch.git("push", "--quiet", "origin", "main")
        self.scratch.git("checkout", "--quiet", "-b", "mend")
        self.scratch.commit("playbook.yaml", "ram: 3\n")
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), set(), log)
        self.assertIn("branch main cannot be judged", self.api.comments[0]["body"])

    def test_a_base_without_playbook(self):
        self.create("github")
        self.scratch.git("checkout", "--quiet", "main")
        self.scratch.git("rm", "--quiet", "playbook.yaml")
        self.scratch.git("commit", "--quiet", "--message", "without")
        self.scratch.git("push", "--quiet", "origin", "main")
        self.scratch.git("checkout", "--quiet", "-b", "first")
        self.scratch.commit("playbook.yaml", "ram: 1\n")
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), set(), log)
        self.assertIn("has no playbook yet", self.api.comments[0]["body"])

    def test_the_base_is_where_the_change_began(self):
        self.create("github")
        self.scratch.git("checkout", "--quiet", "main")
        self.scratch.commit("playbook.yaml", "ram: 7\n")  # main goes on; the change does not know
        self.scratch.git("push", "--quiet", "origin", "main")
        self.scratch.git("checkout", "--quiet", "change")
        _, log = self.merge_request()
        self.assertEqual(self.api.comments[0]["body"], MARKER + table(10, 12), log)

    def test_evidence_of_the_base_is_not_made_again(self):
        self.create("github")
        self.scratch.git("checkout", "--quiet", "main")
        (self.scratch.repository / ".gitignore").write_text("/build/\n/.kinglet-ci/\n")
        (self.scratch.repository / "evidence").mkdir()
        (self.scratch.repository / "evidence" / "HEAD").write_text("1\n")
        self.scratch.commit("playbook.yaml", "ram: 10\n# kept\n")
        self.scratch.git("push", "--quiet", "origin", "main")
        self.scratch.git("checkout", "--quiet", "-b", "later")
        self.scratch.commit("playbook.yaml", "ram: 11\n")
        log = self.scratch.folder / "calls"
        self.scratch.environment["STAND_IN_LOG"] = str(log)
        self.merge_request()
        self.assertEqual(self.api.comments[0]["body"], MARKER + table(10, 11))
        runs = [call for call in log.read_text().splitlines() if call.startswith("playbook run")]
        self.assertEqual(runs, ["playbook run --playbook playbook.yaml"])

    def test_a_playbook_in_a_folder(self):
        self.create("github", playbook="products/one/playbook.yaml")
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), set(), log)
        self.assertEqual(self.api.comments[0]["body"],
                         "<!-- kinglet products/one/playbook.yaml -->\n" + table(10, 12))

    def test_the_own_comment_on_a_later_page(self):
        self.create("github")
        for number in range(230):
            self.api.add("someone", f"comment {number}")
        own = self.api.add("github-actions[bot]", MARKER + "old")
        self.merge_request()
        self.assertEqual(own["body"], MARKER + table(10, 12))
        self.assertEqual(len(self.api.comments), 231)

    def test_a_token_that_may_not_write(self):
        self.create("github")
        self.api.refuse = 403
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), set(), log)
        self.assertIn("not posted", log)
        self.assertEqual((self.scratch.folder / "summary.md").read_text(encoding="utf-8"),
                         table(10, 12))

    def test_other_refusals_are_failures(self):
        self.create("github")
        self.api.refuse = 500
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), {"Comment"}, log)
        self.assertIn("HTTP 500", log)
        statuses, log = self.merge_request(token="wrong")
        self.assertEqual(self.failed(statuses), {"Comment"}, log)
        self.assertIn("HTTP 401", log)

    def test_no_token(self):
        for platform in ("github", "gitlab", "jenkins"):
            with self.subTest(platform=platform):
                self.doCleanups()
                self.setUp()
                self.create(platform)
                statuses, log = self.merge_request(token="")
                self.assertEqual(self.failed(statuses), set(), log)
                self.assertIn("not posted", log)
                self.assertEqual(self.api.requests, [])


class MainBranch(Case):
    def key(self):
        key = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                              "ec_paramgen_curve:P-256"], capture_output=True, text=True,
                             check=True)
        return key.stdout

    def test_signed(self):
        key = self.key()
        for platform in ("github", "gitlab", "jenkins"):
            with self.subTest(platform=platform):
                self.doCleanups()
                self.setUp()
                self.create(platform)
                statuses, log = self.main_branch(key, SIGN_COMMAND)
                self.assertEqual(self.failed(statuses), set(), log)
                output = self.scratch.output()
                (self.scratch.folder / "key").write_text(key)
                public = self.scratch.folder / "public"
                environment = self.scratch.environment
                ci_support.run(["openssl", "pkey", "-in", str(self.scratch.folder / "key"),
                                "-pubout", "-out", str(public)], output, environment)
                ci_support.run(["openssl", "dgst", "-sha256", "-verify", str(public), "-signature",
                                "SHA256SUMS.sig", "SHA256SUMS"], output, environment)
                names = [line.split()[1] for line in
                         (output / "SHA256SUMS").read_text().splitlines()]
                self.assertEqual(names, ["./evidence/000001-a.json", "./evidence/HEAD",
                                         "build/kinglet/report/index.html",
                                         "build/kinglet/status.json"])
                ci_support.run(["sha256sum", "--check", "--quiet", "build/kinglet/SHA256SUMS"],
                               self.scratch.repository, environment)
                # The key is neither in the workspace nor left behind in the temporary folder.
                left = [path for path in self.scratch.folder.rglob("*")
                        if path.is_file() and path != self.scratch.folder / "key"
                        and "PRIVATE KEY" in path.read_text(errors="replace")]
                self.assertEqual(left, [])
                self.assertNotIn("PRIVATE KEY", log)

    def test_not_signed_without_the_secret(self):
        for platform in ("github", "gitlab", "jenkins"):
            with self.subTest(platform=platform):
                self.doCleanups()
                self.setUp()
                self.create(platform)
                statuses, log = self.main_branch("", SIGN_COMMAND)
                self.assertEqual(self.failed(statuses), set(), log)
                self.assertIn("nothing was signed", log)
                self.assertFalse((self.scratch.output() / "SHA256SUMS").exists())

    def test_a_command_that_fails(self):
        self.create("gitlab")
        statuses, log = self.main_branch("key", "false")
        self.assertEqual(self.failed(statuses), {"sign"}, log)
        self.assertIn("signing failed", log)

    def test_nothing_is_signed_behind_failed_gates(self):
        self.create("github")
        self.scratch.commit("playbook.yaml", "gate: fail\n")
        statuses, _ = self.main_branch("key", SIGN_COMMAND)
        self.assertNotIn("Sign", statuses)


class RealProgram(Case):
    """The pipeline with kinglet itself: standing, gates and difference are its own."""

    PLAYBOOK = ("playbook: 1\nproduct: {name: tester, title: Tester, version: 0.1.0}\n"
                "requirements: {ram: 24 KiB}\nchapters:\n  optimisation:\n    steps:\n"
                "      - name: size\n        run: cat size.txt\n        inputs: [size.txt]\n"
                "        metrics: {ram.total: {match: 'ram ([0-9]+)', unit: B, "
                "provenance: counted}}\n"
                "    gates:\n      - {name: fits, that: size.ram.total <= requirements.ram}\n")

    def commit(self, ram):
        (self.scratch.repository / "size.txt").write_text(f"ram {ram}\n")
        self.scratch.commit("playbook.yaml", self.PLAYBOOK)

    def test_difference_and_gates(self):
        shutil.copy(KINGLET, self.scratch.folder / "download" / "kinglet")
        self.create("github")
        self.scratch.git("checkout", "--quiet", "main")
        self.commit(12288)
        self.scratch.git("push", "--quiet", "origin", "main")
        self.scratch.git("checkout", "--quiet", "-b", "larger")
        self.commit(16384)
        statuses, log = self.merge_request()
        self.assertEqual(self.failed(statuses), set(), log)
        self.assertRegex(self.api.comments[0]["body"], r"size\.ram\.total.*12 KiB.*16 KiB")
        self.assertTrue((self.scratch.repository / "evidence" / "000001-size.json").exists())
        self.commit(32768)
        statuses, log = self.merge_request()
        self.assertEqual(statuses["Gates"], 1, log)
        self.assertEqual(self.failed(statuses), {"Gates"}, log)
        self.assertEqual(len(self.api.comments), 1)
        self.assertRegex(self.api.comments[0]["body"], r"size\.ram\.total.*12 KiB.*32 KiB")


class Script(Case):
    """Steps by themselves, with settings that pipelines do not have."""

    def setUp(self):
        super().setUp()
        self.create("gitlab")
        self.program = self.scratch.folder / "download" / "kinglet"

    def step(self, name, **settings):
        return ci_support.run(["sh", "ci/kinglet.sh", name], self.scratch.repository,
                              {**self.scratch.environment, **settings}, check=False)

    def check(self, result, status, *words):
        self.assertEqual(result.returncode, status, result.stdout)
        for word in words:
            self.assertIn(word, result.stdout)

    def test_sha256(self):
        right = hashlib.sha256(self.program.read_bytes()).hexdigest()
        wrong = "0" * 64
        url = self.scratch.url()
        self.check(self.step("install", KINGLET_URL=url, KINGLET_SHA256=wrong), 2, right, wrong)
        self.check(self.step("install", KINGLET_URL=url, KINGLET_SHA256=right.upper()), 0,
                   "fetching", "stand-in")
        self.check(self.step("install", KINGLET_URL=url, KINGLET_SHA256=right), 0, "in the cache")
        # What is in the cache is not trusted either.
        for cached in (self.scratch.repository / ".kinglet-ci").glob("*/download"):
            cached.write_text("#!/bin/sh\nexit 0\n")
        self.check(self.step("install", KINGLET_URL=url, KINGLET_SHA256=right), 0, "fetching",
                   "stand-in")

    def test_urls(self):
        self.check(self.step("install", KINGLET_URL="ftp://example.org/kinglet"), 2, "https://")
        self.check(self.step("install", KINGLET_URL="http://example.org/kinglet"), 2,
                   "KINGLET_SHA256")
        self.check(self.step("install", KINGLET_URL="file:///nowhere/kinglet"), 2, "cannot fetch")
        self.check(self.step("install"), 2, "set KINGLET_URL")
        self.program.write_text("no program")
        self.check(self.step("install", KINGLET_URL=self.scratch.url()), 2, "does not run here")

    def test_archives(self):
        tree = self.scratch.folder / "tree" / "kinglet-1.0"
        ci_support.write_program(tree / "bin" / "kinglet", ci_support.STAND_IN)
        (tree / "lib" / "kinglet").mkdir(parents=True)
        (tree / "lib" / "kinglet" / "kinglet-count.so").write_text("plugin")
        for suffix, option in (("tar.gz", "-z"), ("tar.xz", "-J")):
            archive = self.scratch.folder / f"kinglet.{suffix}"
            ci_support.run(["tar", "-c", option, "-f", str(archive), "-C", str(tree.parent),
                            tree.name], self.scratch.folder, self.scratch.environment)
            self.check(self.step("install", KINGLET_URL=archive.as_uri()), 0, "stand-in")
            self.check(self.step("gates", KINGLET_URL=archive.as_uri()), 0, "passed")
        # What lies beside the program in the archive lies beside it here.
        self.assertEqual(len(list((self.scratch.repository / ".kinglet-ci").glob(
            "*/bin/../lib/kinglet/kinglet-count.so"))), 2)
        empty = self.scratch.folder / "empty.tar.gz"
        ci_support.run(["tar", "-c", "-z", "-f", str(empty), "-C", str(tree), "lib"],
                       self.scratch.folder, self.scratch.environment)
        self.check(self.step("install", KINGLET_URL=empty.as_uri()), 2, "no file called kinglet")
        broken = self.scratch.folder / "broken.tar.gz"
        broken.write_text("no archive")
        self.check(self.step("install", KINGLET_URL=broken.as_uri()), 2, "is no archive")

    def test_packages(self):
        self.check(self.step("packages"), 0, "all packages are there")
        ci_support.write_program(self.scratch.tools / "dpkg-query",
                                 "#!/bin/sh\nfor last; do :; done\n"
                                 "case $last in jq) echo installed ;; *) exit 1 ;; esac\n")
        ci_support.write_program(self.scratch.tools / "apt-get", "#!/bin/sh\necho apt-get \"$@\"\n")
        ci_support.write_program(self.scratch.tools / "sudo", "#!/bin/sh\nexec \"$@\"\n")
        result = self.step("packages", KINGLET_PACKAGES="jq one  two\n three")
        self.check(result, 0, "--no-install-recommends one two three\n")

    def test_a_long_comment_is_cut_at_a_line(self):
        output = self.scratch.output()
        output.mkdir(parents=True)
        (output / "comment.md").write_text("ä" * 999 + "\n" + ("x" * 99 + "\n") * 700,
                                           encoding="utf-8")
        result = self.step("comment", CI_API_V4_URL=self.api.url, CI_PROJECT_ID="42",
                           CI_MERGE_REQUEST_IID="7", KINGLET_TOKEN="secret-token")
        self.check(result, 0, "commented")
        body = self.api.comments[0]["body"]
        self.assertLess(len(body.encode()), 60200)
        self.assertTrue(body.startswith(MARKER + "ä" * 999 + "\n"))
        self.assertTrue(body.endswith("x\n\n(shortened)\n"))

    def test_other_steps(self):
        self.check(self.step("nonsense"), 2, "usage")
        self.check(self.step("comment"), 0, "nothing to post")
        self.check(self.step("diff", KINGLET_URL=self.scratch.url()), 0, "no merge request")
        self.check(self.step("diff", KINGLET_URL=self.scratch.url(), KINGLET_BASE="none"), 2,
                   "no branch 'none'")
        self.check(self.step("sign", KINGLET_SIGN_KEY="k"), 2, "KINGLET_SIGN_COMMAND")


if __name__ == "__main__":
    unittest.main(verbosity=1)
