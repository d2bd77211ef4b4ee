/** A clock that stands still until it is moved. */
export class FakeClock {
  #now = 1_000_000
  /** @type {{at: number, run: () => void}[]} */ #timers = []

  now = () => this.#now

  /** @param {() => void} run @param {number} ms */
  after = (run, ms) => {
    const timer = { at: this.#now + ms, run }
    this.#timers.push(timer)
    return timer
  }

  /** @param {any} timer */
  cancel = timer => {
    this.#timers = this.#timers.filter(other => other !== timer)
  }

  /** Moves on and runs what is due, in order. @param {number} ms */
  pass(ms) {
    const end = this.#now + ms
    for (;;) {
      const due = this.#timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.cancel(due)
      this.#now = due.at
      due.run()
    }
    this.#now = end
  }

  get waiting() {
    return this.#timers.length
  }
}

/** The server's end of a WebSocket. */
export class FakeSocket {
  /** @type {FakeSocket[]} */ static opened = []
  /** @type {any[]} */ sent = []
  /** @type {((event: {data: string}) => void)|null} */ onmessage = null
  /** @type {((event: {code: number, reason: string}) => void)|null} */ onclose = null
  closed = false

  /** @param {string} url */
  constructor(url) {
    this.url = url
    FakeSocket.opened.push(this)
  }

  /** @param {string} text */
  send(text) {
    this.sent.push(JSON.parse(text))
  }

  close() {
    this.closed = true
  }

  /** @param {object} frame */
  says(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  /** @param {number} code @param {string} [reason] */
  ends(code, reason = "") {
    this.onclose?.({ code, reason })
  }
}
