/**
 * The sign-in with a certificate: the browser reads the file with the private key, signs a client assertion as the command does, and
 * sends the assertion alone. The field of the file has no name, so no form ever sends it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.2
 * @module
 */

/** A chain and a key have some 10 kB. */
const FILE_MAX_BYTES = 100_000

/** As long as the assertions of the command are good. */
const LIFETIME_SECONDS = 300

/** By which of the token endpoint's algorithms each kind of key signs. */
const KINDS = [
  {
    alg: 'PS256',
    key: { name: 'RSA-PSS', hash: 'SHA-256' },
    way: { name: 'RSA-PSS', saltLength: 32 },
  },
  {
    alg: 'ES256',
    key: { name: 'ECDSA', namedCurve: 'P-256' },
    way: { name: 'ECDSA', hash: 'SHA-256' },
  },
]

/** What is said of keys that browsers do not read, by how their first line names them. */
const OTHER_KEYS = {
  'ENCRYPTED PRIVATE KEY': 'The private key is encrypted, and this page asks for no password.',
  'RSA PRIVATE KEY':
    'The private key has the older form “RSA PRIVATE KEY” (PKCS#1), which browsers do not read.',
  'EC PRIVATE KEY': 'The private key has the older form “EC PRIVATE KEY” (SEC1), which browsers do not read.',
}

const CONVERSION =
  ' This makes a file that fits: umask 077; (cat FILE; openssl pkcs8 -topk8 -nocrypt -in FILE) > both.pem'

const form = document.querySelector('form[data-audience]')
const [said, file] = [form.querySelector('[role=alert]'), form.querySelector('[type=file]')]
const openedAt = Date.now()

form.hidden = false
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  said.hidden = true
  try {
    const { clientId, assertion } = form.elements
    assertion.value = await assertionOf(
      clientId.value.trim(),
      await file.files[0].slice(0, FILE_MAX_BYTES).text(),
    )
    form.submit()
  } catch (error) {
    said.textContent = error.message
    said.hidden = false
  }
})

/** A client assertion, signed by the key in `pem`. */
async function assertionOf(clientId, pem) {
  const { certificate, pkcs8 } = readPem(pem)
  const { alg, way, key } = await importKey(pkcs8)
  const thumbprint = await crypto.subtle.digest('SHA-256', certificate)
  const header = { alg, typ: 'JWT', 'x5t#S256': base64url(thumbprint) }
  // By the clock of the server, since that of this computer may be wrong.
  const now = Math.floor((Number(form.dataset.time) + Date.now() - openedAt) / 1000)
  const claims = {
    ...{ aud: form.dataset.audience, iss: clientId, sub: clientId, jti: crypto.randomUUID() },
    ...{ iat: now, nbf: now, exp: now + LIFETIME_SECONDS },
  }
  const input = [header, claims].map((part) => base64url(bytesOf(JSON.stringify(part)))).join('.')
  return `${input}.${base64url(await crypto.subtle.sign(way, key, bytesOf(input)))}`
}

/** The first certificate and the private key. A key of an older form may stand beside one that fits. */
function readPem(pem) {
  const blocks = [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)]
  const find = (label) => blocks.find(([, found]) => found === label)?.[2]
  const [certificate, key] = [find('CERTIFICATE'), find('PRIVATE KEY')]
  const other = blocks.find(([, label]) => Object.hasOwn(OTHER_KEYS, label))
  if (!key && other) throw new Error(OTHER_KEYS[other[1]] + CONVERSION)
  if (!certificate || !key)
    throw new Error(
      `The file has no ${certificate ? 'private key' : 'certificate'}. It must have both, in PEM: cat certificate.pem key.pem > both.pem`,
    )
  return { certificate: derOf(certificate), pkcs8: derOf(key) }
}

function derOf(base64) {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    throw new Error(
      'The file is damaged: between its lines BEGIN and END there is something else than base64.',
    )
  }
}

/** The key says by its bytes of which kind it is. It cannot be taken out of the browser’s hands again. */
async function importKey(pkcs8) {
  for (const kind of KINDS) {
    const key = await crypto.subtle
      .importKey('pkcs8', pkcs8, kind.key, false, ['sign'])
      .catch(() => undefined)
    if (key) return { ...kind, key }
  }
  throw new Error('The private key is neither an RSA key nor one on the curve P-256, or the file is damaged.')
}

function bytesOf(text) {
  return new TextEncoder().encode(text)
}

function base64url(bytes) {
  const text = String.fromCharCode(...new Uint8Array(bytes))
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
