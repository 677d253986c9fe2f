"""The description of the API: whole, and true."""

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from central_system.operations.catalogue import CATALOGUE
from tests.charge_point_requests import REQUESTS
from tests.unit.central_system.web_bench import Web, at_the_page

ENDPOINTS = {
    "DELETE /api/charge-points/{identity}",
    "DELETE /api/tags/{id_tag}",
    "GET /api/changes",
    "GET /api/charge-points",
    "GET /api/frames",
    "GET /api/notifications",
    "GET /api/operated",
    "GET /api/operations",
    "GET /api/refused",
    "GET /api/sntp",
    "GET /api/status",
    "GET /api/tags",
    "GET /api/transactions",
    "GET /api/transactions/{transaction}",
    "POST /api/charge-points/{identity}/disconnect",
    "POST /api/charge-points/{identity}/operations/{action}",
    "PUT /api/charge-points/{identity}",
    "PUT /api/sntp",
    "PUT /api/tags/{id_tag}",
}


def endpoints(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, endpoint in methods.items():
            yield f"{method.upper()} {path}", endpoint


def test_every_endpoint_is_described_with_its_answers_and_its_errors() -> None:
    async def scenario(web: Web) -> None:
        described = await web.get("/openapi.json")
        assert {name for name, _ in endpoints(described)} == ENDPOINTS
        for name, endpoint in endpoints(described):
            assert endpoint["summary"]
            assert endpoint["description"]
            responses = endpoint["responses"]
            (good,) = (status for status in responses if status.startswith("2"))
            assert good == "204" or responses[good]["content"], name
            for status, response in responses.items():
                if status >= "4":
                    assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
            assert {"401", "403", "422", "500"} <= responses.keys()
        assert "HTTPValidationError" not in described["components"]["schemas"]

    at_the_page(scenario)


def test_every_schema_is_one_and_what_is_answered_keeps_to_it() -> None:
    async def scenario(web: Web) -> None:
        described = await web.get("/openapi.json")
        components = {"components": described["components"]}
        for schema in described["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)
        await web.client.put("/api/tags/a", json={"status": "Accepted"})
        async with web.charge_point() as charge_point:
            for action, payload in REQUESTS.items():
                if action != "StopTransaction":
                    await charge_point.asks(action, payload)
            for name, endpoint in endpoints(described):
                method, path = name.split()
                if method == "GET" and path != "/api/changes":
                    schema = endpoint["responses"]["200"]["content"]["application/json"]["schema"]
                    told = await web.get(path.replace("{transaction}", "101"))
                    assert told or path in {"/api/operated", "/api/refused"}
                    Draft202012Validator(components | schema).validate(told)

    at_the_page(scenario, sntp=True)


def test_the_schema_of_every_operation_s_payload_is_one() -> None:
    async def scenario(web: Web) -> None:
        told = await web.get("/api/operations")
        assert len(told) == len(CATALOGUE) == 26
        for each in told:
            assert each["schema"]["type"] == "object"
            assert "properties" in each["schema"]

    at_the_page(scenario)


def test_programs_are_told_that_they_need_a_token_where_they_do() -> None:
    async def scenario(web: Web) -> None:
        described = (await web.client.get("/openapi.json", headers={"Authorization": "Bearer a token"})).json()
        assert described["components"]["securitySchemes"]["HTTPBearer"] == {"type": "http", "scheme": "bearer"}
        assert all(endpoint["security"] == [{"HTTPBearer": []}] for _, endpoint in endpoints(described))

    at_the_page(scenario, token="a token")  # noqa: S106  (made up)
