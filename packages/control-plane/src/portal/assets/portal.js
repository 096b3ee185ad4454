/**
 * What pages can do more of where there is script: copy a text, and show again what changes. Everything else works without.
 *
 * @module
 */

const COPIED_MILLISECONDS = 2_000

/** While a page is looked at. */
const LIVE_MILLISECONDS = 5_000

for (const button of document.querySelectorAll('button[data-copy]')) {
  const label = button.textContent
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy)
    button.textContent = 'Copied'
    setTimeout(() => {
      button.textContent = label
    }, COPIED_MILLISECONDS)
  })
}

for (const part of document.querySelectorAll('[data-live]')) keepLive(part)

/** Reads the page at `data-live` again and again, and takes over the part of it that has the same id. */
function keepLive(part) {
  const timer = setInterval(async () => {
    if (document.hidden) return
    const next = await readPart(part).catch(() => part)
    if (!next) clearInterval(timer)
    // What has not changed is not read out again.
    else if (next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes)
  }, LIVE_MILLISECONDS)
}

/** Null where the page is there no more, or nobody is signed in: the sign-in page has no such part. */
async function readPart({ id, dataset }) {
  const answer = await fetch(dataset.live, { headers: { 'Landfast-Live': '1' } })
  if (answer.status >= 500) throw new Error(answer.statusText)
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  return page.getElementById(id)
}
