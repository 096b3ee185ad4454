/**
 * What pages can do more of where there is script: copy a text, and stay as it is at the control plane. Everything else works
 * without.
 *
 * @module
 */

const COPIED_MILLISECONDS = 2_000

/** Says what was copied. It is there from the beginning: a line that comes with its text is not read out. */
const told = statusLine('unseen')
if (document.querySelector('button[data-copy]')) document.querySelector('main').append(told)
reveal(document)
document.addEventListener('click', ({ target }) => {
  const button = target.closest('button[data-copy]')
  if (button) copy(button)
})

/** A link that offers a value fills it in, and leaves what else was typed. Without script its page has the value. */
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-fills]')
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  for (const [name, value] of Object.entries(JSON.parse(link.dataset.fills))) {
    const field = link.closest('form').elements.namedItem(name)
    field.value = value
    field.focus()
  }
})

/** Shows the buttons that only script can serve. */
function reveal(page) {
  for (const button of page.querySelectorAll('button[data-copy]')) button.hidden = false
}

async function copy(button) {
  const [label, name] = button.childNodes
  try {
    await navigator.clipboard.writeText(button.dataset.copy)
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling)
    told.className = 'told'
    told.textContent =
      'The browser does not let this page copy. The text is selected: copy it yourself, such as by Ctrl+C.'
    return
  }
  told.className = 'unseen'
  const said = `Copied${name.textContent}.`
  told.textContent = said
  label.data = 'Copied'
  setTimeout(() => {
    label.data = 'Copy'
    if (told.textContent === said) told.textContent = ''
  }, COPIED_MILLISECONDS)
}

/**
 * A page that answers a form, or says what one did, is looked at at its own address: who loads it again, or comes back to it, sends
 * nothing again and is told nothing again.
 */
const { address } = document.querySelector('main').dataset
if (address) history.replaceState(history.state, '', address)

/** How often a page asks by itself while it hears nothing. */
const POLL_MILLISECONDS = 5_000

/** And how often in any case: times in words grow old, and a change may be told to nobody. */
const LONGEST_MILLISECONDS = 60_000

/** A stream that says nothing for so long is not there any more, or a proxy keeps what it says. */
const SILENT_MILLISECONDS = 40_000

/** How long after a stream was refused another one is asked for. */
const REFUSED_MILLISECONDS = 30_000

const ANSWER_MILLISECONDS = 10_000

/** One page of a browser is told by the control plane, and tells the others: a browser opens six connections to a host, and no more. */
const ONE = 'landfast-live'

/** Nobody is signed in any more, or what is shown was deleted. */
const GONE = 'This page stays as it is: you are signed out, or what it shows is gone. Load it again.'

/** What is said of a form that a person was at when somebody else changed what it changes: its ETag is of before. */
const HELD =
  'This was changed meanwhile. The form that you are at stays as it was: if you send it, nothing is done, and you are told why.'

/** Parts that are wholly as they were before a change, since a person is at a form in them. */
const held = new Set()

/** Parts that are not in all as they are at the control plane, for the same reason. */
const behind = new Set()

/** Aborted while a form is on its way: the page that answers it takes the place of this one, and what it ends is not asked for. */
let leaving = new AbortController()
document.addEventListener('submit', () => leaving.abort())
addEventListener('pageshow', () => {
  leaving = new AbortController()
})

const parts = [...document.querySelectorAll('[data-live]')]
if (parts.length > 0) keepLive()

/** Keeps the parts of this page as they are at the control plane while it is looked at. */
function keepLive() {
  const channel = new BroadcastChannel(ONE)
  let rest = () => {}
  const readWithin = createReader(() => {
    rest()
    channel.close()
    document.removeEventListener('visibilitychange', look)
  })

  /** Whichever page has the lock is told. It goes to another when this one is hidden or left. */
  function look() {
    rest()
    if (document.hidden) return
    // What was missed before it could be told.
    readWithin(1_000)
    const looking = new AbortController()
    rest = () => looking.abort()
    const { signal } = looking
    navigator.locks.request(ONE, { signal }, () => beTold(signal, tellAll)).catch(() => {})
  }

  function tellAll(milliseconds) {
    channel.postMessage(milliseconds)
    readWithin(milliseconds)
  }

  for (const part of parts) {
    for (const left of ['pointerout', 'focusout'])
      part.addEventListener(left, (event) => behind.has(part) && isLeft(event) && readWithin(0))
  }
  channel.addEventListener('message', ({ data }) => readWithin(data))
  document.addEventListener('visibilitychange', look)
  look()
}

/** What reads the parts anew within so many milliseconds, and says what is wrong. `end` is called where there is nothing to be read any more. */
function createReader(end) {
  const say = addNotice()
  let shownAt = new Date()
  let timer = 0
  let reading = Promise.resolve()

  async function read() {
    timer = 0
    const { signal } = leaving
    if (document.hidden || signal.aborted) return
    try {
      const isThere = await takeOverAll()
      shownAt = new Date()
      say(isThere ? sayOfHeld() : GONE)
      if (!isThere) end()
    } catch {
      if (signal.aborted) return
      say(`The control plane does not answer. This is how it was at ${shownAt.toLocaleTimeString()}.`)
    }
  }

  return (milliseconds) => {
    if (timer) return
    timer = setTimeout(() => {
      reading = reading.then(read)
    }, Math.random() * milliseconds)
  }
}

/** Tells by `tell` when it is time to read anew, until `signal` says that it is enough. */
function beTold(signal, tell) {
  let stream
  let heardAt = Number.NEGATIVE_INFINITY
  let triedAt
  let toldAt = performance.now()
  const tellAt = (now, milliseconds) => {
    toldAt = now
    tell(milliseconds)
  }
  const open = () => {
    triedAt = performance.now()
    stream = new EventSource('/portal/live')
    for (const event of ['hello', 'change', 'beat']) {
      stream.addEventListener(event, ({ data }) => {
        heardAt = performance.now()
        if (event !== 'beat') tellAt(heardAt, Number(data))
      })
    }
    // The browser comes back to one that was cut off, and not to one that was refused.
    stream.addEventListener('error', () => {
      heardAt = Number.NEGATIVE_INFINITY
    })
  }
  const timer = setInterval(() => {
    const now = performance.now()
    if (stream.readyState === EventSource.CLOSED && now - triedAt > REFUSED_MILLISECONDS) open()
    if (now - heardAt > SILENT_MILLISECONDS || now - toldAt > LONGEST_MILLISECONDS) tellAt(now, 0)
  }, POLL_MILLISECONDS)
  open()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      stream.close()
      resolve()
    })
  })
}

/** Takes over all parts from their pages; false where one is there no more: the sign-in page, for one, has none. */
async function takeOverAll() {
  const pages = new Map()
  for (const { dataset } of parts) {
    const path = dataset.live || location.href
    if (!pages.has(path)) pages.set(path, await load(path))
  }
  const fresh = parts.map(({ id, dataset }) => pages.get(dataset.live || location.href).getElementById(id))
  if (fresh.includes(null)) return false
  const focused = document.activeElement
  keepInPlace(formAtHand(), () => {
    for (const [index, part] of parts.entries()) follow(part, fresh[index])
  })
  // A link that was written anew is still the one that was chosen.
  if (!focused.isConnected) {
    const same = `[href="${CSS.escape(focused.getAttribute('href') ?? '')}"]`
    document.querySelector(`main ${same}`)?.focus({ preventScroll: true })
  }
  return true
}

/** The form that the pointer is over, or else the one with the focus. */
function formAtHand() {
  return document.querySelector('main form:hover') ?? document.activeElement.closest('main form')
}

/** Does `work`, and leaves `form` where it is in the window, whatever grows above it: another button would come under the pointer. */
function keepInPlace(form, work) {
  const top = form?.getBoundingClientRect().top
  work()
  if (form?.isConnected) scrollBy({ top: form.getBoundingClientRect().top - top, behavior: 'instant' })
}

/** Makes `part` what `next` is, as far as no person is at a form in it. A button that becomes another one under the pointer does what nobody wants. */
function follow(part, next) {
  held.delete(part)
  behind.delete(part)
  const isHeld = hasFormAtHand(part) && versionIn(part) !== versionIn(next)
  if (isHeld) held.add(part)
  if (isHeld || !become(part, next)) behind.add(part)
}

/** The ETag that the forms of a part send: what else differs between two of these pages changes nothing of what a form does. */
function versionIn(part) {
  return part.querySelector('input[name="etag"]')?.getAttribute('value')
}

function hasFormAtHand(part) {
  return [...part.querySelectorAll('form')].some(isAtHand)
}

/** Whether a person is at `form`: the pointer or the focus is there, something is typed, or it is shown again with what is wrong. */
function isAtHand(form) {
  if (form.matches(':hover, :focus-within') || form.querySelector('[aria-invalid]')) return true
  const fields = [...form.querySelectorAll('input, textarea')]
  return fields.some(({ value, defaultValue }) => value !== defaultValue)
}

/** Whether the pointer or the focus has left a form, and not only gone to another place in it. */
function isLeft({ target, relatedTarget }) {
  const form = target.closest('form')
  return form !== null && !form.contains(relatedTarget)
}

function sayOfHeld() {
  return held.size > 0 ? HELD : ''
}

/** The page at `path`. It is said that no person asks: that keeps nobody signed in. */
async function load(path) {
  const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(ANSWER_MILLISECONDS)])
  const answer = await fetch(path, { headers: { 'Landfast-Live': '1' }, signal })
  if (answer.status === 429 || answer.status >= 500) throw new Error(answer.statusText)
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  reveal(page)
  return page
}

/**
 * Makes `part` what `next` is. What is equal stays where it is, with its selection and its place; what changes alone is read out. A
 * form that a person is at stays, and so does what cannot be changed around it: then the answer is false.
 */
function become(part, next) {
  if (part.isEqualNode(next)) return true
  if (part.nodeName === 'FORM' && isAtHand(part)) return false
  const [former, latter] = [[...part.childNodes], [...next.childNodes]]
  const isSameShape = former.length === latter.length && former.every((node, at) => isAlike(node, latter[at]))
  if (isSameShape) return former.map((node, at) => become(node, latter[at])).every(Boolean)
  if (part.nodeType === Node.ELEMENT_NODE && hasFormAtHand(part)) return false
  replaceChildren(part, latter)
  return true
}

/** Whether two nodes are the same but for what is in them. Whether something is folded out is for the person who looks. */
function isAlike(one, other) {
  const bare = [one, other].map((node) => node.cloneNode())
  for (const node of bare) if (node.nodeName === 'DETAILS') node.open = false
  return bare[0].isEqualNode(bare[1])
}

/** Puts `nodes` into `part`. A child that has the id of one of them stays where it is, and becomes that one. */
function replaceChildren(part, nodes) {
  const known = new Map([...part.children].filter(({ id }) => id).map((child) => [child.id, child]))
  const wanted = nodes.map((node) => {
    const child = known.get(node.id)
    if (!child || !isAlike(child, node)) return node
    become(child, node)
    return child
  })
  for (const node of [...part.childNodes]) if (!wanted.includes(node)) node.remove()
  for (const [at, node] of wanted.entries()) {
    if (part.childNodes[at] !== node) part.insertBefore(node, part.childNodes[at] ?? null)
  }
}

/** A line for what is wrong, empty while nothing is. */
function addNotice() {
  const line = statusLine('live')
  document.querySelector('h1').after(line)
  return (text) => {
    if (line.textContent !== text) line.textContent = text
  }
}

function statusLine(className) {
  const line = document.createElement('p')
  line.className = className
  line.setAttribute('role', 'status')
  return line
}
