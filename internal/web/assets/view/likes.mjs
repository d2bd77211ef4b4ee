/** @import { Like, Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { listLikes, setLike } from "../api/messages.mjs"
import { attempt } from "../model/toasts.mjs"
import { counted } from "../text/names.mjs"
import { Dialog, openDialog } from "./dialog.mjs"
import { Avatar, RoleBadge } from "./person.mjs"

/**
 * Likes, or no longer; shown at once and put right by the answer.
 * @param {Room} room
 * @param {Message} message
 */
export async function toggleLike(room, message) {
  const { like_count, user_has_liked } = message
  const liked = !user_has_liked
  room.timeline.patch(message.id, { user_has_liked: liked, like_count: like_count + (liked ? 1 : -1) })
  const answer = await attempt(() => setLike(message.id, liked))
  room.timeline.patch(message.id, {
    like_count: answer?.like_count ?? like_count,
    user_has_liked: answer?.user_has_liked ?? user_has_liked,
  })
}

/** @param {Message} message */
export function showLikes(message) {
  openDialog(html`<${Likes} message=${message} />`)
}

/** Who likes a message. @param {{message: Message}} props */
function Likes({ message }) {
  const likes = useSignal(/** @type {readonly Like[]} */ ([]))
  const total = useSignal(message.like_count)
  const load = () =>
    attempt(async () => {
      const page = await listLikes(message.id, likes.value.at(-1)?.id)
      likes.value = [...likes.value, ...page.likes]
      total.value = page.total_likes
    })
  useEffect(() => void load(), [])
  return html`<${Dialog} title=${counted(total.value, "like")}>
    <ul class="choices">
      ${likes.value.map(({ id, user }) => html`<li key=${id} class="choice"><${Avatar} name=${user.username} /><strong>${user.username}</strong><${RoleBadge} role=${user.role} color=${user.badge_color} /></li>`)}
    </ul>
    ${likes.value.length < total.value && likes.value.length > 0 && html`<button type="button" class="button" onClick=${load}>More</button>`}
  <//>`
}
