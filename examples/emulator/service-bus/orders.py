"""Sends an order to a queue of Service Bus with the managed identity, receives it, and prints it.

AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE  for example NAME.servicebus.windows.net
SSL_CERT_FILE                             the authorities to trust, where they are not the usual ones
"""

import os

from azure.identity import DefaultAzureCredential
from azure.servicebus import ServiceBusClient, ServiceBusMessage

namespace = os.environ["AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE"]
trust = os.environ.get("SSL_CERT_FILE")

with ServiceBusClient(namespace, DefaultAzureCredential(), connection_verify=trust) as client:
    with client.get_queue_sender("orders") as sender:
        sender.send_messages(ServiceBusMessage("an order"))
    with client.get_queue_receiver("orders") as receiver:
        [message] = receiver.receive_messages(max_message_count=1)
        receiver.complete_message(message)
        print(message)
