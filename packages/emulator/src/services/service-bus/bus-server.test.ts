import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect as connectTcp } from 'node:net'
import { dirname, join } from 'node:path'
import { connect as connectTls, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { ServiceBusClient, type ServiceBusReceivedMessage } from '@azure/service-bus'
import { signJwt } from '@landfast/server'
import rhea, { type Connection, type Receiver, type ReceiverOptions } from 'rhea'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createEmulator, type Emulator } from '../../emulator.ts'
import { type BusServer, startBusServer } from './bus-server.ts'

const { create_container } = rhea

const NOW = 1_800_000_000
const ISSUER = 'https://sts.windows.net/t/'
const OWNER = 'Azure Service Bus Data Owner'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

function makeToken(claims: object = {}, key = privateKey): string {
  const usual = { iss: ISSUER, aud: 'https://servicebus.azure.net', nbf: NOW, exp: NOW + 60, roles: [OWNER] }
  return signJwt({ kid: 'one' }, { ...usual, ...claims }, key)
}

let emulator: Emulator
let server: BusServer
let hasKeys = true
let now = NOW
beforeAll(async () => {
  emulator = await createEmulator()
  const folder = dirname(emulator.caFile)
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  // The client has no option for it: it trusts what its process trusts.
  setDefaultCACertificates([...getCACertificates(), await read('ca.pem')])
  server = await startBusServer({
    key: await read('server-key.pem'),
    certificate: await read('server.pem'),
    issuer: ISSUER,
    authority: 'https://127.0.0.1:1/t',
    readKeys: async () => {
      if (!hasKeys) throw new Error('the control plane is gone')
      return { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] }
    },
    nowSeconds: () => now,
  })
})
afterAll(async () => {
  await server.stop()
  await emulator.stop()
})

/** The official client, which brings `token` and does not try again; it is closed after the test. */
function openClient(token = makeToken()): ServiceBusClient {
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const client = new ServiceBusClient(server.namespace, credential, { retryOptions: { maxRetries: 0 } })
  onTestFinished(() => client.close())
  return client
}

/** A client of AMQP that brings no token. */
function connect(): Connection {
  const [host = '', port = 5671] = server.namespace.split(':')
  const to = { host, port: Number(port), transport: 'tls', reconnect: false } as const
  const connection = create_container().connect(to)
  onTestFinished(async () => {
    connection.close()
    await once(connection, 'connection_close')
  })
  return connection
}

/** What the server answers to a link that a client opens without a token, once `event` has come. */
async function openLink(options: ReceiverOptions, event = 'receiver_open'): Promise<Receiver> {
  const link = connect().open_receiver(options)
  await once(link, event)
  return link
}

/** So long that a busy machine has answered; a client that has all it wants does not wait for it. */
const WAIT = { maxWaitTimeInMs: 60_000 }

function bodiesOf(messages: readonly ServiceBusReceivedMessage[]): unknown[] {
  return messages.map(({ body }) => body)
}

describe('a client', () => {
  test('receives what it has sent, with all its properties', async () => {
    const client = openClient()
    const sent = {
      body: { order: 1 },
      messageId: 'one',
      subject: 'orders',
      applicationProperties: { urgent: true },
    }
    await client.createSender('whole').sendMessages(sent)
    const [message] = await client.createReceiver('whole').receiveMessages(1, WAIT)
    expect(message).toMatchObject({ ...sent, deliveryCount: 0, enqueuedTimeUtc: new Date(NOW * 1000) })
    expect(String(message?.sequenceNumber)).toBe('1')
  })

  test('sends a batch, and each message has an id', async () => {
    const client = openClient()
    const sender = client.createSender('batch')
    const batch = await sender.createMessageBatch()
    for (const body of ['one', 'two', 'three']) batch.tryAddMessage({ body })
    await sender.sendMessages(batch)
    const messages = await client.createReceiver('batch').receiveMessages(3, WAIT)
    expect(bodiesOf(messages)).toEqual(['one', 'two', 'three'])
    expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(3)
  })

  test('that asks for more than there is gets what there is', async () => {
    const client = openClient()
    await client.createSender('few').sendMessages({ body: 'one' })
    const messages = await client.createReceiver('few').receiveMessages(10, WAIT)
    expect(bodiesOf(messages)).toEqual(['one'])
  })

  test('completes a message, and abandons one that then comes again', async () => {
    const client = openClient()
    await client.createSender('settled').sendMessages([{ body: 'one' }, { body: 'two' }])
    const receiver = client.createReceiver('settled')
    const [one, two] = await receiver.receiveMessages(2, WAIT)
    if (one) await receiver.completeMessage(one)
    if (two) await receiver.abandonMessage(two)
    const [again] = await receiver.receiveMessages(1, WAIT)
    expect(again).toMatchObject({ body: 'two', deliveryCount: 1 })
  })

  test('finds a dead letter in its own queue', async () => {
    const client = openClient()
    await client.createSender('dead').sendMessages({ body: 'one' })
    const receiver = client.createReceiver('dead')
    const [message] = await receiver.receiveMessages(1, WAIT)
    if (message) {
      await receiver.deadLetterMessage(message, {
        deadLetterReason: 'bad',
        deadLetterErrorDescription: 'because',
      })
    }
    const dead = client.createReceiver('dead', {
      subQueueType: 'deadLetter',
      receiveMode: 'receiveAndDelete',
    })
    const [letter] = await dead.receiveMessages(1, WAIT)
    expect(letter).toMatchObject({
      body: 'one',
      deadLetterReason: 'bad',
      deadLetterErrorDescription: 'because',
    })
  })

  test('that goes leaves what it has locked to the next one', async () => {
    const client = openClient()
    await client.createSender('left').sendMessages({ body: 'one' })
    const receiver = client.createReceiver('left')
    await receiver.receiveMessages(1, WAIT)
    await receiver.close()
    const [again] = await openClient().createReceiver('left').receiveMessages(1, WAIT)
    expect(again).toMatchObject({ body: 'one', deliveryCount: 1 })
  })

  test('hears of messages as they come', async () => {
    const client = openClient()
    const { promise, resolve } = Promise.withResolvers<void>()
    const heard: unknown[] = []
    const processMessage = async ({ body }: ServiceBusReceivedMessage) => {
      heard.push(body)
      if (heard.length === 3) resolve()
    }
    const subscription = client
      .createReceiver('live')
      .subscribe({ processMessage, processError: async () => {} })
    const sender = client.createSender('live')
    for (const body of [1, 2, 3]) await sender.sendMessages({ body })
    await promise
    await subscription.close()
    expect(heard).toEqual([1, 2, 3])
  })
})

describe('it refuses', () => {
  test.each([
    ['another issuer', makeToken({ iss: 'https://sts.windows.net/other/' }), 'another issuer'],
    ['another audience', makeToken({ aud: 'https://vault.azure.net' }), 'another audience'],
    ['an end that has come', makeToken({ exp: NOW }), 'expired'],
    ['another signer', makeToken({}, stranger), 'no key of the issuer'],
    ['no meaning', 'not-a-token', 'no key of the issuer'],
  ])('a token of %s', async (_, token, reason) => {
    const error = await openClient(token)
      .createSender('orders')
      .sendMessages({ body: 1 })
      .catch((error) => error)
    expect(error).toMatchObject({ code: 'UnauthorizedAccess', message: expect.stringContaining(reason) })
    expect(error.message).not.toContain(token.slice(0, 12))
  })

  test.each([
    ['sends', 'Azure Service Bus Data Receiver', "'Send' claim"],
    ['receives', 'Azure Service Bus Data Sender', "'Listen' claim"],
    ['sends', undefined, 'Azure Service Bus Data Owner, Azure Service Bus Data Sender'],
  ])('a client that %s with the role %s', async (does, role, reason) => {
    const client = openClient(makeToken({ roles: role && [role] }))
    const work = {
      sends: () => client.createSender('roles').sendMessages({ body: 1 }),
      receives: () => client.createReceiver('roles').receiveMessages(1, WAIT),
    }[does]
    await expect(work?.()).rejects.toMatchObject({
      code: 'UnauthorizedAccess',
      message: expect.stringContaining(reason),
    })
  })

  test('a connection string', async () => {
    const secret = 'SharedAccessKeyName=Root;SharedAccessKey=bWFya2Vk'
    const client = new ServiceBusClient(`Endpoint=sb://${server.namespace}/;${secret}`, {
      retryOptions: { maxRetries: 0 },
    })
    onTestFinished(() => client.close())
    await expect(client.createSender('orders').sendMessages({ body: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('tokens of kind "jwt" only'),
    })
  })

  test('a subscription of a topic, and says that there are none', async () => {
    const receiver = openClient().createReceiver('orders', 'mine')
    await expect(receiver.receiveMessages(1, WAIT)).rejects.toMatchObject({
      message: expect.stringContaining('"orders/Subscriptions/mine" is a subscription of a topic'),
    })
  })

  test.each([
    ['one session', (client: ServiceBusClient) => client.acceptSession('orders', 'mine')],
    ['the next session', (client: ServiceBusClient) => client.acceptNextSession('orders')],
  ])('%s, and says that there are none', async (_, accept) => {
    await expect(accept(openClient())).rejects.toMatchObject({
      message: expect.stringContaining('"orders" has no sessions'),
    })
  })

  test('peeking, and says so', async () => {
    const receiver = openClient().createReceiver('orders')
    await expect(receiver.peekMessages(1)).rejects.toMatchObject({
      message: expect.stringContaining('has queues only'),
    })
  })

  const later = { body: 'later', scheduledEnqueueTimeUtc: new Date((NOW + 60) * 1000) }
  test.each([
    ['for later', later, 'messages cannot be scheduled'],
    ['for later, and those sent with it', [{ body: 'now' }, later], 'messages cannot be scheduled'],
    ['of more than 256 KiB', { body: 'x'.repeat(300_000) }, 'the message is too large'],
  ])('a message %s', async (_, message, reason) => {
    const client = openClient()
    const sender = client.createSender('unsent')
    await expect(sender.sendMessages(message)).rejects.toMatchObject({
      message: expect.stringContaining(reason),
    })
    await sender.sendMessages({ body: 'after' })
    const receiver = client.createReceiver('unsent')
    const messages = await receiver.receiveMessages(3, WAIT)
    expect(bodiesOf(messages)).toEqual(['after'])
    for (const one of messages) await receiver.completeMessage(one)
  })

  test('deferring, and the message comes again', async () => {
    const client = openClient()
    await client.createSender('deferred').sendMessages({ body: 'one' })
    const receiver = client.createReceiver('deferred')
    const [message] = await receiver.receiveMessages(1, WAIT)
    if (!message) throw new Error('no message came')
    await expect(receiver.deferMessage(message)).rejects.toMatchObject({
      message: expect.stringContaining('messages cannot be deferred'),
    })
    expect(bodiesOf(await receiver.receiveMessages(1, WAIT))).toEqual(['one'])
  })

  test('a token whose end has come since, at the next queue', async () => {
    const client = openClient(makeToken({ exp: NOW + 30 }))
    await client.createSender('early').sendMessages({ body: 1 })
    now = NOW + 30
    onTestFinished(() => {
      now = NOW
    })
    await expect(client.createSender('late').sendMessages({ body: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('expired'),
    })
  })

  test('a token while the keys of the issuer cannot be read', async () => {
    hasKeys = false
    onTestFinished(() => {
      hasKeys = true
    })
    const token = signJwt({ kid: 'another' }, {}, privateKey)
    await expect(openClient(token).createSender('orders').sendMessages({ body: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('could not read the keys of the issuer'),
    })
  })
})

describe('a link', () => {
  test.each([0, 1, 2] as const)('settles as its client asks: %i', async (mode) => {
    const link = await openLink({
      source: '$cbs',
      snd_settle_mode: mode,
      rcv_settle_mode: 1,
    })
    expect([link.snd_settle_mode, link.rcv_settle_mode]).toEqual([mode, 1])
  })

  test('settles what comes over it at once, whatever its client asks', async () => {
    const link = connect().open_sender({ target: '$cbs', rcv_settle_mode: 1 })
    await once(link, 'sendable')
    link.send({ body: 'no token' })
    await once(link, 'settled')
  })

  test('says of its ends what the client has said, and no more', async () => {
    const { source, target } = await openLink({ source: '$cbs', target: {} })
    const fields = [source, target].map((end) => (end as unknown as { value: unknown[] }).value.length)
    expect(fields).toEqual([1, 0])
  })

  test('that is refused has no ends', async () => {
    const link = await openLink({ source: 'orders' }, 'receiver_error')
    expect(JSON.stringify([link.source, link.target])).toBe('[null,null]')
    expect(link.error).toMatchObject({ condition: 'amqp:unauthorized-access' })
  })
})

test('bytes that are no AMQP end the connection and nothing else', async () => {
  const port = Number(server.namespace.split(':')[1] ?? 5671)
  const socket = connectTls({ host: '127.0.0.1', port, servername: 'localhost' })
  await once(socket, 'secureConnect')
  socket.end('GET / HTTP/1.1\r\n\r\n')
  socket.resume()
  await once(socket, 'close')
  await openClient().createSender('after').sendMessages({ body: 1 })
})

test('it stops at once although a connection is in the middle of its handshake', {
  timeout: 20_000,
}, async () => {
  const folder = dirname(emulator.caFile)
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  const other = await startBusServer({
    ...{ key: await read('server-key.pem'), certificate: await read('server.pem') },
    ...{ issuer: ISSUER, authority: '', readKeys: async () => ({ keys: [] }), nowSeconds: () => NOW },
  })
  const socket = connectTcp(Number(other.namespace.split(':')[1] ?? 5671), '127.0.0.1')
  await once(socket, 'connect')
  const closed = once(socket.resume(), 'close')
  await other.stop()
  await closed
})
