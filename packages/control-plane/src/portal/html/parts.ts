/**
 * What pages are put together of: tables, facts, times, forms.
 *
 * @module
 */

import { untold } from './done.ts'
import { type Html, html } from './html.ts'
import { plain, shown } from './shown-text.ts'

type Cell = Html | string | false | undefined

/** A table; `caption` says to who cannot see it what it lists. Without rows, what is to be done first. */
export function table({
  caption,
  head,
  rows,
  empty,
}: {
  caption: string
  head: readonly Cell[]
  rows: readonly (readonly Cell[])[]
  empty: Html
}): Html {
  if (rows.length === 0) return html`<div class="empty">${empty}</div>`
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(tableCell)}</tr>`)}</tbody>
</table></div>`
}

/** The first cell of a row names it. */
function tableCell(cell: Cell, index: number): Html {
  return index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`
}

/** A part of a page that the script keeps as it is at the control plane; `path` is where else than at its own address the page has it. */
export function livePart(id: string, body: Html | false, path = ''): Html {
  return html`<div id="${id}" data-live="${path}">${body}</div>`
}

/** Facts, each with its name. */
export function facts(pairs: readonly (readonly [name: string, value: Cell])[]): Html {
  return html`<dl>${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value ?? shown(undefined)}</dd>`)}</dl>`
}

/** A text that people carry elsewhere; the button is there for who has script. */
export function copyable(text: string, name: string): Html {
  return html`<code>${shown(text)}</code> ${copyButton(text, name)}`
}

/** The one line that a person runs. It is shown as it is, since it is ours. */
export function commandLine(text: string, name: string): Html {
  return html`<div class="command"><pre tabindex="0">${text}</pre>${copyButton(text, name)}</div>`
}

/** The script shows it, and selects what stands before it where the browser lets nobody copy. */
function copyButton(text: string, name: string): Html {
  return html`<button type="button" class="copy" data-copy="${text}" hidden>Copy${unseen(name)}</button>`
}

/** What is read out after the text of a link or a button, where the others of its kind on the page have the same text. */
export function unseen(text: string): Html {
  return html`<span class="unseen"> ${plain(text)}</span>`
}

/** When something happened. The clock of the replica that saw it may be ahead of this one's; nothing happened in the future. */
export function happened(time: string | undefined, now: Date): Html | string {
  return time === undefined ? shown(undefined) : timeInWords(time, Math.min(0, distanceOf(time, now)))
}

function timeInWords(time: string, milliseconds: number): Html {
  return html`<time datetime="${time}" title="${toTheMinute(time)}">${distance(milliseconds)}</time>`
}

function distanceOf(time: string, now: Date): number {
  return new Date(time).getTime() - now.getTime()
}

/** When something ends or begins: how long that is from `now`, and the time itself, since people write that down. */
export function dueWhen(time: string | undefined, now: Date): Html | string {
  if (time === undefined) return shown(undefined)
  return html`<time datetime="${time}">${distance(distanceOf(time, now))} <span class="small">${toTheMinute(time)}</span></time>`
}

function toTheMinute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}

/** When something was, to the minute, in UTC; of the day of `now` the time alone. */
export function dayTime(time: Date, now: Date): Html {
  const iso = time.toISOString()
  const minute = toTheMinute(iso)
  const isToday = iso.slice(0, 10) === now.toISOString().slice(0, 10)
  return html`<time datetime="${iso}">${isToday ? minute.slice('2026-01-01 '.length) : minute}</time>`
}

/** When something was, to the second, in UTC. */
export function exactTime(time: string): Html {
  return html`<time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** When something happened, to the second, and how long before `now`. */
export function exactlyHappened(time: string, now: Date): Html {
  return html`${exactTime(time)} <span class="small">(${distance(Math.min(0, distanceOf(time, now)))})</span>`
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

function distance(milliseconds: number): string {
  const size = Math.abs(milliseconds)
  const [unit, length] = UNITS.find(([, one]) => size >= one) ?? ['second', 1_000]
  const count = Math.floor(size / length)
  if (unit === 'second' && milliseconds <= 0 && count < 5) return 'now'
  const span = `${count} ${unit}${count === 1 ? '' : 's'}`
  return milliseconds > 0 ? `in ${span}` : `${span} ago`
}

/** A form that does something. */
export function actionForm({
  to,
  back,
  formToken,
  etag,
  fields,
  button,
  of,
  danger = false,
  plain = false,
}: {
  /** The path below `/portal`. */
  to: string
  /** The page that it stands on, below `/portal`. */
  back: string
  formToken: string
  etag?: string | undefined
  fields?: Html | readonly Html[] | undefined
  button: string
  /** To what it does that, where the page has several such forms. */
  of?: string | undefined
  danger?: boolean
  /** It is not what the page is there for. */
  plain?: boolean
}): Html {
  return html`<form method="post" action="/portal${to}" class="action">
<input type="hidden" name="formToken" value="${formToken}"><input type="hidden" name="back" value="/portal${back}">
${etag !== undefined && html`<input type="hidden" name="etag" value="${etag}">`}${fields}
<button class="${danger ? 'danger' : plain ? 'plain' : 'main'}">${button}${of !== undefined && unseen(of)}</button>
</form>`
}

/** A field of a form, with its name above it. */
export function field(label: string, input: Html): Html {
  return html`<label>${label} ${input}</label>`
}

/** A link that fills fields of the form around it with `values`, by their names. Without script it leads to a page that has them. */
export function fillLink(label: Html | string, values: Readonly<Record<string, string>>, path: string): Html {
  return html`<a href="${path}" data-fills="${JSON.stringify(values)}">${label}</a>`
}

/** A field for a text that is looked for, with what is wrong with it below it. */
export function searchField(
  label: string,
  { name, value, more }: { name: string; value: string | undefined; more?: Html | false },
  wrong?: string | undefined,
): Html {
  const fault = wrong !== undefined && html` aria-invalid="true" aria-describedby="wrong-${name}"`
  return html`<div>${field(label, html`<input name="${name}" value="${value}"${more} spellcheck="false"${fault}>`)}
${wrong !== undefined && html`<p class="bad" id="wrong-${name}" role="alert">${shown(wrong)}</p>`}</div>`
}

/** A choice among `options`, each the value and what is shown. */
export function select(
  name: string,
  options: readonly (readonly [value: string, label: string])[],
  chosen?: string,
): Html {
  return html`<select name="${name}">${options.map(
    ([value, label]) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${plain(label)}</option>`,
  )}</select>`
}

/** The way to the next page of a list, and back to its beginning. What was done before the first page is not said on another. */
export function pager(
  path: string,
  query: Readonly<Record<string, string>>,
  { next, after }: { next?: string | undefined; after?: string | undefined },
): Html | false {
  if (next === undefined && after === undefined) return false
  const shown = untold(query)
  return html`<nav class="pager" aria-label="Pages">
${after !== undefined && html`<a href="${link(path, { ...shown, after: '' })}">First page</a>`}
${next !== undefined && html`<a rel="next" href="${link(path, { ...shown, after: next })}">Next page</a>`}
</nav>`
}

/** The form by which a list at `path` is searched. */
export function searchForm(path: string, label: string, q: string | undefined): Html {
  return html`<form method="get" action="/portal${path}" class="filter" role="search">
${field(label, html`<input name="q" value="${q}" spellcheck="false">`)}
<button>Show</button>
</form>`
}

/** A link within the portal; empty values are left out. */
export function link(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  return `/portal${pathWith(path, query)}`
}

/** The same below `/portal`, as forms have the page that they stand on. */
export function pathWith(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter(([, value]) => value) as [string, string][]
  const search = new URLSearchParams(given).toString()
  return `${path}${search === '' ? '' : `?${search}`}`
}
