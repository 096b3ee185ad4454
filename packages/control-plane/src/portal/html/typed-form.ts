/**
 * Fields that keep what was typed where a form is shown again, each with what is wrong with it.
 *
 * @module
 */

import { type Html, html } from './html.ts'

/** A form that was sent, and that the page shows again. */
export interface TypedForm {
  /** Where it is sent, below `/portal`. */
  to: string
  values: Readonly<Record<string, string>>
  fault: { field: string; sentence: Html | string }
}

/** A field of one line. */
export interface TextField {
  name: string
  label: string
  /** What is there before anything is typed. */
  usual?: string | undefined
  /** Further attributes. */
  more?: Html | false
}

/** Makes the fields of one form. */
export interface FieldMaker {
  /** Whether the form is shown again. */
  isAgain: boolean
  /** What a field holds. */
  heldBy(name: string, usual?: string): string | undefined
  line(field: TextField): Html
  lines(field: TextField): Html
}

/** The fields of the form that is sent to `to`. */
export function fieldsOf(to: string, typed: TypedForm | undefined): FieldMaker {
  const again = typed?.to === to ? typed : undefined
  const heldBy = (name: string, usual?: string) => again?.values[name] ?? usual
  const faultOf = (name: string) => (again?.fault.field === name ? again.fault.sentence : undefined)
  const marked = (name: string) =>
    faultOf(name) !== undefined && html` aria-invalid="true" aria-describedby="fault" autofocus`
  const said = (name: string) =>
    faultOf(name) !== undefined && html`<p class="fault" id="fault">${faultOf(name)}</p>`
  return {
    isAgain: again !== undefined,
    heldBy,
    line: ({ name, label, usual, more }) =>
      html`<label>${label} <input name="${name}" value="${heldBy(name, usual)}" spellcheck="false"${more}${marked(name)}></label>${said(name)}`,
    lines: ({ name, label, usual, more }) =>
      html`<label>${label} <textarea name="${name}" spellcheck="false"${more}${marked(name)}>${lineBreakKept(heldBy(name, usual))}</textarea></label>${said(name)}`,
  }
}

/** A browser leaves out a line break that a text area begins with. */
function lineBreakKept(text = ''): string {
  return /^\r?\n/.test(text) ? `\n${text}` : text
}
