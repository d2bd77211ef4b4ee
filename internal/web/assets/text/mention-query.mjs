/** @typedef {{start: number, end: number, name: string}} MentionQuery */

/**
 * The `@name` being written at the caret, if any: the `@` stands at a word's
 * beginning, so an e-mail address is none.
 * @param {string} text
 * @param {number} caret
 * @returns {MentionQuery|null}
 */
export function mentionAt(text, caret) {
  const before = text.slice(0, caret)
  const match = /(?:^|[\s([{"'*~>])@([\p{L}\p{N}_.]{0,50})$/u.exec(before)
  if (!match || insideCode(before)) return null
  return { start: caret - match[1].length, end: caret, name: match[1] }
}

/** Whether the text ends within `code` or a fence. @param {string} before */
function insideCode(before) {
  const fences = before.match(/^```/gm)?.length ?? 0
  if (fences % 2) return true
  const line = before.slice(before.lastIndexOf("\n") + 1)
  return (line.match(/`/g)?.length ?? 0) % 2 === 1
}
