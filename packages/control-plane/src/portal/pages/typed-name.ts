/**
 * What cannot be taken back needs a word that a person types: the name of what it ends.
 *
 * @module
 */

import { FormFault } from '../form-fault.ts'
import { type Html, html } from '../html/html.ts'
import { shown } from '../html/shown-text.ts'
import { fieldsOf, type TypedForm } from '../html/typed-form.ts'

/** The field for the name in the form that is sent to `to`. */
export function nameField(to: string, typed: TypedForm | undefined): Html {
  const more = html` required autocomplete="off"`
  return fieldsOf(to, typed).line({ name: 'name', label: 'Type its name to delete it', more })
}

/** @throws {FormFault} `name_mistyped` unless the name was typed, in any case. */
export function checkTypedName({ name = '' }: Readonly<Record<string, string>>, expected: string): void {
  const typed = name.trim()
  if (typed.toLowerCase() === expected.toLowerCase()) return
  const wrong =
    typed === '' ? html`The name was not typed.` : html`${shown(typed)} is the name of something else.`
  throw new FormFault('name_mistyped', 'name', html`${wrong} To delete this, type ${shown(expected)}.`)
}
