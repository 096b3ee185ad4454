import os, unittest
from azure.core.exceptions import ClientAuthenticationError
from faults import fault
from orders import list_orders

@unittest.skipUnless("LANDFAST_FAULT_SOCKET" in os.environ, "these tests run under landfast run")
class Outages(unittest.TestCase):
    def test_orders_are_listed_when_the_service_asks_to_wait(self):
        with fault("429,retry-after=1") as requests:
            self.assertEqual(list_orders(lambda token: [len(token) > 0]), [True])
            self.assertEqual([request["status"] for request in requests()], [429, 200])

    def test_without_an_identity_no_orders_are_listed(self):
        with fault("400,times=always"), self.assertRaises(ClientAuthenticationError):
            list_orders(lambda token: [])
