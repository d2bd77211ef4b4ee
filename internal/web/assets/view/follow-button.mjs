/** @import { Thread, FollowAnswer } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { html } from "../html.mjs"
import { followThread, unfollowThread } from "../api/threads.mjs"
import { attempt } from "../model/toasts.mjs"
import { closeDialog, Dialog, openDialog } from "./dialog.mjs"
import { Icon } from "./icon.mjs"
import { openMenu } from "./menu.mjs"

const everything = { notify_on_new_message: true, notify_on_mention: true, notify_on_reply: true }
const forMeOnly = { ...everything, notify_on_new_message: false }

/** @param {{room: Room, thread: Thread}} props */
export function FollowButton({ room, thread }) {
  const following = thread.is_following
  const click = (/** @type {Event} */ event) => (following ? openMenu(event, "Following", choices(room)) : follow(room))
  return html`<button type="button" class=${following ? "button follow follow-on" : "button follow"} aria-haspopup=${following ? "menu" : undefined} onClick=${click}>
    <${Icon} name=${following ? "check" : "bell"} /><span>${following ? "Following" : "Follow"}</span>
  </button>`
}

/** @param {Room} room */
function choices(room) {
  return [
    { label: "Notify me of every message", icon: "bell", run: () => change(room, () => followThread(room.id, everything)) },
    { label: "Only mentions and replies", icon: "reply", run: () => change(room, () => followThread(room.id, forMeOnly)) },
    { label: "Stop following", icon: "close", run: () => change(room, () => unfollowThread(room.id)) },
  ]
}

/** @param {Room} room @param {() => Promise<FollowAnswer>} call */
async function change(room, call) {
  const answer = await attempt(call)
  if (answer) room.patchThread({ is_following: answer.is_following, follower_count: answer.follower_count })
  return answer
}

/** @param {Room} room */
async function follow(room) {
  const answer = await change(room, () => followThread(room.id, everything))
  if (answer?.requires_warning) openDialog(html`<${Warning} room=${room} text=${answer.warning_message ?? ""} />`)
}

/** A busy thread would ring all day: offers the quieter way. @param {{room: Room, text: string}} props */
function Warning({ room, text }) {
  const quieter = () => {
    change(room, () => followThread(room.id, forMeOnly))
    closeDialog()
  }
  return html`<${Dialog} title="This is a lively thread">
    <p>${text}</p>
    <div class="dialog-actions">
      <button type="button" class="button" onClick=${closeDialog}>Notify me of everything</button>
      <button type="button" class="button button-primary" autofocus onClick=${quieter}>Only mentions and replies</button>
    </div>
  <//>`
}
