import { expect, test } from 'vitest'
import { type AddressHost, takeVmAddress } from './vm-address.ts'

/** A host on which nothing answers, with the address on `where`. */
function host(where: string | undefined, changes: Partial<AddressHost> = {}) {
  const ran: string[] = []
  const runIp = async (args: readonly string[]) => {
    if (args[0] === '-o') return '1: lo inet 169.254.169.254/32 scope host lo'
    ran.push(args.join(' '))
    return ''
  }
  const silence = () => ({ isComplete: true, undo: () => void ran.push('undone') })
  return { ran, host: { answers: async () => false, findInterface: () => where, runIp, silence, ...changes } }
}

const ADDED = 'address add 169.254.169.254/32 dev lo label lo:landfast scope host'
const REMOVED = 'address del 169.254.169.254/32 dev lo'

test('where something answers, the address is not touched', async () => {
  const { ran, host: cloud } = host(undefined, { answers: async () => true })
  await expect(takeVmAddress(() => {}, cloud)).rejects.toMatchObject({
    name: 'AgentError',
    code: 'vm_address_answers',
  })
  expect(ran).toEqual([])
})

test('an address that nobody has is added to lo, and removed', async () => {
  const { ran, host: plain } = host(undefined)
  const release = await takeVmAddress(() => {}, plain)
  expect(ran).toEqual([ADDED])
  await release()
  expect(ran).toEqual([ADDED, REMOVED, 'undone'])
})

test('one that the operator added stays', async () => {
  const { ran, host: prepared } = host('lo')
  await (await takeVmAddress(() => {}, prepared))()
  expect(ran).toEqual(['undone'])
})

test('one that an agent left behind is used and removed', async () => {
  const { ran, host: left } = host('lo:landfast')
  await (await takeVmAddress(() => {}, left))()
  expect(ran).toEqual([REMOVED, 'undone'])
})

test('who may not add it is told how', async () => {
  const { host: closed } = host(undefined, {
    runIp: async () => {
      throw new Error('Operation not permitted')
    },
  })
  await expect(takeVmAddress(() => {}, closed)).rejects.toMatchObject({
    code: 'vm_address_missing',
    hint: expect.stringContaining('ip address add 169.254.169.254/32 dev lo'),
  })
})

test.each([
  ['where ARP cannot be quieted', { silence: () => ({ isComplete: false, undo: () => {} }) }],
  [
    'where the operator gave the address another scope',
    { runIp: async () => '1: lo inet 169.254.169.254/32 scope global lo' },
  ],
])('%s, that is said', async (_, changes) => {
  let heard = 0
  await takeVmAddress(() => (heard += 1), host('lo', changes).host)
  expect(heard).toBe(1)
})
