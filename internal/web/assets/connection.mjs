/**
 * A WebSocket that comes back, and says what it missed.
 *
 * This module imports nothing and may be used by itself with any Parley server:
 *
 *     const connection = new Connection("/api/forum/ws/thread/5", {
 *       onFrame: frame => …,        // every JSON frame, `connected` included
 *       onState: state => …,        // {phase, attempt, retryAt, code, reason}
 *       onGap: () => …,             // events were missed: fetch state anew
 *     })
 *     connection.start(eventId)     // header Event-Id of the answer you show, if any
 *     connection.send({type: "typing", is_typing: true})
 *     connection.stop()
 *
 * It remembers the last `event_id` and sends it as `?last_event_id=` when it
 * reconnects, so that the server replays what was missed. Where that is not
 * possible (`connected` says `recovered: false`, or a `resync` frame comes),
 * `onGap` is called once the new stream is live: what is fetched then, together
 * with the frames that follow, is complete.
 *
 * Reconnecting: full-jitter exponential backoff (a random time up to 0.5 s, 1 s,
 * 2 s … 30 s), so that a thousand clients of a restarted server do not return in
 * one instant; the time a `reconnect` frame asks for, when the server drains; at
 * once when the network returns or the page becomes visible. Not at all after
 * close code 1008 (you may not, as you are) nor after `thread_deleted`.
 */

/**
 * - `connecting`: a socket is being opened;
 * - `open`: the server's `connected` frame has come, frames flow;
 * - `waiting`: lost, will reconnect by itself at `retryAt`;
 * - `closed`: stopped, or refused for good (see `code` and `reason`).
 * @typedef {"connecting"|"open"|"waiting"|"closed"} Phase
 */

/**
 * @typedef {object} State
 * @property {Phase} phase
 * @property {number} attempt  attempts since the last stable connection
 * @property {number} retryAt  milliseconds since the epoch, 0 unless waiting
 * @property {number} code     close code of the last socket, 0 if none
 * @property {string} reason   close reason of the last socket
 */

/** @typedef {{type: string, event_id?: string, [field: string]: any}} Frame */

/**
 * What the owner wants to hear of, and what tests replace.
 * @typedef {object} Options
 * @property {(frame: Frame) => void} onFrame
 * @property {(state: State) => void} [onState]
 * @property {() => void} [onGap]
 * @property {new (url: string) => WebSocket} [WebSocket]
 * @property {Timers} [timers]
 * @property {() => number} [random]  uniform in [0, 1)
 * @property {Page} [page]
 */

/**
 * @typedef {object} Timers
 * @property {() => number} now
 * @property {(run: () => void, ms: number) => any} after
 * @property {(timer: any) => void} cancel
 */

/**
 * The document and window, as far as the connection cares.
 * @typedef {object} Page
 * @property {(listener: () => void) => () => void} onReturn  online again or visible again; gives the way to unsubscribe
 * @property {string} origin  where paths point, e.g. "https://forum.example"
 */

const BACKOFF_BASE_MS = 500
const BACKOFF_CAP_MS = 30_000
const PING_EVERY_MS = 25_000
const PONG_PATIENCE_MS = 10_000
/** A connection that lived this long starts its backoff anew when it is lost. */
const STABLE_AFTER_MS = 5_000

const POLICY_VIOLATION = 1008

/** @type {Timers} */
const browserTimers = {
  now: () => Date.now(),
  after: (run, ms) => setTimeout(run, ms),
  cancel: timer => clearTimeout(timer),
}

/** @returns {Page} */
const browserPage = () => ({
  origin: location.origin,
  onReturn(listener) {
    const whenVisible = () => document.visibilityState === "visible" && listener()
    addEventListener("online", listener)
    document.addEventListener("visibilitychange", whenVisible)
    return () => {
      removeEventListener("online", listener)
      document.removeEventListener("visibilitychange", whenVisible)
    }
  },
})

export class Connection {
  /** @type {string} */ #path
  /** @type {Required<Options>} */ #options
  /** @type {WebSocket|null} */ #socket = null
  /** @type {State} */ #state = { phase: "closed", attempt: 0, retryAt: 0, code: 0, reason: "" }
  #lastEventId = ""
  #openedAt = 0
  #comeBackAt = 0
  #lastType = ""
  /** @type {Set<any>} */ #timers = new Set()
  /** @type {any} */ #pongTimer = null
  /** @type {() => void} */ #stopListening = () => {}

  /**
   * @param {string} path  of the endpoint, without query
   * @param {Options} options
   */
  constructor(path, options) {
    this.#path = path
    this.#options = {
      onState: () => {},
      onGap: () => {},
      WebSocket: globalThis.WebSocket,
      timers: browserTimers,
      random: Math.random,
      page: options.page ?? browserPage(),
      ...options,
    }
  }

  /** @returns {State} */
  get state() {
    return this.#state
  }

  /** Position in the stream: what `start` of another connection could resume from. */
  get lastEventId() {
    return this.#lastEventId
  }

  /**
   * Opens the socket. Calling it on a running connection does nothing.
   * @param {string} [lastEventId]  resume after this event
   */
  start(lastEventId) {
    if (this.#state.phase !== "closed") return
    if (lastEventId) this.#lastEventId = lastEventId
    this.#stopListening = this.#options.page.onReturn(() => this.#pageReturned())
    this.#connect(0)
  }

  /** Closes the socket for good; `start` may open it again where it left off. */
  stop() {
    this.#drop()
    this.#end(1000, "")
  }

  /** Reconnects now, instead of when the backoff ends or although it was refused. */
  reconnectNow() {
    if (this.#state.phase === "closed") this.start()
    else if (this.#state.phase === "waiting") this.#connect(this.#state.attempt)
  }

  /**
   * Sends a frame if the connection is open.
   * @param {object} frame
   * @returns {boolean} whether it was sent
   */
  send(frame) {
    if (this.#state.phase !== "open" || !this.#socket) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /** @param {number} attempt */
  #connect(attempt) {
    this.#drop()
    this.#comeBackAt = 0
    this.#enter({ phase: "connecting", attempt, retryAt: 0 })
    const url = new URL(this.#path, this.#options.page.origin)
    url.protocol = url.protocol.replace("http", "ws")
    if (this.#lastEventId) url.searchParams.set("last_event_id", this.#lastEventId)
    const socket = new this.#options.WebSocket(url.href)
    this.#socket = socket
    socket.onmessage = event => this.#receive(event.data)
    socket.onclose = event => this.#lost(event.code, event.reason)
  }

  /** @param {string} text */
  #receive(text) {
    /** @type {Frame} */
    const frame = JSON.parse(text)
    if (frame.type === "pong") return this.#cancel(this.#pongTimer)
    if (frame.type === "heartbeat") return void this.send({ type: "heartbeat_ack" })
    if (frame.event_id) this.#lastEventId = frame.event_id
    if (frame.type === "connected") this.#opened()
    if (frame.type === "reconnect") this.#comeBackAt = this.#options.timers.now() + frame.after_ms
    this.#lastType = frame.type
    this.#options.onFrame(frame)
    if (frame.type === "resync" || (frame.type === "connected" && !frame.recovered)) this.#options.onGap()
  }

  #opened() {
    this.#openedAt = this.#options.timers.now()
    this.#enter({ phase: "open", retryAt: 0, code: 0, reason: "" })
    this.#after(PING_EVERY_MS, () => this.#ping())
  }

  /** Asks for a sign of life and plans the next question. */
  #ping() {
    if (!this.send({ type: "ping" })) return
    this.#cancel(this.#pongTimer)
    this.#pongTimer = this.#after(PONG_PATIENCE_MS, () => this.#lost(1006, "No answer"))
    this.#after(PING_EVERY_MS, () => this.#ping())
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #lost(code, reason) {
    const { now } = this.#options.timers
    const stable = this.#state.phase === "open" && now() - this.#openedAt >= STABLE_AFTER_MS
    this.#drop()
    const over = code === 1000 && this.#lastType === "thread_deleted"
    if (code === POLICY_VIOLATION || over) return this.#end(code, reason)
    const attempt = stable ? 0 : this.#state.attempt
    const delay = this.#comeBackAt ? Math.max(0, this.#comeBackAt - now()) : this.#backoff(attempt)
    this.#enter({ phase: "waiting", attempt: attempt + 1, retryAt: now() + delay, code, reason })
    this.#after(delay, () => this.#connect(attempt + 1))
  }

  /** @param {number} attempt */
  #backoff(attempt) {
    return this.#options.random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt)
  }

  /**
   * The network or the reader is back: a waiting connection need not wait, and
   * an open one may have died with the laptop's lid closed.
   */
  #pageReturned() {
    if (this.#state.phase === "waiting") this.#connect(this.#state.attempt)
    else if (this.#state.phase === "open") {
      this.#clearTimers()
      this.#ping()
    }
  }

  /**
   * @param {number} code
   * @param {string} reason
   */
  #end(code, reason) {
    this.#stopListening()
    this.#stopListening = () => {}
    this.#enter({ phase: "closed", attempt: 0, retryAt: 0, code, reason })
  }

  /** Forgets the socket, so that nothing it still says is heard. */
  #drop() {
    this.#clearTimers()
    if (!this.#socket) return
    this.#socket.onmessage = this.#socket.onclose = null
    this.#socket.close()
    this.#socket = null
  }

  /** @param {Partial<State>} change */
  #enter(change) {
    this.#state = { ...this.#state, ...change }
    this.#options.onState(this.#state)
  }

  /**
   * @param {number} ms
   * @param {() => void} run
   */
  #after(ms, run) {
    const timer = this.#options.timers.after(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
    return timer
  }

  /** @param {any} timer */
  #cancel(timer) {
    if (this.#timers.delete(timer)) this.#options.timers.cancel(timer)
  }

  #clearTimers() {
    for (const timer of this.#timers) this.#options.timers.cancel(timer)
    this.#timers.clear()
  }
}
