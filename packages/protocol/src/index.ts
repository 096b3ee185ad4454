/**
 * The wire of Azure's managed identity endpoints as pure functions and tables.
 *
 * @module
 */

export {
  audienceSpellings,
  isSameAudience,
  matchesAudience,
  parseAudiencePattern,
} from './audience-pattern.ts'
export {
  formatChallenge,
  formatKeyAuthorization,
  parseChallenge,
  parseKeyAuthorization,
} from './challenge.ts'
export {
  type AccessTokenClaims,
  type AssertionClaims,
  assertionClaims,
  audienceOfScope,
  CLIENT_CREDENTIALS,
  type ClientProofClaim,
  clientCredentialsForm,
  DEFAULT_SCOPE_SUFFIX,
  fullyDecoded,
  JWT_BEARER,
  resourceOfScope,
} from './client-credentials.ts'
export { type Circumstances, type CodedErrorClass, codedError, withDetail } from './coded-error.ts'
export {
  COMPETING_VARIABLES,
  type EndpointLocation,
  endpointVariables,
  noProxyValue,
  UNPROXIED_HOSTS,
} from './environment.ts'
export {
  type ErrorAnswer,
  type ErrorForm,
  formatErrorAnswer,
  WireError,
  type WireErrorCode,
} from './errors.ts'
export {
  formatJoinToken,
  isJoinTokenSecret,
  JOIN_TOKEN_PREFIX,
  JOIN_TOKEN_SECRET_BYTES,
  type JoinToken,
  parseJoinToken,
} from './join-token.ts'
export {
  ARC_KEY_FOLDER,
  ARC_KEY_GROUP,
  ARC_PORT,
  ASSERTION_LIFETIME_SECONDS,
  BACKDATED_SECONDS,
  CLOCK_SKEW_SECONDS,
  HIMDS_FILES,
  KEY_FILE_MAX_BYTES,
  KEY_FILE_REUSE_SECONDS,
  KEY_FIRST_USE_SECONDS,
  KEY_RETRY_SECONDS,
  KEYS_ALIVE_MAX,
  NONCE_MAX_CHARACTERS,
  PARAMETER_MAX_CHARACTERS,
  RESOURCE_MAX_CHARACTERS,
  TOKEN_EXPIRED_FOR_CLIENTS_SECONDS,
  TOKEN_LAST_SERVED_SECONDS,
  VM_ADDRESS,
  VM_PORT,
} from './limits.ts'
export {
  HEALTH_CODE_MAX_CHARACTERS,
  HEALTH_CODE_PATTERN,
  HEALTH_PART_MAX_CHARACTERS,
  HEALTH_PART_PATTERN,
  HEALTH_PARTS_MAX,
  HEALTH_TIME_PATTERN,
  type PartHealth,
  partName,
} from './machine-health.ts'
export {
  AWS_VARIABLE,
  FEDERATED_AUDIENCE,
  HEADER,
  PARAMETER,
  PROXY_HEADER_PREFIX,
  PROXY_HEADERS,
  VARIABLE,
  WORKLOAD_VARIABLE,
} from './names.ts'
export {
  type AssignedIdentity,
  ATTESTATION_CERTIFICATE_HOURS,
  type AttestationRequest,
  type CertificateRequest,
  DISCONNECTED_AFTER_SECONDS,
  ENTRA_CERTIFICATE_DAYS,
  type Enrolment,
  type EnrolmentRequest,
  type EntraCertificateRequest,
  HEARTBEAT_SECONDS,
  type HeartbeatAnswer,
  type HeartbeatRequest,
  HOST_NAME_MAX_CHARACTERS,
  MACHINE_CERTIFICATE_DAYS,
  MACHINE_RENEWAL_DAYS,
  ONBOARDING_PATH,
  PROOF_LIFETIME_MAX_SECONDS,
  PROOF_LIFETIME_SECONDS,
  PROOF_TYPE,
  type ProofClaims,
  type PublicJwk,
  proofClaims,
  type Renewal,
  type RenewalRequest,
  thumbprintInput,
} from './onboarding.ts'
export {
  type OnboardingRefusal,
  readEnrolment,
  readHeartbeatAnswer,
  readOnboardingRefusal,
  readRenewal,
} from './onboarding-answers.ts'
export {
  type AfterRefusal,
  afterRefusal,
  cloneMessage,
  isOnboardingErrorCode,
  ONBOARDING_ERROR_CODES,
  ONBOARDING_ERRORS,
  type OnboardingErrorCode,
} from './onboarding-errors.ts'
export {
  hasControlCharacters,
  parseQuery,
  parseTarget,
  type Query,
  single,
  type Target,
} from './query.ts'
export { readRetryAfter, type WaitHeaders } from './retry-after.ts'
export { type Identity, readSelector, type Selector, type SelectorName, selects } from './selector.ts'
export {
  AWS_STYLE,
  hasProof,
  rowOfVersion,
  SERVED_STYLE_NAMES,
  type ServedStyleName,
  STYLE_NAMES,
  STYLES,
  type Style,
  type StyleName,
  type StyleNameOf,
  styleOf,
  TOKEN_FILE_STYLE,
  type Way,
} from './styles.ts'
export { formatTokenAnswer, type ServedToken, type TokenAnswer } from './token-answer.ts'
export { readTokenRequest, type TokenRequest } from './token-request.ts'
export { readTraceparent, TRACEPARENT_HEADER, type Trace, traceGuid } from './traceparent.ts'
export { visibleLine, visibleSaying, visibleText } from './visible-text.ts'
