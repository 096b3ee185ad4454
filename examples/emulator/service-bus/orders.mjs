/**
 * Sends an order to a queue of Service Bus with the managed identity, receives it, and prints it.
 *
 * AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE  for example NAME.servicebus.windows.net
 */

import { DefaultAzureCredential } from '@azure/identity'
import { ServiceBusClient } from '@azure/service-bus'

const namespace = process.env.AZURE_SERVICEBUS_FULLYQUALIFIEDNAMESPACE ?? ''
const client = new ServiceBusClient(namespace, new DefaultAzureCredential())
await client.createSender('orders').sendMessages({ body: { order: 1 }, contentType: 'application/json' })

const receiver = client.createReceiver('orders')
const [message] = await receiver.receiveMessages(1)
if (message) await receiver.completeMessage(message)
process.stdout.write(`${JSON.stringify(message?.body)}\n`)
await client.close()
