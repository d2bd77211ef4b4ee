import { uploadImage } from "../api/uploads.mjs"
import { notify } from "../model/toasts.mjs"
import { replaceText } from "./replace-text.mjs"

/** What the server can read. */
const kinds = "image/jpeg,image/png,image/gif,image/webp"

/** Asks for images from this device. @param {HTMLTextAreaElement|null} field */
export function chooseImages(field) {
  const input = document.createElement("input")
  Object.assign(input, { type: "file", accept: kinds, multiple: true })
  input.onchange = () => input.files && addImages(field, input.files)
  input.click()
}

/**
 * Uploads images one after another, and puts each into the text when it is there.
 * @param {HTMLTextAreaElement|null} field
 * @param {Iterable<File>} files
 */
export async function addImages(field, files) {
  for (const file of [...files]) {
    const stop = new AbortController()
    const line = progressLine(field, file.name, () => stop.abort())
    try {
      const { url } = await uploadImage(file, line.show, stop.signal)
      insert(field, `![${description(file.name)}](${url})`)
    } catch (problem) {
      if (!stop.signal.aborted) notify({ kind: "problem", text: `${file.name}: ${problem instanceof Error ? problem.message : problem}` })
    } finally {
      line.remove()
    }
  }
}

/** A file's name without what is for computers. @param {string} name */
const description = name => name.replace(/\.\w+$/, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim() || "Image"

/** @param {HTMLTextAreaElement|null} field @param {string} text */
function insert(field, text) {
  if (!field?.isConnected) return
  const at = field.selectionEnd
  const before = at > 0 && field.value[at - 1] !== "\n" ? "\n" : ""
  replaceText(field, { from: at, to: at, insert: `${before}${text}\n` })
}

/**
 * How far an upload is, below the text that it goes into.
 * @param {HTMLTextAreaElement|null} field
 * @param {string} name
 * @param {() => void} cancel
 */
function progressLine(field, name, cancel) {
  const line = document.createElement("div")
  line.className = "upload"
  line.role = "status"
  const label = document.createElement("span")
  label.textContent = `Uploading ${name}`
  const bar = document.createElement("progress")
  bar.ariaLabel = `Upload of ${name}`
  const button = document.createElement("button")
  Object.assign(button, { type: "button", className: "button", textContent: "Cancel", onclick: cancel })
  line.append(label, bar, button)
  field?.closest(".editor")?.after(line)
  return {
    show: (/** @type {number} */ done) => void (bar.value = done),
    remove: () => line.remove(),
  }
}
