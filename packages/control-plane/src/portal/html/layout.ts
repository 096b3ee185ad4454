/**
 * The frame of every page.
 *
 * @module
 */

import type { AssetName, AssetUrls } from '../assets.ts'
import type { Section } from '../page.ts'
import { type Html, html } from './html.ts'
import { plain, shown } from './shown-text.ts'

const MENU: readonly (readonly [Section, path: string, label: string])[] = [
  ['overview', '', 'Overview'],
  ['machines', '/machines', 'Machines'],
  ['join', '/join', 'Join a server'],
  ['identities', '/identities', 'Identities'],
  ['roles', '/roles', 'Roles'],
  ['applications', '/applications', 'Applications'],
  ['people', '/groups', 'People'],
  ['keys', '/keys', 'Keys'],
  ['audit', '/audit', 'Audit'],
  ['settings', '/settings', 'Settings'],
]

/** What is put into the frame. */
export interface Framed {
  title: string
  section?: Section | undefined
  body: Html
  assets: AssetUrls
  /** A script beside that of every page. */
  script?: AssetName | undefined
  /** Where the page is, if the browser asked for another, as with a form: it stays there by itself, and sends nothing again. It needs script. */
  address?: string | undefined
  /** Who is signed in. */
  visitor?: { displayName: string; formToken: string } | undefined
}

/** The whole document. */
export function layout(framed: Framed): Html {
  const { title, body, assets, script, address, visitor } = framed
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${plain(title)} – Landfast</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="${assets['portal.svg']}">
<link rel="stylesheet" href="${assets['portal.css']}">
<script type="module" src="${assets['portal.js']}"></script>${
    script &&
    html`
<script type="module" src="${assets[script]}"></script>`
  }
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header>
<a class="brand" href="/portal"><img src="${assets['portal.svg']}" alt="" width="24" height="24"> Landfast</a>
${visitor && FIND_FORM}
${visitor && who(visitor)}
</header>
${visitor && menu(framed)}
<main id="main" tabindex="-1"${address !== undefined && html` data-address="${address}"`}>
<h1>${shown(title)}</h1>
${body}
</main>
</body>
</html>`
}

/** On every page of somebody who is signed in. */
const FIND_FORM = html`<form class="find" method="get" action="/portal/find" role="search" aria-label="Whole portal">
<input type="search" name="q" required aria-label="Find by a name or an id" placeholder="Name or id" autocomplete="off" spellcheck="false">
<button>Find</button>
</form>`

function who({ displayName, formToken }: NonNullable<Framed['visitor']>): Html {
  return html`<form class="who" method="post" action="/portal/sign-out">
<input type="hidden" name="formToken" value="${formToken}">
<span>Signed in as ${shown(displayName)}</span>
<button name="reach" value="this">Sign out</button>
<button name="reach" value="all">Sign out everywhere</button>
</form>`
}

function menu({ section }: Framed): Html {
  return html`<nav aria-label="Portal"><ul>${MENU.map(
    ([name, path, label]) =>
      html`<li><a href="/portal${path}"${name === section && html` aria-current="page"`}>${label}</a></li>`,
  )}</ul></nav>`
}
