import unittest
from orders import list_orders

class Orders(unittest.TestCase):
    def test_orders_are_listed_although_the_service_is_busy_at_first(self):
        self.assertEqual(list_orders(lambda token: [len(token) > 0]), [True])
