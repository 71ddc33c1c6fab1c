# SPDX-License-Identifier: BSD-2-Clause
"""docs/openapi.yaml as something to hold replies against. It knows the file and JSON Schema, and asks nobody anything.

 1. What a reply has and the file does not name is refused: statuses, content types, headers, members.
 2. A status of the file is an exact one, or a class such as 5XX, which is meant where there is no exact one.
"""

import gzip
import json
import pathlib
import re
import warnings

import jsonschema
import yaml

FILE = pathlib.Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# Those of any answer, which the file therefore does not repeat.
COMMON_HEADERS = {"server", "content-type", "content-length", "connection", "transfer-encoding"}


class Undescribed(AssertionError):
    """The system does something that the file does not say."""


def no_doubles(pairs):
    """A JSON object as a dict, unless a member comes twice."""
    made = dict(pairs)
    assert len(made) == len(pairs), f"a member comes twice in {pairs}"
    return made


class Document:
    def __init__(self, path=FILE):
        self.tree = yaml.safe_load(path.read_text())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)     # newer versions have another way, Debian's has this one
            self.resolver = jsonschema.RefResolver("", self.tree)
        self.operations = {
            (method.upper(), path): operation
            for path, item in self.tree["paths"].items() for method, operation in item.items() if method in METHODS
        }
        self.by_id = {operation["operationId"]: place for place, operation in self.operations.items()}
        assert len(self.by_id) == len(self.operations), "an operationId is used twice"

    def resolve(self, node):
        """What a reference leads to, and its last name; the node itself and None if it is none."""
        name = None
        while "$ref" in node:
            name = node["$ref"]
            node = self.resolver.resolve(name)[1]
        return node, name

    def validator(self, schema):
        return jsonschema.Draft202012Validator(schema, resolver=self.resolver)

    # finding

    def template(self, path):
        """The path of the file that this one is an instance of."""
        path = path.partition("?")[0]
        for template in sorted(self.tree["paths"], key=lambda template: template.count("{")):
            if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
                return template
        raise Undescribed(f"no path {path}")

    def body_schema(self, operation_id):
        """Of the request's JSON body, and its example; None if it takes none."""
        body = self.operations[self.by_id[operation_id]].get("requestBody")
        content = self.resolve(body)[0]["content"].get("application/json") if body else None
        return content and (content["schema"], content.get("example"))

    def statuses(self, operation_id):
        """{status: name of the shared response, or None}"""
        return {status: self.resolve(response)[1] for status, response in self.operations[self.by_id[operation_id]]["responses"].items()}

    def response(self, method, template, status):
        responses = self.operations[method, template]["responses"]
        for key in (str(status), f"{status // 100}XX"):
            if key in responses:
                return self.resolve(responses[key])[0], key
        raise Undescribed(f"{method} {template}: status {status}")

    # checking

    def check(self, method, path, status, headers, body):
        """Raises Undescribed unless the file allows this reply; `headers`: names in lower case. Returns the body as JSON, or text."""
        template = self.template(path)
        response, _ = self.response(method, template, status)
        what = f"{method} {path}: {status}"
        self.check_headers(what, response, headers)
        content = response.get("content", {})
        if not content:
            assert body == b"", f"{what}: a body"
            return None
        kind = headers.get("content-type")
        if kind not in content:
            raise Undescribed(f"{what}: content type {kind}")
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        value = json.loads(body, object_pairs_hook=no_doubles) if kind == "application/json" else body.decode()
        self.check_value(what, content[kind]["schema"], value)
        return value

    def check_event(self, path, event, data):
        """Data of one of a stream's events."""
        events = self.response("GET", path, 200)[0]["content"]["text/event-stream"]["x-events"]
        if event not in events:
            raise Undescribed(f"{path}: event {event}")
        self.check_value(f"{path}: {event}", events[event], json.loads(data, object_pairs_hook=no_doubles))

    def check_headers(self, what, response, headers):
        described = {name.lower(): self.resolve(header)[0] for name, header in response.get("headers", {}).items()}
        unknown = set(headers) - set(described) - COMMON_HEADERS
        missing = {name for name, header in described.items() if header.get("required")} - set(headers)
        if unknown or missing:
            raise Undescribed(f"{what}: headers {sorted(unknown)} not described, {sorted(missing)} missing")
        for name, header in described.items():
            if name in headers:
                self.check_value(f"{what}: header {name}", header["schema"], headers[name])

    def check_value(self, what, schema, value):
        errors = sorted(self.validator(schema).iter_errors(value), key=lambda error: len(error.path))
        if errors:
            raise Undescribed(f"{what}: {errors[0].json_path}: {errors[0].message[:500]}")

    # walking

    def schemas(self, node, place="#"):
        """(place, schema) of each schema that says `type: object`, from a node on."""
        if isinstance(node, dict):
            if node.get("type") == "object" and place.rsplit("/", 1)[-1] != "example":
                yield place, node
            for key, value in node.items():
                assert value is not None, f"{place} has the word {key!r} and no value: a comma in a text without quotes?"
                yield from self.schemas(value, f"{place}/{key}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                yield from self.schemas(value, f"{place}/{index}")
