/**
 * Takes everything secret out of a text: what has the form of a secret, and the secrets of this host wherever they stand.
 *
 * @see docs/check.md#an-archive-for-support
 * @module
 */

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]'

/** A shorter value would take half of every text with it. */
const SECRET_MIN_CHARACTERS = 8

/**
 * What names a secret in JSON, YAML, a header, a variable, a form or a flag, from its word on. What may follow is bounded: a
 * text that repeats the word would be read to its end at each.
 */
const WORD =
  '(?:secret|password|passwd|private[_-]?key|identity[_-]?header|access[_-]?token|refresh[_-]?token|id[_-]?token|assertion|join[_-]?token|encryption[_-]?key|authorization|api[_-]?key|credential)(?![\\w.-]{0,64}[_-](?:file|days|id)\\b)\\w{0,64}'

/** The whole name. */
const NAME = `[\\w.-]*${WORD}`

const FORMS: readonly (readonly [RegExp, string])[] = [
  // A cut-off key has no end.
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$(?![\s\S])|\n(?=\S*\s))/g,
    REDACTED,
  ],
  // A signed token: header, claims, signature.
  [/\beyJ[\w-]{6,}(?:\.[\w-]*){1,4}/g, REDACTED],
  [/\blfjt1\.[\w.-]+/g, REDACTED],
  [/\b(Bearer|Basic)(\s+)(?!realm=)[\w.~+/=-]{6,}/gi, `$1$2${REDACTED}`],
  // A user and a password before a host.
  [/([a-z\d+.-]:\/\/)[^\s/"'@]*@/gi, `$1${REDACTED}@`],
  [new RegExp(`("${NAME}"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*"`, 'gi'), `$1${REDACTED}"`],
  [new RegExp(`(\\\\"${NAME}\\\\"\\s*:\\s*\\\\").*?\\\\"`, 'gi'), `$1${REDACTED}\\"`],
  [new RegExp(`(${WORD}\\s*[=:]\\s*)(?!["\\\\\\[\\s])[^\\s"'&,;]+`, 'gi'), `$1${REDACTED}`],
  [new RegExp(`((?<![\\w.-])--${NAME}[ =])(?![-\\[])[^\\s"']+`, 'gi'), `$1${REDACTED}`],
  // What is random and as long as the secrets that Landfast makes: 32 bytes in base64url, or more.
  [/(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{40,}(?![\w-])/g, REDACTED],
]

/** `text` without what looks like a secret, and without each of `secrets`. */
export function redact(text: string, secrets: readonly string[]): string {
  // Before the forms: a form may take a part of a secret, and leave the rest.
  const known = secretTexts(secrets).reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
  return FORMS.reduce((rest, [form, replacement]) => rest.replaceAll(form, replacement), known)
}

/** Each secret as it may stand in a text: whole, line by line, in JSON, in base64. The longest comes first. */
function secretTexts(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => {
    const trimmed = secret.trim()
    return [
      trimmed,
      JSON.stringify(trimmed).slice(1, -1),
      encodeURIComponent(trimmed),
      Buffer.from(trimmed).toString('base64'),
      Buffer.from(trimmed).toString('base64url'),
      ...trimmed.split(/\r?\n/).filter((line) => !line.startsWith('-----')),
    ]
  })
  const long = forms.filter((form) => form.length >= SECRET_MIN_CHARACTERS)
  return [...new Set(long)].sort((one, other) => other.length - one.length)
}
