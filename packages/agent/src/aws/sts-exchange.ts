/**
 * Exchanges a token for credentials of a role at AWS's Security Token Service, by AssumeRoleWithWebIdentity. The request needs
 * no signature: the token is its proof.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @module
 */

import type { Proxies } from '@landfast/server/proxy'
import type { HttpsClient } from '../authority/https-client.ts'
import { SourceError } from '../tokens/source.ts'
import { ANSWER_MAX_CHARACTERS, type AwsCredentials, readStsAnswer, type StsAnswer } from './sts-answer.ts'

const VERSION = '2011-06-15'

/** What the service takes as the name of a session: it stands in the log of AWS beside each request. */
const SESSION_NAME_MIN_CHARACTERS = 2
const SESSION_NAME_MAX_CHARACTERS = 64

/** For whom, and where. */
export interface StsOptions {
  readonly roleArn: string
  readonly sessionName: string
  /** `https://…`, or `http://` on this host, where only what has the port reads the token. */
  readonly url: string
  readonly proxies?: Proxies | undefined
}

/** Exchanges tokens. */
export interface StsExchange {
  /** @throws {SourceError} */
  exchange(token: string, signal: AbortSignal): Promise<AwsCredentials>
  close(): void
}

/** Opens nothing before the first exchange. */
export function createStsExchange({ roleArn, sessionName, url, proxies }: StsOptions): StsExchange {
  const sender = url.startsWith('https:') ? httpsSender(url, proxies) : localSender(url)
  return {
    exchange: async (token, signal) => {
      const form = {
        Action: 'AssumeRoleWithWebIdentity',
        Version: VERSION,
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        WebIdentityToken: token,
      }
      return readStsAnswer(await sender.send(form, signal))
    },
    close: sender.close,
  }
}

/** The name of the session of a machine, or of an identity, with this ARM id: its last part, as far as AWS takes it. */
export function sessionNameOf(resourceId: string): string {
  const name = resourceId.slice(resourceId.lastIndexOf('/') + 1).replace(/[^\w+=,.@-]/g, '-')
  const padded = name.length < SESSION_NAME_MIN_CHARACTERS ? `machine-${name}` : name
  return padded.slice(0, SESSION_NAME_MAX_CHARACTERS)
}

/** Sends forms to one address. */
interface Sender {
  send(form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<StsAnswer>
  close(): void
}

/** By the CAs that this host trusts. TLS is loaded with the first request: an agent that waits needs no memory for it. */
function httpsSender(url: string, proxies: Proxies | undefined): Sender {
  let client: Promise<HttpsClient> | undefined
  return {
    send: async (form, signal) => {
      client ??= import('../authority/https-client.ts').then(({ createHttpsClient }) =>
        createHttpsClient(undefined, true, proxies),
      )
      return await (await client).send(url, {
        ...{ form, signal },
        headers: { Accept: 'application/xml' },
      })
    },
    close: () => void client?.then((opened) => opened.close()).catch(() => {}),
  }
}

/** Without TLS, so only within this host: for a stand-in of AWS. */
function localSender(url: string): Sender {
  return {
    send: async (form, signal) => {
      try {
        const body = new URLSearchParams(form)
        const answer = await fetch(url, { method: 'POST', body, redirect: 'manual', signal })
        return {
          status: answer.status,
          text: await readBounded(answer),
          headers: Object.fromEntries(answer.headers),
        }
      } catch (cause) {
        throw new SourceError('unavailable', `no answer from "${url}"`, { cause })
      }
    },
    close: () => {},
  }
}

/** What has the port may be anything, and write without end. */
async function readBounded(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (text.length > ANSWER_MAX_CHARACTERS) throw new Error('the answer is too long')
  }
  return text
}
