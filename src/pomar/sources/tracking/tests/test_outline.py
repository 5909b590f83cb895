"""What is looked at before a body is kept says the same as reading all of it."""

from __future__ import annotations

import json

import pytest

from pomar.sources.tracking.calls import outline, parse

BODIES = [
    b'{"batch": [{"writeKey": "k", "n": 1}, {"n": 2}], "sentAt": 1}', b'{"writeKey": "k", "event": "e"}',
    b'{"batch": []}', b'{"batch": {}}', b'{"batch": null}', b'{"writeKey": 5}', b'\xef\xbb\xbf{"batch": [1]}',
    b'{"batch": [{"x": NaN}, "\\ud800"]}', b'{"batch": [1e999]}', b"{}", b"[1]", b"5", b"{} {}", b'{"batch": [01]}',
    b'{"batch": ["\xff"]}', b'{"a": "\xff"}', b'{"batch": ["\x01"]}', b"[" * 5000, b'{"a": ' + b"[" * 5000, b"",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_it_refuses_what_cannot_be_read_and_finds_the_calls_and_the_key(body: bytes) -> None:
    try:
        whole = parse(body)
    except ValueError:
        with pytest.raises(ValueError):
            outline(body)
        return
    said = outline(body)
    calls = whole.get("batch")
    assert said.get("writeKey") == whole.get("writeKey")
    assert isinstance(said.get("batch"), list) == isinstance(calls, list)
    if isinstance(calls, list):
        assert json.dumps(said["batch"][:1]) == json.dumps(calls[:1])
