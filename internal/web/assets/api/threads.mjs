/** @import { FollowAnswer, FollowChoices, NewThread, Thread, ThreadChanges } from "../types.d.ts" */
import { query, request } from "./request.mjs"

const root = "/api/forum/threads"

/**
 * @param {{page: number, filter_type: string, thread_type: string, limit: number}} filter
 * @returns {Promise<{threads: Thread[], eventId: string}>} `eventId` only with the first page
 */
export async function listThreads(filter) {
  let eventId = ""
  const headers = (/** @type {Headers} */ h) => void (eventId = h.get("Event-Id") ?? "")
  const threads = await request("GET", root + query(filter), { headers })
  return { threads, eventId }
}

/** @param {number} id @returns {Promise<Thread>} */
export const getThread = id => request("GET", `${root}/${id}`)

/** @param {NewThread} thread @param {string} key @returns {Promise<Thread>} */
export const createThread = (thread, key) => request("POST", root, { body: thread, key })

/**
 * @param {number} messageId
 * @param {{title: string, content: string}} thread
 * @param {string} key
 * @returns {Promise<Thread>}
 */
export const createSubThread = (messageId, thread, key) =>
  request("POST", `/api/forum/messages/${messageId}/create-thread`, { body: thread, key })

/** @param {number} messageId @returns {Promise<Thread[]>} */
export const subThreadsOf = messageId => request("GET", `/api/forum/messages/${messageId}/threads`)

/** @param {number} id @param {ThreadChanges} changes @returns {Promise<{message: string, thread: Thread}>} */
export const changeThread = (id, changes) => request("PATCH", `${root}/${id}`, { body: changes })

/** @param {number} id @returns {Promise<{message: string}>} */
export const deleteThread = id => request("DELETE", `${root}/${id}/delete-hierarchy`)

/** @param {number} id @param {FollowChoices} choices @returns {Promise<FollowAnswer>} */
export const followThread = (id, choices) => request("POST", `${root}/${id}/follow`, { body: choices })

/** @param {number} id @returns {Promise<FollowAnswer>} */
export const unfollowThread = id => request("DELETE", `${root}/${id}/follow`)

/**
 * @param {number} id
 * @param {number} messageId
 * @returns {Promise<{marked_read: number, total_unread: number, count_version?: number}>}
 */
export const markRead = (id, messageId) =>
  request("POST", `${root}/${id}/mark-read`, { body: { up_to_message_id: messageId } })
