/** @import { Message, Thread } from "../types.d.ts" */
/** @import { Focus } from "./room.mjs" */
import { listMessages } from "../api/messages.mjs"

/**
 * The stretch of messages a thread is opened with, and where to look.
 * @typedef {object} Opening
 * @property {Message[]} messages
 * @property {boolean} older
 * @property {boolean} newer
 * @property {number|null} firstUnread
 * @property {Focus} focus
 */

const PAGE = 50
const BEFORE = 20

/** A thread never read before is opened at its beginning, unless it is longer than anybody would read. */
const READ_FROM_START = 100

/**
 * Decides where to open a thread and loads what is missing for it.
 * @param {Thread} thread
 * @param {Message[]} newest  the newest page
 * @param {number|null} wanted  the message the reader asked for
 * @param {number} userId
 * @returns {Promise<Opening>}
 */
export async function openingStretch(thread, newest, wanted, userId) {
  const pivot = wanted ? wanted - 1 : unreadFrom(thread)
  const stretch = pivot === null ? tail(newest) : await around(thread.id, pivot, newest)
  const firstUnread = wanted || pivot === null ? null : (firstAfter(stretch.messages, pivot, userId)?.id ?? null)
  const id = stretch.messages.some(message => message.id === wanted) ? wanted : firstUnread
  return { ...stretch, firstUnread, focus: { id, highlight: id !== null && id === wanted } }
}

/**
 * @param {Thread} thread
 * @returns {number|null} the last message read; null when nothing is unread
 */
function unreadFrom(thread) {
  if (!thread.unread_messages) return null
  if (thread.last_read_message_id) return thread.last_read_message_id
  return thread.message_count <= READ_FROM_START ? 0 : null
}

/** @param {Message[]} newest */
function tail(newest) {
  return { messages: newest, older: newest.length === PAGE, newer: false }
}

/**
 * @param {number} threadId
 * @param {number} pivot  the message before the one that matters
 * @param {Message[]} newest
 */
async function around(threadId, pivot, newest) {
  const first = newest[0]?.id ?? 0
  if (pivot >= first || newest.length < PAGE) return tail(newest)
  const [before, after] = await Promise.all([
    listMessages(threadId, { before_id: pivot + 1, limit: BEFORE }),
    listMessages(threadId, { after_id: pivot, limit: PAGE }),
  ])
  const messages = [...before.messages, ...after.messages]
  const last = messages.at(-1)?.id ?? 0
  const older = before.messages.length === BEFORE
  if (last < first) return { messages, older, newer: true }
  return { messages: [...messages, ...newest.filter(message => message.id > last)], older, newer: false }
}

/**
 * @param {Message[]} messages
 * @param {number} id
 * @param {number} userId
 */
function firstAfter(messages, id, userId) {
  return messages.find(message => message.id > id && message.user_id !== userId)
}
