/** The VM style at its own address, in a network of its own. */

import { WireError } from '@landfast/protocol'
import { expect } from 'vitest'
import { testWith, UNSHARE } from '../privilege.ts'
import { childCommand, startChild } from './child.ts'
import { temporaryFolder } from './temporary-folder.ts'

const NOT_LOCAL = expect.stringContaining('does not come from a process of this host')

function start(part: string) {
  return startChild([...UNSHARE, ...childCommand('vm-program.ts', part, temporaryFolder())])
}

testWith(
  ['linux', 'namespaces', 'ip'],
  'at 169.254.169.254 this host\u2019s processes get a token, and no other namespace does, over a veth or a bridge',
  async () => {
    const { own, overVeth, overBridge, pretending, documents, asked, left } = await start('callers').read()
    expect(own).toMatchObject({ status: '200', from: '169.254.169.254' })
    expect(overVeth).toMatchObject({ status: '400', from: '10.99.0.2', body: NOT_LOCAL })
    expect(overBridge).toMatchObject({ status: '400', from: '10.98.0.2', body: NOT_LOCAL })
    expect(pretending).toMatchObject({ status: '400', from: '127.0.0.5', body: NOT_LOCAL })
    expect([asked, left]).toEqual([1, undefined])
    expect(documents).toMatchObject({
      ownDocument: { status: '200', body: 'web' },
      foreignDocument: { status: '400', body: NOT_LOCAL },
    })
  },
)

testWith(
  ['linux', 'namespaces', 'ip'],
  'no neighbour on a veth or a bridge gets an answer to its ARP request for the address',
  async () => {
    expect(await start('neighbours').read()).toEqual({ beside: Array(4).fill(false), without: [true, true] })
  },
)

testWith(
  ['linux', 'namespaces', 'ip'],
  'where something answers at 169.254.169.254 the agent does not start, and leaves the address as it was',
  async () => {
    expect(await start('taken').read()).toEqual({
      free: 'started',
      answered: 'vm_address_answers',
      second: 'vm_address_answers',
      left: 'lo',
    })
  },
)

testWith(
  ['linux', 'root', 'namespaces', 'ip', 'setpriv'],
  'root gets a token there, another user none, and the next program of a new member of the group one',
  async () => {
    const { root, stranger, member, documents, asked } = await start('users').read()
    expect(root).toMatchObject({ status: '200' })
    expect(stranger).toMatchObject({ status: '403', body: expect.stringContaining('access_denied') })
    expect(member).toMatchObject({ status: '200' })
    expect(asked).toBe(1)
    expect(documents).toMatchObject({
      document: { status: '200' },
      attested: { status: '403', body: expect.stringContaining(new WireError('caller_denied').message) },
      // Past the rule; this agent has no control plane that certifies a key.
      memberAttested: { status: '503' },
    })
  },
)

testWith(
  ['linux', 'namespaces', 'ip'],
  'MSAL finds the region by itself, from the documents there',
  async () => {
    expect(await start('readers').read()).toEqual({
      tokenHostOfMsal: 'westeurope.login.microsoft.com',
    })
  },
)
