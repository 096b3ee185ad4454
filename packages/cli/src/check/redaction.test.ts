import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newMachineKey } from '../../../agent/src/machine/machine-key.ts'
import { REDACTED, redact } from './redaction.ts'

const PEM = await newMachineKey()
const JWT = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(20)}`

test.each<[string, string]>([
  [`key: ${PEM}end`, PEM.split('\n')[1] ?? ''],
  [JSON.stringify({ msg: JSON.stringify({ privateKey: PEM }) }), PEM.split('\n')[2] ?? ''],
  [`token ${JWT} was refused`, JWT],
  ['landfast connect --join-token lfjt1.abc.DEF_1-2', 'abc.DEF'],
  ['Authorization: Bearer MARKEDMARKED', 'MARKEDMARKED'],
  ['"authorization":"Basic TUFSS0VE"', 'TUFSS0VE'],
  ['proxy http://user:MARKED@proxy:3128/ is down', 'MARKED'],
  ['{"clientSecret":"MARK\\"ED"}', 'ED'],
  ['{"a":"{\\"clientSecret\\":\\"MARKED\\"}"}', 'MARKED'],
  ['X-IDENTITY-HEADER: MARKED', 'MARKED'],
  ['LANDFAST_SERVICE_PRINCIPAL_SECRET=MARKED', 'MARKED'],
  ['IDENTITY_HEADER=MARKED x', 'MARKED'],
  ['client_assertion=MARKED&scope=x', 'MARKED'],
  ['--service-principal-secret MARKED', 'MARKED'],
  ['password: MARKED', 'MARKED'],
  [`wrote ${randomBytes(32).toString('base64url')}A1a`, 'A1a'],
])('%j loses its secret', (text, secret) => {
  const redacted = redact(text, [])
  expect(redacted).not.toContain(secret)
  expect(redacted).toContain(REDACTED)
})

test.each([
  'identity-header-file: /etc/landfast/header',
  'Basic realm=/var/opt/azcmagent/tokens/x.key',
  'landfast_agent_upstream_request_duration_seconds_bucket{le="0.1"} 3',
  '/subscriptions/0a1b2c3d-0000-4000-8000-000000000000/resourceGroups/Servers1/providers/Microsoft.HybridCompute',
  'https://id.example.com:8443/tenant',
  '{"code":"tls","status":"ok"}',
])('%s stays', (text) => {
  expect(redact(text, [])).toBe(text)
})

test('a known secret goes wherever it stands, whole, by lines, in JSON, in a URL, in base64', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 8, maxLength: 60 }), fc.string(), (secret, text) => {
      const known = secret.trim()
      fc.pre(known.length >= 8 && !REDACTED.includes(known))
      const forms = [
        known,
        JSON.stringify(known),
        encodeURIComponent(known),
        Buffer.from(known).toString('base64'),
      ]
      for (const form of forms) expect(redact(`${text} ${form} x`, [secret]).includes(form)).toBe(false)
    }),
  )
  const line = PEM.split('\n')[3] ?? ''
  expect(redact(`line 3 is ${line}`, [PEM])).not.toContain(line)
})

/** Each takes a pattern that begins anew at every character many minutes. */
test.each(['a', 'a.', '-', 'secret', 'secret.', 'a1+', '-----BEGIN PRIVATE KEY-----', '\\"', ' ', '\n'])(
  'a text that repeats %j holds nobody up',
  (text) => {
    const long = text.repeat(400_000 / text.length)
    expect(redact(`${long} password=MARKED`, [])).not.toContain('MARKED')
  },
)
