/** @import { Message } from "../types.d.ts" */
import { dayKey } from "../text/time.mjs"

/** Messages of one author this close together stand under one name. */
const GROUP_MS = 6 * 60_000

/**
 * @typedef {object} Row
 * @property {Message} message
 * @property {boolean} startsDay
 * @property {boolean} startsGroup  shows avatar and name
 * @property {boolean} startsUnread
 */

/**
 * Lays messages out: where a day begins, where somebody else speaks.
 * @param {readonly Message[]} messages
 * @param {number|null} firstUnread
 * @returns {Row[]}
 */
export function layOut(messages, firstUnread) {
  return messages.map((message, i) => {
    const previous = messages[i - 1]
    const startsDay = !previous || dayKey(previous.created_at) !== dayKey(message.created_at)
    const startsUnread = message.id === firstUnread
    const startsGroup = startsDay || startsUnread || Boolean(message.reply_to_message) || !continues(previous, message)
    return { message, startsDay, startsGroup, startsUnread }
  })
}

/** @param {Message} previous @param {Message} message */
function continues(previous, message) {
  const apart = Date.parse(message.created_at) - Date.parse(previous.created_at)
  return previous.user_id === message.user_id && apart < GROUP_MS
}
