"""The APIs as operators ask them: what they answer to a desk, beside what they answer to shoppers."""

import datetime as dt

from starlette.responses import JSONResponse, Response

from tests.unit.storefront.fake_apis import AT, TITLES, FakeApis, problem

NOW = dt.datetime(2026, 3, 10, 14, tzinfo=dt.UTC)
RUN_ID = "manual__2026-03-10T10:00:00+00:00"
EXPLANATION = {
    "reorder_point": 12,
    "proposed": 24,
    "sentence": "12 units are foreseen, so 24 are wanted.",
}
WHO_AND_WHEN = {
    "created_at": AT,
    "edited_at": None,
    "edited_by": None,
    "decided_at": None,
    "decided_by": None,
}


def sales(unit, n):
    """Each hour sells for 10.00 a unit, as many units as the hour's number; a day 240.00."""
    step = dt.timedelta(hours=1) if unit == "hour" else dt.timedelta(days=1)
    present = NOW if unit == "hour" else NOW.replace(hour=0)
    starts = [present - step * back for back in reversed(range(n))]
    return {
        "unit": unit,
        "currency": "EUR",
        "buckets": [
            {
                "began_at": start.isoformat(),
                "n_orders": 1,
                "n_cancelled": 0,
                "n_units": start.hour if unit == "hour" else 24,
                "total_cents": 1000 * start.hour if unit == "hour" else 24_000,
                "refunded_cents": 100,
            }
            for start in starts
        ],
    }


def cover(number, days):
    return {
        "product_id": number, "title": TITLES[number - 1], "n_available": 4, "n_on_order": 0,
        "units_per_day": None if days is None else 1.5, "days_of_cover": days,
    }  # fmt: skip


def purchase_order(number=5, status="draft"):
    line = {"n_received": 0, "unit_cost_cents": 387, "n_proposed": 24, "explanation": EXPLANATION}
    return {
        "purchase_order_id": number, "supplier": "seller 219", "warehouse_id": 1, "status": status,
        "version": 3, "expected_on": "2026-03-16", "ended_at": None, "run_day": "2026-03-09",
        "reason": None, **WHO_AND_WHEN,
        "lines": [
            {"line_number": 1, "product_id": 1, "n_ordered": 24, **line},
            {"line_number": 2, "product_id": 2, "n_ordered": 6, **line},
        ],
    }  # fmt: skip


TRANSFER = {
    "transfer_id": 8, "run_day": "2026-03-09", "product_id": 3, "from_warehouse_id": 1,
    "to_warehouse_id": 2, "quantity": 10, "n_proposed": 10, "explanation": EXPLANATION,
    "status": "draft", "version": 1, "reason": None, **WHO_AND_WHEN,
}  # fmt: skip
WAREHOUSES = [
    {"warehouse_id": n, "name": name, "latitude": None, "longitude": None, "is_open": True}
    for n, name in ((1, "North"), (2, "South"))
]


def promotion(number, **changed):
    return {
        "promotion_id": number, "label": f"Spring {number}", "kind": "percentage", "code": None,
        "product_ids": [], "category_ids": [], "seller_ids": [], "percent_basis_points": 1250,
        "amount_cents": 0, "n_buy": 0, "n_get": 0, "minimum_spend_cents": 5000, "starts_at": AT,
        "ends_at": None, "max_uses": 100, "max_uses_per_customer": None, "priority": 100,
        "exclusive": False, "n_uses": 7, **changed,
    }  # fmt: skip


def rule(number, kind="pin", **changed):
    return {
        "rule_id": number, "kind": kind, "queries": ["lamp"], "product_id": 1, "category_id": None,
        "seller_id": None, "brand": None, "position": 1, "factor": None, "words": [],
        "from_words": [], "url": None, "starts_at": None, "ends_at": None, "note": "for spring",
        "state": "in_force", "version": 2, "created_by": 7, "created_at": AT, "changed_by": 7,
        "changed_at": AT, "removed_at": None, **changed,
    }  # fmt: skip


def arm(name, **changed):
    way = {"model": None, "search_order": None, "personal": None}
    return {"name": name, "share_basis_points": 5000, "beside": None, **way, **changed}


def experiment(state="running", **changed):
    design = {
        "surfaces": ["for_you"], "slots": [], "unit": "customer", "metrics": ["ctr"],
        "arms": [arm("control"), arm("popular", model="popular")], "guardrails": [],
        "n_planned": 20_000,
    }  # fmt: skip
    return {
        "name": "popular-first", "experiment_version": 1, "layer": "main",
        "traffic_basis_points": 10_000, "design": design, "state": state, "reason": None,
        "stopped_arms": {}, "starts_at": AT, "ends_at": None, "note": "does it matter?",
        "version": 4, "created_by": 7, "created_at": AT, "changed_by": 7, "changed_at": AT, **changed,
    }  # fmt: skip


def result(arm_name, lift, verdict):
    return {
        "arm": arm_name, "metric": "ctr", "is_control": arm_name == "control", "n_units": 500,
        "value": 0.1, "value_low": 0.08, "value_high": 0.12, "lift_ratio": lift,
        "lift_low": None if lift is None else lift - 0.1,
        "lift_high": None if lift is None else lift + 0.1, "verdict": verdict,
    }  # fmt: skip


def version(number, *aliases):
    return {
        "version": str(number), "aliases": list(aliases), "trained_up_to": f"2026-03-0{number}",
        "gate": f"gate of {number}", "promoted": "better" if number < 3 else "",
        "params": {"method": "als"} if number > 1 else {}, "metrics": {"als_ndcg": number / 10, "als_recall": 0.5},
        "card": f"# Version {number}\n<b>bold</b>",
    }  # fmt: skip


MODEL = {"name": "recommender", "champion": "2", "challenger": "3", "previous": "1"}
VERSIONS = [version(3, "challenger"), version(2, "champion"), version(1, "previous")]
PAGE = "http://elsewhere.example"


def run(state="success", dag_id="ingest", run_id=RUN_ID):
    return {
        "dag_id": dag_id, "run_id": run_id, "state": state, "kind": "manual", "queued_at": AT,
        "started_at": AT, "ended_at": None if state == "running" else "2026-03-01T10:01:40Z",
        "parameters": {"to": "2026-03-09"}, "note": "started by operator 7",
    }  # fmt: skip


PARAMETERS = {
    "to": {"type": ["null", "string"], "format": "date", "description": "last day", "value": None},
    "features_every": {"type": "integer", "minimum": 1, "description": "", "value": 1},
}
FINDING = {
    "alert": "drift", "subject": "product_features.price", "model": "recommender", "value": 0.5,
    "bound": 0.25, "is_breached": True, "since": "2026-03-08", "sentence": "Prices moved <up>.",
}  # fmt: skip


class FakeDesk(FakeApis):
    """The same shop before an operator; `sent` is what was decided: method, path, body, headers."""

    role = "ops"

    def __init__(self):
        self.order = purchase_order()
        self.experiment = experiment()
        self.run_state = "success"
        super().__init__()

    @property
    def sent(self):
        reads = ("/tokens", "/carts")
        return [
            (*asked, {name: value for name, value in headers.items() if name == "if-match"})
            for asked, headers in zip(self.asked, self.headers, strict=True)
            if asked[0] != "GET" and not asked[1].startswith(reads)
        ]

    def _own(self):
        yield from super()._own()
        yield from self._shop()
        yield from self._operations()

    def _shop(self):
        yield "GET", "/figures/sales", self.sales
        yield (
            "GET",
            "/figures/cover",
            lambda *_: {
                "products": [cover(1, 0.0), cover(2, 12.5), cover(3, 40.0), cover(4, None)],
                "next_cursor": "further",
            },
        )
        yield "GET", "/stock/warehouses", lambda *_: JSONResponse(WAREHOUSES)
        yield "GET", "/stock/purchase-orders", lambda *_: {
            "purchase_orders": [self.order], "next_cursor": None,
        }  # fmt: skip
        yield (
            "GET",
            "/stock/purchase-orders/{id:int}",
            lambda request, _: (
                self.order if request.path_params["id"] == 5 else purchase_order(6, "open")
            ),
        )
        yield "PATCH", "/stock/purchase-orders/{id:int}", lambda *_: self.order
        for step in ("approve", "reject", "close", "receipts"):
            yield "POST", f"/stock/purchase-orders/{{id:int}}/{step}", lambda *_: self.order
        yield (
            "GET",
            "/stock/transfer-drafts",
            lambda *_: {"transfers": [TRANSFER], "next_cursor": None},
        )
        yield "PATCH", "/stock/transfer-drafts/{id:int}", lambda *_: {**TRANSFER, "version": 2}
        for step in ("approve", "reject"):
            yield "POST", f"/stock/transfer-drafts/{{id:int}}/{step}", lambda *_: TRANSFER
        yield "POST", "/stock/movements", lambda *_: JSONResponse({}, 201)
        yield "PUT", "/stock/{id:int}/alert", lambda *_: {}
        yield "DELETE", "/stock/{id:int}/alert", lambda *_: Response(status_code=204)
        yield "GET", "/stock/{id:int}/stock-outs", lambda *_: {
            "n_hours": 5.0, "stock_outs": [{"began_at": AT, "ended_at": None}],
        }  # fmt: skip
        yield "GET", "/stock/{id:int}/terms", lambda *_: problem("unknown-terms", 404)
        yield (
            "GET",
            "/stock/{id:int}",
            lambda *_: {
                "warehouses": [{"warehouse_id": 1, "n_on_hand": 5, "n_reserved": 1, "version": 1}]
            },
        )
        yield (
            "GET",
            "/promotions",
            lambda *_: {
                "promotions": [
                    promotion(2, kind="buy_x_get_y", n_buy=2, n_get=1),
                    promotion(1, ends_at=AT),
                ],
                "next_cursor": None,
            },
        )
        yield "POST", "/promotions", lambda *_: JSONResponse({"promotion_id": 3}, 201)
        yield "PATCH", "/promotions/{id:int}", lambda *_: {}
        yield (
            "GET",
            "/search-rules",
            lambda *_: {
                "rules": [
                    rule(2),
                    rule(
                        1,
                        "synonym",
                        queries=[],
                        product_id=None,
                        position=None,
                        words=["sofa", "couch"],
                    ),
                ],
                "next_cursor": None,
            },
        )
        yield "POST", "/search-rules", lambda *_: JSONResponse({"rule_id": 3}, 201)
        yield "DELETE", "/search-rules/{id:int}", lambda *_: Response(status_code=204)
        yield (
            "GET",
            "/experiments",
            lambda *_: {"experiments": [self.experiment], "next_cursor": None},
        )
        yield (
            "POST",
            "/experiments",
            lambda _, body: JSONResponse({**self.experiment, "name": body["name"]}, 201),
        )
        yield "GET", "/experiments/{name}", lambda *_: self.experiment
        for path in ("start", "stop", "arms/{arm}/stop"):
            yield "POST", f"/experiments/{{name}}/{path}", lambda *_: self.experiment

    def _operations(self):
        own = "/operations"
        yield "GET", f"{own}/models", lambda *_: {"models": [MODEL], "page_url": PAGE}
        yield "GET", f"{own}/models/{{name}}", lambda *_: {
            "model": MODEL, "versions": VERSIONS, "next_cursor": None, "page_url": PAGE,
        }  # fmt: skip
        yield (
            "POST",
            f"{own}/models/{{name}}/promote",
            lambda _, body: {**MODEL, "champion": body["version"]},
        )
        yield "POST", f"{own}/models/{{name}}/roll-back", lambda *_: {**MODEL, "champion": "1"}
        yield "GET", f"{own}/dags", lambda *_: {"dags": self.dags(), "page_url": PAGE}
        yield "GET", f"{own}/dags/{{dag_id}}", lambda *_: {
            "dag_id": "ingest", "is_paused": False, "schedule": None, "about": "# Ingest\n<i>x</i>",
            "parameters": PARAMETERS, "runs": [run(self.run_state), run("success", run_id="manual__1")],
            "next_cursor": None, "page_url": PAGE,
        }  # fmt: skip
        yield "POST", f"{own}/dags/{{dag_id}}/runs", lambda *_: JSONResponse(run("queued"), 201)
        yield "GET", f"{own}/dags/{{dag_id}}/runs/{{run_id}}", self.run
        yield (
            "GET",
            f"{own}/quality",
            lambda *_: {
                "day": "2026-03-09",
                "findings": [FINDING, {**FINDING, "is_breached": False, "since": None}],
                "history": [
                    {"day": f"2026-03-0{n}", "n_breached": n % 2, "n_figures": 17} for n in (8, 9)
                ],
            },
        )
        yield "GET", f"{own}/quarantine", lambda *_: {
            "days": [
                {"table": "reviews", "day": f"2026-03-0{n}", "n_rows": n,
                 "reasons": [{"reason": "rating: not 1 to 5", "n_rows": n}]}
                for n in (9, 8)
            ]
        }  # fmt: skip
        yield (
            "GET",
            f"{own}/quarantine/{{table}}",
            lambda *_: {
                "rows": [
                    {
                        "reasons": ["rating: not 1 to 5"],
                        "values": {"rating": "<b>9</b>", "title": None},
                    }
                ],
                "next_cursor": "further",
            },
        )
        yield "GET", f"{own}/experiments/{{name}}", lambda *_: {
            "day": "2026-03-09", "experiment_version": 1,
            "results": [result("popular", -0.2, "breach"), result("control", None, "control")],
        }  # fmt: skip
        yield "GET", f"{own}/reports", lambda *_: {
            "groups": [{"name": "models", "n_files": 1, "files": [
                {"path": "models/search.html", "n_bytes": 12_000, "written_at": AT}]}]
        }  # fmt: skip
        yield (
            "GET",
            f"{own}/reports/{{group}}/{{name}}",
            lambda *_: Response("<script>1</script>", media_type="text/html"),
        )
        yield (
            "GET",
            f"{own}/health",
            lambda *_: {
                "services": [
                    {"name": "serving", "state": "ready", "detail": "", "milliseconds": 3.2},
                    {
                        "name": "worker",
                        "state": "gone",
                        "detail": "the process has ended",
                        "milliseconds": None,
                    },
                ]
            },
        )
        yield "GET", f"{own}/mails", lambda *_: {
            "mails": [{"number": 1, "recipients": "ada@example.org", "subject": "Your order <1>",
                       "body": "Thank you.", "received_at": AT}],
            "next_cursor": None,
        }  # fmt: skip

    def sales(self, request, _):
        return sales(request.query_params["unit"], int(request.query_params["n"]))

    def dags(self):
        of_run = {"is_paused": False, "schedule": "Asset", "tags": ["daily"]}
        return [
            {"dag_id": "ingest", "runs": [run(self.run_state), run()], **of_run},
            {"dag_id": "watch_quality", "runs": [run("failed", "watch_quality")], **of_run},
            {"dag_id": "nightly", "runs": [], **of_run},
        ]

    def run(self, *_):
        tasks = [{"task_id": "ingest", "state": self.run_state, "seconds": 98.0, "n_tries": 1}]
        log = ["line", "FAILED: the shop was down"] if self.run_state == "failed" else []
        return {"run": run(self.run_state), "tasks": tasks, "log": log, "page_url": PAGE}
