"""What `workbench review` takes, as OpenAPI: pages for people, so only tests need it written down."""

_TEXT = {"type": "string"}
_FLAG = {"type": "string", "enum": ["1", "", "0"]}


def document(csrf: str) -> dict:
    """Return the description, for a person whose forms hold ``csrf``."""
    row = {"anyOf": [{"const": "row"}, _TEXT]}
    form = {"csrf": {"const": csrf}}
    whole = {
        **form, "id": row, "hash": _TEXT, "text": _TEXT, "tags": _TEXT, "note": _TEXT, "masked": _FLAG,
        "second": _FLAG, "settle": _FLAG,
        "action": {"type": "string", "enum": ["accept", "reject", "edit", "later", "", "x"]},
    }  # fmt: skip
    queries = dict.fromkeys(("second", "settle", "reveal"), _FLAG)
    return {
        "openapi": "3.1.0",
        "info": {"title": "workbench review", "version": "0"},
        "paths": {
            "/": _get(queries, (200, 303)),
            "/row": _get({**queries, "id": row}, (200, 404, 409)),
            "/progress": _get({}, (200,)),
            "/export": _get({}, (200,)),
            "/static/{name}": _get({}, (200, 404), name={"anyOf": [{"const": "review.css"}, _TEXT]}),
            "/decide": _post(whole, (303, 400, 403, 409, 413)),
            "/undo": _post(form, (303, 403, 413)),
            "/check": _post({**form, "id": row, "text": _TEXT, "masked": _FLAG}, (200, 403, 404, 413)),
        },
    }


def _get(queries: dict, said: tuple[int, ...], **path) -> dict:
    given = [{"name": n, "in": "query", "schema": s} for n, s in queries.items()]
    given += [{"name": n, "in": "path", "required": True, "schema": s} for n, s in path.items()]
    return {"get": {"parameters": given, "responses": _responses((*said, 404, 400))}}


def _post(fields: dict, said: tuple[int, ...]) -> dict:
    form = {"type": "object", "properties": fields, "required": ["csrf"]}
    body = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}}
    return {"post": {"requestBody": body, "responses": _responses(said)}}


def _responses(said: tuple[int, ...]) -> dict:
    return {str(status): {"description": "said"} for status in said}
