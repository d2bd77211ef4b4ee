/** Colours of avatars: each has at least 4.5:1 contrast with white (see avatar.css). */
const HUES = 12

/**
 * A colour that always belongs to the same name.
 * @param {string} name
 */
export function hueOf(name) {
  let sum = 2166136261
  for (const char of name.toLowerCase()) sum = Math.imul(sum ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0
  return sum % HUES
}

/**
 * One or two letters that stand for a name: "Ada" A, "mina_k" MK, "TomasB" TB.
 * @param {string} name
 */
export function initials(name) {
  const words = name.split(/[\s_.-]+|(?<=\p{Ll})(?=\p{Lu})/u).filter(Boolean)
  const letters = words.map(word => [...word][0])
  return ((letters[0] ?? "?") + (letters.length > 1 ? letters.at(-1) : "")).toUpperCase()
}

/**
 * "Mina", "Mina and Finn", "Mina, Finn and Ada", "Mina, Finn, Ada and 2 others".
 * @param {readonly string[]} names
 * @param {number} atMost
 */
export function listNames(names, atMost = 3) {
  const shown = names.slice(0, atMost)
  const others = names.length - shown.length
  if (others > 0) return `${shown.join(", ")} and ${others} other${others > 1 ? "s" : ""}`
  if (shown.length < 2) return shown.join("")
  return `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`
}

/**
 * "1 message", "2 messages".
 * @param {number} count
 * @param {string} noun
 */
export const counted = (count, noun) => `${count.toLocaleString("en-GB")} ${noun}${count === 1 ? "" : "s"}`
