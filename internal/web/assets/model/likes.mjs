/** @import { Message } from "../types.d.ts" */
/** @import { Room } from "./room.mjs" */
import { setLike } from "../api/messages.mjs"
import { attempt } from "./toasts.mjs"

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
