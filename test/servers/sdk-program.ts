/**
 * An application on a connected server: an unmodified SDK gets a token for the scope, and RabbitMQ is shown it.
 * Prints what RabbitMQ said.
 *
 * @module
 */

import { DefaultAzureCredential } from '@azure/identity'

const [scope = '', url = ''] = process.argv.slice(2)
const { token } = await new DefaultAzureCredential().getToken(scope)
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
const who = await fetch(`${url}/api/whoami`, { headers })
const queue = await fetch(`${url}/api/queues/%2F/orders`, { method: 'PUT', headers, body: '{}' })
const { name } = (await who.json()) as { name?: string }
process.stdout.write(JSON.stringify({ status: who.status, name, queue: queue.status }))
