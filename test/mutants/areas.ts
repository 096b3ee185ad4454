/**
 * The parts of the code whose tests are tried by mutants: what decides who gets a token, and what goes over the wire.
 *
 * @module
 */

/** Files that are mutated, and the tests that should notice. */
export interface Area {
  mutate: readonly string[]
  tests: readonly string[]
  /** That no test changes what belongs to the whole process, such as its user: threads start sooner than processes. */
  inThreads?: true
}

const AGENT = 'packages/agent/src'
const CLIENT = 'packages/client/src'
const CONTROL_PLANE = 'packages/control-plane/src'
const PROTOCOL = 'packages/protocol/src'

/** Every area, by the name that the command takes. */
export const AREAS: Readonly<Record<string, Area>> = {
  protocol: { mutate: [`${PROTOCOL}/*.ts`], tests: [`${PROTOCOL}/*.test.ts`], inThreads: true },
  'agent-gate': {
    mutate: [`${AGENT}/endpoint/{gate,selected-identity,unwanted-token,token-request}.ts`],
    tests: [`${AGENT}/endpoint/*.test.ts`],
  },
  'agent-caller': {
    mutate: [`${AGENT}/caller/{accounts,caller,caller-groups,holder-search,kernel-sockets,turns}.ts`],
    tests: [`${AGENT}/caller/*.test.ts`],
  },
  'agent-sockets': {
    mutate: [
      `${AGENT}/caller/{control-group,control-group-folders,remembered,socket-diagnosis,socket-table}.ts`,
    ],
    tests: [`${AGENT}/caller/*.test.ts`],
  },
  'agent-keys': {
    mutate: [`${AGENT}/challenge/{challenge,key-ring,key-lifetime,key-queue,constant-time}.ts`],
    tests: [`${AGENT}/challenge/*.test.ts`],
  },
  'agent-policy': { mutate: [`${AGENT}/policy/*.ts`], tests: [`${AGENT}/policy/*.test.ts`] },
  'agent-tokens': {
    mutate: [`${AGENT}/tokens/*.ts`],
    tests: [`${AGENT}/tokens/*.test.ts`],
    inThreads: true,
  },
  'agent-authority': {
    mutate: [
      `${AGENT}/authority/{entra-source,entra-errors,entra-credentials,federated-credentials}.ts`,
      `${AGENT}/authority/{refused-token,still-given}.ts`,
    ],
    tests: [`${AGENT}/authority/{entra-*,federated-credentials,still-given}.test.ts`],
    inThreads: true,
  },
  'agent-aws': { mutate: [`${AGENT}/aws/*.ts`], tests: [`${AGENT}/aws/*.test.ts`], inThreads: true },
  'agent-token-files': {
    mutate: [`${AGENT}/token-files/*.ts`],
    tests: [`${AGENT}/token-files/*.test.ts`],
  },
  assertion: {
    mutate: [
      `${CONTROL_PLANE}/authority/{client-assertion,assertion-claims,assertion-signature}.ts`,
      `${CONTROL_PLANE}/authority/{client-secret,prove-holder}.ts`,
    ],
    // Not those that count work: they put another module in the place of a real one, which all would then have.
    tests: [
      `${CONTROL_PLANE}/authority/{application-certificate,assertion-claims,client-secret}.test.ts`,
      `${CONTROL_PLANE}/authority/{machine-identity,presented-credential,prove-holder}.test.ts`,
    ],
    inThreads: true,
  },
  authorization: {
    mutate: [`${CONTROL_PLANE}/authorization/*.ts`],
    tests: [`${CONTROL_PLANE}/authorization/*.test.ts`, `${CONTROL_PLANE}/resource-manager/role*.test.ts`],
    inThreads: true,
  },
  federation: {
    mutate: [`${CONTROL_PLANE}/federation/{federation,foreign-claims,foreign-token,foreign-issuers}.ts`],
    tests: [`${CONTROL_PLANE}/federation/*.test.ts`, 'test/federation/*.test.ts'],
    inThreads: true,
  },
  'federation-terms': {
    mutate: [`${CONTROL_PLANE}/federation/{claims-expression*,subject-forms,matching-credential}.ts`],
    tests: [`${CONTROL_PLANE}/federation/{claims-expression*,matching-credential,subject-forms}.test.ts`],
    inThreads: true,
  },
  'join-tokens': {
    mutate: [`${CONTROL_PLANE}/onboarding/{join-tokens,join-token-making,enrolment}.ts`],
    tests: [`${CONTROL_PLANE}/onboarding/{enrolment,join-token*,taking-back}.test.ts`],
    inThreads: true,
  },
  'machine-standing': {
    mutate: [
      `${CONTROL_PLANE}/onboarding/{machine-standing,nonce-succession,heartbeat-commit}.ts`,
      `${CONTROL_PLANE}/onboarding/key-proof.ts`,
    ],
    tests: [`${CONTROL_PLANE}/onboarding/{heartbeat*,key-proof,nonce-succession,taking-back}.test.ts`],
    inThreads: true,
  },
  'machine-takeover': {
    mutate: [
      `${CONTROL_PLANE}/onboarding/{renewal-right,takeover-right}.ts`,
      `${CONTROL_PLANE}/registry/machine-rights.ts`,
    ],
    tests: [
      `${CONTROL_PLANE}/onboarding/{renewal,taking-back}.test.ts`,
      `${CONTROL_PLANE}/resource-manager/first-key.test.ts`,
    ],
    inThreads: true,
  },
  'client-keys': { mutate: [`${CLIENT}/challenge/*.ts`], tests: [`${CLIENT}/challenge/*.test.ts`] },
  'client-patience': {
    mutate: [`${CLIENT}/http/{retry,silence,pauses}.ts`, `${CLIENT}/tokens/*.ts`],
    tests: [`${CLIENT}/{http,tokens}/*.test.ts`],
  },
  'client-chain': {
    mutate: [`${CLIENT}/{chain,identity-tokens,identity}.ts`, `${CLIENT}/sources/arc.ts`],
    tests: [`${CLIENT}/{*,sources/*}.test.ts`, 'test/client/{authority,chain,endpoints,patience}.test.ts'],
    inThreads: true,
  },
}
