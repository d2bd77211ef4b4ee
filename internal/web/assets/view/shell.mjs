/** @import { Forum } from "../model/forum.mjs" */
import { useEffect, useRef } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"
import { narrow } from "../model/narrow.mjs"
import { linkTo, place } from "../model/place.mjs"
import { options } from "../model/session.mjs"
import { ConnectionBar } from "./connection-bar.mjs"
import { find } from "./find.mjs"
import { Home } from "./home.mjs"
import { listenForKeys } from "./keys.mjs"
import { RoomPane } from "./room-pane.mjs"
import { Sidebar } from "./sidebar.mjs"

/** The forum: threads on the left, the open one beside it, a sub-thread in a panel. @param {{forum: Forum}} props */
export function Shell({ forum }) {
  const main = useRef(/** @type {HTMLElement|null} */ (null))
  const { thread, panel, message } = place.value
  useEffect(() => listenForKeys(forum), [forum])
  useFocusOnWayBack(thread)
  const skip = (/** @type {Event} */ event) => {
    event.preventDefault()
    const target = find("textarea", main.current) ?? main.current
    target?.focus()
  }
  const showing = panel ? "panel" : thread ? "thread" : "list"
  return html`<div class="shell" data-showing=${showing}>
    <a class="skip-link" href="#conversation" onClick=${skip}>Skip to the conversation</a>
    <${Title} forum=${forum} />
    <${Sidebar} forum=${forum} alone=${narrow.value && !thread} />
    <main class="main" id="conversation" ref=${main} tabindex="-1">
      <${ConnectionBar} of=${forum} />
      ${thread
        ? html`<${RoomPane} key=${thread} forum=${forum} id=${thread} message=${panel ? null : message} />`
        : html`<${Home} forum=${forum} />`}
    </main>
    ${thread && panel && html`<aside class="panel" aria-label="Sub-thread">
      <${RoomPane} key=${panel} forum=${forum} id=${panel} message=${message} parent=${thread} />
    </aside>`}
  </div>`
}

/**
 * Where there is one column, the focus would be lost with the column that goes:
 * it moves into the thread, and back to the thread's row.
 * @param {number|null} thread
 */
function useFocusOnWayBack(thread) {
  const before = useRef(thread)
  useEffect(() => {
    if (narrow.value && thread) find("#conversation")?.focus({ preventScroll: true })
    else if (narrow.value && before.current) find(`.thread-row[href="${linkTo({ thread: before.current })}"]`)?.focus()
    before.current = thread
  }, [thread])
}

/** Keeps the window's title: what is open, and how much waits. @param {{forum: Forum}} props */
function Title({ forum }) {
  const thread = forum.book.get(place.value.thread ?? 0)?.value
  const waiting = forum.counts.total.value
  const community = options.value?.community || "Parley"
  const title = `${waiting ? `(${waiting}) ` : ""}${thread ? `${thread.title} · ` : ""}${community}`
  useEffect(() => void (document.title = title), [title])
  return null
}
