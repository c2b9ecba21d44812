# SPDX-License-Identifier: Apache-2.0
"""What the tests of `kinglet ci init` share: a platform's API on the loopback, scratch
repositories, and the shell steps of the generated pipelines as the platforms run them."""

import http.server
import json
import os
import pathlib
import re
import subprocess
import threading
import urllib.parse

import yaml

STEP_SECONDS = 60
MOST_BODY_BYTES = 1 << 20

# A program in kinglet's place: what it reports comes from the playbook itself, so that the tests
# see which playbook was asked, in which folder.
STAND_IN = r"""#!/bin/sh
printf '%s\n' "$*" >>"${STAND_IN_LOG:-/dev/null}"
value() { sed -n "s/^$1: //p" "$2"; }
case $1-${2:-} in
--version-) echo 'kinglet stand-in' ;;
playbook-check) value check "$3" | grep -q bad && exit 1 ;;
playbook-run)
    folder=$(dirname "$4")/evidence
    mkdir -p "$folder"
    echo record >"$folder/000001-a.json"
    echo 1 >"$folder/HEAD"
    value gate "$4" | grep -q fail && exit 1
    ;;
playbook-status)
    value check "$3" | grep -q bad && exit 2
    printf '{"ram": "%s"}\n' "$(value ram "$3")"
    ;;
playbook-report)
    while [ "$1" != --output-folder ]; do shift; done
    mkdir -p "$2"
    echo report >"$2/index.html"
    ;;
playbook-diff)
    a=$(sed 's/.*"ram": "\([^"]*\)".*/\1/' "$3")
    b=$(sed 's/.*"ram": "\([^"]*\)".*/\1/' "$4")
    printf '### Playbook\n\n| metric | base | now |\n|---|---|---|\n'
    printf '| ram "quoted" \\ \303\244 | %s | %s |\n' "$a" "$b"
    ;;
*) exit 2 ;;
esac
exit 0
"""


class Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: "on" is a word, as GitHub reads it."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def load_yaml(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)


class Api:
    """Comments of merge request 7 on GitHub (octo/cat) and GitLab (project 42)."""

    def __init__(self):
        api = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size) if size <= MOST_BODY_BYTES else b""
                status, reply = api.handle(self.command, self.path, self.headers, body)
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_PUT = answer

            def log_message(self, *arguments):
                pass

        self.comments = []  # {"id", "author", "body"}
        self.requests = []  # (method, path)
        self.refuse = None  # a status for every request that writes
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join(STEP_SECONDS)
        self.server.server_close()

    def add(self, author, body):
        comment = {"id": 100 + len(self.comments), "author": author, "body": body}
        self.comments.append(comment)
        return comment

    def shown(self, comment, github):
        who = {"login": comment["author"]} if github else {"username": comment["author"]}
        return {"id": comment["id"], "body": comment["body"], "user" if github else "author": who}

    def handle(self, method, path, headers, body):
        url = urllib.parse.urlsplit(path)
        self.requests.append((method, url.path))
        github = headers.get("Authorization") == "Bearer secret-token"
        if not github and headers.get("PRIVATE-TOKEN") != "secret-token":
            return 401, {"message": "who are you?"}
        if url.path == "/user":
            return 200, {"login" if github else "username": "robot"}
        if method != "GET" and self.refuse:
            return self.refuse, {"message": "no"}
        listing = "/repos/octo/cat/issues/7/comments"
        item = "/repos/octo/cat/issues/comments/"
        update = "PATCH"
        author = "github-actions[bot]"
        if not github:
            listing = "/projects/42/merge_requests/7/notes"
            item = listing + "/"
            update = "PUT"
            author = "robot"
        if url.path == listing and method == "GET":
            query = urllib.parse.parse_qs(url.query)
            size, page = int(query["per_page"][0]), int(query["page"][0])
            part = self.comments[size * (page - 1) : size * page]
            return 200, [self.shown(comment, github) for comment in part]
        if url.path == listing and method == "POST":
            return 201, self.shown(self.add(author, json.loads(body)["body"]), github)
        if url.path.startswith(item) and method == update:
            for comment in self.comments:
                if url.path == item + str(comment["id"]):
                    comment["body"] = json.loads(body)["body"]
                    return 200, self.shown(comment, github)
        return 404, {"message": "no such thing"}


def run(command, folder, environment, check=True):
    """Run a command with just this environment; its output goes into the exception."""
    result = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                            timeout=STEP_SECONDS, check=False)
    if check and result.returncode != 0:
        raise AssertionError(f"{command}: status {result.returncode}\n{result.stdout}")
    return result


def write_program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


class Scratch:
    """A folder with the environment of a runner, and a repository with its origin."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.repository = self.folder / "checkout"
        self.tools = self.folder / "tools"
        (self.folder / "home").mkdir()
        # No test installs packages: all are there, and apt-get must not be asked.
        write_program(self.tools / "dpkg-query", "#!/bin/sh\necho installed\n")
        write_program(self.tools / "apt-get", "#!/bin/sh\necho 'apt-get was called' >&2\nexit 9\n")
        write_program(self.folder / "download" / "kinglet", STAND_IN)
        self.environment = {
            "PATH": f"{self.tools}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "A",
            "GIT_AUTHOR_EMAIL": "a@example.org",
            "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@example.org",
        }

    def git(self, *arguments):
        return run(["git", *arguments], self.repository, self.environment).stdout

    def commit(self, playbook, text):
        path = self.repository / playbook
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")

    def create(self, kinglet, platform, *options, playbook="playbook.yaml"):
        """A repository whose branch main has the playbook with ram 10, whose branch change 12."""
        origin = self.folder / "origin.git"
        run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(origin)],
            self.folder, self.environment)
        self.repository.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", str(origin))
        (self.repository / ".gitignore").write_text("/build/\n/.kinglet-ci/\nevidence/\n")
        run([kinglet, "ci", "init", platform, "--url", self.url(), "--playbook", playbook,
             *options], self.repository, self.environment)
        self.commit(playbook, "ram: 10\n")
        self.git("push", "--quiet", "origin", "main")
        self.git("checkout", "--quiet", "-b", "change")
        self.commit(playbook, "ram: 12\n")

    def url(self):
        return (self.folder / "download" / "kinglet").as_uri()

    def output(self):
        return self.repository / "build" / "kinglet"


# --- the steps of each platform -----------------------------------------------------------------


def github_value(text, context):
    """${{ ... }} of a value: names, 'texts' and ||."""

    def one(match):
        for part in match.group(1).split("||"):
            part = part.strip()
            value = part[1:-1] if part.startswith("'") else context.get(part, "")
            if value:
                return value
        return ""

    return re.sub(r"\$\{\{(.*?)\}\}", one, str(text))


def github_condition(text, event, passed):
    expression = text.replace("${{", "").replace("}}", "")
    expression = expression.replace("!cancelled()", "True").replace("success()", str(passed))
    expression = expression.replace("github.event_name", repr(event)).replace("&&", "and")
    if not re.fullmatch(r"[\sa-zA-Z_'=]*", expression):
        raise AssertionError(f"the test does not know the condition {text}")
    return bool(eval(expression, {"__builtins__": {}}))  # only words, quotes and ==


def run_github(scratch, event, context, environment):
    """Run the job; returns {step: status} of those that ran, and their output."""
    workflow = load_yaml(scratch.repository / ".github/workflows/kinglet.yml")
    base = {**scratch.environment, **environment}
    base.update({key: github_value(value, context) for key, value in workflow["env"].items()})
    statuses, passed, log = {}, True, ""
    for step in workflow["jobs"]["playbook"]["steps"]:
        if "run" not in step or not github_condition(step.get("if", "success()"), event, passed):
            continue
        own = {key: github_value(value, context) for key, value in step.get("env", {}).items()}
        result = run(["bash", "-e", "-c", step["run"]], scratch.repository, {**base, **own},
                     check=False)
        statuses[step["name"]] = result.returncode
        passed = passed and result.returncode == 0
        log += result.stdout
    return statuses, log


def run_gitlab(scratch, jobs, environment):
    """Run the named jobs one after the other, each in one shell, as a runner does."""
    pipeline = load_yaml(scratch.repository / ".gitlab-ci.yml")
    base = {**scratch.environment, **{key: str(value) for key, value in
                                      pipeline["variables"].items()}, **environment}
    statuses, log = {}, ""
    for name in jobs:
        lines = pipeline["default"]["before_script"] + pipeline[name]["script"]
        result = run(["sh", "-e", "-c", "\n".join(lines)], scratch.repository, base, check=False)
        statuses[name] = result.returncode
        log += result.stdout
    return statuses, log


def jenkins_steps(text):
    """{stage or "post": [shell commands]} in the order of the file."""
    steps, current = {}, None
    for line in text.splitlines():
        stage = re.search(r"\bstage\('([^']*)'\)", line)
        if stage or re.match(r"\s*post \{", line):
            current = stage.group(1) if stage else "post"
            steps[current] = []
        command = re.search(r"\bsh '([^']*)'", line)
        if command:
            steps[current].append(command.group(1))
    return steps


def jenkins_environment(text, given):
    """The environment block: NAME = 'text', or what is given, else a default."""
    environment = {}
    for name, value in re.findall(r"^\s*(\w+) = (.*)$", text, re.MULTILINE):
        choice = re.fullmatch(r"\"\$\{env\.(\w+) \?: '([^']*)'\}\"", value)
        if choice:
            environment[name] = given.get(choice.group(1)) or choice.group(2)
        else:
            environment[name] = re.fullmatch(r"'([^']*)'", value).group(1)
    return environment


def run_jenkins(scratch, stages, environment):
    """Run the stages; post runs in any case."""
    text = (scratch.repository / "Jenkinsfile").read_text(encoding="utf-8")
    base = {**scratch.environment, **environment, **jenkins_environment(text, environment)}
    statuses, log, passed = {}, "", True
    for stage, commands in jenkins_steps(text).items():
        if stage not in stages or not (passed or stage == "post"):
            continue
        for command in commands:
            result = run(["sh", "-xe", "-c", command], scratch.repository, base, check=False)
            statuses[command.split()[-1]] = result.returncode
            log += result.stdout
            passed = passed and result.returncode == 0
            if result.returncode != 0:
                break
    return statuses, log


def absolute(path):
    return os.path.abspath(path)
