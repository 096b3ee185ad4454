/**
 * Prints what the system's name service says of the users and groups whose numbers come as arguments.
 *
 * @module
 */

import { createNameService } from '../../packages/agent/src/caller/name-service.ts'

const [userId = 0, groupId = 0] = process.argv.slice(2).map(Number)
const names = createNameService()
process.stdout.write(
  `${JSON.stringify({
    user: await names.userName(userId),
    groups: await names.groupsOf(userId),
    group: await names.groupNames(groupId),
  })}\n`,
)
