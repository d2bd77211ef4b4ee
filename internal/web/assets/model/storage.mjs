/**
 * What this browser remembers. Everything here is a convenience: a browser that
 * refuses storage merely forgets.
 */

/**
 * @template T
 * @param {string} key
 * @param {T} otherwise
 * @returns {T}
 */
export function recall(key, otherwise) {
  try {
    const text = localStorage.getItem("parley:" + key)
    return text === null ? otherwise : JSON.parse(text)
  } catch {
    return otherwise
  }
}

/**
 * @param {string} key
 * @param {unknown} value  null, "" and [] are forgotten
 */
export function remember(key, value) {
  const empty = value === null || value === "" || (Array.isArray(value) && !value.length)
  try {
    if (empty) localStorage.removeItem("parley:" + key)
    else localStorage.setItem("parley:" + key, JSON.stringify(value))
  } catch {
    // full or forbidden: nothing depends on it
  }
}

/**
 * Forgets all that was remembered for one person: drafts must not wait for
 * whoever signs in next on a shared computer.
 * @param {number} userId
 */
export function forgetPerson(userId) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(`parley:${userId}:`)) localStorage.removeItem(key)
  }
}
