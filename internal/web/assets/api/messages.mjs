/** @import { LikePage, Message } from "../types.d.ts" */
import { query, request } from "./request.mjs"

/** @typedef {{before_id?: number, after_id?: number, limit?: number, mark_read?: boolean}} Window */

/**
 * A page of a thread, oldest first.
 * @param {number} threadId
 * @param {Window} window
 * @returns {Promise<{messages: Message[], eventId: string}>} `eventId` only with the newest page
 */
export async function listMessages(threadId, window) {
  let eventId = ""
  const headers = (/** @type {Headers} */ h) => void (eventId = h.get("Event-Id") ?? "")
  const messages = await request("GET", `/api/forum/threads/${threadId}/messages${query(window)}`, { headers })
  return { messages, eventId }
}

/**
 * @param {number} threadId
 * @param {{content: string, reply_to_id?: number}} message
 * @param {string} key
 * @returns {Promise<Message>}
 */
export const postMessage = (threadId, message, key) =>
  request("POST", `/api/forum/threads/${threadId}/messages`, { body: message, key })

/** @param {number} id @param {string} content @returns {Promise<{edited: Message}>} */
export const editMessage = (id, content) => request("PATCH", `/api/forum/messages/${id}`, { body: { content } })

/** @param {number} id @returns {Promise<{deleted_ids: number[], deleted_count: number}>} */
export const deleteMessage = id => request("DELETE", `/api/forum/messages/${id}`)

/** @param {number} id @returns {Promise<{restored_ids: number[]}>} */
export const restoreMessage = id => request("POST", `/api/forum/messages/${id}/restore`)

/** @param {number} id @param {boolean} liked @returns {Promise<{like_count: number, user_has_liked: boolean}>} */
export const setLike = (id, liked) => request(liked ? "POST" : "DELETE", `/api/forum/messages/${id}/like`)

/** @param {number} id @param {number} [afterId] @returns {Promise<LikePage>} */
export const listLikes = (id, afterId) =>
  request("GET", `/api/forum/messages/${id}/likes${query({ limit: 50, after_id: afterId })}`)
