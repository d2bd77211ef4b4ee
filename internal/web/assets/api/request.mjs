/** What the server said instead of doing what was asked. */
export class Problem extends Error {
  /**
   * @param {number} status  HTTP status; 0 when no answer came
   * @param {string} detail  a sentence for people
   * @param {number} [retryAfter]  seconds to wait, if the server said
   */
  constructor(status, detail, retryAfter = 0) {
    super(detail)
    this.status = status
    this.retryAfter = retryAfter
  }

  /** Whether the same request may succeed if it is simply sent again. */
  get passing() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

/** @type {() => void} */
let signedOut = () => {}

/**
 * Registers what happens when the server no longer knows the session.
 * @param {() => void} listener
 */
export function onSignedOut(listener) {
  signedOut = listener
}

/**
 * @typedef {object} Call
 * @property {unknown} [body]   sent as JSON
 * @property {string} [key]     Idempotency-Key: repeating the call creates nothing twice
 * @property {boolean} [quiet]  a 401 is an expected answer
 * @property {(headers: Headers) => void} [headers]  sees the answer's headers
 */

/**
 * @template T
 * @param {string} method
 * @param {string} path  with query
 * @param {Call} [call]
 * @returns {Promise<T>} the answer's JSON
 * @throws {Problem}
 */
export async function request(method, path, call = {}) {
  const response = await send(method, path, call)
  call.headers?.(response.headers)
  const text = await response.text()
  const answer = parse(text)
  if (response.ok) return answer
  if (response.status === 401 && !call.quiet) signedOut()
  throw new Problem(response.status, sentence(response, answer), Number(response.headers.get("Retry-After")) || 0)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Call} call
 */
async function send(method, path, { body, key }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" }
  if (body !== undefined) headers["Content-Type"] = "application/json"
  if (key) headers["Idempotency-Key"] = key
  try {
    return await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  } catch {
    throw new Problem(0, "The server cannot be reached. Check your connection.")
  }
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * @param {Response} response
 * @param {any} answer
 * @returns {string}
 */
function sentence(response, answer) {
  const detail = answer?.detail || `The server answered ${response.status} ${response.statusText}.`
  const first = answer?.errors?.[0]?.message
  return first && !detail.includes(first) ? `${detail.replace(/\.$/, "")}: ${first}` : detail
}

/**
 * A query string of what is set.
 * @param {Record<string, string|number|boolean|null|undefined>} values
 */
export function query(values) {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "")
  return set.length ? "?" + new URLSearchParams(set.map(([name, value]) => [name, String(value)])) : ""
}

/** A key that no other request has. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("")
}
