/** @import { Device, Permissions, SignInOptions, User } from "../types.d.ts" */
import { request } from "./request.mjs"

/** @returns {Promise<{user: User, permissions: Permissions}>} */
export const whoAmI = () => request("GET", "/api/auth/me", { quiet: true })

/** @returns {Promise<SignInOptions>} */
export const signInOptions = () => request("GET", "/api/auth/options", { quiet: true })

/** @param {string} username @param {string} password */
export const signIn = (username, password) => request("POST", "/api/auth/login", { body: { username, password }, quiet: true })

/** @param {{username: string, password: string, email?: string}} person */
export const register = person => request("POST", "/api/auth/register", { body: person, quiet: true })

/** @param {string} username */
export const demoSignIn = username => request("POST", "/api/auth/demo", { body: { username }, quiet: true })

export const signOut = () => request("POST", "/api/auth/logout", { quiet: true })

/** @returns {Promise<{sessions: Device[]}>} */
export const listDevices = () => request("GET", "/api/auth/sessions")

/** @param {string} publicId */
export const endDevice = publicId => request("DELETE", `/api/auth/sessions/${encodeURIComponent(publicId)}`)

/** @param {string} oldPassword @param {string} newPassword */
export const changePassword = (oldPassword, newPassword) =>
  request("POST", "/api/auth/password", { body: { old_password: oldPassword, new_password: newPassword }, quiet: true })
