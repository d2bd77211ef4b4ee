/** How much of a message is quoted at most: the rest of 10,000 is for the answer. */
const longest = 2000

/**
 * Markdown that quotes somebody, with a link to where they said it. Whoever is
 * mentioned in it was called by the one who is quoted, not again by the one who
 * quotes: the @ is escaped.
 * @param {string} name   who said it
 * @param {string} place  the message's fragment, like #thread-5&message=9
 * @param {string} text   what they said
 */
export function quoting(name, place, text) {
  const letters = [...text.trim()]
  const said = letters.slice(0, longest).join("") + (letters.length > longest ? " …" : "")
  const lines = [`${name.replaceAll("_", "\\_")} [wrote](/forum${place}):`, ...said.split("\n").map(uncalled)]
  return lines.map(line => `> ${line}`.trimEnd()).join("\n") + "\n\n"
}

/** @param {string} line */
const uncalled = line => line.replace(/(^|[^\\\w])@(?=[\p{L}\p{N}_])/gu, "$1\\@")
