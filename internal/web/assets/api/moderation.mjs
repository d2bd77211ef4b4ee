/** @import { Flag } from "../types.d.ts" */
import { query, request } from "./request.mjs"

/**
 * Tells the team that a message is wrong.
 * @param {number} id
 * @param {{reason: string, note: string}} flag
 * @returns {Promise<unknown>}
 */
export const flag = (id, flag) => request("POST", `/api/forum/messages/${id}/flag`, { body: flag })

/** Flags that are open, newest first. @param {number} [beforeId] @returns {Promise<Flag[]>} */
export const listFlags = beforeId => request("GET", `/api/forum/moderation/flags${query({ before_id: beforeId })}`)

/** @param {number} id @param {"keep"|"hide"|"delete"} action @returns {Promise<unknown>} */
export const resolveFlag = (id, action) => request("POST", `/api/forum/moderation/flags/${id}`, { body: { action } })
