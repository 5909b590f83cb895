"""The API described for machines (OpenAPI 3.1). A test holds it to the addresses there are."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from pomar.api import keyed
from pomar.sources.tracking.calls import HISTORICAL, LARGEST_BODY, LARGEST_CALL, TYPES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ABOUT = {
    "batch": "Send several calls at once",
    HISTORICAL: "Send calls of the past: their times are not corrected",
    "identify": "Say who a user is",
    "track": "Say what a user did",
    "page": "Say which page a user saw",
    "screen": "Say which screen of an app a user saw",
    "group": "Say to which organisation a user belongs",
    "alias": "Say that two ids are one user",
}
OWN: dict[str, tuple[dict[str, Schema], list[str]]] = {
    "identify": ({"traits": OBJECT}, []),
    "track": ({"event": TEXT, "properties": OBJECT}, ["event"]),
    "page": ({"name": TEXT, "category": TEXT, "properties": OBJECT}, []),
    "screen": ({"name": TEXT, "category": TEXT, "properties": OBJECT}, []),
    "group": ({"groupId": TEXT, "traits": OBJECT}, ["groupId"]),
    "alias": ({"previousId": TEXT}, ["previousId", "userId"]),
}
"""Per call what it says beside the envelope, and what it is quarantined without."""

ENVELOPE = {
    "userId": TEXT, "anonymousId": TEXT, "messageId": TEXT | {"description": "Counts once, however often it is sent."},
    "timestamp": MOMENT, "context": OBJECT, "writeKey": TEXT | {"description": "Where Basic auth does not give it."},
}  # fmt: skip
MENTION = {
    "text": TEXT, "score": {"type": "number"}, "scale_max": {"type": "number"}, "author": TEXT, "channel": TEXT,
    "kind": {"enum": ["mention", "review"]}, "occurred_at": MOMENT, "url": TEXT, "language": TEXT, "product": TEXT,
    "id": TEXT | {"description": "Counts once, however often it is sent."},
    "email": TEXT | {"description": "Whose it is, where that is known; or `customer`, their id."}, "customer": TEXT,
}  # fmt: skip
"""A mention: a text or a score, and what else is known of it."""
REFUSALS = {
    "400": "The body is no JSON object, or not packed as it says.",
    "401": "The write key is not known.",
    "413": f"A batch of more than {LARGEST_BODY // 1024} KB, or a call of more than {LARGEST_CALL // 1024} KB.",
    "429": "Too much waits to be taken in: send it again after the seconds of Retry-After.",
}


def document(addresses: dict[str, tuple[str, ...]]) -> Schema:
    """The whole document. `addresses` per call, as in `urls.CALLS`."""
    paths = {f"/v1/{one}": {"post": _sending(call, one)} for call, several in addresses.items() for one in several}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pomar: API",
            "version": version("pomar"),
            "description": "What programs ask with a user's key, and the calls of the Segment specification. There, "
            "200 means stored; a call that cannot be read waits in quarantine and never refuses its batch.",
        },
        "paths": paths | {
            "/v1/mentions": {"post": _mentions()},
            "/v1/projects/{key}/settings": {"get": _settings()},
            "/v1/projects/{key}/notice": {"get": _notice("notice_of_key", "key", "The notice a key collects under")},
            **{f"/v1/{address}": said for address, said in keyed.PATHS.items()},
            "/v1/notices/{purpose}": {"get": _notice("notice", "purpose", "The notice in force of a purpose")},
        },
        "components": {
            "securitySchemes": {
                "writeKey": {"type": "http", "scheme": "basic", "description": "Key as user name."},
                "key": {"type": "http", "scheme": "bearer", "description": "`pomar user key NAME` gives it out."},
            },
            "schemas": {
                **{call: _call(call) for call in TYPES},
                "batch": _batch(),
                "mention": _object(MENTION, []),
                "notice": _object(dict.fromkeys(
                    ("purpose", "legal_basis", "controller", "contact", "published_at", "url"), TEXT)
                    | {"version": {"type": "integer"}, "name": OBJECT, "text": OBJECT}),
                "stored": _object({"success": {"const": True}}),
                "refused": _object({"success": {"const": False}, "error": _object(dict.fromkeys(
                    ("where", "what", "fix"), TEXT))}),
            },
        },
    }  # fmt: skip


def _sending(call: str, address: str) -> Schema:
    schema = call if call in TYPES else "batch"
    refusals = {status: _answer(what, "refused") for status, what in REFUSALS.items()}
    refusals["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return {
        "operationId": address,
        "summary": ABOUT[call],
        "security": [{"writeKey": []}, {}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(schema)}}},
        "responses": {"200": _answer("Stored.", "stored"), **refusals},
    }


def _settings() -> Schema:
    key = {"name": "key", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}}
    answer = {"description": "Where to send.", "content": {"application/json": {"schema": OBJECT}}}
    summary = "What browser and mobile clients ask for at their start"
    return {"operationId": "settings", "summary": summary, "parameters": [key], "responses": {"200": answer}}


def _mentions() -> Schema:
    several: Schema = {"type": "array", "items": _ref("mention")}
    schema = {"oneOf": [_object({"mentions": several, "writeKey": TEXT}, ["mentions"]), several]}
    return _sending("batch", "mentions") | {
        "summary": "Send what people say in public: mentions and reviews",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
    }


def _notice(operation: str, by: str, summary: str) -> Schema:
    given = {"name": by, "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}}
    answers = {"200": _answer("The notice.", "notice"), "404": _answer("There is none.", "refused")}
    return {"operationId": operation, "summary": summary, "parameters": [given], "responses": answers}


def _call(call: str) -> Schema:
    own, needed = OWN[call]
    return _object(ENVELOPE | own, needed)


def _batch() -> Schema:
    one_of = {"anyOf": [{"allOf": [_ref(call), _object({"type": {"const": call}}, ["type"])]} for call in TYPES]}
    return _object({"batch": {"type": "array", "items": one_of}, "writeKey": TEXT, "sentAt": MOMENT}, ["batch"])


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties) if required is None else required}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(description: str, schema: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}
