import { signal } from "../vendor/signals.mjs"

/** What a screen reader should say next, politely. */
export const announcement = signal("")

/** News within this time is said in one sentence: a lively thread must not talk without pause. */
const GATHER_MS = 1_500

/** @type {{name: string, text: string}[]} */
let gathered = []

/** @param {string} text */
export function announce(text) {
  announcement.value = announcement.value === text ? text + "\u00a0" : text
}

/**
 * @param {string} name  who wrote
 * @param {string} text  what
 */
export function announceMessage(name, text) {
  gathered.push({ name, text })
  if (gathered.length > 1) return
  setTimeout(() => {
    const [first] = gathered
    announce(gathered.length === 1 ? `${first.name}: ${first.text}` : `${gathered.length} new messages`)
    gathered = []
  }, GATHER_MS)
}
