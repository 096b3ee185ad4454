/**
 * Errors in fetching the keys of a foreign issuer: one table of codes and sentences, for the operator's log. The caller
 * of the token endpoint is told only that the issuer could not be asked.
 *
 * @module
 */

import { codedError, withDetail } from '@landfast/protocol'

const ERRORS = {
  issuer_unresolved: 'the name of the foreign issuer could not be resolved; look it up on this machine',
  issuer_address_forbidden:
    'the foreign issuer has no address that may be contacted; a private one must be in the networks allowed for this issuer',
  issuer_unreachable:
    'the foreign issuer could not be reached over TLS; ask its URL from this machine, and give its CA if it is a private one',
  issuer_proxy: 'there is no way to the foreign issuer through the proxy',
  issuer_slow: 'the foreign issuer did not answer in time; ask its URL from this machine',
  issuer_status: 'the foreign issuer answered with a status other than 200; redirects are not followed',
  issuer_answer_encoded: 'the foreign issuer compressed its answer, although none was asked for',
  issuer_answer_large: 'the answer of the foreign issuer is larger than 512 kB',
  issuer_answer_malformed: 'the answer of the foreign issuer is not a JSON object of the kind it should be',
  issuer_mismatch: 'the discovery document of the foreign issuer states another issuer',
  issuer_keys_url: 'the discovery document of the foreign issuer must give an https URL as "jwks_uri"',
  issuer_keys_many: 'the foreign issuer publishes more than 100 keys',
  issuer_keys_unusable:
    'the foreign issuer publishes no key that is good for verifying; RSA keys must have 2048 to 8192 bits, others be on P-256 or P-384, and every key needs a "kid"',
  issuers_busy: 'too many foreign issuers are asked at the moment; it is tried again with the next request',
} as const

/** The keys of a foreign issuer could not be had. */
export class FederationError extends codedError('FederationError', ERRORS, withDetail) {}
