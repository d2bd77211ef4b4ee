/**
 * What a formatting command does to a text: replace [from, to) by `insert`, then
 * select [start, end).
 * @typedef {{from: number, to: number, insert: string, start: number, end: number}} Edit
 */

/** @typedef {(text: string, start: number, end: number) => Edit} Command */

/**
 * Puts marks around the selection, or takes them away.
 * @param {string} mark
 * @returns {Command}
 */
const around = mark => (text, start, end) => {
  const size = mark.length
  const selected = text.slice(start, end)
  if (text.slice(start - size, start) === mark && text.slice(end, end + size) === mark) {
    return { from: start - size, to: end + size, insert: selected, start: start - size, end: end - size }
  }
  return { from: start, to: end, insert: mark + selected + mark, start: start + size, end: end + size }
}

/**
 * Puts a prefix before each selected line, or takes it away from all.
 * @param {string} prefix
 * @returns {Command}
 */
const before = prefix => (text, start, end) => {
  const from = text.lastIndexOf("\n", start - 1) + 1
  const lines = text.slice(from, end).split("\n")
  const all = lines.every(line => line.startsWith(prefix))
  const insert = lines.map(line => (all ? line.slice(prefix.length) : prefix + line)).join("\n")
  return { from, to: end, insert, start: from + insert.length, end: from + insert.length }
}

/** @type {Command} Inline code, or a fence when the selection has several lines. */
const code = (text, start, end) => {
  const selected = text.slice(start, end)
  if (!selected.includes("\n")) return around("`")(text, start, end)
  const insert = "```\n" + selected + "\n```"
  return { from: start, to: end, insert, start: start + 3, end: start + 3 }
}

/** @type {Command} Leaves the caret where the address, or else the words, are missing. */
const link = (text, start, end) => {
  const selected = text.slice(start, end)
  if (/^https?:\/\/\S+$/.test(selected)) {
    return { from: start, to: end, insert: `[](${selected})`, start: start + 1, end: start + 1 }
  }
  const insert = `[${selected}](https://)`
  const caret = start + insert.length - 1
  return selected ? { from: start, to: end, insert, start: caret, end: caret } : { from: start, to: end, insert, start: start + 1, end: start + 1 }
}

/** @typedef {"bold"|"italic"|"code"|"link"|"quote"|"list"} Format */

/** @type {Record<Format, Command>} */
export const commands = { bold: around("**"), italic: around("*"), code, link, quote: before("> "), list: before("- ") }

/** Ctrl or ⌘ and this key. @type {Record<string, Format>} */
export const formatKeys = { b: "bold", i: "italic", e: "code", k: "link" }
