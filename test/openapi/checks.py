"""Checks of our own, besides those that schemathesis brings."""

import re

import schemathesis


@schemathesis.check
def internal_error_is_documented(ctx, response, case):
    """A status 500 has one of the messages that the document lists: no model here ever fails."""
    if response.status_code != 500:
        return
    schemas = case.operation.schema.raw_schema["components"]["schemas"]
    pattern = schemas["InternalError"]["properties"]["error"]["pattern"]
    message = response.json()["error"]
    assert re.match(pattern, message), f"undocumented status 500: {message}"
