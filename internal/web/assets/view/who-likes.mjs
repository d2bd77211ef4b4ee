/** @import { Like, Message } from "../types.d.ts" */
import { useEffect } from "../vendor/preact-hooks.mjs"
import { useSignal } from "../vendor/signals.mjs"
import { html } from "../html.mjs"
import { listLikes } from "../api/messages.mjs"
import { attempt } from "../model/toasts.mjs"
import { counted } from "../text/names.mjs"
import { Dialog } from "./dialog.mjs"
import { Avatar, RoleBadge } from "./person.mjs"

/** Who likes a message. @param {{message: Message}} props */
export function WhoLikes({ message }) {
  const likes = useSignal(/** @type {readonly Like[]} */ ([]))
  const total = useSignal(message.like_count)
  const load = () =>
    attempt(async () => {
      const page = await listLikes(message.id, likes.value.at(-1)?.id)
      likes.value = [...likes.value, ...page.likes]
      total.value = page.total_likes
    })
  useEffect(() => void load(), [])
  const more = likes.value.length > 0 && likes.value.length < total.value
  return html`<${Dialog} title=${counted(total.value, "like")}>
    <ul class="choices">
      ${likes.value.map(({ id, user }) => html`<li key=${id} class="choice"><${Avatar} name=${user.username} /><strong>${user.username}</strong><${RoleBadge} role=${user.role} color=${user.badge_color} /></li>`)}
    </ul>
    ${more && html`<button type="button" class="button" onClick=${load}>More</button>`}
  <//>`
}
