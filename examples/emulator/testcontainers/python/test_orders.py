# pip install testcontainers azure-identity
# python3 -m unittest
import os
import secrets
import unittest

from azure.identity import ManagedIdentityCredential
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

IMAGE = "landfast-emulator:0.1.0"


class Orders(unittest.TestCase):
    def setUp(self):
        secret = secrets.token_urlsafe(32)
        self.identity = (
            DockerContainer(IMAGE)
            .with_env("LANDFAST_IDENTITY_HEADER", secret)
            .with_command("--role api://orders=Orders.Read")
            .with_exposed_ports(40342)
            .waiting_for(LogMessageWaitStrategy("style answers at"))
        )
        self.identity.start()
        self.addCleanup(self.identity.stop)
        place = f"{self.identity.get_container_host_ip()}:{self.identity.get_exposed_port(40342)}"
        os.environ["IDENTITY_ENDPOINT"] = f"http://{place}/msi/token"
        os.environ["IDENTITY_HEADER"] = secret

    def test_the_application_gets_a_token_although_the_service_is_busy_at_first(self):
        told = self.identity.exec(["/usr/bin/landfast", "fault", "429,retry-after=1"])
        self.assertEqual(told.exit_code, 0)
        token = ManagedIdentityCredential().get_token("api://orders/.default").token
        self.assertTrue(token.startswith("ey"))
