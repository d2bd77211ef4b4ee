import { Connection } from "../assets/connection.mjs"
import { FakeClock, FakeSocket } from "./fakes.mjs"
import { equal, test } from "./harness.mjs"

/**
 * A connection with the world around it under control.
 * @param {{random?: () => number}} [options]
 */
function setUp({ random = () => 0.999_999 } = {}) {
  FakeSocket.opened = []
  const clock = new FakeClock()
  const seen = { frames: /** @type {string[]} */ ([]), states: /** @type {string[]} */ ([]), gaps: 0 }
  let returned = () => {}
  const connection = new Connection("/api/forum/ws/thread/5", {
    onFrame: frame => seen.frames.push(frame.type),
    onState: state => seen.states.push(state.phase),
    onGap: () => seen.gaps++,
    WebSocket: /** @type {any} */ (FakeSocket),
    timers: clock,
    random,
    page: { origin: "https://forum.example", onReturn: listener => ((returned = listener), () => (returned = () => {})) },
  })
  return { clock, connection, seen, pageReturns: () => returned(), socket: () => /** @type {FakeSocket} */ (FakeSocket.opened.at(-1)) }
}

/** @param {ReturnType<typeof setUp>} world */
function connected(world, { recovered = true, event_id = "g.t5:1" } = {}) {
  world.socket().says({ type: "connected", thread_id: 5, recovered, event_id })
}

test("it opens its path on this host, and is open when the server says connected", () => {
  const world = setUp()
  world.connection.start()
  equal(world.socket().url, "wss://forum.example/api/forum/ws/thread/5")
  equal(world.connection.send({ type: "typing" }), false, "sent too early")
  connected(world)
  equal(world.seen.states, ["connecting", "open"])
  equal(world.connection.send({ type: "typing" }), true)
})

test("it resumes after the event it was started with, and later after the last it heard", () => {
  const world = setUp()
  world.connection.start("g.t5:7")
  equal(new URL(world.socket().url).searchParams.get("last_event_id"), "g.t5:7")
  connected(world)
  world.socket().says({ type: "new_message", event_id: "g.t5:9" })
  world.socket().says({ type: "user_typing" })
  world.socket().ends(1006)
  world.clock.pass(500)
  equal(new URL(world.socket().url).searchParams.get("last_event_id"), "g.t5:9")
})

test("it waits a random time that doubles up to 30 s", () => {
  const world = setUp()
  world.connection.start()
  const waits = []
  for (let i = 0; i < 9; i++) {
    world.socket().ends(1006)
    waits.push(Math.round(world.connection.state.retryAt - world.clock.now()))
    world.clock.pass(30_000)
  }
  equal(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000])
  equal(FakeSocket.opened.length, 10)
})

test("the random time may be next to nothing: full jitter", () => {
  const world = setUp({ random: () => 0 })
  world.connection.start()
  world.socket().ends(1013)
  equal(world.connection.state.retryAt, world.clock.now())
})

test("only a connection that lasted starts the doubling anew", () => {
  const world = setUp()
  world.connection.start()
  for (const [lasting, wait] of [[1000, 500], [1000, 1000], [6000, 500], [1000, 1000]]) {
    connected(world)
    world.clock.pass(lasting)
    world.socket().ends(1013)
    equal(Math.round(world.connection.state.retryAt - world.clock.now()), wait, `after ${lasting} ms`)
    world.clock.pass(wait)
  }
})

test("a refusal is final: no reconnect after 1008", () => {
  const world = setUp()
  world.connection.start()
  world.socket().ends(1008, "Access denied")
  equal([world.connection.state.phase, world.connection.state.reason], ["closed", "Access denied"])
  equal(world.clock.waiting, 0, "timers left")
  world.pageReturns()
  equal(FakeSocket.opened.length, 1)
})

test("no reconnect once the thread is deleted, but after any other 1000", () => {
  const world = setUp()
  world.connection.start()
  connected(world)
  world.socket().ends(1000)
  equal(world.connection.state.phase, "waiting")
  world.clock.pass(500)
  connected(world)
  world.socket().says({ type: "thread_deleted", thread_title: "x" })
  world.socket().ends(1000)
  equal(world.connection.state.phase, "closed")
})

test("a draining server says when to come back", () => {
  const world = setUp()
  world.connection.start()
  connected(world)
  world.socket().says({ type: "reconnect", after_ms: 12_000 })
  world.clock.pass(2_000)
  world.socket().ends(1001)
  equal(world.connection.state.retryAt - world.clock.now(), 10_000)
})

test("it pings every 25 s and gives up 10 s after a ping that nobody answers", () => {
  const world = setUp()
  world.connection.start()
  connected(world)
  world.clock.pass(25_000)
  equal(world.socket().sent, [{ type: "ping" }])
  world.clock.pass(9_000)
  world.socket().says({ type: "pong", timestamp: 1 })
  world.clock.pass(16_000)
  equal(world.socket().sent.length, 2)
  const silent = world.socket()
  world.clock.pass(10_000)
  equal([world.connection.state.phase, silent.closed], ["waiting", true])
  equal(world.seen.frames, ["connected"], "pongs are nobody's business")
})

test("it answers heartbeats itself", () => {
  const world = setUp()
  world.connection.start()
  connected(world)
  world.socket().says({ type: "heartbeat", timestamp: 1 })
  equal(world.socket().sent, [{ type: "heartbeat_ack" }])
})

test("it tells of a gap when the stream could not be resumed, and only then", () => {
  const world = setUp()
  world.connection.start("g.t5:7")
  connected(world)
  equal(world.seen.gaps, 0)
  world.socket().says({ type: "resync" })
  equal(world.seen.gaps, 1)
  world.socket().ends(1006)
  world.clock.pass(500)
  connected(world, { recovered: false })
  equal(world.seen.gaps, 2)
})

test("when the reader returns it reconnects at once", () => {
  const world = setUp()
  world.connection.start()
  world.socket().ends(1006)
  world.pageReturns()
  equal([world.connection.state.phase, FakeSocket.opened.length], ["connecting", 2])
  equal(world.clock.waiting, 0, "the planned attempt is off")
})

test("when the reader returns to an open connection it asks for a sign of life", () => {
  const world = setUp()
  world.connection.start()
  connected(world)
  world.pageReturns()
  equal(world.socket().sent, [{ type: "ping" }])
  world.clock.pass(10_000)
  equal(world.connection.state.phase, "waiting")
})

test("a stopped connection is silent, and goes on where it was when started again", () => {
  const world = setUp()
  world.connection.start()
  connected(world, { event_id: "g.t5:3" })
  const old = world.socket()
  world.connection.stop()
  old.says({ type: "new_message", event_id: "g.t5:4" })
  equal([old.closed, world.seen.frames.length, world.clock.waiting], [true, 1, 0])
  world.connection.start()
  equal(new URL(world.socket().url).searchParams.get("last_event_id"), "g.t5:3")
})

test("an owner that stops within a frame is not told of what follows from it", () => {
  const world = setUp()
  world.connection.start()
  connected(world)
  world.socket().says({ type: "thread_deleted" })
  world.connection.stop()
  equal(world.connection.state.phase, "closed")
})
