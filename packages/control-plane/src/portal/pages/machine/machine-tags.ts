/**
 * The tags of a machine on its page, and the form that writes them anew. They are two parts: while a person is at the form, the
 * tags above it are those of now.
 *
 * @see docs/portal.md#changing-the-tags-of-a-machine
 * @module
 */

import type { Tags } from '../../../arm/tags.ts'
import { type Html, html } from '../../html/html.ts'
import { actionForm, commandLine, livePart } from '../../html/parts.ts'
import { shown } from '../../html/shown-text.ts'
import { fieldsOf } from '../../html/typed-form.ts'
import { ifAllowed } from '../../inner/allowed.ts'
import { groupIn } from '../../inner/resource-paths.ts'
import type { PageRequest } from '../../page.ts'
import type { MachineBody } from './machine-facts.ts'
import { tagLines } from './tag-lines.ts'
import { tagMarks } from './tag-marks.ts'

/** A machine, and who looks at it. */
export interface TaggedMachine {
  path: string
  machine: MachineBody
  etag: string | undefined
  request: PageRequest
}

/** The parts of the page. */
export function tagParts(tagged: TaggedMachine): Html {
  const { machine, request } = tagged
  const tags: Tags = machine.tags
  const lines = tagLines(tags)
  const form = html`<details id="change-tags"${isTagsAgain(tagged) && html` open`}><summary>Change the tags</summary>
${lines ? tagsForm(lines, tagged) : tagsCommand(machine)}</details>`
  const marks = tagMarks(tags)
  return html`${livePart('tags', marks.length === 0 ? html`<p>${shown(undefined)}</p>` : html`${marks}`)}
${livePart('tags-form', ifAllowed(request.rights, ['changeMachine', machine.id], form))}`
}

function tagsForm(
  lines: readonly string[],
  { path, etag, request: { formToken, typed } }: TaggedMachine,
): Html {
  const to = `${path}/tags`
  return actionForm({
    ...{ to, back: path, formToken, etag, button: 'Write the tags' },
    fields: fieldsOf(to, typed).lines({
      name: 'tags',
      label: 'One a line, as NAME=VALUE',
      usual: lines.join('\n'),
      more: html` rows="${Math.max(4, lines.length + 1)}"`,
    }),
  })
}

function isTagsAgain({ path, request: { typed } }: TaggedMachine): boolean {
  return fieldsOf(`${path}/tags`, typed).isAgain
}

/** A form would change tags that nobody has touched. */
function tagsCommand({ id, name }: MachineBody): Html {
  return html`<p>One of these tags has “=” or a space in its name where a line NAME=VALUE cannot have it, or a line break, so a form here would
change it. This command changes only the tags that it names:</p>
${commandLine(`landfast machine tag --resource-group '${groupIn(id)}' --remove OTHER -- ${name} NAME=VALUE`, 'the command')}`
}
