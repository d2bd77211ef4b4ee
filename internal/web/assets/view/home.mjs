/** @import { Forum } from "../model/forum.mjs" */
/** @import { Thread } from "../types.d.ts" */
import { html } from "../html.mjs"
import { now } from "../model/clock.mjs"
import { linkTo } from "../model/place.mjs"
import { counted } from "../text/names.mjs"
import { Icon } from "./icon.mjs"
import { Avatar } from "./person.mjs"
import { Ago } from "./when.mjs"

const SHOWN = 6

/** What stands beside the list while no thread is open: where to go on reading. @param {{forum: Forum}} props */
export function Home({ forum }) {
  const threads = forum.list.rows.value.map(thread => thread.value)
  const unread = threads.filter(thread => thread.unread_messages)
  const shown = (unread.length ? unread : threads).slice(0, SHOWN)
  return html`<div class="home">
    <h1>${greeting(new Date(now.value).getHours())}, ${forum.user.display_name}</h1>
    <p class="home-line">${unread.length ? `${counted(unread.length, "thread")} with something new for you.` : "You are all caught up. Lately people talked here:"}</p>
    <ul class="home-threads">
      ${shown.map(thread => html`<li key=${thread.id}><${Card} thread=${thread} /></li>`)}
    </ul>
    <p class="home-keys"><${Icon} name="keyboard" />Press <kbd>?</kbd> for keyboard shortcuts.</p>
  </div>`
}

/** @param {{thread: Thread}} props */
function Card({ thread }) {
  const news = thread.unread_messages ? `${thread.unread_messages} new` : counted(thread.message_count, "message")
  return html`<a class="home-card" href=${linkTo({ thread: thread.id })}>
    <${Avatar} name=${thread.username} />
    <span class="home-card-title">${thread.title}</span>
    <span class="home-card-about">${news} · <${Ago} at=${thread.last_message_at ?? thread.created_at} /></span>
  </a>`
}

/** @param {number} hour */
function greeting(hour) {
  if (hour >= 5 && hour < 12) return "Good morning"
  return hour >= 12 && hour < 18 ? "Good afternoon" : "Good evening"
}
