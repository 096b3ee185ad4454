/** Vault and Kubernetes, whose own code judges the tokens of a control plane, set up as "landfast trust" tells people to. */

import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { createControlPlane } from '@landfast/control-plane'
import { expect, onTestFinished, test } from 'vitest'
import { recipeForKubernetes } from '../../packages/cli/src/trust/recipes/kubernetes.ts'
import { findBuiltProgram } from '../../scripts/built-program.ts'
import { temporaryFolder } from '../agent/temporary-folder.ts'
import { faultyTokens, MovedClock, tokenOfApplication } from '../authority/judged-tokens.ts'
import { type PreparedClient, prepareClient } from '../authority/prepared-client.ts'
import { KEEPS_TRUE_TIME } from '../moved-clock.ts'
import { VERIFIERS } from './verifiers.ts'

const AUDIENCE = 'api://shop'

test('Vault and Kubernetes take the right token of a control plane, by discovery, and no other', async ({
  skip,
}) => {
  const [program] = findBuiltProgram(VERIFIERS) ?? []
  if (!program) return skip('the program in Go is not built; run "npm run setup:parts"')
  if (KEEPS_TRUE_TIME) return skip(KEEPS_TRUE_TIME)
  const folder = temporaryFolder()
  const clock = new MovedClock()
  const stateFolder = join(folder, 'state')
  const controlPlane = createControlPlane({ stateFolder, host: 'localhost', now: clock.now })
  onTestFinished(() => controlPlane.stop())
  await controlPlane.start()
  const file = await prepareClient(controlPlane, folder)
  const application: PreparedClient = JSON.parse(readFileSync(file, 'utf8'))
  const authority = { controlPlane, application, clock }
  const question = {
    ...questionOf(controlPlane, application),
    tokens: {
      right: await tokenOfApplication(authority, AUDIENCE),
      ...(await faultyTokens(authority, AUDIENCE)),
    },
  }
  const verdicts = await ask(program, question)
  const subject = application.principalId
  expect(verdicts.vault).toEqual({
    right: subject,
    forged: expect.stringContaining('refused: '),
    expired: expect.stringContaining('is expired'),
    'for another audience': expect.stringContaining('aud'),
    'of another subject': expect.stringContaining('sub'),
  })
  expect(verdicts.kubernetes).toEqual({
    right: `landfast:${subject}`,
    forged: expect.stringContaining('refused: '),
    expired: expect.stringContaining('token is expired'),
    'for another audience': expect.stringContaining('audience'),
    // Of whom it is, an authenticator says, and not what that one may do.
    'of another subject': expect.stringMatching(/^landfast:(?!refused)/),
  })
  expect(verdicts.kubernetes?.['of another subject']).not.toBe(`landfast:${subject}`)
})

function questionOf({ url, caFile }: { url: string; caFile: string }, application: PreparedClient) {
  const { tenantId, principalId: subject, clientId } = application
  const issuer = `${url}/${tenantId}/`
  const ca = readFileSync(caFile, 'utf8')
  const facts = { issuer, audience: AUDIENCE, subject, clientId, ca: { file: caFile, pem: ca } }
  const { files } = recipeForKubernetes({ ...facts, jwksUri: '', keys: [], uploads: false, program: '' })
  return { issuer, audience: AUDIENCE, subject, ca, kubernetes: files[0]?.content }
}

async function ask(program: string, question: object): Promise<Record<string, Record<string, string>>> {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(question))
  return (await json(child.stdout)) as Record<string, Record<string, string>>
}
