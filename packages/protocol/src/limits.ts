/**
 * The limits of the wire, each with its unit in the name and its source above it.
 *
 * @module
 */

/** The port of the Arc style; official clients have it built in. */
export const ARC_PORT = 40342

/** The address of the VM style; some official clients have it built in and read no variable. */
export const VM_ADDRESS = '169.254.169.254'

/** Its port. */
export const VM_PORT = 80

/** Where official clients look for Arc keys on Linux; they refuse any other folder. */
export const ARC_KEY_FOLDER = '/var/opt/azcmagent/tokens'

/** Programs of Arc's agent on Linux: where one of them is, its endpoint is. The second is for MSAL for Python up to 1.31.0. */
export const HIMDS_FILES = ['/opt/azcmagent/bin/himds', '/var/opt/azcmagent/bin/himds'] as const

/** The group whose members may read Arc keys on Linux. */
export const ARC_KEY_GROUP = 'himds'

/** Official clients read no more of a key file than this. */
export const KEY_FILE_MAX_BYTES = 4096

/** A key must be presented for the first time within this time of its challenge. Arc's documented window. */
export const KEY_FIRST_USE_SECONDS = 60

/**
 * A key that was presented rightly but answered with a failure stays good for this long after its first
 * use: clients resend the same key for up to 72 seconds.
 */
export const KEY_RETRY_SECONDS = 120

/** No key is written to a file older than this, so that an old descriptor sees no new key. */
export const KEY_FILE_REUSE_SECONDS = 60

/** Keys alive at once; past this, challenges of the same second share one key file. */
export const KEYS_ALIVE_MAX = 4096

/** The longest `resource` accepted, in characters after decoding. Entra's identifier URIs are far shorter. */
export const RESOURCE_MAX_CHARACTERS = 2048

/** The longest value of any other known parameter, in characters after decoding; an ARM id fits. */
export const PARAMETER_MAX_CHARACTERS = 1024

/** The longest nonce of an attested document, in letters and digits, as Azure specifies it. */
export const NONCE_MAX_CHARACTERS = 32

/** Every official client calls a token with this much left or less expired and asks again at once. */
export const TOKEN_EXPIRED_FOR_CLIENTS_SECONDS = 300

/** While upstream is away the last good token is served until this long before its end. */
export const TOKEN_LAST_SERVED_SECONDS = 30

/** How far the clocks of two parties may differ (Entra's own tolerance). */
export const CLOCK_SKEW_SECONDS = 300

/** How far before the moment of its making a token begins, as Entra's: many verifiers allow no difference of clocks. */
export const BACKDATED_SECONDS = 300

/** How long a machine's assertion is good (Entra asks for five to ten minutes at most). */
export const ASSERTION_LIFETIME_SECONDS = 300
