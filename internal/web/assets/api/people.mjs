/** @import { CountAnswer, NotificationPage, Person } from "../types.d.ts" */
import { query, request } from "./request.mjs"

/** @param {string} q @returns {Promise<Person[]>} */
export const searchPeople = q => request("GET", "/api/forum/users/search" + query({ q, limit: 8 }))

/** @param {number} [beforeId] @returns {Promise<NotificationPage>} */
export const listNotifications = beforeId =>
  request("GET", "/api/forum/notifications" + query({ limit: 20, before_id: beforeId }))

/** @returns {Promise<CountAnswer>} */
export const countNotifications = () => request("GET", "/api/forum/notifications/count")

/** @param {number} id @returns {Promise<CountAnswer>} */
export const readNotification = id => request("POST", `/api/forum/notifications/${id}/read`)

/** @returns {Promise<CountAnswer>} */
export const readAllNotifications = () => request("POST", "/api/forum/notifications/mark-all-read")

/** @param {number} id @returns {Promise<CountAnswer>} */
export const deleteNotification = id => request("DELETE", `/api/forum/notifications/${id}`)
