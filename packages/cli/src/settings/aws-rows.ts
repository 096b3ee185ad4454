/**
 * The settings of the style `aws`: for which role the agent exchanges its token, and where.
 *
 * @see docs/aws.md
 * @module
 */

import { parseOptionalText } from './setting-values.ts'
import type { SettingRows } from './settings-table.ts'

/** AWS's own address for all regions. */
export const AWS_STS_URL = 'https://sts.amazonaws.com'

/** The audience that AWS's documentation names. */
export const AWS_AUDIENCE = 'sts.amazonaws.com'

/** What rules of the policy call the machine's own identity, and this setting as well. */
const SYSTEM_IDENTITY = 'system'

const ARN_MAX_CHARACTERS = 2048
const ROLE_ARN = /^arn:[\w-]+:iam:[\w:-]*:?role\/[\w+=,.@/-]+$/
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The rows. */
export const AWS_SETTINGS = {
  'aws-role-arn': {
    value: 'arn',
    default: '',
    meaning: 'the role of which the style aws gives credentials, such as arn:aws:iam::111122223333:role/shop',
    parse: (text: string) => (text === '' ? undefined : parseRoleArn(text)),
  },
  'aws-sts-url': {
    value: 'url',
    default: AWS_STS_URL,
    meaning:
      'where AWS’s Security Token Service is; that of a region is nearer, such as https://sts.eu-central-1.amazonaws.com',
    parse: parseStsUrl,
  },
  'aws-audience': {
    value: 'audience',
    default: AWS_AUDIENCE,
    meaning: 'the audience of the token that is exchanged, which AWS’s identity provider must list',
    parse: parseOptionalText,
  },
  'aws-identity': {
    value: 'identity',
    default: SYSTEM_IDENTITY,
    meaning: 'whose token is exchanged: system, or the client id or the ARM id of a user-assigned identity',
    parse: parseIdentity,
  },
} as const satisfies SettingRows

/** The ARN of a role. */
export function parseRoleArn(text: string): string {
  if (text.length <= ARN_MAX_CHARACTERS && ROLE_ARN.test(text)) return text
  throw new TypeError(`must be the ARN of a role, such as arn:aws:iam::111122223333:role/shop, not "${text}"`)
}

/** The address of a Security Token Service: the token that goes there must be read by nobody else. */
export function parseStsUrl(text: string): string {
  const url = URL.parse(text)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname))
  const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === ''
  if (url && isSafe && isPlain) return url.href
  throw new TypeError(`must be an https:// address without user, query and fragment, not "${text}"`)
}

/** The client id or the ARM id of an identity; undefined is the machine's own. */
function parseIdentity(text: string): string | undefined {
  if (text === SYSTEM_IDENTITY) return undefined
  if (GUID.test(text) || text.startsWith('/subscriptions/')) return text
  throw new TypeError(`must be system, or the client id or the ARM id of an identity, not "${text}"`)
}
