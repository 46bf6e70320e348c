"""The load test for Locust with locust-sse: one task, as locust-sse's README writes it."""

import random

import gevent
import locust.stats
from locust import task
from locust_sse import SSEUser
from tools import BODY

# Locust's own hook for exact percentiles: without it a TTFT of 204 ms is reported as 200.
locust.stats.bucket_response_time = round


class Reader(SSEUser):
    def on_start(self):
        # Locust starts all users of a second at once.
        gevent.sleep(random.random())

    @task
    def read(self):
        self.handle_sse_request(
            # The only format that locust-sse knows is served there.
            url="/append",
            # locust-sse forgets `catch_response`, without which Locust 2.47 refuses its `with`: every request would fail.
            params={"data": BODY, "catch_response": True},
            prompt="Tell me a joke.",
            method="POST",
            request_name="chat",
        )
