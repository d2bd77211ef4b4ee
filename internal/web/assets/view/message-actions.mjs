/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "../model/room.mjs" */
import { deleteMessage, restoreMessage } from "../api/messages.mjs"
import { linkTo } from "../model/place.mjs"
import { attempt } from "../model/toasts.mjs"
import { counted } from "../text/names.mjs"
import { copyText } from "./copy-text.mjs"
import { confirm } from "./dialog.mjs"
import { flagMessage, showLikes, startSubThread } from "./dialogs.mjs"

/** @param {Room} room @param {Message} message */
export const mayLike = (room, message) => message.user_id !== room.userId

/** @param {Room} room @param {Message} message */
export const mayEdit = (room, message) => message.user_id === room.userId

/** @param {Room} room @param {Message} message */
export const mayDelete = (room, message) => message.user_id === room.userId || room.forum.permissions.can_moderate

/** @param {Room} room @param {Message} message */
export function reply(room, message) {
  const { id, content, username, user_role, user_badge_color, created_at } = message
  room.replyTo.value = { id, content: [...content].slice(0, 100).join(""), username, user_role, user_badge_color, created_at }
}

/** @param {Room} room @param {Message} message */
export const quote = async (room, message) => (await import("./quote.mjs")).quote(room, message)

/** @param {Room} room @param {Message} message */
export function edit(room, message) {
  room.editing.value = message.id
}

/** @param {Room} room @param {Message} message */
export async function remove(room, message) {
  const replies = message.reply_count ? ` and ${counted(message.reply_count, "reply").replace("replys", "replies")} to it` : ""
  const text = `The message${replies} will be gone for everybody.`
  if (!(await confirm({ title: "Delete this message?", text, action: "Delete" }))) return
  const answer = await attempt(() => deleteMessage(message.id))
  if (answer) room.timeline.remove(answer.deleted_ids)
}

/** @param {Room} room @param {Message} message */
export function messageMenu(room, message) {
  const link = location.origin + "/forum" + linkTo({ thread: room.id, message: message.id })
  return [
    { label: "Reply", icon: "reply", run: () => reply(room, message) },
    { label: "Quote", icon: "quote", run: () => quote(room, message) },
    message.can_create_thread && { label: "Start a sub-thread", icon: "thread", run: () => startSubThread(message) },
    message.like_count > 0 && { label: "Who likes this", icon: "heart", run: () => showLikes(message) },
    { label: "Copy text", icon: "copy", run: () => copyText(message.content, "Text copied.") },
    { label: "Copy link", icon: "link", run: () => copyText(link, "Link copied.") },
    mayLike(room, message) && { label: "Flag", icon: "flag", run: () => flagMessage(message) },
    message.is_hidden && room.forum.permissions.can_moderate && { label: "Show to all", icon: "eye", run: () => attempt(() => restoreMessage(message.id)) },
    mayEdit(room, message) && { label: "Edit", icon: "edit", run: () => edit(room, message) },
    mayDelete(room, message) && { label: "Delete", icon: "trash", danger: true, run: () => remove(room, message) },
  ]
}
