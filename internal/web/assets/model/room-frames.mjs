/** @import { Frame, Message } from "../types.d.ts" */
/** @import { Room } from "./room.mjs" */
import { announceMessage } from "./announcer.mjs"

/**
 * What each frame of a thread's stream means for the room that shows it.
 * Types that are not here are ignored, as the contract asks.
 * @type {Record<string, (room: Room, frame: Frame) => void>}
 */
export const roomFrames = {
  new_message(room, { message, message_count }) {
    const own = message.user_id === room.userId
    if (own) room.outbox.arrived(message)
    room.typing.heard(message.user_id, message.username, false)
    const isNews = room.admit(message)
    room.patchThread({ message_count })
    if (isNews && !own) announceMessage(message.username, message.content)
  },

  message_edited(room, { message }) {
    room.timeline.patch(message.id, message)
    room.timeline.requote(message.id, message.content)
  },

  messages_deleted(room, { message_ids, message_count }) {
    const thread = room.thread.value
    if (!thread) return
    const unread = countUnread(room, message_ids)
    room.timeline.remove(message_ids)
    room.patchThread({
      message_count,
      unread_messages: Math.max(0, thread.unread_messages - unread),
    })
  },

  messages_restored(room, { messages, likes, message_count }) {
    for (const message of messages) {
      const user_has_liked = likes.some((/** @type {{message_id: number, user_ids: number[]}} */ like) => like.message_id === message.id && like.user_ids.includes(room.userId))
      room.timeline.insert({ ...message, user_has_liked })
    }
    room.patchThread({ message_count })
  },

  message_hidden: marked,
  message_shown: marked,

  message_liked(room, { message_id, like_count, liked_by }) {
    room.timeline.patch(message_id, liked_by.id === room.userId ? { like_count, user_has_liked: true } : { like_count })
  },

  message_unliked(room, { message_id, like_count, unliked_by }) {
    room.timeline.patch(message_id, unliked_by.id === room.userId ? { like_count, user_has_liked: false } : { like_count })
  },

  thread_updated(room, { updates }) {
    room.patchThread(updates)
  },

  message_thread_count_updated(room, { message_id, spawned_thread_count }) {
    room.timeline.patch(message_id, { spawned_thread_count })
  },

  thread_deleted(room, { thread_title }) {
    room.isGone("deleted", thread_title)
  },

  presence(room, { viewers }) {
    room.viewers.value = viewers
  },

  user_typing(room, { user_id, username, is_typing }) {
    if (user_id !== room.userId) room.typing.heard(user_id, username, is_typing)
  },
}

/**
 * A message that this reader sees although it is hidden was marked so, or is no longer.
 * @param {Room} room
 * @param {Frame} frame
 */
function marked(room, { message, liked_by, message_count }) {
  const now = { ...message, user_has_liked: liked_by.includes(room.userId) }
  if (!room.timeline.insert(now)) room.timeline.patch(now.id, now)
  room.patchThread({ message_count })
}

/**
 * @param {Room} room
 * @param {readonly number[]} ids
 */
function countUnread(room, ids) {
  const read = room.thread.value?.last_read_message_id ?? 0
  const unread = (/** @type {Message|undefined} */ m) => m && m.id > read && m.user_id !== room.userId
  return ids.filter(id => unread(room.timeline.find(id))).length
}
