/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { useLayoutEffect, useRef } from "../vendor/preact-hooks.mjs"
import { html } from "../html.mjs"
import { findAll } from "./find.mjs"

/**
 * The words of a message. This is the only place where HTML from the server
 * becomes part of the page: `content_html`, which the server has sanitised.
 * @param {{message: Message, room: Room}} props
 */
export function MessageText({ message, room }) {
  const element = useRef(/** @type {HTMLDivElement|null} */ (null))
  useLayoutEffect(() => {
    markOwnName(element.current, room.userId)
    letKeysScroll(element.current)
    if (message.content_html.includes('class="spoiler"')) cover(element)
  }, [message.content_html])
  return html`<div class="prose" ref=${element} onClick=${openElsewhere} dangerouslySetInnerHTML=${{ __html: message.content_html }}></div>`
}

/** @param {HTMLElement|null} element @param {number} userId */
function markOwnName(element, userId) {
  for (const mention of findAll(`.mention[data-user-id="${userId}"]`, element)) mention.classList.add("mention-me")
}

/** Few messages have something to cover. @param {{current: HTMLElement|null}} element */
async function cover(element) {
  const { coverSpoilers } = await import("./spoilers.mjs")
  coverSpoilers(element.current)
}

/**
 * Code and tables may be wider than their place: the keyboard must be able to
 * scroll them. Whether they are is not known while they are out of view.
 * @param {HTMLElement|null} element
 */
function letKeysScroll(element) {
  for (const wide of findAll("pre, table", element)) wide.tabIndex = 0
}

/**
 * Links to other places open beside the forum, so that the conversation stays;
 * links into this forum stay within the page.
 * @param {MouseEvent} event
 */
function openElsewhere(event) {
  const link = /** @type {Element} */ (event.target).closest("a")
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  const here = link.origin === location.origin && ["/forum", "/api/forum", "/api/forum/"].includes(link.pathname)
  if (here && link.hash) location.hash = link.hash
  else window.open(link.href, "_blank", "noopener,noreferrer")
}
