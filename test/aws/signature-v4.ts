/**
 * Checks the signature of a request to AWS, version 4, as the service does.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @module
 */

import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a request says of its signature. */
export interface SignedBy {
  accessKeyId: string
  sessionToken: string
  /** Whether the request was signed with this secret. */
  by(secretAccessKey: string): boolean
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** Reads the signature of a request without a query; undefined if it has none. */
export function readSignature({ method, url, headers }: IncomingMessage, body: string): SignedBy | undefined {
  const [, accessKeyId, scope, names, signature] = FORM.exec(headers.authorization ?? '') ?? []
  if (!accessKeyId || !scope || !names) return undefined
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, url, '', lines.join(''), names, sha256(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  return {
    accessKeyId,
    sessionToken: String(headers['x-amz-security-token'] ?? ''),
    by: (secretAccessKey) => {
      const key = scope
        .split('/')
        .reduce<Buffer>((last, part) => hmac(last, part), Buffer.from(`AWS4${secretAccessKey}`))
      return hmac(key, toSign).toString('hex') === signature
    },
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
