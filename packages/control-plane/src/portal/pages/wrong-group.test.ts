import { expect, test } from 'vitest'
import { startTrialPortal } from '../../testing/trial-portal.ts'

test.each(['machines', 'identities'])(
  'the list of %s says beside the field that there is no such resource group',
  async (list) => {
    const owner = await (await startTrialPortal()).ownersBrowser()
    for (const [group, status, sentence] of [
      ['nowhere', 404, 'could not be found'],
      ['no group', 400, 'is invalid'],
    ] as const) {
      const { status: answered, text } = await owner.get(
        `/portal/${list}?${new URLSearchParams({ group, q: 'web' })}`,
      )
      expect([group, answered, text.includes(sentence)]).toEqual([group, status, true])
      expect(text).toContain(`name="group" value="${group}" spellcheck="false" aria-invalid="true"`)
      expect(text).toContain('name="q" value="web"')
    }
  },
)
