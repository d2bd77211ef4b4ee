import { newKey, Problem } from "./request.mjs"

/**
 * Sends an image. `fetch` cannot tell how far it is: this is the older way.
 * @param {File} file
 * @param {(done: number) => void} progress  told the part that has been sent, 0 to 1
 * @param {AbortSignal} stop
 * @returns {Promise<{id: number, url: string, width: number, height: number}>}
 * @throws {Problem}
 */
export function uploadImage(file, progress, stop) {
  const form = new FormData()
  form.append("file", file)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", "/api/forum/uploads")
    request.setRequestHeader("Idempotency-Key", newKey())
    request.responseType = "json"
    request.upload.onprogress = event => progress(event.loaded / event.total)
    request.onload = () => {
      if (request.status === 200) resolve(request.response)
      else reject(new Problem(request.status, request.response?.detail ?? `The server answered ${request.status}.`))
    }
    request.onerror = () => reject(new Problem(0, "The server cannot be reached. Check your connection."))
    request.onabort = () => reject(stop.reason)
    stop.addEventListener("abort", () => request.abort())
    request.send(form)
  })
}
