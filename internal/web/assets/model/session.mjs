/** @import { Permissions, SignInOptions, User } from "../types.d.ts" */
import { signal } from "../vendor/signals.mjs"
import * as auth from "../api/auth.mjs"
import { Problem, onSignedOut } from "../api/request.mjs"
import { forgetPerson } from "./storage.mjs"

/** @typedef {{user: User, permissions: Permissions}} Identity */

/** Who is signed in: null nobody, undefined not yet known. */
export const identity = signal(/** @type {Identity|null|undefined} */ (undefined))

/** What the sign-in page offers; null until known. */
export const options = signal(/** @type {SignInOptions|null} */ (null))

/** Why the sign-in page is shown, when the reader did not ask for it. */
export const signInNotice = signal("")

/** Set when the server could not be asked who is signed in. */
export const startProblem = signal("")

onSignedOut(() => {
  if (!identity.value) return
  signInNotice.value = "Your session ended. Sign in to go on; what you wrote is kept."
  identity.value = null
})

/** Asks the server who this is. */
export async function start() {
  const [offered, known] = await Promise.allSettled([auth.signInOptions(), auth.whoAmI()])
  if (offered.status === "fulfilled") options.value = offered.value
  if (known.status === "fulfilled") identity.value = known.value
  else if (known.reason instanceof Problem && known.reason.status === 401) identity.value = null
  startProblem.value = identity.value === undefined && known.status === "rejected" ? known.reason.message : ""
}

/**
 * Signs in by any of the ways there are.
 * @param {() => Promise<unknown>} way
 */
export async function enter(way) {
  await way()
  signInNotice.value = ""
  identity.value = await auth.whoAmI()
}

export async function leave() {
  const user = identity.value?.user
  await auth.signOut()
  if (user) forgetPerson(user.id)
  identity.value = null
}

/** Asks anew what this person may do: their membership changed. */
export async function renewIdentity() {
  identity.value = await auth.whoAmI()
}

/** @returns {Identity} */
export function signedIn() {
  if (!identity.value) throw new Error("nobody is signed in")
  return identity.value
}
